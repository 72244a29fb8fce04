import json
import shutil
from pathlib import Path

import pytest

from lahja.cli import plan as command
from lahja.errors import LahjaError
from lahja.planning.report import duration

# Two GPU jobs of the paper and one of the API, as a dry run prints them.
DRY_RUN = """Building DAG of jobs...

rule train_sft:
    output: results/paper/models/llama-T
    jobid: 1
    benchmark: benchmarks/paper/train_sft/llama-T.tsv
    wildcards: model=llama-T
    resources: gpu=1
rule train_dpo:
    input: results/paper/models/llama-T
    output: results/paper/models/llama-T+RL
    jobid: 2
    benchmark: benchmarks/paper/train_dpo/llama-T+RL.tsv
    wildcards: model=llama-T+RL
    resources: gpu=1
rule generate_responses:
    output: results/paper/generations/gpt-4o/egy.parquet
    jobid: 3
    benchmark: benchmarks/paper/generate_responses/gpt-4o.egy.tsv
    wildcards: generator=gpt-4o, dialect=egy
    resources: gpu=0
"""


@pytest.fixture
def workflow(tmp_path, monkeypatch):
    """A folder with the files that the command reads, and no results; Snakemake is not asked."""
    for name in ("config", "resources/rates", "workflow/rules"):
        shutil.copytree(name, tmp_path / name)
    (tmp_path / "Snakefile").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "ask_snakemake", lambda *options: DRY_RUN)
    return tmp_path


def test_the_command_writes_what_it_prints(workflow, capsys):
    command.main(gpus="1,2", output=Path("plan"))
    printed = capsys.readouterr().out
    assert Path("plan/plan.txt").read_text() == printed
    values = json.loads(Path("plan/plan.json").read_text())
    hours = {stage["rule"]: stage["hours"] for stage in values["stages"]}
    one, two = values["schedules"]
    # The API's answers are waited for beside the GPU's work.
    assert one["hours"] == two["hours"] == pytest.approx(hours["train_sft"] + hours["train_dpo"])
    assert values["critical_path"] == ["train_sft llama-T", "train_dpo llama-T+RL"]
    assert [stage["stage"] for stage in values["stages"]] == ["dpo", "generate", "sft"]
    assert "ESTIMATES" in printed
    assert "train_sft llama-T 56.1 h → train_dpo llama-T+RL 3.8 h" in printed


def test_benchmarks_take_the_place_of_estimates(workflow, capsys):
    folder = Path("benchmarks/paper/train_sft")
    folder.mkdir(parents=True)
    (folder / "llama-T.tsv").write_text("s\n7200\n")
    command.main(gpus="1", rates=Path("benchmarks/paper"), output=Path("plan"))
    values = json.loads(Path("plan/plan.json").read_text())
    hours = {stage["rule"]: stage["hours"] for stage in values["stages"]}
    assert hours["train_sft"] == 2
    printed = capsys.readouterr().out
    assert (
        "Not measured there, estimated from resources/rates/a6000.yaml: generate_responses, train_dpo"
        in printed
    )
    assert "taken as measured with this very configuration" in printed


def test_a_run_with_less_data_takes_less(workflow):
    folder = Path("benchmarks/paper/train_sft")
    folder.mkdir(parents=True)
    (folder / "llama-T.tsv").write_text("s\n7200\n")
    report = Path("results/paper/report")
    report.mkdir(parents=True)
    shutil.copy("config/config.yaml", report / "config.yaml")
    Path("less.yaml").write_text("datasets: {translation-aug: {max_pairs: 69700}}\n")
    command.main(
        configfile=[Path("less.yaml")], rates=Path("benchmarks/paper"), output=Path("plan")
    )
    values = json.loads(Path("plan/plan.json").read_text())
    hours = {stage["rule"]: stage["hours"] for stage in values["stages"]}
    assert hours["train_sft"] == pytest.approx(0.2)


@pytest.mark.parametrize("gpus", ["two", "1,,2", "-1"])
def test_gpus_that_are_no_numbers_are_refused(workflow, gpus):
    with pytest.raises(LahjaError, match="--gpus"):
        command.main(gpus=gpus)


def test_elsewhere_it_says_where_to_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LahjaError, match="no Snakefile here"):
        command.main()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (119, "119 s"), (120, "2 min"), (7200, "2.0 h"), (360_000, "100 h (4.2 days)")],
)
def test_duration(seconds, words):
    assert duration(seconds) == words
