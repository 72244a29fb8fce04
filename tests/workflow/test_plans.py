"""Plans of the runs: no network, no results, no data."""

import sys

import pytest
import yaml

pytestmark = pytest.mark.workflow


def test_the_papers_plan_lists_every_artifact(fresh):
    done = fresh.snakemake("-n", "--configfile", "config/config.yaml", "--cores", "2")
    assert done.returncode == 0, done.stdout
    for artifact in (
        "samples/egy.parquet",
        "models/dialect-classifier",
        "models/llama-T",
        "models/qwen-T-clean",
        "generations/gpt-4o/syr.parquet",
        "relabelled/sau.parquet",
        "preferences/dialect-only/train.parquet",
        "models/llama-T+RL",
        "evaluation/metrics.parquet",
        "tables",
        "report/index.html",
    ):
        assert f"results/paper/{artifact}" in done.stdout, artifact


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


def test_vllm_waits_for_its_environment_unless_an_interpreter_is_named(fresh):
    arguments = ("-n", "--cores", "2", "--configfile", "config/demo.yaml", "config/demo-vllm.yaml")
    target = "results/demo-vllm/generations/llama/egy.parquet"
    built = fresh.snakemake(*arguments, "--", target)
    assert "environments/vllm" in built.stdout
    assert "rule build_vllm_environment:" in built.stdout
    named = fresh.snakemake(
        *arguments, "--config", f"vllm={{python: {sys.executable}}}", "--", target
    )
    assert named.returncode == 0, named.stdout
    assert "environments/vllm" not in named.stdout


OPTIONS = """
datasets:
  gated: {kind: preferences, objective: gated}
models:
  llama-T+RL2: {from: llama-T, train: dpo, on: gated, rounds: 2}
  llama-T+RL: {settings: {probe: {every: 20}}}
  llama-T+RL@0.5: {interpolate: [llama-T, llama-T+RL], weight: 0.5}
  llama-T+RL-MBR: {from: llama-T+RL, decoding: mbr}
evaluation: {validation_translation: 5}
"""


def test_what_goes_past_the_paper_is_planned_where_it_is_asked_for(fresh, tmp_path):
    (tmp_path / "options.yaml").write_text(OPTIONS)
    demo = ("-n", "--cores", "2", "--configfile", "config/demo.yaml")
    more = fresh.snakemake(*demo, str(tmp_path / "options.yaml"))
    assert more.returncode == 0, more.stdout
    plain = fresh.snakemake(*demo).stdout
    rules = {"build_probe": 1, "sample_evaluation": 1, "choose_by_mbr": 1}
    rules |= {"build_validation_translation": 1, "build_gated_pairs": 1}
    # The second round is sampled from the first, in five dialects.
    rules |= {"sample_policy": 5, "label_policy": 5, "build_gated_policy_pairs": 1}
    for rule, number in rules.items():
        assert more.stdout.count(f"rule {rule}:") == number, rule
        assert f"rule {rule}:" not in plain, rule
    # The demo's own recipe is halfway between two adapters, ranked by scorers that do not judge.
    assert plain.count("rule interpolate_adapters:") == 1
    assert more.stdout.count("rule interpolate_adapters:") == 2
    for rule in ("train_selecting_aldi", "train_selecting_country", "choose_operating_point"):
        assert plain.count(f"rule {rule}:") == 1, rule
    # Both are scored, and compared, as every other model.
    for model in ("llama-T+RL@0.5", "llama-T+RL-MBR"):
        assert f"results/demo/evaluation/scores/{model}.parquet" in more.stdout


@pytest.mark.parametrize("configs", ["demo", "real", "real study", "real study-smollm2", "config"])
def test_each_run_plans_from_nothing(fresh, configs):
    files = [f"config/{name}.yaml" for name in configs.split()]
    done = fresh.snakemake("-n", "--configfile", *files, "-q", "all")
    assert done.returncode == 0, done.stdout


def test_deleting_and_adding_a_model_is_a_line(fresh):
    fresh.edit("config/demo.yaml", "models:\n", "models:\n  qwen-T-clean: null\n")
    fresh.edit(
        "config/demo.yaml",
        "models:\n",
        "models:\n  qwen3-T+RL: {from: qwen3-T, train: dpo, on: dialect-only}\n",
    )
    models = {job.wildcards for job in fresh.planned() if job.rule in ("train_sft", "train_dpo")}
    assert "model=qwen3-T+RL" in models
    assert "model=qwen-T-clean" not in models


def test_training_on_two_gpus_is_a_line(fresh):
    fresh.edit("config/demo.yaml", "  dpo: {", "  dpo: {gpu: 2, ")
    done = fresh.snakemake("-n", "-p", "--configfile", "config/demo.yaml", "--cores", "2")
    commands = [line for line in done.stdout.splitlines() if "train_dpo.py" in line]
    assert commands
    for command in commands:
        assert "lease_gpu.py --gpu 2 -- " in command
        assert "--processes 2 " in command


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--config", "smapling=1"], "unknown key smapling"),
        (["--config", "dialects=[egy,xyz]"], "unknown dialect 'xyz'"),
        (
            ["--config", "models={llama-T: {from: llama-T}}"],
            "models.llama-T.from: a cycle, llama-T from llama-T",
        ),
        (["--config", "generators={llama: {backend: vlm}}"], "generators.llama.backend: 'vlm'"),
        (["--config", "evaluation={backend: vlm}"], "evaluation.backend: 'vlm' is not one of"),
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


def test_gated_pairs_have_a_rule_of_their_own_beside_the_papers(fresh):
    (fresh.folder / "gated.yaml").write_text(
        "datasets:\n  gated: {kind: preferences, objective: gated, gates: [echo, artefact]}\n"
        "models:\n  llama+RL-gated: {from: llama, train: dpo, on: gated}\n"
    )
    targets = [f"results/demo/models/llama+RL{suffix}" for suffix in ("", "-gated")]
    done = fresh.snakemake(
        "-n", "--configfile", "config/demo.yaml", "gated.yaml", "--cores", "2", "--", *targets
    )
    assert done.returncode == 0, done.stdout
    for rule, dataset in (("build_pairs", "dialect-only"), ("build_gated_pairs", "gated")):
        assert f"rule {rule}:" in done.stdout
        assert f"results/demo/preferences/{dataset}/train.parquet" in done.stdout


def test_directions_and_negatives_are_keys_of_a_gated_dataset(fresh):
    (fresh.folder / "balanced.yaml").write_text(
        "datasets:\n  balanced:\n    kind: preferences\n    objective: gated\n"
        "    directions: {eng-da: 0.25, msa-da: 0.25, da-eng: 0.25, free: 0.25}\n"
        "    negatives: {msa: 1, loop: 0.5, model: 2}\n    pairs_per_dialect: 40\n"
        "preferences: {hardness: {longest: 1.5}}\n"
        "models:\n  llama+RL-balanced: {from: llama, train: dpo, on: balanced}\n"
    )
    target = "results/demo/models/llama+RL-balanced"
    done = fresh.snakemake(
        "-n", "-p", "--configfile", "config/demo.yaml", "balanced.yaml", "--cores", "2", target
    )
    assert done.returncode == 0, done.stdout
    [command] = [line for line in done.stdout.splitlines() if "build_gated_pairs.py" in line]
    assert "--parallel results/demo/data/parallel.parquet" in command
    for text in ('"da-eng":0.25', '"loop":0.5', '"longest":1.5', '"pairs_per_dialect":40'):
        assert text in command, text
