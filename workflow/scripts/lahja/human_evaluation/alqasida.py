"""AL-QASIDA's own human ratings: `humevals/results/<dialect>_<task>_humeval.csv`.

Their rows name the model and hold the automatic score, ADI2, as `TVD`. They name no annotator:
each response was rated once, so that all files count as one annotator's.
"""

from collections.abc import Iterator
from typing import Any

from lahja.errors import LahjaError
from lahja.files import digest_of_text
from lahja.human_evaluation.filled import ANNOTATOR, parse_rating
from lahja.human_evaluation.grid import Grid
from lahja.human_evaluation.measures import MEASURES
from lahja.varieties import get_variety

MARK = "Completion"
_NEEDED = ("Prompt", MARK, "Model", "Dialect", "TVD")
_TASKS = {"Adequacy": "translation", "Adherence": "monolingual"}


def alqasida_ratings(grid: Grid) -> Iterator[dict[str, Any]]:
    """Yield each rating of a file; the column Adequacy or Adherence tells its task.

    Raises `LahjaError` naming the file and the row or column at fault.
    """
    for name in _NEEDED:
        if name not in grid.header:
            raise LahjaError(f"{grid.path}: lacks the column {name!r}")
    task = next((_TASKS[name] for name in _TASKS if name in grid.header), None)
    if task is None:
        raise LahjaError(f"{grid.path}: lacks the column {' or '.join(map(repr, _TASKS))}")
    measures = [measure for measure in MEASURES if measure.name in grid.header]
    for number, row in grid.rows:
        common = _about(grid, number, row) | {"task": task, "row": number}
        for measure in measures:
            rating = parse_rating(grid, number, row[measure.name], measure)
            yield common | {"measure": measure.name, "rating": rating}


def _about(grid: Grid, number: int, row: dict[str, str]) -> dict[str, Any]:
    try:
        score = float(row["TVD"])
    except ValueError:
        raise grid.fault(number, f"TVD is {row['TVD']!r}, expected a number") from None
    try:
        dialect = get_variety(row["Dialect"]).code
    except LahjaError as error:
        raise grid.fault(number, str(error)) from None
    names = [dialect, row["Model"], row["Prompt"], row[MARK]]
    return {
        "item": digest_of_text("\x1f".join(names))[:12],
        "dialect": dialect,
        "model": row["Model"],
        "annotator": row.get(ANNOTATOR, "").strip() or "AL-QASIDA",
        "adi2": score,
    }
