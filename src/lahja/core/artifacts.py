"""Tables and the data of figures on disk: CSV to look at, Parquet that keeps its caption."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from lahja.core.files import atomic_path
from lahja.core.parquet import parquet_writer, read_parquet

_METADATA_KEY = b"lahja"
MISSING = "n/a"
# What spreadsheet programs take for a formula, full-width signs included; an apostrophe hides one.
_FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "'")


@dataclass(frozen=True)
class Column:
    """A column as it is shown; without `digits` it is text.

    The frame may hold `<key>_low` and `<key>_high` (an interval) and `<key>_note` beside it.
    """

    key: str
    header: str
    digits: int | None = None
    is_signed: bool = False


@dataclass(frozen=True)
class Table:
    """A table of the report: what it shows, and the caption and notes that go with it."""

    name: str
    caption: str
    columns: list[Column]
    rows: pd.DataFrame
    notes: list[str] = field(default_factory=list)

    def cell(self, row: dict[str, Any], column: Column) -> str:
        """Return a cell's text: value, interval in brackets, note; missing numbers are n/a."""
        value = row.get(column.key)
        if pd.isna(value):
            return "" if column.digits is None else MISSING
        if column.digits is None:
            return str(value)
        shown = self.number(value, column)
        low, high = row.get(f"{column.key}_low"), row.get(f"{column.key}_high")
        if not (pd.isna(low) or pd.isna(high)):
            shown += f" [{self.number(low, column)}, {self.number(high, column)}]"
        note = row.get(f"{column.key}_note")
        return shown if pd.isna(note) else f"{shown} ({note})"

    @staticmethod
    def number(value: float, column: Column) -> str:
        """Return a number with the column's digits, a true minus and, for differences, a plus."""
        sign = "+" if column.is_signed else ""
        # What rounds to nothing has no sign.
        rounded = round(value, column.digits) or 0.0
        return f"{rounded:{sign}.{column.digits}f}".replace("-", "\N{MINUS SIGN}")

    def records(self) -> list[dict[str, Any]]:
        """Return the rows as dictionaries."""
        return self.rows.to_dict("records")


def guard(text: str) -> str:
    """Return a text that no spreadsheet program takes for a formula when it opens a CSV file."""
    return f"'{text}" if text.lstrip().startswith(_FORMULA_STARTS) else text


def guarded(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame to be written as CSV, whose texts are no formulas."""
    texts = frame.select_dtypes(["object", "string", "category"]).astype(object)
    return frame.assign(**texts.map(lambda cell: guard(cell) if isinstance(cell, str) else cell))


def write_artifact(table: Table, folder: Path) -> None:
    """Write `<name>.csv` and `<name>.parquet` into a folder, each atomically.

    In CSV, an apostrophe goes before a text that a spreadsheet program would run as a formula.
    """
    with atomic_path(folder / f"{table.name}.csv") as draft:
        guarded(table.rows).to_csv(draft, index=False)
    columns = [asdict(column) for column in table.columns]
    about = {"caption": table.caption, "columns": columns, "notes": table.notes}
    frame = pa.Table.from_pandas(table.rows, preserve_index=False)
    metadata = {_METADATA_KEY: json.dumps(about, ensure_ascii=False).encode()}
    frame, path = frame.replace_schema_metadata(metadata), folder / f"{table.name}.parquet"
    with atomic_path(path) as draft, parquet_writer(draft, frame.schema) as writer:
        writer.write_table(frame)


def read_artifact(path: Path) -> Table:
    """Read a table that `write_artifact` wrote, from its Parquet file."""
    frame = read_parquet(path)
    about = json.loads(frame.schema.metadata[_METADATA_KEY])
    columns = [Column(**column) for column in about["columns"]]
    rows = frame.replace_schema_metadata(None).to_pandas()
    return Table(path.stem, about["caption"], columns, rows, about["notes"])
