"""LLaMA-Factory's ranking files: preference pairs as JSON."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lahja.errors import LahjaError
from lahja.files import read_json
from lahja.readers.records import PreferencePair, Reject

_ROLES = {
    "system": "system",
    "human": "user",
    "user": "user",
    "gpt": "assistant",
    "assistant": "assistant",
}


def read_preference_pairs(path: Path) -> Iterator[PreferencePair | Reject]:
    """Yield the pairs of a ranking file in the ShareGPT or the Alpaca form.

    A record that lacks a part is a reject; a file that is no array of objects is refused.
    """
    records = read_json(path)
    if not isinstance(records, list):
        raise LahjaError(f"{path}: expected a JSON array of preference pairs")
    for number, record in enumerate(records, start=1):
        try:
            yield parse_ranking(record, path.name, number)
        except (KeyError, TypeError, AttributeError) as error:
            reason = f"not a preference pair (lacks {error})"
            yield Reject(path.name, number, reason, str(record)[:500])


def parse_ranking(record: dict[str, Any], file: str, number: int) -> PreferencePair:
    """Return the pair of one record; KeyError, TypeError or AttributeError where it is none."""
    messages = tuple(_messages(record))
    chosen, rejected = _answer(record["chosen"]), _answer(record["rejected"])
    return PreferencePair(messages, chosen, rejected, file, number)


def _messages(record: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if record.get("system"):
        yield "system", record["system"]
    if "conversations" in record or "messages" in record:
        for turn in record.get("conversations") or record["messages"]:
            role, text = _turn(turn)
            yield _ROLES[role], text
        return
    for user, assistant in record.get("history") or ():
        yield "user", user
        yield "assistant", assistant
    parts = (record["instruction"], record.get("input"))
    yield "user", "\n".join(part for part in parts if part)


def _turn(turn: dict[str, str]) -> tuple[str, str]:
    if "from" in turn:
        return turn["from"], turn["value"]
    return turn["role"], turn["content"]


def _answer(answer: Any) -> str:
    return answer if isinstance(answer, str) else _turn(answer)[1]
