"""Kills of every rule of the demo, damage and full disks: `make test-faults`."""

import re
from random import Random

import pytest

from tests.conftest import ROOT
from tests.faults import harness
from tests.faults.conftest import SEED
from tests.faults.harness import DAMAGES, KILLS, survived

pytestmark = pytest.mark.faults
RULES = sorted(
    name
    for file in (ROOT / "workflow" / "rules").glob("*.smk")
    for pair in re.findall(r"^(?:rule (\w+)|use rule \w+ as (\w+))", file.read_text(), re.MULTILINE)
    for name in filter(None, pair)
)
# Of each shape of artifact that is read: one table and several, a model's weights and records.
FLIPPED, CUT, EMPTY = DAMAGES
DAMAGED = [
    ("score_sentences", "evaluation/scored/*.parquet", FLIPPED),
    ("score_sentences", "evaluation/scored/*.parquet", EMPTY),
    ("build_pairs", "labels.parquet", FLIPPED),
    ("train_dpo", "preferences/*/train.parquet", CUT),
    ("generate_evaluation", "models/llama-T+RL*/adapter/*.safetensors", FLIPPED),
    ("generate_evaluation", "models/llama-T+RL*/adapter/*.safetensors", CUT),
    ("generate_evaluation", "models/llama-T+RL*/adapter/*.safetensors", "half an adapter"),
    ("generate_evaluation", "models/llama-T+RL*/adapter/*.json", FLIPPED),
    ("generate_evaluation", "models/llama-T+RL*/adapter/*.json", EMPTY),
    ("score_responses", "scorers/country/model.safetensors", FLIPPED),
    ("train_grpo", "models/llama-T/adapter/*.safetensors", FLIPPED),
    ("build_report", "tables/*.parquet", FLIPPED),
    ("build_report", "tables/*.parquet", CUT),
    ("build_report", "tables/*.parquet", EMPTY),
]


@pytest.mark.parametrize(("number", "rule"), enumerate(RULES))
def test_every_rule_survives_a_kill(run, faults, number, rule):
    if rule not in {job.rule for job in run.jobs}:
        pytest.skip(f"the demo has no job of {rule}")
    job, rng = run.job(rule), Random(f"{SEED}:{rule}")
    # Another seed kills each rule in another way.
    kind = [*KILLS][(number + SEED) % len(KILLS)]
    with survived(run, faults, kind, job):
        run.disturb(job, harness.within(job, rng), KILLS[kind])


@pytest.mark.parametrize(("rule", "name", "kind"), DAMAGED)
def test_nothing_damaged_is_ever_read(run, faults, rule, name, kind):
    job, rng = run.job(rule, name), Random(f"{SEED}:{rule}:{kind}")
    with survived(run, faults, f"{kind} in an input", job):
        harness.read_damaged(run, job, rng.choice(run.inputs(job, name)), kind, rng)


@pytest.mark.parametrize("rule", ["build_pairs", "train_grpo", "train_dpo"])
def test_a_full_disk_stops_in_one_line(run, faults, rule):
    harness.fill_disk(run, faults, run.job(rule))


def test_a_second_snakemake_in_the_folder_is_refused(run, faults):
    job = run.job("train_dpo")
    with survived(run, faults, "two Snakemakes in one folder", job):
        run.take_away(job)
        with run.snakemake(job) as first:
            assert run.script_of(first)
            code, said = run.make(job)
            assert code != 0 and "lock" in said.lower(), said
            first.communicate(timeout=900)
            assert first.returncode == 0
