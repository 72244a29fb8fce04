"""What the rows of a study cost beyond their start: samples, examples, updates and time."""

import glob
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from lahja.core.artifacts import Table
from lahja.core.errors import LahjaError
from lahja.core.files import parse_json, read_json
from lahja.core.parquet import check_parquet
from lahja.report.formats import described
from lahja.training.tracking import CURVE_FILE

_ANSWERING = ("generate_evaluation", "sample_evaluation", "choose_by_mbr")


def costs_table(
    steps: Mapping[str, Mapping[str, list[str]]], benchmarks: Path, n_answers: int
) -> Table:
    """Return a record for each row: what its models and their data took beyond the start.

    `steps` has of each row the names of its models (`models`, the evaluated one last), the folders
    of those that were trained, the tables of their policies' samples, and the benchmark files'
    names of the jobs that drew and chose these (`data`, patterns). The benchmark files are read as
    they are at the time; `n_answers` is how many prompts each model answered in evaluation.
    """
    rows = []
    for row, own in steps.items():
        trained, sampled = ([*map(Path, own[key])] for key in ("trained", "samples"))
        jobs = _seconds(benchmarks, map(glob.escape, own["models"]))
        answering = _seconds(benchmarks, map(glob.escape, own["models"][-1:]))
        rows.append({
            "row": row,
            "samples": sum(check_parquet(table).num_rows for table in sampled)
            + sum(map(_answers, trained)),
            "examples": sum(read_json(folder / "model.json")["n_examples"] for folder in trained),
            "updates": sum(map(_updates, trained)),
            "data": sum(_seconds(benchmarks, own["data"]).values()) / 60,
            "training": sum(s for rule, s in jobs.items() if rule not in _ANSWERING) / 60,
            "answering": sum(answering.get(rule, 0) for rule in _ANSWERING) / n_answers * 100,
        })  # fmt: skip
    return described("study costs", rows, name="costs")


def _updates(folder: Path) -> int:
    return int(pd.read_csv(folder / CURVE_FILE, usecols=["step"])["step"].max())


def _answers(folder: Path) -> int:
    """Return how many answers a model gave in its training: those to be rewarded, else none."""
    options = parse_json(read_json(folder / "model.json").get("settings", "{}"))
    if "generations" not in options:
        return 0
    prompts = options["batch"] * options["accumulation"]
    return _updates(folder) * prompts * options["generations"]


def _seconds(benchmarks: Path, patterns: Iterable[str]) -> dict[str, float]:
    """Return the seconds of processor time of the jobs with such wildcards, by rule."""
    found: dict[str, float] = {}
    for path in sorted({file for own in patterns for file in benchmarks.glob(f"*/{own}.tsv")}):
        seconds = read_job(path)["cpu_time"]
        found[path.parent.name] = found.get(path.parent.name, 0) + seconds
    return found


def read_job(path: Path) -> dict[str, Any]:
    """Return seconds (`s`, `cpu_time`) and MiB (`max_rss`) of one of Snakemake's benchmark files.

    Raises `LahjaError` where it is none.
    """
    try:
        found = pd.read_csv(path, sep="\t", na_values=["-", "NA"])
        return dict(found[["s", "cpu_time", "max_rss"]].astype(float).mean())
    except (KeyError, ValueError, pd.errors.ParserError) as error:
        raise LahjaError(f"{path}: not a benchmark file of Snakemake ({error})") from None
