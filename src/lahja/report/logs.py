"""What jobs leave behind: training curves, run times, and which rule reads from which."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from lahja.core.artifacts import Table
from lahja.core.errors import LahjaError
from lahja.core.files import read_json
from lahja.report.charts import specifications
from lahja.report.costs import read_job
from lahja.report.formats import described
from lahja.training.tracking import CURVE_FILE

_NODE = re.compile(r'^\s*(\d+)\[label = "([^"]+)"', re.MULTILINE)
_EDGE = re.compile(r"^\s*(\d+) -> (\d+)", re.MULTILINE)
_COLUMNS = ["model", "train", "measure", "part", "step", "value"]


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
    if "step" not in logged.columns:
        raise LahjaError(f"{path}: lacks the column 'step'")
    parts, measures = [], specifications()["measures"]
    for column, (measure, part) in measures.items():
        if column in logged.columns:
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
        {"rule": path.relative_to(folder).parts[0].removesuffix(".tsv"), **read_job(path)}
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
    jobs, hours = rows["jobs"].sum(), rows["minutes"].sum() / 60
    found = f"{jobs} jobs, {hours:.1f} hours in all" if jobs else "no benchmark files"
    return described("runtimes", rows, found=found)


def rules_table(path: Path) -> Table:
    """Return what feeds what: each rule with those it reads from, producers before consumers.

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
    return described("rules", pd.DataFrame({"rule": order, "reads": fed_by}))
