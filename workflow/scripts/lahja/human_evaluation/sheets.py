"""Rating sheets on disk: per dialect one CSV file and one workbook with the same rows."""

import csv
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from lahja.files import atomic_path
from lahja.human_evaluation.cells import cell_text, guard
from lahja.human_evaluation.items import KEY
from lahja.human_evaluation.layout import HEADER, SHOWN
from lahja.human_evaluation.workbook import write_workbook
from lahja.tables import write_table


def write_sheets(folder: Path, items: pd.DataFrame, dialects: Sequence[str]) -> None:
    """Write `<dialect>.csv` and `<dialect>.xlsx` of a KEY's items, without what the key knows.

    CSV is UTF-8 with a byte-order mark, by which Excel knows the encoding.
    """
    with atomic_path(folder) as draft:
        draft.mkdir()
        for dialect in dialects:
            rows = _shown_rows(items[items["dialect"] == dialect])
            write_csv(draft / f"{dialect}.csv", HEADER, rows)
            write_workbook(draft / f"{dialect}.xlsx", dialect, rows)


def write_key(table: Path, sheet: Path, items: pd.DataFrame) -> None:
    """Write the KEY as Parquet, and as CSV to look at."""
    write_table(table, items, KEY)
    rows = items[KEY.names].astype(object).where(items[KEY.names].notna(), "")
    with atomic_path(sheet) as draft:
        write_csv(draft, KEY.names, rows.values.tolist())


def write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write rows that spreadsheet programs open as text: no cell is a formula."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for row in rows:
            writer.writerow(
                [guard(cell_text(cell)) if isinstance(cell, str) else cell for cell in row]
            )


def _shown_rows(items: pd.DataFrame) -> list[list[str]]:
    shown = items[list(SHOWN)].fillna("").map(cell_text)
    empty = [""] * (len(HEADER) - len(SHOWN))
    return [[*row, *empty] for row in shown.values.tolist()]
