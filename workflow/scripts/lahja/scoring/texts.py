"""Read the texts that `lahja score` scores: a table, JSON Lines, or AL-QASIDA's output files."""

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from lahja.errors import LahjaError
from lahja.files import digest_of_text
from lahja.metrics.dialectness import has_enough_words
from lahja.readers.recorded import find_recorded, is_known, read_recorded
from lahja.readers.records import Reject
from lahja.readers.rows import read_lines, read_rows
from lahja.varieties import NADI_COUNTRIES, VARIETIES

TEXT_COLUMNS = (
    "model", "prompt_id", "task", "corpus", "source_variety", "target_variety", "prompt",
    "source", "reference", "response", "finish_reason",
)  # fmt: skip
SCORE_COLUMNS = ("aldi", "p_country", "p_region", "is_arabic", "too_few_tokens")
TASKS = ("translation", "monolingual", "crosslingual", "validation")
_SUFFIXES = (".csv", ".tsv", ".parquet", ".jsonl")


def read_texts(path: Path, columns: Mapping[str, str], given: Mapping[str, str]) -> pd.DataFrame:
    """Return the texts of a file or of a folder of AL-QASIDA's outputs, one row per response.

    The frame has TEXT_COLUMNS and, where they are recorded, SCORE_COLUMNS (NaN in rows that lack
    one) and `countries`. In a file, `columns` maps lahja's column names to the file's own and
    `given` holds values for all rows (such as target_variety). Only `response` and
    `target_variety` are needed: a row with a reference counts as translation, another as
    monolingual. Raises `LahjaError` naming the file and the row or column.
    """
    rows = list(_folder_rows(path) if path.is_dir() else _file_rows(path, columns, given))
    if not rows:
        raise LahjaError(f"{path}: holds no texts of lahja's varieties ({' '.join(VARIETIES)})")
    frame = pd.DataFrame(rows)
    for column in SCORE_COLUMNS:
        if column in frame:
            frame[column] = frame[column].astype(float)
    doubled = frame[frame.duplicated(["model", "prompt_id"])]
    if len(doubled):
        first = doubled.iloc[0]
        raise LahjaError(f"{path}: prompt {first.prompt_id!r} of {first.model} occurs twice")
    for column in TEXT_COLUMNS:
        values = frame[column] if column in frame else pd.Series(None, index=frame.index)
        # pandas keeps None in columns of plain objects alone.
        frame[column] = values.astype(object).where(values.notna(), None)
    return frame


def has_recorded_scores(texts: pd.DataFrame) -> bool:
    """Whether every row has a recorded ALDi and probability of the wanted country."""
    return {"aldi", "p_country"} <= set(texts) and bool(
        texts[["aldi", "p_country"]].notna().all(axis=None)
    )


def _folder_rows(folder: Path) -> Iterator[dict[str, Any]]:
    for stem in find_recorded(folder):
        file = read_recorded(stem)
        name = file.name
        if file.rows is None or not is_known(name):
            continue
        for place, row in enumerate(file.rows.to_dict("records")):
            key = f"{name.task}:{name.corpus}:{name.source}:{name.target}:{place}"
            known = {k: row[k] for k in ("prompt", "response", "reference", "finish_reason")}
            scores = {k: row[k] for k in (*SCORE_COLUMNS, "countries") if k in row}
            scores.setdefault("is_arabic", 1.0)
            if math.isnan(scores.get("too_few_tokens", math.nan)):
                few = name.task == "crosslingual" and not has_enough_words(row["response"])
                scores["too_few_tokens"] = float(few)
            # Prompts in the dialect itself, or in English of the cross-lingual task.
            own = "eng" if name.task == "crosslingual" else name.target
            yield known | scores | {
                "model": name.model, "task": name.task, "corpus": name.corpus,
                "source_variety": name.source or own, "target_variety": name.target,
                "source": _translated_text(row["prompt"]) if name.source else row["prompt"],
                "prompt_id": key,
            }  # fmt: skip


def _translated_text(prompt: str) -> str:
    """Return what a translation prompt of AL-QASIDA asks to translate: its lines but two."""
    return "\n".join(prompt.split("\n")[1:-1]) or prompt


def _file_rows(
    path: Path, columns: Mapping[str, str], given: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    unknown = [name for name in (*columns, *given) if name not in (*TEXT_COLUMNS, *SCORE_COLUMNS)]
    if unknown:
        names = " ".join((*TEXT_COLUMNS, *SCORE_COLUMNS))
        raise LahjaError(f"{path}: unknown column {unknown[0]!r}, expected some of {names}")
    for line, fields in _records(path):
        row: dict[str, Any] = dict(given)
        for name in (*TEXT_COLUMNS, *SCORE_COLUMNS, "countries"):
            theirs = columns.get(name, name)
            if theirs in fields and not _is_missing(fields[theirs]):
                row[name] = fields[theirs]
            elif name in columns and theirs not in fields:
                raise LahjaError(f"{path}: lacks the column {theirs!r} for {name}")
        yield _completed(row, f"{path}:{line}", path.stem)


def _completed(row: dict[str, Any], place: str, stem: str) -> dict[str, Any]:
    """Return a row with what follows from what it has; refuse what cannot be scored."""
    for name in ("response", "target_variety"):
        # An empty response is one; its column must be there.
        if name not in row and name != "response":
            raise LahjaError(f"{place}: has no {name}; give the column, or --target for all rows")
    row.setdefault("response", "")
    row["reference"] = row.get("reference")
    row.setdefault("task", "translation" if row["reference"] is not None else "monolingual")
    if row["task"] not in TASKS:
        raise LahjaError(f"{place}: unknown task {row['task']!r}, expected {' '.join(TASKS)}")
    own = "eng" if row["task"] == "crosslingual" else row["target_variety"]
    if row["task"] != "translation":
        row.setdefault("source_variety", own)
    elif "source_variety" not in row:
        raise LahjaError(f"{place}: a translation needs source_variety: a column, or --source")
    for name in ("source_variety", "target_variety"):
        if row[name] not in VARIETIES:
            codes = " ".join(VARIETIES)
            raise LahjaError(f"{place}: unknown {name} {row[name]!r}, expected one of {codes}")
    row.setdefault("model", stem)
    row.setdefault("corpus", stem)
    row.setdefault("prompt_id", digest_of_text(f"{row['corpus']}:{place}")[:16])
    row.setdefault("prompt", row.get("source"))
    row.setdefault("source", row.get("prompt"))
    for name in SCORE_COLUMNS:
        if name in row:
            row[name] = _number(row[name], f"{place}: {name}")
    return _checked_countries(row, place)


def _checked_countries(row: dict[str, Any], place: str) -> dict[str, Any]:
    countries = row.get("countries")
    if countries is not None and len(countries) != len(NADI_COUNTRIES):
        raise LahjaError(f"{place}: {len(countries)} countries, expected {len(NADI_COUNTRIES)}")
    return row


def _number(value: Any, place: str) -> float:
    if isinstance(value, str) and value in ("True", "False"):
        return float(value == "True")
    try:
        return float(value)
    except (TypeError, ValueError):
        raise LahjaError(f"{place}: {value!r} is not a number") from None


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _records(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    if not path.is_file():
        raise LahjaError(f"{path}: no such file or folder")
    match path.suffix:
        case ".csv" | ".tsv":
            delimiter = "\t" if path.suffix == ".tsv" else ","
            for row in read_rows(path, path.name, (), delimiter=delimiter):
                if isinstance(row, Reject):
                    raise LahjaError(f"{path}:{row.line}: {row.reason}")
                yield row.line, {key: value or None for key, value in row.fields.items()}
        case ".parquet":
            yield from enumerate(_parquet_rows(path), start=1)
        case ".jsonl":
            for item in read_lines(path, path.name):
                if isinstance(item, Reject):
                    raise LahjaError(f"{path}:{item.line}: {item.reason}")
                if item[1].strip():
                    yield item[0], _json_object(path, *item)
        case _:
            raise LahjaError(f"{path}: expected a folder or a file of {' '.join(_SUFFIXES)}")


def _parquet_rows(path: Path) -> list[dict[str, Any]]:
    try:
        return pq.read_table(path).to_pylist()
    except pa.ArrowInvalid as error:
        raise LahjaError(f"{path}: not a Parquet table ({error})") from None


def _json_object(path: Path, line: int, text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise LahjaError(f"{path}:{line}: not JSON ({error})") from None
    if not isinstance(found, dict):
        raise LahjaError(f"{path}:{line}: expected a JSON object")
    return found
