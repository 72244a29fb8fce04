"""Items with their mean rating, and the slices that they are looked at by."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from lahja.human_evaluation.items import SCORES
from lahja.human_evaluation.measures import MEASURES, TASKS
from lahja.metrics.slices import ALL

_ITEM = ["task", "dialect", "model", "item"]


@dataclass(frozen=True)
class ItemSlice:
    """The items of one task and dialect, or of all of them."""

    task: str
    dialect: str
    items: pd.DataFrame


def rated_items(ratings: pd.DataFrame) -> pd.DataFrame:
    """Return one row per rated item: its mean rating by measure (over annotators), its scores.

    A measure that nobody rated is NaN there; columns are those of `_ITEM`, the measures' names
    and SCORES.
    """
    given = ratings[ratings["rating"].notna()]
    means = given.pivot_table(index=_ITEM, columns="measure", values="rating", aggfunc="mean")
    means = means.reindex(columns=[measure.name for measure in MEASURES])
    scores = given.drop_duplicates("item").set_index(_ITEM)[list(SCORES)]
    return means.join(scores).reset_index()


def item_slices(items: pd.DataFrame) -> Iterator[ItemSlice]:
    """Yield all items first, then each dialect's and each task's, then those of both.

    "All" of one is left out.
    """
    tasks = _choices(items, "task", TASKS)
    dialects = _choices(items, "dialect", sorted(items["dialect"].unique()))
    for task in tasks:
        for dialect in dialects:
            rows = items[
                ((items["task"] == task) | (task == ALL))
                & ((items["dialect"] == dialect) | (dialect == ALL))
            ]
            if len(rows):
                yield ItemSlice(task, dialect, rows)


def _choices(items: pd.DataFrame, column: str, order: list[str] | tuple[str, ...]) -> list[str]:
    found = [value for value in order if value in set(items[column])]
    return [ALL, *found] if len(found) > 1 else found
