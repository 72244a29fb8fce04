"""Dialectness against translation quality: of models, of a study's rows."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any

import pandas as pd

from lahja.core.artifacts import Table
from lahja.report.charts import Style, chart, placed, scale
from lahja.report.scores import METRIC_TITLES, OURS, estimate_cells
from lahja.report.study import MEAN_QUALITY, Change, Findings, Study

# Of a study's rows with a name, the baseline first, then the recipe; and of the others.
_COLOURS = ("#D55E00", "#007A5A", "#0072B2", "#AA4499", "#8A6D00")
_OTHERS = "#8a8f98"


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


def _loses_both(changes: Mapping[str, Change]) -> bool:
    """Whether ADI2 and mean chrF++ are both clearly below the start's."""
    both = (changes["adi2"], changes[MEAN_QUALITY])
    return all(one.is_clear and one.estimate.value < 0 for one in both)


def study_chart(
    study: Study, findings: Sequence[Findings], labelled: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the changes of a study's rows from its start, a panel per corpus.

    ADI2 is set against mean chrF++, with intervals. The baseline, the recipe, MBR and the rows
    `labelled` have a name and a colour, the others are grey. Of these, whatever clearly loses both
    (a base model) is left out: it says nothing of how they are traded, and would shrink the rest.
    """
    named = [name for name in (study.baseline, study.recipe, study.mbr, *labelled) if name]
    # One colour for all rows without a name, and one for each with one.
    colours = dict(zip(dict.fromkeys(named), cycle(_COLOURS), strict=False)) | {"": _OTHERS}
    rows = pd.DataFrame(
        {"panel": found.corpus, "row": name, "label": name if name in colours else ""}
        | estimate_cells("x", changes["adi2"].estimate, study.confidence)
        | estimate_cells("y", changes[MEAN_QUALITY].estimate, study.confidence)
        for found in findings
        for name, changes in found.changes.items()
        if {"adi2", MEAN_QUALITY} <= changes.keys()
        and (name in colours or not _loses_both(changes))
    )
    rows = placed(rows, x="x", y="y").join(rows[["panel", "row", "label"]])
    corners = rows[rows["row"] == study.baseline].assign(y=0.0, is_corner=True)
    rows = pd.concat([rows.assign(is_corner=False), corners[["panel", "x", "y", "is_corner"]]])
    return chart(
        "study_changes",
        f"Changes from {study.start}: dialect (ADI2) and translation (mean chrF++) of each row.",
        rows.assign(
            is_labelled=rows["label"].fillna("") != "", is_below=rows["label"].isin(named[2::2])
        ),
        panels=[found.corpus for found in findings], colours=scale(colours), start=study.start,
    )  # fmt: skip
