"""Preference pairs in any of the forms that they are kept in.

Our own table (PAIRS, Parquet), records of TRL, LLaMA-Factory, ms-swift and UltraFeedback, and the
transcripts of HH-RLHF, as JSON Lines, a JSON array or Parquet. Sides are texts, turns or whole
conversations, whose beginning is the prompt; it may stand apart as a text or as turns.
"""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from lahja.core.errors import LahjaError
from lahja.core.varieties import VARIETIES
from lahja.corpora.readers.rows import Reject, existing, read_records

# Columns that a record may have besides, and the names of the one for the variety.
_VARIETY = ("target_variety", "dialect", "variety")
_FURTHER = ("reference", "chosen_label", "rejected_finish")
# Columns of the prompt: turns first, for a text beside them repeats the last one.
_PROMPTS = ("conversations", "messages", "prompt", "instruction", "query", "question")
_SYSTEM, _USER, _MODEL = "system", "user", "model"
_ROLES = {"system": _SYSTEM, "user": _USER, "human": _USER, "prompter": _USER}
_TRANSCRIPT = re.compile(r"(?:\A|\n\n)\s*(Human|Assistant):")
_NEXT = re.compile(r"[\s,]*")
_CHUNK = 1 << 20
# JSON can hold one; as text it cannot be written.
_HALF_PAIR = re.compile("[\ud800-\udfff]")

Turn = tuple[str, str]


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
    payload: str | None = None  #: The part of the prompt that it is about, where it stands apart.
    system: str = ""  #: What the system's turns say.
    earlier: tuple[str, ...] = ()  #: The user's turns before the last.


def read_preferences(path: Path) -> Iterator[PreferencePair | Reject]:
    """Yield the pairs of a file in their order; a record that is none is a reject.

    Raises `LahjaError` for a file that is missing, of an unknown kind or without records.
    """
    if path.suffix not in (".parquet", ".jsonl", ".json"):
        raise LahjaError(f"{path}: expected a .parquet, .jsonl or .json file of preference pairs")
    is_array = path.suffix == ".json"
    for item in enumerate(_items(path), 1) if is_array else read_records(path, path.name):
        if isinstance(item, Reject):
            yield item
            continue
        line, record = item
        try:
            pair = _parse(record, path.name, line)
            if any(_HALF_PAIR.search(text) for text in pair if isinstance(text, str)):
                raise ValueError("half a surrogate pair, which is no character")
            yield pair
        except (LookupError, TypeError, ValueError) as error:
            reason = f"not a preference pair ({' '.join(map(str, error.args))})"
            told = (_HALF_PAIR.sub("\ufffd", text) for text in (reason, str(record)[:500]))
            yield Reject(path.name, line, *told)


def _items(path: Path) -> Iterator[Any]:
    """Yield the items of a JSON array, a part of the file at a time."""
    decode, text, is_open = json.JSONDecoder().raw_decode, "", False
    with existing(path).open(encoding="utf-8-sig") as file:
        try:
            while part := file.read(max(_CHUNK, len(text))):
                text = (text + part).lstrip()
                if text and not is_open:
                    if text[0] != "[":
                        raise LahjaError(f"{path}: expected a JSON array of preference pairs")
                    text, is_open = text[1:], True
                place = 0
                with suppress(json.JSONDecodeError):
                    while (start := _NEXT.match(text, place).end()) < len(text):
                        value, place = decode(text, start)
                        yield value
                text = text[place:]
        except UnicodeDecodeError as error:
            raise LahjaError(f"{path}: not UTF-8 ({error})") from None
        except RecursionError:
            raise LahjaError(f"{path}: a record is nested too deeply") from None
    if not is_open or text.strip(", \n\r\t") != "]":
        found = " ".join(text.split())[:60] or "nothing"
        raise LahjaError(f"{path}: not a JSON array: expected a record or its end, found {found}")


def _parse(record: Any, file: str, line: int) -> PreferencePair:
    if not isinstance(record, dict):
        raise TypeError("expected an object")
    *shared, (role, chosen) = _turns("chosen", _side(record, "chosen"))
    *other, (_, rejected) = _turns("rejected", _side(record, "rejected"))
    if role == _USER:
        raise ValueError("the chosen text is a turn of the user")
    if other and other != shared:
        raise ValueError("the two sides do not share a prompt")
    before = [(_SYSTEM, record["system"])] if isinstance(record.get("system"), str) else []
    before += [(_USER, _text("history", asked)) for asked, _ in record.get("history") or ()]
    before, payload = before + shared, None
    if all(own != _USER for own, _ in shared):
        before += _prompt(record)
        payload = record.get("input") if "instruction" in record else None
    asked = [text for role, text in before if role == _USER]
    if not asked:
        raise ValueError("no turn of a user")
    variety = next((record[key] for key in _VARIETY if record.get(key) in VARIETIES), None)
    further = {name: record[name] for name in _FURTHER if isinstance(record.get(name), str)}
    system = "\n".join(text for role, text in before if role == _SYSTEM)
    return PreferencePair(
        asked[-1], chosen, rejected, file, line, variety, **further,
        payload=payload or None, system=system, earlier=tuple(asked[:-1]),
    )  # fmt: skip


def _side(record: dict[str, Any], side: str) -> Any:
    """Return the better or the worse answer, by its column or its place in one of both."""
    if "chosen" in record and "rejected" in record:
        return record[side]
    if record.get("rejected_messages"):
        return record["messages" if side == "chosen" else "rejected_messages"]
    if "rejected_response" in record:
        if side == "rejected":
            return record["rejected_response"]
        return record["response"] if "response" in record else record["messages"][-1]
    both = record.get("output")
    if isinstance(both, list) and len(both) == 2:
        return both[side == "rejected"]
    raise ValueError(f"no chosen and rejected text: found {', '.join(map(str, record))}")


def _prompt(record: dict[str, Any]) -> list[Turn]:
    """Return the turns before the two answers, of a record whose sides are answers alone."""
    key = next((key for key in _PROMPTS if record.get(key)), None)
    if key is None:
        raise ValueError(f"no prompt: expected one of {', '.join(_PROMPTS)}")
    turns = _turns(key, record[key], _USER)
    if key == "instruction" and record.get("input"):
        turns = [(_USER, f"{turns[0][1]}\n{_text('input', record['input'])}")]
    while turns and turns[-1][0] == _MODEL:
        # An answer that stands in the conversation is one of the two.
        turns.pop()
    return turns


def _turns(name: str, said: Any, role: str = _MODEL) -> list[Turn]:
    """Return the turns of a text, which is one of a role, of a transcript, a turn or several."""
    if isinstance(said, str):
        first, *parts = _TRANSCRIPT.split(said)
        if first.strip() or not parts:
            return [(role, said)]
        pairs = zip(parts[::2], parts[1::2], strict=True)
        return [(_ROLES.get(own.lower(), _MODEL), text.strip()) for own, text in pairs]
    if said == [] or not isinstance(said, (dict, list)):
        raise TypeError(f"{name}: expected a text or turns, found {_shown(said)}")
    turns = []
    for turn in [said] if isinstance(said, dict) else said:
        if not isinstance(turn, dict):
            raise TypeError(f"{name}: expected a turn, found {_shown(turn)}")
        own = str(turn.get("role") or turn.get("from")).lower()
        value = turn.get("content")
        value = turn.get("value") if value is None else value
        turns.append((_ROLES.get(own, _MODEL), _text(name, value)))
    return turns


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name}: expected a text, found {_shown(value)}")
    return value


def _shown(value: Any) -> str:
    return "nothing" if value in (None, []) else type(value).__name__
