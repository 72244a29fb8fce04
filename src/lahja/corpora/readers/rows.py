"""What readers yield, and the lines and records of files that they read it from.

Bytes that are not UTF-8 spoil only their own row, and so does a quotation mark that is not closed.
A file of which most rows are not UTF-8 is refused.
"""

import csv
import math
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import pyarrow as pa
import pyarrow.parquet as pq

from lahja.core.errors import LahjaError
from lahja.core.files import canonical_json, parse_json
from lahja.core.parquet import iterate_rows
from lahja.core.varieties import OTHER, VARIETIES

# A NUL, or a byte that is not UTF-8, which comes as a lone surrogate.
_UNDECODABLE = re.compile("[\0\udc80-\udcff]")
# JSON's escape of half a surrogate pair: without the other half it is no character.
_HALF_PAIR = re.compile(r"\\u[dD][89a-fA-F]")
# Characters of a line, and of a row of several lines: an unclosed quotation mark must not cost the
# whole file.
_MAX_TEXT = 1 << 20
# Characters that may be read in vain for a closing mark: in any case, and for each that was not.
_MAX_VAIN, _VAIN_RATIO = 1 << 24, 4
_MAX_LINE, _MAX_SHOWN = 1 << 24, 1000
TOO_LONG = f"more than {_MAX_TEXT} characters"


class Sentence(NamedTuple):
    """One text of a corpus as its file has it."""

    text: str
    variety: str
    group: str  #: Binds the translations of one sentence, or the lines of one song.
    file: str
    line: int  #: Line of the file on which the row begins, from 1.
    split: str | None = None  #: The corpus's own split, where it has one.
    aldi: float | None = None  #: Dialectness as a human judged it, 0 to 1.


class Reject(NamedTuple):
    """A row that cannot be used, and why."""

    file: str
    line: int
    reason: str
    text: str


class Prompt(NamedTuple):
    """A ready-made prompt of a benchmark."""

    text: str
    variety: str
    task: str  #: `monolingual`, `crosslingual` or `validation`.
    source: str  #: The benchmark's own name for where the prompt came from.
    answer: str | None = None  #: The answer that counts as gold, where one is given.


Record = tuple[int, dict[str, Any]]
# The first line of a row and its cells, or a line that cannot be cut into cells.
_Row = tuple[int, list[str] | str]


def wanted_varieties(chosen: list[str] | None) -> frozenset[str]:
    """Return the varieties to read: the chosen ones, or all."""
    return frozenset((*VARIETIES, OTHER) if chosen is None else chosen)


def read_lines(path: Path, name: str) -> Iterator[tuple[int, str] | Reject]:
    """Yield the number and the text of each line, without its line break.

    Line feeds and carriage returns end lines: other separators of Unicode occur inside sentences.
    `name` is what the file is called in rejects.
    """
    for item in _decoded(path, name, _rows(path), ""):
        yield item if isinstance(item, Reject) else (item[0], item[1][0])


def read_records(
    path: Path,
    name: str,
    columns: tuple[str, ...] = (),
    quoted: bool | None = None,
    delimiter: str | None = None,
) -> Iterator[Record | Reject]:
    """Yield line and fields of each row of a table: CSV, TSV, Parquet or JSON Lines, by its name.

    A file with a `delimiter` is CSV or TSV whatever its name; `quoted` says whether quotation marks
    enclose its fields or are part of the text; None is the former in CSV, the latter in TSV. The
    table must have the `columns`; a Parquet file is read for them alone, where any are named, and
    its rows are numbered from 1.
    """
    if delimiter := delimiter or {".csv": ",", ".tsv": "\t"}.get(path.suffix):
        is_quoted = delimiter != "\t" if quoted is None else quoted
        yield from _delimited_rows(path, name, columns, delimiter, is_quoted)
    elif path.suffix == ".parquet":
        try:
            with pq.ParquetFile(existing(path)) as file:
                _expect(path, columns, file.schema_arrow.names)
            yield from enumerate(iterate_rows(path, list(dict.fromkeys(columns))), start=1)
        except (OSError, MemoryError, ValueError, pa.ArrowException) as error:
            raise LahjaError(f"{path}: not a sound Parquet table ({error})") from None
    elif path.suffix == ".jsonl":
        yield from _json_rows(path, name, columns)
    else:
        raise LahjaError(f"{path}: expected a .csv, .tsv, .parquet or .jsonl file")


def _expect(path: Path, columns: tuple[str, ...], header: list[str]) -> None:
    if _UNDECODABLE.search("".join(header)):
        raise LahjaError(f"{path}: expected UTF-8 text, but its header is not: save it as UTF-8")
    counts = Counter(header)
    for column in (column for column in columns if counts[column] != 1):
        fault = "lacks the column" if column not in counts else "has more than one column"
        told = f"expected {', '.join(columns)}, found {', '.join(header) or 'nothing'}"
        raise LahjaError(f"{path}: {fault} {column!r}: {told}")


def _delimited_rows(
    path: Path, name: str, columns: tuple[str, ...], delimiter: str, quoted: bool
) -> Iterator[Record | Reject]:
    rows = _rows(path, delimiter, quoted)
    header = next(rows, (0, []))[1]
    if named := re.fullmatch(r"sep=(.)", delimiter.join(header), re.IGNORECASE):
        # Excel's own line.
        delimiter = named[1]
        rows = islice(_rows(path, delimiter, quoted), 1, None)
        header = next(rows, (0, []))[1]
    header = [title.strip() for title in ([header] if isinstance(header, str) else header)]
    # Of two columns of one name only the last would be read.
    _expect(path, columns or tuple(filter(None, header)), header)
    for item in _decoded(path, name, (row for row in rows if any(row[1])), delimiter):
        if isinstance(item, Reject):
            yield item
        elif len(item[1]) == len(header):
            yield item[0], dict(zip(header, item[1], strict=True))
        else:
            reason = f"expected {len(header)} fields, found {len(item[1])}"
            yield Reject(name, item[0], reason, delimiter.join(item[1]))


def _json_rows(path: Path, name: str, columns: tuple[str, ...]) -> Iterator[Record | Reject]:
    n_rows = n_good = 0
    for item in read_lines(path, name):
        if isinstance(item, Reject):
            yield item
        elif (text := item[1]).strip():
            try:
                row = parse_json(text)
                if _HALF_PAIR.search(text):
                    canonical_json(row).encode()
            except ValueError:
                row = None
            reason = None if isinstance(row, dict) else "not a JSON object"
            reason = reason or next((f"lacks {c!r}" for c in columns if c not in row), None)
            n_rows += 1
            n_good += reason is None
            yield Reject(name, item[0], reason, text) if reason else (item[0], row)
    if columns and n_rows and not n_good:
        raise LahjaError(f"{path}: no line is a JSON object with {', '.join(columns)}")


def cell_text(value: Any) -> str:
    """Return a cell's text, "" where it is empty; in a column of floats ids stay whole numbers."""
    if value is None or value != value:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def cell_number(value: Any) -> float:
    """Return a cell's number, of True and False 1 and 0; NaN where it holds none."""
    try:
        return float({"True": 1, "False": 0}.get(value, value))
    except (TypeError, ValueError):
        return math.nan


def find_file(path: Path, named: str | None, *patterns: str) -> Path:
    """Return the one file to read: `path` itself, the named file within it, or the only match.

    Patterns are tried in order within a folder; none or several matches raise `LahjaError`.
    """
    if path.is_file():
        return path
    if named is not None:
        return existing(path / named)
    found = next(filter(None, (sorted(path.glob(pattern)) for pattern in patterns)), [])
    if len(found) != 1:
        what = f"{len(found)} files match" if found else "no file matches"
        remedy = "name the one to read in the option 'file'"
        raise LahjaError(f"{path}: {what} {' or '.join(patterns)}: {remedy}")
    return found[0]


def find_files(path: Path, *patterns: str) -> list[Path]:
    """Return the sorted files that match any of the patterns, at least one of them."""
    if path.is_file():
        return [path]
    found = sorted({file for pattern in patterns for file in path.glob(pattern) if file.is_file()})
    if not found:
        raise LahjaError(f"{path}: no file matches {' or '.join(patterns)}")
    return found


def existing(path: Path) -> Path:
    """Return the path of a file that must exist."""
    if not path.is_file():
        raise LahjaError(f"{path}: no such file")
    return path


def name_within(path: Path, file: Path) -> str:
    """Return how a file of a corpus is called: its path within the corpus's folder."""
    return file.name if file == path else file.relative_to(path).as_posix()


def _rows(path: Path, delimiter: str = "", quoted: bool = False) -> Iterator[_Row]:
    """Yield the rows of a file; without a delimiter a line is one cell."""
    with existing(path).open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        if quoted:
            yield from _quoted_rows(path, _lines_of(file), delimiter)
            return
        for number, line in enumerate(_lines_of(file), start=1):
            text = line.rstrip("\r\n")
            yield number, text.split(delimiter) if delimiter else [text]


def _lines_of(file: TextIO) -> Iterator[str]:
    """Yield the lines of a file, of one that is far too long the beginning alone."""
    while line := file.readline(_MAX_LINE):
        rest = line
        while len(rest) == _MAX_LINE and not rest.endswith(("\n", "\r")):
            rest = file.readline(_MAX_LINE)
        yield line


def _quoted_rows(path: Path, file: Iterator[str], delimiter: str) -> Iterator[_Row]:
    """Yield the rows; of a quotation mark that is not closed its line, and what follows anew."""
    csv.field_size_limit(_MAX_TEXT)
    start, taken, again, n_read, n_vain = 1, [], deque(), 0, 0

    def lines() -> Iterator[str]:
        """Yield what is to be read again, then the rest of the file."""
        n_taken = 0
        while line := again.popleft() if again else next(file, ""):
            taken.append(line)
            n_taken += len(line)
            if len(taken) > 1 and n_taken > _MAX_TEXT:
                raise csv.Error
            yield line

    while True:
        try:
            cells = next(csv.reader(lines(), delimiter=delimiter), [])
            if len(taken) > 1:
                # A field ends where one can, not at a later one's opening mark.
                list(csv.reader(taken, delimiter=delimiter, strict=True))
        except csv.Error:
            n_vain += sum(map(len, taken[1:]))
            if n_vain > _MAX_VAIN + _VAIN_RATIO * n_read:
                told = "too many quotation marks are not closed"
                raise LahjaError(f"{path}: {told}; set quoted to false if they are text") from None
            again.extendleft(reversed(taken[1:]))
            del taken[1:]
            cells = taken[0]
        if not taken:
            return
        yield start, cells
        start += len(taken)
        n_read += sum(map(len, taken))
        taken.clear()


def _decoded(
    path: Path, name: str, rows: Iterable[_Row], delimiter: str
) -> Iterator[tuple[int, list[str]] | Reject]:
    """Yield the rows, and rejects for those that are not UTF-8 or have no cells."""
    n_rows = n_bad = 0
    for line, cells in rows:
        text = cells if isinstance(cells, str) else delimiter.join(cells)
        n_rows += bool(text)
        is_bad, is_long = _UNDECODABLE.search(text) is not None, len(text) > _MAX_TEXT
        n_bad += is_bad
        if is_bad or is_long or isinstance(cells, str):
            data = text[: _MAX_SHOWN if is_long else None].encode(errors="surrogateescape")
            shown = data.decode("utf-8", errors="replace").replace("\0", "\ufffd")
            reason = "not UTF-8" if is_bad else "a quotation mark is not closed"
            yield Reject(name, line, TOO_LONG if is_long else reason, shown)
        else:
            yield line, cells
    if n_bad * 2 > n_rows and n_bad > 1:
        told = f"expected UTF-8 text, but {n_bad} of {n_rows} rows are not: save it as UTF-8"
        raise LahjaError(f"{path}: {told}")
