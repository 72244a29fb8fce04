"""Ratings read back: filled sheets, CSV or Excel, checked against the key, and AL-QASIDA's own.

AL-QASIDA's files are `humevals/results/<dialect>_<task>_humeval.csv`, with ADI2 as `TVD`. They name
no annotator: each response was rated once, so that all files count as one annotator's.
"""

import codecs
import csv
import math
import re
import zlib
from collections.abc import Sequence
from functools import partial
from io import StringIO
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import pandas as pd
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from lahja.core.errors import LahjaError, refuse_rows
from lahja.core.files import digest_of_file, digest_of_text
from lahja.core.tables import GENERATIONS, read_table
from lahja.core.varieties import VARIETIES
from lahja.corpora.readers.rows import cell_text, existing
from lahja.evaluation.human.sheets import MEASURES, SCORES, is_shown_as, read_key
from lahja.evaluation.llm_judge import RATINGS, add_ratings

SUFFIXES = (".csv", ".xlsx")
COLUMNS = [
    "annotator", "dialect", "task", "model", "item", "measure", "rating", *SCORES, *RATINGS, "file",
    "row",
]  # fmt: skip
_NEEDED = ("item", "response", *(measure.name for measure in MEASURES))
# A column that only AL-QASIDA's files have, and the others that they need.
_MARK = "Completion"
_ALQASIDA_NEEDED = (_MARK, "Prompt", "Model", "Dialect", "TVD")
# What a damaged or protected workbook raises.
_UNSOUND = (
    BadZipFile, InvalidFileException, LookupError, OSError, ValueError, TypeError, SyntaxError,
    EOFError, RuntimeError, csv.Error, zlib.error,
)  # fmt: skip
_MAX_UNPACKED, _MAX_CELLS = 1 << 28, 10**7
# How programs mark a copy of a file, in English and Arabic.
_COPY = re.compile(
    r"^(?:copy of|نسخة من) +|(?:[ _-]*\(\d+\)|[ _-]+(?:copy|نسخة)(?: *\d+)?)+$", re.IGNORECASE
)
_TASKS = {"Adequacy": "translation", "Adherence": "monolingual"}


def read_sheet(path: Path) -> pd.DataFrame:
    """Read a CSV file, or that sheet of a workbook whose header has an item or a Completion.

    Cells are text, "" where empty, and the index has the rows' numbers as a spreadsheet program
    shows them; empty rows are left out. CSV may be UTF-16, and separated by semicolons or tabs, as
    Excel does in some countries. Raises `LahjaError` naming the file.
    """
    if existing(path).suffix.lower() not in SUFFIXES:
        raise LahjaError(f"{path}: expected a file that ends in {' or '.join(SUFFIXES)}")
    is_csv = path.suffix.lower() == ".csv"
    try:
        tables = _csv(path) if is_csv else _workbook(path)
    except UnicodeDecodeError as error:
        raise LahjaError(
            f"{path}: not UTF-8 at byte {error.start}: save it as 'CSV UTF-8' or as .xlsx"
        ) from None
    except _UNSOUND as error:
        form = "CSV" if is_csv else "an Excel workbook without a password"
        raise LahjaError(f"{path}: not {form} ({' '.join(str(error).split())})") from None
    for table in (table.fillna("") for table in tables if len(table)):
        rows = table.set_axis(table.iloc[0].str.strip(), axis=1).iloc[1:]
        if {"item", _MARK} & set(rows):
            rows = rows.set_axis(range(2, len(table) + 1))
            return rows[rows.map(str.strip).any(axis=1)]
    raise LahjaError(f"{path}: no header with the column 'item' or {_MARK!r}")


def _csv(path: Path) -> list[pd.DataFrame]:
    data = path.read_bytes()
    has_mark = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    encoding = "utf-16" if has_mark else "utf-16-le" if data[1:2] == b"\0" else "utf-8-sig"
    text = path.read_text(encoding=encoding)
    separator = max(",;\t", key=text.split("\n", 1)[0].count)
    # Excel takes the separator from such a line, and does not show it.
    if named := re.match(r'"?sep=(.)"?\n', text, re.IGNORECASE):
        separator, text = named[1], text[named.end() :]
    # A quotation mark that is not closed would hide the rows up to the next one.
    [*csv.reader(StringIO(text), delimiter=separator, strict=True)]
    options = {"header": None, "dtype": str, "na_filter": False, "skip_blank_lines": False}
    return [pd.read_csv(StringIO(text), sep=separator, **options)]


def _workbook(path: Path) -> list[pd.DataFrame]:
    with ZipFile(path) as archive:
        if sum(member.file_size for member in archive.infolist()) > _MAX_UNPACKED:
            raise ValueError(f"it unpacks to more than {_MAX_UNPACKED >> 20} MiB")
    values, formulas = (load_workbook(path, data_only=only) for only in (True, False))
    tables = []
    for sheet in values.worksheets:
        # One cell far off makes a table of all that are before it.
        if sheet.max_row * sheet.max_column > _MAX_CELLS:
            raise ValueError(f"{sheet.title} has {sheet.max_row} rows, {sheet.max_column} columns")
        tables.append(pd.DataFrame([map(cell_text, row) for row in sheet.values], dtype=object))
        for cell in (cell for row in formulas[sheet.title].iter_rows() for cell in row):
            if cell.data_type == "f" and sheet[cell.coordinate].value is None:
                raise LahjaError(
                    f"{path}: {sheet.title}!{cell.coordinate}: {cell.value} was never calculated: "
                    "open the file in a spreadsheet program and save it, or put a number there"
                )
    return tables


def _filled(sheet: pd.DataFrame, key: pd.DataFrame, refuse: partial) -> pd.DataFrame:
    """Return what the key knows of each row of a filled sheet."""
    items = sheet["item"].str.strip()
    refuse(~items.isin(key.index), "unknown item {!r}, expected one of the key's", items)
    about = key.loc[items].set_axis(sheet.index)
    pairs = zip(about["response"].fillna(""), sheet["response"], strict=True)
    changed = pd.Series([not is_shown_as(*pair) for pair in pairs], sheet.index, dtype=bool)
    refuse(changed, "the response of item {} was changed, expected the key's", items)
    return about


def annotator_of(path: Path) -> str:
    """Return the annotator that a file's name tells: `mona` of `egy-mona.xlsx` and `mona/egy.csv`.

    A name without a dialect in front is the annotator's. What marks a copy is no part of it.
    """
    stem = _COPY.sub("", path.stem)
    name = re.fullmatch(rf"(?:{'|'.join(VARIETIES)})(?:[-_. ]+(.+))?", stem)
    return (name[1] or path.resolve().parent.name) if name else stem


def _alqasida(path: Path, sheet: pd.DataFrame, refuse: partial) -> pd.DataFrame:
    """Return what a file of AL-QASIDA tells of each row; Adequacy or Adherence tells its task."""
    task = next((_TASKS[name] for name in _TASKS if name in sheet), None)
    if task is None:
        raise LahjaError(f"{path}: lacks the column {' or '.join(map(repr, _TASKS))}")
    scores, dialects = sheet["TVD"].map(_number), sheet["Dialect"]
    refuse(scores.isna(), "TVD is {!r}, expected a number", sheet["TVD"])
    told = f"unknown variety {{!r}}: expected one of {' '.join(VARIETIES)}"
    refuse(~dialects.isin([*VARIETIES]), told, dialects)
    names = sheet[["Dialect", "Model", "Prompt", _MARK]]
    items = [digest_of_text("\x1f".join(row))[:12] for row in names.to_numpy()]
    about = sheet[["Dialect", "Model"]].rename(columns=str.lower)
    return about.assign(item=items, task=task, adi2=scores)


def _number(text: str) -> float:
    """Return a cell's number, in Arabic digits too; NaN where there is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def read_ratings(
    paths: Sequence[Path], key: Path | None, judged: Path | None = None
) -> tuple[pd.DataFrame, list[str]]:
    """Read filled sheets and files of AL-QASIDA's layout; folders are searched at any depth.

    Returns a frame with COLUMNS, `rating` NaN where a cell was left empty, and notes on sheets that
    are left out: nothing was rated, or the same as in another. `judged` is the GENERATIONS of an
    LLM that rated the same responses. Raises `LahjaError` naming file and row for an item that the
    key lacks or that occurs twice, a changed response, a rating off its scale, and for none at all.
    """
    known = None if key is None else read_key(key)
    if known is not None and judged is not None:
        known = add_ratings(known, read_table(judged, GENERATIONS))
    parts, notes, seen = [], [], {}
    marks = ["annotator", "item", "measure"]
    for path in dict.fromkeys(file for place in paths for file in _files(place)):
        part = _read_file(path, known)
        content = part[[*marks, "rating"]].sort_values(marks).to_csv(index=False)
        same = (digest_of_file(path), digest_of_text(content))
        if not part["rating"].notna().any():
            notes.append(f"{path}: nothing rated, left out.")
        elif first := next((seen[digest] for digest in same if digest in seen), None):
            notes.append(f"{path}: the same as {first}, counted once.")
        else:
            parts.append(part)
            seen |= dict.fromkeys(same, path)
    if not parts:
        raise LahjaError(f"{' '.join(map(str, paths)) or 'no file'}: not one rating")
    table = pd.concat(parts, ignore_index=True)
    for row in table[table.duplicated(marks)].itertuples():
        first = table[(table[marks] == [getattr(row, mark) for mark in marks]).all(axis=1)].iloc[0]
        raise LahjaError(
            f"{row.file}: row {row.row}: {row.annotator} rated item {row.item} in {first['file']} "
            f"row {first['row']} already: name files <dialect>-<annotator>"
        )
    if known is not None:
        unrated = len(known.index.difference(table["item"][table["rating"].notna()]))
        notes += [f"{unrated} of the key's {len(known)} items are not rated."] if unrated else []
    return table, notes


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    # Excel keeps a lock file, ~$name.xlsx, beside a workbook that is open.
    inside = (file for file in sorted(path.rglob("*")) if file.name[0] not in ".~")
    if found := [file for file in inside if file.suffix.lower() in SUFFIXES]:
        return found
    raise LahjaError(f"{path}: no file in it ends in {' or '.join(SUFFIXES)}")


def _read_file(path: Path, key: pd.DataFrame | None) -> pd.DataFrame:
    """Return a row of COLUMNS for each cell that is to be rated, `rating` NaN where it is empty."""
    sheet, refuse = read_sheet(path), partial(refuse_rows, f"{path}: row ")
    is_ours = _MARK not in sheet
    if is_ours and key is None:
        raise LahjaError(f"{path}: whose answers these are is in key.parquet: give it as --key")
    for name in _NEEDED if is_ours else _ALQASIDA_NEEDED:
        if name not in sheet:
            raise LahjaError(f"{path}: lacks the column {name!r}")
    about = _filled(sheet, key, refuse) if is_ours else _alqasida(path, sheet, refuse)
    # A column of the sheet goes before the file's name.
    named = sheet.get("annotator", pd.Series("", sheet.index)).str.strip()
    annotator = named.replace("", annotator_of(path) if is_ours else "AL-QASIDA")
    about, parts = about.assign(annotator=annotator, file=str(path), row=sheet.index), []
    for measure in (measure for measure in MEASURES if measure.name in sheet):
        cells, is_asked = sheet[measure.name].str.strip(), about["task"].isin(measure.tasks)
        ratings, is_given = cells.map(_number), cells != ""
        told = f"{measure.name} is {{!r}}, expected a whole number from 1 to {measure.top}"
        refuse(is_given & ~ratings.isin(range(1, measure.top + 1)), told, cells)
        told = f"{measure.name} is not asked for in {{}}"
        refuse(is_given & ~is_asked, told, about["task"])
        parts.append(about.assign(measure=measure.name, rating=ratings)[is_asked])
    numbers = dict.fromkeys((*SCORES, *RATINGS), float)
    return pd.concat(parts).reindex(columns=COLUMNS).astype(numbers)
