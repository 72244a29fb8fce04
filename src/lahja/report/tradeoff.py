"""Dialectness against translation quality: of models, of operating points, of a study's rows."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from lahja.core.artifacts import Table
from lahja.report.charts import Style, chart, placed, scale
from lahja.report.scores import METRIC_TITLES, OURS, estimate_cells
from lahja.report.study import Findings, Study

# A study's start, baseline and recipe; a number by each point tells the other rows apart.
_MARKED, _OTHERS = ("#0072B2", "#D55E00", "#007A5A"), "#6a6a6a"


def tradeoff_chart(
    table2: Table, starts: Mapping[str, str], styles: Mapping[str, Style], with_paper: bool
) -> dict[str, Any] | None:
    """Return ADI2 against mean chrF++ with intervals, a line to each model from its start.

    Rows of the paper, if wanted, are hollow. None where no model has both scores.
    """
    table = table2.rows[table2.rows["metric"] != METRIC_TITLES["chrf"]]
    rows = placed(table, x="adi2", y="mean").join(table[["model", "origin"]])
    rows = rows.assign(is_ours=rows["origin"] == OURS, label=rows["model"] + " (paper)")
    ours = rows[rows["is_ours"]].set_index("model")
    if ours.empty:
        return None
    # Where each model's line begins.
    rows["start"] = rows["model"].map(starts).where(rows["is_ours"])
    rows = rows.join(ours[["x", "y"]].add_suffix("_start"), on="start")
    colours, shapes = (scale({name: styles[name][n] for name in ours.index}) for n in range(2))
    found = chart(
        "tradeoff",
        "Dialectness against translation quality: overall ADI2 and mean chrF++ of every model.",
        rows if with_paper else rows[rows["is_ours"]], colours=colours, shapes=shapes,
    )  # fmt: skip
    # A layer without rows has no extent, of which Vega warns.
    if not with_paper or rows["is_ours"].all():
        del found["layer"][-2:]
    return found


def operating_points_chart(table: Table, styles: Mapping[str, Style]) -> dict[str, Any]:
    """Return ADI2 against chrF++ of `operating_point_table` on validation and on test."""
    found = table.rows.assign(family=table.rows["start"] + " → " + table.rows["end"])
    about = found[["family", "weight"]].assign(is_chosen=found["chosen"] == "chosen")
    rows = pd.concat(
        placed(found, x=f"{name}_adi2", y=f"{name}_quality").join(about).assign(panel=name)
        for name in ("validation", "test")
    )
    colours = scale({row.family: styles[row.end].colour for row in found.itertuples()})
    return chart("operating_points", table.caption, rows, colours=colours)


def pareto_chart(study: Study, findings: Sequence[Findings]) -> dict[str, Any]:
    """Return ADI2 against mean chrF++ of a study's rows, a panel per corpus.

    Shaded is where a row gives no dialect and no translation away.
    """
    rows = pd.DataFrame(
        {"panel": found.corpus, "name": name, "number": number, "label": f"{number} {name}"}
        | estimate_cells("x", row.scores["adi2"], study.confidence)
        | estimate_cells("y", row.scores["chrf_plus_plus_mean"], study.confidence)
        for found in findings
        for number, (name, row) in enumerate(found.rows.items(), start=1)
    )
    rows = placed(rows, x="x", y="y").join(rows[["panel", "name", "number", "label"]])
    named = rows.drop_duplicates("label")
    marked = dict(zip((study.start, study.baseline, study.recipe), _MARKED, strict=True))
    right, above = (
        rows[rows["name"] == name].set_index("panel") for name in (study.baseline, study.start)
    )
    corners = right[["x"]].join(above["y"], how="inner").reset_index().assign(number=0)
    return chart(
        "pareto", "Dialect against translation: ADI2 and mean chrF++ of each row.",
        pd.concat([rows, corners]), panels=[found.corpus for found in findings],
        marked=[*marked], labels=[*named["label"]],
        colours=scale(named.set_index("label")["name"].map(marked).fillna(_OTHERS)),
    )  # fmt: skip
