"""What jobs leave behind: training curves, times, what a study cost, and which rule reads which."""

import glob
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lahja.core.artifacts import Table
from lahja.core.errors import LahjaError
from lahja.core.files import parse_json, read_json
from lahja.core.parquet import check_parquet
from lahja.report.charts import specifications
from lahja.report.formats import described
from lahja.training.tracking import CURVE_FILE

_NODE = re.compile(r'^\s*(\d+)\[label = "([^"]+)"', re.MULTILINE)
_EDGE = re.compile(r"^\s*(\d+) -> (\d+)", re.MULTILINE)
_COLUMNS = ["model", "train", "measure", "part", "step", "value"]
_ANSWERING = ("generate_evaluation", "sample_evaluation", "choose_by_mbr")
# Rules that let models compute: a GPU, another batch or several processes add up in another order.
COMPUTING = frozenset({
    "ask_judge", "augment_translation", "build_pairs", "check_scorers", "choose_by_mbr",
    "choose_samples", "classify_sentences", "generate_evaluation", "generate_responses",
    "label_policy", "label_responses", "merge_adapters", "pretrain_model", "relabel_translations",
    "sample_evaluation", "sample_policy", "sample_sentences", "score_comet", "score_responses",
    "train_dpo", "train_grpo", "train_selecting_scorers", "train_sft", "train_small_nllb",
    "train_small_scorers", "translate_mismatches",
})  # fmt: skip
# Rules that write down when, or how fast, something was done.
TIMED = frozenset(("build_report", "make_study", "record_run"))


def read_curves(folders: Sequence[Path], points: int = 120) -> pd.DataFrame:
    """Return what the models' training logged: model, train, measure, part, step and value.

    `train` is the kind of training (pretrain, sft, dpo). A longer curve is cut into `points`
    stretches of steps and shows the mean of each. Raises `LahjaError` where a folder has no curve
    or the curve no steps.
    """
    found = [_read_curve(folder, points) for folder in folders]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=_COLUMNS)


def _read_curve(folder: Path, points: int) -> pd.DataFrame:
    path = folder / CURVE_FILE
    try:
        logged = pd.read_csv(path)
    except (FileNotFoundError, pd.errors.EmptyDataError, pd.errors.ParserError) as error:
        raise LahjaError(f"{path}: no training curve ({error})") from None
    if "step" not in logged:
        raise LahjaError(f"{path}: lacks the column 'step'")
    parts, measures = [], specifications()["measures"]
    for column in (name for name in measures if name in logged):
        measure, part = measures[column]
        curve = logged[["step", column]].dropna().rename(columns={column: "value"})
        if len(curve) > points:
            curve = curve.groupby(np.arange(len(curve)) * points // len(curve)).mean()
        parts.append(curve.assign(measure=measure, part=part))
    if not parts:
        raise LahjaError(f"{path}: has none of the columns {', '.join(measures)}")
    train = read_json(folder / "model.json")["train"]
    return pd.concat(parts, ignore_index=True).assign(model=folder.name, train=train)[_COLUMNS]


def runtimes_table(folder: Path) -> Table:
    """Return jobs, time and memory of each rule with benchmark files under `folder`.

    The files are `<rule>.tsv` or `<rule>/<wildcards>.tsv`. They are read as they are at the time:
    a job that another run did keeps that run's time, and the page's own job is not among them.
    """
    jobs = [
        {"rule": path.relative_to(folder).parts[0].removesuffix(".tsv"), **_read_job(path)}
        for path in sorted(folder.rglob("*.tsv"))
    ]
    frame = pd.DataFrame(jobs, columns=["rule", "s", "cpu_time", "max_rss"])
    rules = frame.groupby("rule", sort=False)
    rows = pd.DataFrame({
        "jobs": rules.size(), "minutes": rules["s"].sum() / 60,
        "cpu_minutes": rules["cpu_time"].sum(min_count=1) / 60,
        "longest": rules["s"].max() / 60, "memory": rules["max_rss"].max(),
    })  # fmt: skip
    rows = rows.reset_index().sort_values("minutes", ascending=False, ignore_index=True)
    hours = rows["minutes"].sum() / 60
    found = f"{len(frame)} jobs, {hours:.1f} hours in all" if jobs else "no benchmark files"
    return described("runtimes", rows, found=found)


def _read_job(path: Path) -> dict[str, Any]:
    """Return seconds (`s`, `cpu_time`) and MiB (`max_rss`) of one of Snakemake's benchmarks."""
    try:
        found = pd.read_csv(path, sep="\t", na_values=["-", "NA"])
        return dict(found[["s", "cpu_time", "max_rss"]].astype(float).mean())
    except (KeyError, ValueError, pd.errors.ParserError) as error:
        raise LahjaError(f"{path}: not a benchmark file of Snakemake ({error})") from None


def costs_table(
    steps: Mapping[str, Mapping[str, list[str]]], benchmarks: Path, n_answers: int
) -> Table:
    """Return what each row of a study took beyond the start, for its models and their data.

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
            "data": _seconds(benchmarks, own["data"]).total() / 60,
            "training": sum(s for rule, s in jobs.items() if rule not in _ANSWERING) / 60,
            "answering": sum(answering[rule] for rule in _ANSWERING) / n_answers * 100,
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


def _seconds(benchmarks: Path, patterns: Iterable[str]) -> Counter[str]:
    """Return the seconds of processor time of the jobs with such wildcards, by rule."""
    found: Counter[str] = Counter()
    for path in sorted({file for own in patterns for file in benchmarks.glob(f"*/{own}.tsv")}):
        found[path.parent.name] += _read_job(path)["cpu_time"]
    return found


def rules_table(path: Path) -> Table:
    """Return each rule, those it reads from, and how it repeats; producers before consumers.

    `path` holds what `snakemake --rulegraph` printed. Where a rule's output goes back into an
    earlier rule, as iterations of training have it, one of the two stands first all the same.
    Raises `LahjaError` where the text holds no rules.
    """
    import networkx

    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    names = dict(_NODE.findall(text))
    if not names:
        raise LahjaError(f"{path}: holds no rules; expected the output of snakemake --rulegraph")
    reads = networkx.DiGraph()
    reads.add_nodes_from(names.values())
    reads.add_edges_from((names[reader], names[source]) for source, reader in _EDGE.findall(text))
    order = list(networkx.dfs_postorder_nodes(reads))
    fed_by = [", ".join(sorted(reads[rule], key=order.index)) for rule in order]
    repeats = [*map(_repeats, order)]
    return described("rules", pd.DataFrame({"rule": order, "reads": fed_by, "repeats": repeats}))


def _repeats(rule: str) -> str:
    if rule in COMPUTING:
        return "on a CPU"
    return "but for times" if rule in TIMED else "exactly"
