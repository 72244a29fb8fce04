"""Dialectness against translation quality: of models, of operating points, of a study's rows."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from lahja.core.artifacts import Column, Table
from lahja.evaluation.metrics.evaluation import mean_score
from lahja.report.charts import Style, chart, records, scale
from lahja.report.scores import METRIC_TITLES, OURS, TITLES, estimate_cells
from lahja.report.study import QUALITY, Findings, Study

MEAN_OF_FOUR = "mean of the four"
_DIGITS, _ENDS = 4, ("_low", "_high")
# A study's start, baseline and recipe; a number by each point tells the other rows apart.
_MARKED, _OTHERS = ("#0072B2", "#D55E00", "#007A5A"), "#6a6a6a"


def tradeoff_chart(
    table2: Table, starts: Mapping[str, str], styles: Mapping[str, Style], with_paper: bool
) -> dict[str, Any] | None:
    """Return ADI2 against chrF++ with intervals, a line to each model from the one it started from.

    The reader picks a direction or the mean of the four; the interval of that mean is the mean of
    the four intervals, which is never too narrow. Rows of the paper, if wanted, are hollow. None
    where no model has both scores.
    """
    rows = _tradeoff_rows(table2)
    ours = rows[rows["is_ours"]]
    if ours.empty:
        return None
    known = set(ours["direction"])
    directions = [name for name in (MEAN_OF_FOUR, *TITLES.values()) if name in known]
    points = records(ours)
    datasets = {"steps": _step_rows(points, starts), "points": points}
    if with_paper:
        datasets["paper"] = records(rows[~rows["is_ours"]])
    colours, shapes = (scale({name: styles[name][n] for name in ours["model"]}) for n in range(2))
    found = chart(
        "tradeoff",
        "Dialectness against translation quality: overall ADI2 and chrF++ of every model.",
        datasets, directions=directions, direction=directions[0], colours=colours, shapes=shapes,
    )  # fmt: skip
    # A layer without rows has no extent, of which Vega warns.
    found["layer"] = [layer for layer in found["layer"] if datasets.get(layer["data"]["name"])]
    return found


def _tradeoff_rows(table2: Table) -> pd.DataFrame:
    """Return a row per direction, and for the mean of the four, of each row of Table 2."""
    rows = table2.rows[table2.rows["metric"] != METRIC_TITLES["chrf"]]
    for end in ("", *_ENDS):
        four = rows.reindex(columns=[f"{key}{end}" for key in TITLES]).astype(float)
        rows = rows.assign(**{f"mean{end}": four.mean(axis=1, skipna=False)})
    about = pd.DataFrame({
        "model": rows["model"], "label": rows["model"] + " (paper)",
        "is_ours": rows["origin"] == OURS, "adi2": _cells(table2, rows, "adi2", 3),
    })  # fmt: skip
    parts = [
        _placed(rows, "adi2", key)
        .join(about)
        .assign(chrf=_cells(table2, rows, key, 1), direction=direction)
        for key, direction in {"mean": MEAN_OF_FOUR, **TITLES}.items()
    ]
    # All directions of one model beside each other.
    return pd.concat(parts).sort_index(kind="stable")


def _cells(table: Table, rows: pd.DataFrame, key: str, digits: int) -> pd.Series:
    column = Column(key, key, digits)
    cells = [table.cell(row, column) for row in rows.to_dict("records")]
    # By its index it goes to the right rows where others have no place in the chart.
    return pd.Series(cells, index=rows.index)


def _placed(frame: pd.DataFrame, x: str, y: str) -> pd.DataFrame:
    """Return two columns with their intervals as x, x_low, …, y, …, of the rows that have both."""
    names = {
        f"{column}{end}": f"{axis}{end}" for axis, column in {"x": x, "y": y}.items()
        for end in ("", *_ENDS)
    }  # fmt: skip
    placed = frame.reindex(columns=[*names]).rename(columns=names).astype(float)
    return placed.round(_DIGITS).dropna(subset=["x", "y"])


def _step_rows(ours: list[dict[str, Any]], starts: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return two ends per model, thin at its start and thick at itself, that a trail connects."""
    by_name = {(row["model"], row["direction"]): row for row in ours}
    return [
        {"model": model, "direction": direction, "x": end["x"], "y": end["y"], "width": width}
        for (model, direction), row in by_name.items()
        if (start := by_name.get((starts.get(model, ""), direction)))
        for width, end in ((0.5, start), (7, row))
    ]


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
        | estimate_cells("y", mean_score([row.scores[key] for key in QUALITY]), study.confidence)
        for found in findings
        for number, (name, row) in enumerate(found.rows.items(), start=1)
    )
    return records(_placed(rows, "x", "y").join(rows[["panel", "name", "number", "label"]]))
