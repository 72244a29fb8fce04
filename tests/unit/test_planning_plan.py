import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from lahja.cli import plan as command
from lahja.cli.planning.jobs import Job
from lahja.core.errors import LahjaError

VERSION = """Params have changed since last execution: before: '{"dpo":1}' now: '{"dpo":2}'"""
# Two GPU jobs of the paper and one of an API.
JOBS = [
    Job(1, "train_sft", {"model": "llama-T"}, "benchmarks/paper/train_sft/llama-T.tsv",
        1, 1, frozenset(), "Missing output files: x"),
    Job(2, "train_dpo", {"model": "llama-T+RL"}, "", 1, 1, frozenset({1}), VERSION),
    Job(3, "generate_responses", {"generator": "gpt-4o"}, "", 1, 0, frozenset(), "Missing output"),
]  # fmt: skip


@pytest.fixture
def workflow(tmp_path, monkeypatch):
    """A folder with the files that the command reads, and no results; Snakemake is not asked."""
    for name in ("config", "resources/rates"):
        shutil.copytree(name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "planned_jobs", lambda arguments: JOBS)
    return tmp_path


def written():
    return json.loads(Path("plan/plan.json").read_text())


def hours():
    return {row["rule"]: row["hours"] for row in written()["rules"]}


def test_the_command_writes_what_it_prints(workflow, capsys):
    command.main(gpus="1,2", output=Path("plan"))
    printed = capsys.readouterr().out
    assert Path("plan/plan.txt").read_text() == printed
    # The API's answers are waited for beside the GPU's work.
    total = pytest.approx(hours()["train_sft"] + hours()["train_dpo"])
    assert [one["hours"] for one in written()["schedules"]] == [total, total]
    assert "train_sft llama-T 33.0 h → train_dpo llama-T+RL 2.0 h" in printed
    assert "ESTIMATES" in printed
    assert "$" not in printed
    assert "gpt-4o" in printed


def test_what_is_stale_is_priced_with_its_reason(workflow):
    command.main(gpus="1", remaining=True, output=Path("plan"))
    (stale,) = written()["stale"]
    assert (stale["rule"], stale["stale"], stale["jobs"]) == ("train_dpo", "dpo version 1 → 2", 1)
    assert stale["GPU_hours"] == hours()["train_dpo"] > 1.5


def test_benchmarks_take_the_place_of_estimates(workflow, capsys):
    folder = Path("benchmarks/paper/train_sft")
    folder.mkdir(parents=True)
    (folder / "llama-T.tsv").write_text("s\n7200\n")
    command.main(gpus="1", rates=Path("benchmarks/paper"), output=Path("plan"))
    assert hours()["train_sft"] == pytest.approx(2)
    rest = "estimated from resources/rates/a6000.yaml: generate_responses, train_dpo"
    assert rest in capsys.readouterr().out


def test_too_few_gpus_are_said_to_be(workflow, monkeypatch, capsys):
    monkeypatch.setattr(command, "planned_jobs", lambda arguments: [replace(JOBS[0], gpus=2)])
    command.main(gpus="0,1,2", output=Path("plan"))
    assert (
        "1 GPUs, 16 cores: 0.0 h\n  not possible: a job asks for 2 GPUs" in capsys.readouterr().out
    )
    assert [one["hours"] is None for one in written()["schedules"]] == [False, True, False]


def test_nothing_to_do_is_no_error(workflow, monkeypatch, capsys):
    monkeypatch.setattr(command, "planned_jobs", lambda arguments: [])
    command.main(remaining=True)
    assert "Run paper: 0 jobs" in capsys.readouterr().out


@pytest.mark.parametrize("gpus", ["two", "1,,2", "-1"])
def test_numbers_of_gpus_are_checked(workflow, gpus):
    with pytest.raises(LahjaError, match="--gpus"):
        command.main(gpus=gpus)


def test_it_runs_where_the_workflow_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LahjaError, match=r"config/config\.yaml: no such file"):
        command.main()
