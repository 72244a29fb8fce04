"""All ratings of some files in one table: who gave what to which item."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from lahja.errors import LahjaError
from lahja.human_evaluation.alqasida import MARK, alqasida_ratings
from lahja.human_evaluation.filled import filled_ratings
from lahja.human_evaluation.grid import SUFFIXES, read_grid
from lahja.human_evaluation.items import SCORES, read_key

COLUMNS = (
    "annotator", "dialect", "task", "model", "item", "measure", "rating", *SCORES, "file", "row",
)  # fmt: skip


@dataclass(frozen=True)
class Ratings:
    """Ratings with COLUMNS, `rating` NaN where a cell was left empty, and notes on the files."""

    table: pd.DataFrame
    notes: list[str] = field(default_factory=list)


def read_ratings(paths: Sequence[Path], key: Path | None) -> Ratings:
    """Read filled sheets and files of AL-QASIDA's layout; folders are searched at any depth.

    A sheet in which nothing was rated is left out with a note. Raises `LahjaError` naming file and
    row for what is wrong in a sheet, for an item that an annotator rated in two files, and where
    there is no rating at all.
    """
    known = None if key is None else read_key(key)
    parts, notes = [], []
    for path in _files(paths):
        part = _read_file(path, known)
        if part["rating"].notna().any():
            parts.append(part)
        else:
            notes.append(f"{path}: nothing rated, left out.")
    if not parts:
        raise LahjaError(f"{' '.join(map(str, paths)) or 'no file'}: not one rating")
    table = pd.concat(parts, ignore_index=True)
    _check_once(table)
    if known is not None:
        unrated = len(known.index.difference(table["item"][table["rating"].notna()]))
        notes += [f"{unrated} of the key's {len(known)} items are not rated."] if unrated else []
    return Ratings(table, notes)


def _files(paths: Sequence[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        inside = sorted(
            file
            for file in (path.rglob("*") if path.is_dir() else [path])
            # Excel keeps a lock file, ~$name.xlsx, beside a workbook that is open.
            if file == path or (file.suffix.lower() in SUFFIXES and file.name[0] not in ".~")
        )
        if not inside:
            raise LahjaError(f"{path}: no file in it ends in {' or '.join(SUFFIXES)}")
        found += inside
    return list(dict.fromkeys(found))


def _read_file(path: Path, key: pd.DataFrame | None) -> pd.DataFrame:
    grid = read_grid(path, ("item", MARK))
    if MARK in grid.header:
        rows = list(alqasida_ratings(grid))
    elif key is None:
        raise LahjaError(f"{path}: whose answers these are is in key.parquet: give it as --key")
    else:
        rows = list(filled_ratings(grid, key))
    table = pd.DataFrame(rows).assign(file=str(path)).reindex(columns=list(COLUMNS))
    return table.astype(dict.fromkeys(("rating", *SCORES), float))


def _check_once(table: pd.DataFrame) -> None:
    marks = ["annotator", "item", "measure"]
    doubled = table[table.duplicated(marks)]
    if len(doubled):
        row = doubled.iloc[0]
        same = (table[marks] == row[marks]).all(axis=1)
        first = table[same].iloc[0]
        raise LahjaError(
            f"{row['file']}: row {row['row']}: {row['annotator']} rated item {row['item']} in "
            f"{first['file']} row {first['row']} already: name files <dialect>-<annotator>"
        )
