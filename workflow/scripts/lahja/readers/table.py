"""The generic reader: any CSV, TSV, Parquet or JSON Lines table with a column map."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lahja.errors import LahjaError
from lahja.readers.records import SPLITS, Options, Reject, Sentence, check_options, wanted_varieties
from lahja.readers.rows import find_files, name_within, read_lines, read_rows
from lahja.varieties import VARIETIES, get_variety

_ROLES = ("text", "variety", "group", "split", "aldi")
_PATTERNS = ("*.csv", "*.tsv", "*.parquet", "*.jsonl")


def read_table(path: Path, options: Options) -> Iterator[Sentence | Reject]:
    """Yield the sentences of tables whose columns the options name.

    Options: `columns` maps `text` (with `variety`: a column of labels, or the option `variety`
    for all rows), or maps varieties themselves to the columns of a parallel table, and
    optionally `group`, `split` and `aldi`; `labels` maps a label to a variety and `splits` a
    split's name to one of lahja's, both by default the identity; rows of other labels are
    passed over. `files` are patterns within the folder; `quoted: false` for TSV files whose
    quotation marks are text; `split` for all rows; `varieties`.
    """
    known = ("columns", "variety", "labels", "splits", "files", "quoted", "split", "varieties")
    check_options("table", options, *known)
    layout = _Layout(options)
    for file in find_files(path, *options.get("files", _PATTERNS)):
        name = name_within(path, file)
        for item in _rows(file, name, layout.columns, options.get("quoted", True)):
            if isinstance(item, Reject):
                yield item
            else:
                yield from layout.sentences(name, *item)


def read_columns(path: Path, columns: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Yield the rows of a Parquet file that must have these columns."""
    try:
        file = pq.ParquetFile(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise LahjaError(f"{path}: not a Parquet table ({error})") from None
    with file:
        for column in columns:
            if column not in file.schema_arrow.names:
                found = ", ".join(file.schema_arrow.names)
                raise LahjaError(f"{path}: lacks the column {column!r}: found {found}")
        for batch in file.iter_batches(columns=list(dict.fromkeys(columns))):
            yield from batch.to_pylist()


class _Layout:
    """The column map of a table, checked once."""

    def __init__(self, options: Options) -> None:
        named = options.get("columns") or {"text": "text"}
        for key in named:
            if key not in _ROLES and key not in VARIETIES:
                expected = ", ".join((*_ROLES, *VARIETIES))
                raise LahjaError(f"reader table: unknown column {key!r}: expected {expected}")
        self._sides = {key: column for key, column in named.items() if key in VARIETIES}
        self._roles = {key: column for key, column in named.items() if key in _ROLES}
        self._variety = get_variety(options["variety"]).code if "variety" in options else None
        if bool(self._sides) == ("text" in self._roles):
            raise LahjaError("reader table: columns need either 'text' or one column per variety")
        if not self._sides and self._variety is None and "variety" not in self._roles:
            raise LahjaError("reader table: which variety? give the column or option 'variety'")
        self._labels = options.get("labels") or {code: code for code in VARIETIES}
        for code in self._labels.values():
            get_variety(code)
        self._splits = options.get("splits") or {split: split for split in SPLITS}
        self._split = options.get("split")
        self._wanted = wanted_varieties(options)
        self.columns = tuple(named.values())

    def sentences(self, name: str, line: int, row: dict[str, Any]) -> Iterator[Sentence | Reject]:
        """Yield the texts of one row."""
        given = {role: row[column] for role, column in self._roles.items()}
        group = str(given["group"]) if "group" in given else f"{name}:{line}"
        split = self._splits.get(str(given["split"])) if "split" in given else self._split
        try:
            aldi = float(given["aldi"]) if given.get("aldi") not in (None, "") else None
        except ValueError:
            reason = f"dialectness {given['aldi']!r} is not a number"
            yield Reject(name, line, reason, str(given.get("text", "")))
            return
        for variety, text in self._texts(given, row):
            if variety in self._wanted:
                yield Sentence(text, variety, group, name, line, split, aldi)

    def _texts(self, given: dict[str, Any], row: dict[str, Any]) -> Iterator[tuple[str, str]]:
        if "text" in given:
            label = self._labels.get(str(given.get("variety")))
            variety = label if "variety" in given else self._variety
            if variety:
                yield variety, _as_text(given["text"])
        for variety, column in self._sides.items():
            # A side that is not known is no row of its own.
            if _as_text(row[column]).strip():
                yield variety, _as_text(row[column])


def _as_text(value: Any) -> str:
    return "" if value is None else str(value)


def _rows(
    file: Path, name: str, columns: tuple[str, ...], quoted: bool
) -> Iterator[tuple[int, dict[str, Any]] | Reject]:
    match file.suffix:
        case ".csv" | ".tsv":
            delimiter = "\t" if file.suffix == ".tsv" else ","
            for row in read_rows(file, name, columns, delimiter=delimiter, quoted=quoted):
                yield row if isinstance(row, Reject) else (row.line, row.fields)
        case ".parquet":
            yield from enumerate(read_columns(file, columns), start=1)
        case ".jsonl":
            yield from _json_rows(file, name, columns)
        case _:
            raise LahjaError(f"{file}: reader table reads {' '.join(_PATTERNS)} only")


def _json_rows(
    file: Path, name: str, columns: tuple[str, ...]
) -> Iterator[tuple[int, dict[str, Any]] | Reject]:
    n_rows = n_good = 0
    for item in read_lines(file, name):
        if isinstance(item, Reject):
            yield item
            continue
        line, text = item
        if not text.strip():
            continue
        n_rows += 1
        row = _json_object(text)
        missing = [c for c in columns if c not in row] if row is not None else None
        if row is None or missing:
            reason = f"lacks {missing[0]!r}" if missing else "not a JSON object"
            yield Reject(name, line, reason, text)
        else:
            n_good += 1
            yield line, row
    if n_rows and not n_good:
        raise LahjaError(f"{file}: no line is a JSON object with {', '.join(columns)}")


def _json_object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None
