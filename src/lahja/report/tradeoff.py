"""Dialectness against translation quality: of models, of operating points, of a study's rows."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from lahja.core.artifacts import Table
from lahja.report.charts import Style, chart, records, scale
from lahja.report.scores import METRIC_TITLES, OURS, estimate_cells
from lahja.report.study import Findings, Study

_DIGITS = 4
# A study's start, baseline and recipe; a number by each point tells the other rows apart.
_MARKED, _OTHERS = ("#0072B2", "#D55E00", "#007A5A"), "#6a6a6a"


def tradeoff_chart(
    table2: Table, starts: Mapping[str, str], styles: Mapping[str, Style], with_paper: bool
) -> dict[str, Any] | None:
    """Return ADI2 against mean chrF++ with intervals, a line to each model from its start.

    Rows of the paper, if wanted, are hollow. None where no model has both scores.
    """
    table = table2.rows[table2.rows["metric"] != METRIC_TITLES["chrf"]]
    about = pd.DataFrame({"model": table["model"], "label": table["model"] + " (paper)"})
    rows = _placed(table, "adi2", "mean").join(about)
    is_ours = table["origin"].reindex(rows.index) == OURS
    points = rows[is_ours]
    if points.empty:
        return None
    names = points["model"]
    # Where each model's line begins.
    begin = points.set_index("model")[["x", "y"]].reindex(names.map(starts)).to_numpy()
    datasets = {"points": records(points.assign(x_start=begin[:, 0], y_start=begin[:, 1]))}
    if with_paper:
        datasets["paper"] = records(rows[~is_ours])
    colours, shapes = (scale({name: styles[name][n] for name in names}) for n in range(2))
    found = chart(
        "tradeoff",
        "Dialectness against translation quality: overall ADI2 and mean chrF++ of every model.",
        datasets, colours=colours, shapes=shapes,
    )  # fmt: skip
    # A layer without rows has no extent, of which Vega warns.
    found["layer"] = [layer for layer in found["layer"] if datasets.get(layer["data"]["name"])]
    return found


def _placed(frame: pd.DataFrame, x: str, y: str) -> pd.DataFrame:
    """Return two columns with their intervals as x, x_low, …, y, …, of the rows that have both."""
    names = {
        f"{column}{end}": f"{axis}{end}" for axis, column in {"x": x, "y": y}.items()
        for end in ("", "_low", "_high")
    }  # fmt: skip
    placed = frame.reindex(columns=[*names]).rename(columns=names).astype(float)
    return placed.round(_DIGITS).dropna(subset=["x", "y"])


def operating_points_chart(table: Table, styles: Mapping[str, Style]) -> dict[str, Any]:
    """Return ADI2 against chrF++ on validation and on test, as two panels.

    `table` is `operating_point_table`'s. A line runs from each start through the weights to the
    trained model; the chosen point is ringed. Whiskers are the intervals.
    """
    found = table.rows.assign(family=table.rows["start"] + " → " + table.rows["end"])
    about = found[["family", "weight"]].assign(is_chosen=found["chosen"] == "chosen")
    panels = ["validation", "test"]
    rows = pd.concat(
        _placed(found, f"{name}_adi2", f"{name}_quality").join(about).assign(panel=name)
        for name in panels
    )
    colours = scale({row.family: styles[row.end].colour for row in found.itertuples()})
    datasets = {"rows": records(rows)}
    return chart("operating_points", table.caption, datasets, panels=panels, colours=colours)


def pareto_chart(study: Study, findings: Sequence[Findings]) -> dict[str, Any]:
    """Return ADI2 against mean chrF++ of a study's rows, a panel per corpus.

    Whiskers are intervals. Shaded is where a row gives no dialect and no translation away: right
    of the baseline and above the start. The start, the baseline and the recipe are filled.
    """
    rows = _pareto_rows(study, findings)
    marked = dict(zip((study.start, study.baseline, study.recipe), _MARKED, strict=True))
    names = {row["label"]: row["name"] for row in rows}
    points = {(row["panel"], row["name"]): row for row in rows}
    panels = [found.corpus for found in findings]
    for corpus in panels:
        right, above = points.get((corpus, study.baseline)), points.get((corpus, study.start))
        if right and above:
            rows.append({"panel": corpus, "number": 0, "x": right["x"], "y": above["y"]})
    return chart(
        "pareto", "Dialect against translation: ADI2 and mean chrF++ of each row.", {"rows": rows},
        panels=panels, marked=list(marked), labels=list(names),
        colours=scale({label: marked.get(name, _OTHERS) for label, name in names.items()}),
    )  # fmt: skip


def _pareto_rows(study: Study, findings: Sequence[Findings]) -> list[dict[str, Any]]:
    rows = pd.DataFrame(
        {"panel": found.corpus, "name": name, "number": number, "label": f"{number} {name}"}
        | estimate_cells("x", row.scores["adi2"], study.confidence)
        | estimate_cells("y", row.scores["chrf_plus_plus_mean"], study.confidence)
        for found in findings
        for number, (name, row) in enumerate(found.rows.items(), start=1)
    )
    return records(_placed(rows, "x", "y").join(rows[["panel", "name", "number", "label"]]))
