"""Preference pairs in any of the forms that they are kept in.

Our own table (PAIRS, Parquet), TRL's records (JSON Lines or Parquet; plain texts or conversations,
with the prompt apart or as the beginning that both sides share) and LLaMA-Factory's ranking JSON.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from lahja.core.errors import LahjaError
from lahja.core.files import read_json
from lahja.core.varieties import VARIETIES
from lahja.corpora.readers.rows import Reject, read_records

# Columns that a record may have besides, and the names of the one for the variety.
_VARIETY = ("target_variety", "dialect", "variety")
_FURTHER = ("reference", "chosen_label", "rejected_finish")


class PreferencePair(NamedTuple):
    """A prompt with a better and a worse answer, and what its file has besides."""

    prompt: str  #: The last turn of the user.
    chosen: str
    rejected: str
    file: str
    line: int  #: Position in the array or the table, or line of the file, from 1.
    variety: str | None = None  #: The variety that was asked for.
    reference: str | None = None  #: A known good answer.
    chosen_label: str | None = None  #: The variety that a classifier gave the better answer.
    rejected_finish: str | None = None  #: `stop`, `length` …: how the worse answer ended.


def read_preferences(path: Path) -> Iterator[PreferencePair | Reject]:
    """Yield the pairs of a file in their order; a record that is none is a reject.

    Raises `LahjaError` for a file that is missing, of an unknown kind or without records.
    """
    for item in _records(path):
        if isinstance(item, Reject):
            yield item
            continue
        number, record = item
        try:
            yield _parse(record, path.name, number)
        except (LookupError, TypeError, AttributeError, ValueError) as error:
            reason = f"not a preference pair ({type(error).__name__}: {error})"
            yield Reject(path.name, number, reason, str(record)[:500])


def _records(path: Path) -> Iterator[tuple[int, Any] | Reject]:
    if not path.is_file():
        raise LahjaError(f"{path}: no such file")
    if path.suffix in (".parquet", ".jsonl"):
        yield from read_records(path, path.name)
    elif path.suffix == ".json":
        records = read_json(path)
        if not isinstance(records, list):
            raise LahjaError(f"{path}: expected a JSON array of preference pairs")
        yield from enumerate(records, start=1)
    else:
        raise LahjaError(f"{path}: expected a .parquet, .jsonl or .json file of preference pairs")


def _parse(record: dict[str, Any], file: str, number: int) -> PreferencePair:
    chosen, rejected = record["chosen"], record["rejected"]
    key = next((key for key in ("conversations", "messages") if record.get(key)), "prompt")
    if "instruction" in record:
        before = "\n".join(filter(None, (record["instruction"], record.get("input"))))
    elif isinstance(chosen, list) and not record.get(key):
        # TRL's implicit prompt: both sides hold the whole conversation.
        before = chosen[:-1]
        if not before or rejected[:-1] != before:
            raise ValueError("the two sides do not share a prompt")
    else:
        before = record[key]
    variety = next((record[key] for key in _VARIETY if record.get(key) in VARIETIES), None)
    further = {name: record[name] for name in _FURTHER if isinstance(record.get(name), str)}
    texts = _last_text(before, ("user", "human")), _last_text(chosen), _last_text(rejected)
    return PreferencePair(*texts, file, number, variety, **further)


def _last_text(said: str | dict | list[dict], roles: tuple[str, ...] = ()) -> str:
    """Return a text as it is, that of a turn, or that of the last turn, of some roles or any."""
    if isinstance(said, str):
        return said
    if isinstance(said, dict):
        return said["content"] if "content" in said else said["value"]
    own = [turn for turn in said if not roles or turn.get("role", turn.get("from")) in roles]
    return _last_text(own[-1])
