"""Preference pairs in any of the forms that they are kept in.

Our own table (PAIRS, Parquet), TRL's records (JSON Lines or Parquet; plain texts or conversations,
with the prompt apart or as the beginning that both sides share) and LLaMA-Factory's ranking JSON.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lahja.errors import LahjaError
from lahja.files import read_json, read_jsonl
from lahja.readers.llamafactory import parse_ranking
from lahja.readers.records import PreferencePair, Reject
from lahja.varieties import VARIETIES

# What a record may say besides, and what its columns may be called.
_VARIETY = ("target_variety", "dialect", "variety")
_TOLD = ("reference", "chosen_label", "rejected_finish")


def read_preferences(path: Path) -> Iterator[PreferencePair | Reject]:
    """Yield the pairs of a file in their order; a record that is none is a reject.

    Raises `LahjaError` for a file that is missing, of an unknown kind or without records.
    """
    for number, record in enumerate(_records(path), start=1):
        try:
            yield _parse(record, path.name, number)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            reason = f"not a preference pair ({type(error).__name__}: {error})"
            yield Reject(path.name, number, reason, str(record)[:500])


def _records(path: Path) -> Iterator[Any]:
    if not path.is_file():
        raise LahjaError(f"{path}: no such file")
    if path.suffix == ".parquet":
        try:
            yield from pq.read_table(path).to_pylist()
        except pa.ArrowInvalid as error:
            raise LahjaError(f"{path}: not a Parquet table ({error})") from None
    elif path.suffix == ".jsonl":
        yield from read_jsonl(path)
    elif path.suffix == ".json":
        records = read_json(path)
        if not isinstance(records, list):
            raise LahjaError(f"{path}: expected a JSON array of preference pairs")
        yield from records
    else:
        raise LahjaError(f"{path}: expected a .parquet, .jsonl or .json file of preference pairs")


def _parse(record: dict[str, Any], file: str, number: int) -> PreferencePair:
    if "conversations" in record or "instruction" in record or "messages" in record:
        return parse_ranking(record, file, number)
    messages, chosen, rejected = _trl(record)
    told = {name: record[name] for name in _TOLD if isinstance(record.get(name), str)}
    variety = next((record[key] for key in _VARIETY if record.get(key) in VARIETIES), None)
    return PreferencePair(messages, chosen, rejected, file, number, variety=variety, **told)


def _trl(record: dict[str, Any]) -> tuple[tuple[tuple[str, str], ...], str, str]:
    chosen, rejected = record["chosen"], record["rejected"]
    if isinstance(chosen, str) and isinstance(rejected, str):
        prompt = record["prompt"]
        messages = (("user", prompt),) if isinstance(prompt, str) else tuple(_turns(prompt))
        return messages, chosen, rejected
    better, worse = tuple(_turns(chosen)), tuple(_turns(rejected))
    prompt = record.get("prompt")
    if prompt:
        before = (("user", prompt),) if isinstance(prompt, str) else tuple(_turns(prompt))
    else:
        # TRL's implicit prompt: both sides hold the whole conversation.
        before = better[:-1]
        if not before or worse[:-1] != before:
            raise ValueError("the two sides do not share a prompt")
    return before, better[-1][1], worse[-1][1]


def _turns(messages: list[dict[str, str]]) -> Iterator[tuple[str, str]]:
    for message in messages:
        yield message["role"], message["content"]
