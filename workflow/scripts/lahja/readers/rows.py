"""Lines and rows of text files: encodings, byte-order marks, headers and quotes.

Bytes that are not UTF-8 spoil only their own row. A file of which most rows are so is refused.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lahja.errors import LahjaError
from lahja.readers.records import Options, Reject

_NOT_UTF8 = "not UTF-8"


@dataclass(frozen=True)
class Row:
    """The fields of one row by column name, and the line on which it begins."""

    line: int
    fields: dict[str, str]


def read_lines(path: Path, name: str) -> Iterator[tuple[int, str] | Reject]:
    """Yield the number and the text of each line, without its line break.

    Only a line feed ends a line: other separators of Unicode occur inside sentences. `name` is
    what the file is called in rejects.
    """
    counter = _DecodingCounter(path)
    with _opened(path) as file:
        for number, line in enumerate(file, start=1):
            line = line.rstrip("\r\n")
            if counter.is_undecodable(line):
                yield Reject(name, number, _NOT_UTF8, _printable(line))
            else:
                yield number, line
    counter.finish()


def read_rows(
    path: Path,
    name: str,
    columns: tuple[str, ...],
    *,
    delimiter: str = ",",
    quoted: bool = True,
) -> Iterator[Row | Reject]:
    """Yield the rows of a file with a header, which must hold these columns.

    A row with more or fewer fields than the header is a reject. `quoted` says whether quotation
    marks enclose fields, as in CSV, or are part of the text.
    """
    records = _records(path, delimiter, quoted)
    header = [title.strip() for title in next(records, (0, []))[1]]
    missing = [column for column in columns if column not in header]
    if missing:
        raise LahjaError(
            f"{path}: lacks the column {missing[0]!r}: "
            f"expected {', '.join(columns)}, found {', '.join(header) or 'nothing'}"
        )
    counter = _DecodingCounter(path)
    for line, record in records:
        if not any(record):
            continue
        if counter.is_undecodable("".join(record)):
            yield Reject(name, line, _NOT_UTF8, _printable(delimiter.join(record)))
        elif len(record) != len(header):
            reason = f"expected {len(header)} fields, found {len(record)}"
            yield Reject(name, line, reason, delimiter.join(record))
        else:
            yield Row(line, dict(zip(header, record, strict=True)))
    counter.finish()


def read_aligned(paths: dict[str, Path]) -> Iterator[tuple[int, dict[str, str | Reject]]]:
    """Yield the number and the texts of each line of files that are aligned line by line.

    Raises `LahjaError` that names the files if they differ in length.
    """
    texts = {key: list(read_lines(path, path.name)) for key, path in paths.items()}
    lengths = {paths[key]: len(lines) for key, lines in texts.items()}
    if len(set(lengths.values())) > 1:
        counts = ", ".join(f"{path.name} has {n}" for path, n in lengths.items())
        folder = next(iter(lengths)).parent
        raise LahjaError(f"{folder}: aligned files differ in their number of lines: {counts}")
    for number, row in enumerate(zip(*texts.values(), strict=True), start=1):
        cells = (cell if isinstance(cell, Reject) else cell[1] for cell in row)
        yield number, dict(zip(texts, cells, strict=True))


def find_file(reader: str, path: Path, options: Options, *patterns: str) -> Path:
    """Return the one file to read: `path` itself, its file `options["file"]`, or the only match.

    Patterns are tried in order within a folder; none or several matches raise `LahjaError`.
    """
    if path.is_file():
        return path
    if "file" in options:
        return existing(path / options["file"])
    found = next((m for p in patterns if (m := sorted(path.glob(p)))), [])
    if len(found) != 1:
        what = f"{len(found)} files match" if found else "no file matches"
        raise LahjaError(
            f"{path}: {what} {' or '.join(patterns)}: name the one to read in the "
            f"option 'file' of reader {reader}"
        )
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


class _DecodingCounter:
    """Counts undecodable rows, and refuses a file where they are the most."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._n_rows = 0
        self._n_bad = 0

    def is_undecodable(self, text: str) -> bool:
        """Count a text, and return whether it is not UTF-8."""
        self._n_rows += bool(text)
        bad = "\0" in text or any("\udc80" <= c <= "\udcff" for c in text)
        self._n_bad += bad
        return bad

    def finish(self) -> None:
        """Raise `LahjaError` where more than half of the rows were not UTF-8."""
        if self._n_bad * 2 > self._n_rows and self._n_bad > 1:
            raise LahjaError(
                f"{self._path}: expected UTF-8 text, but {self._n_bad} of {self._n_rows} rows "
                "are not"
            )


def _opened(path: Path) -> Any:
    existing(path)
    # Undecodable bytes come as lone surrogates, by which their row is known.
    return path.open(encoding="utf-8-sig", errors="surrogateescape", newline="\n")


def _printable(text: str) -> str:
    data = text.encode("utf-8", errors="surrogateescape")
    return data.decode("utf-8", errors="replace").replace("\0", "\ufffd")


def _records(path: Path, delimiter: str, quoted: bool) -> Iterator[tuple[int, list[str]]]:
    if not quoted:
        with _opened(path) as file:
            for number, line in enumerate(file, start=1):
                yield number, line.rstrip("\r\n").split(delimiter)
        return
    csv.field_size_limit(1 << 30)
    with _opened(path) as file:
        reader = csv.reader(file, delimiter=delimiter)
        start = 1
        for record in _guarded(reader, path):
            yield start, record
            start = reader.line_num + 1


def _guarded(reader: Any, path: Path) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error as error:
        raise LahjaError(f"{path}:{reader.line_num}: not CSV ({error})") from None
