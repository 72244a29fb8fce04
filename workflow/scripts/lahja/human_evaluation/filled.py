"""Filled rating sheets, checked against the key."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from lahja.errors import LahjaError
from lahja.human_evaluation.cells import is_shown_as
from lahja.human_evaluation.grid import Grid
from lahja.human_evaluation.layout import HEADER
from lahja.human_evaluation.measures import MEASURES, Measure
from lahja.varieties import VARIETIES

ANNOTATOR = "annotator"
# Columns that a sheet cannot do without.
NEEDED = tuple(name for name in HEADER if name not in ("task", "prompt", "comment"))


def filled_ratings(grid: Grid, key: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield each rating that a filled sheet holds or leaves empty, with what the key knows.

    Raises `LahjaError` naming file and row for an item that the key lacks or that occurs twice, a
    response that is no longer the model's, and a rating that is not on its scale.
    """
    for name in NEEDED:
        if name not in grid.header:
            raise LahjaError(f"{grid.path}: lacks the column {name!r}")
    seen: dict[str, int] = {}
    for number, row in grid.rows:
        item = row["item"].strip()
        if item not in key.index:
            raise grid.fault(number, f"unknown item {item!r}, expected one of the key's")
        if item in seen:
            raise grid.fault(number, f"item {item} is in row {seen[item]} already")
        seen[item] = number
        about = key.loc[item].to_dict()
        if not is_shown_as(about["response"] or "", row["response"]):
            raise grid.fault(number, f"the response of item {item} was changed, expected the key's")
        common = about | {"annotator": row.get(ANNOTATOR, "").strip() or annotator_of(grid.path)}
        for measure in MEASURES:
            rating = parse_rating(grid, number, row[measure.name], measure)
            if about["task"] in measure.tasks:
                yield common | {"row": number, "measure": measure.name, "rating": rating}
            elif rating is not None:
                raise grid.fault(number, f"{measure.name} is not asked for in {about['task']}")


def annotator_of(path: Path) -> str:
    """Return the annotator that a file's name tells: `mona` of `egy-mona.xlsx` and `mona/egy.csv`.

    A name without a dialect in front is the annotator's.
    """
    name = re.fullmatch(rf"(?:{'|'.join(VARIETIES)})(?:[-_. ]+(.+))?", path.stem)
    if name is None:
        return path.stem
    return name[1] or path.resolve().parent.name


def parse_rating(grid: Grid, row: int, cell: str, measure: Measure) -> int | None:
    """Return a cell's rating, None where the cell is empty; Arabic digits count too."""
    text = cell.strip()
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = 0
    if value not in range(1, measure.top + 1):
        expected = f"expected a whole number from 1 to {measure.top}"
        raise grid.fault(row, f"{measure.name} is {text!r}, {expected}")
    return int(value)
