"""Mean ratings of each model, with the automatic scores of the same responses beside them."""

from typing import Any

import pandas as pd

from lahja.human_evaluation.measures import MEASURES
from lahja.human_evaluation.slices import item_slices
from lahja.reporting.artifacts import Column, Table
from lahja.statistics import Resampling

SHOWN_SCORES = {"adi2": ("ADI2", 3), "aldi": ("ALDi", 3), "chrf_plus_plus": ("chrF++", 2)}
# Our columns, and those of `rated_items` that they are the means of.
_MEANS = {measure.key: measure.name for measure in MEASURES} | {key: key for key in SHOWN_SCORES}


def means_table(items: pd.DataFrame, resampling: Resampling, confidence: float) -> Table:
    """Return the mean of each measure and score per task, dialect and model, with intervals.

    `items` comes from `rated_items`: an item counts once, however many annotators rated it. The
    bootstrap resamples items. `<key>_n` says how many of the items a mean is over.
    """
    rows = [
        {"task": part.task, "dialect": part.dialect, "model": model, "items": len(theirs)}
        | _cells(theirs, resampling, confidence)
        for part in item_slices(items)
        for model, theirs in part.items.groupby("model", sort=True)
    ]
    frame = pd.DataFrame(rows)
    columns = [
        Column("task", "Task"),
        Column("dialect", "Dialect"),
        Column("model", "Model"),
        Column("items", "Items", 0),
        *(Column(measure.key, measure.name, 2) for measure in MEASURES),
        *(Column(key, header, digits) for key, (header, digits) in SHOWN_SCORES.items()),
    ]
    columns = [column for column in columns if column.key in frame.columns]
    scales = ", ".join(f"{measure.name} 1 to {measure.top}" for measure in MEASURES)
    notes = [f"Scales: {scales}. Automatic scores are those of the rated responses."]
    caption = "Mean human ratings, with bootstrap intervals."
    return Table("human_means", caption, columns, frame, notes)


def _cells(items: pd.DataFrame, resampling: Resampling, confidence: float) -> dict[str, Any]:
    cells: dict[str, Any] = {}
    for key, name in _MEANS.items():
        values = items[name].dropna().to_numpy(dtype=float)
        if len(values):
            estimate = resampling.mean(values)
            low, high = estimate.interval(confidence)
            cells |= {key: estimate.value, f"{key}_low": low, f"{key}_high": high}
            cells[f"{key}_n"] = len(values)
    return cells
