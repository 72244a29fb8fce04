"""A spreadsheet that people saved, CSV or Excel, as rows of text under a header."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from zipfile import BadZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from lahja.errors import LahjaError

SUFFIXES = (".csv", ".xlsx")


@dataclass(frozen=True)
class Grid:
    """A header, and rows with their numbers as a spreadsheet program shows them."""

    path: Path
    header: tuple[str, ...]
    rows: list[tuple[int, dict[str, str]]]

    def fault(self, row: int, what: str) -> LahjaError:
        """Return the error that something is wrong in a row."""
        return LahjaError(f"{self.path}: row {row}: {what}")


def read_grid(path: Path, marks: tuple[str, ...]) -> Grid:
    """Read a CSV file, or that sheet of a workbook whose header holds one of the names `marks`.

    Cells are text, "" where empty; rows without any are left out. CSV may be separated by
    semicolons or tabs, as Excel does in some countries. Raises `LahjaError` naming the file.
    """
    if not path.is_file():
        raise LahjaError(f"{path}: no such file")
    if path.suffix.lower() not in SUFFIXES:
        raise LahjaError(f"{path}: expected a file that ends in {' or '.join(SUFFIXES)}")
    tables = _workbook(path) if path.suffix.lower() == ".xlsx" else iter([_csv(path)])
    for records in tables:
        header = tuple(title.strip() for title in next(records, []))
        if set(marks) & set(header):
            return Grid(path, header, list(_rows(path, header, records)))
    raise LahjaError(f"{path}: no header with the column {' or '.join(map(repr, marks))}")


def _rows(
    path: Path, header: tuple[str, ...], records: Iterator[list[str]]
) -> Iterator[tuple[int, dict[str, str]]]:
    for number, record in enumerate(records, start=2):
        if any(record[len(header) :]):
            expected = f"expected {len(header)} as in the header"
            raise LahjaError(f"{path}: row {number}: {len(record)} cells, {expected}")
        if any(cell.strip() for cell in record):
            padded = record + [""] * (len(header) - len(record))
            yield number, dict(zip(header, padded[: len(header)], strict=True))


def _csv(path: Path) -> Iterator[list[str]]:
    csv.field_size_limit(1 << 30)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LahjaError(
            f"{path}: not UTF-8 at byte {error.start}: save it as 'CSV UTF-8' or as .xlsx"
        ) from None
    first = text.split("\n", 1)[0]
    reader = csv.reader(StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
    try:
        yield from reader
    except csv.Error as error:
        raise LahjaError(f"{path}:{reader.line_num}: not CSV ({error})") from None


def _workbook(path: Path) -> Iterator[Iterator[list[str]]]:
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, OSError, ValueError) as error:
        raise LahjaError(f"{path}: not an Excel workbook ({error})") from None
    try:
        for sheet in book.worksheets:
            # Other programs save a size that is not the sheet's.
            sheet.reset_dimensions()
            yield ([_text(v) for v in row] for row in sheet.values)
    finally:
        book.close()


def _text(value: object) -> str:
    if value is None:
        return ""
    # Excel keeps every number as a fraction.
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
