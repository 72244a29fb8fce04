"""What is kept of a batch while a server works on it, and the lines that go there and come back."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

from lahja.errors import LahjaError
from lahja.files import read_json, write_json
from lahja.generation.backend import Answer, Request
from lahja.generation.chat_completions import (
    CONTENT_FILTER,
    FILTERED,
    UnusableReply,
    completion_body,
    error_of,
    read_answer,
    read_usage,
)
from lahja.generation.costs import Price
from lahja.generation.service import Server

ENDPOINT = "/v1/chat/completions"
# A batch costs half of what its requests cost one by one.
SHARE = 0.5


@dataclass(frozen=True)
class Batch:
    """A batch on its way: the uploaded file, the server's id once there is one, whose it is."""

    input_file: str
    uploaded_at: int
    ticket: str
    dollars: float
    keys: tuple[str, ...]
    batch: str | None = None

    @classmethod
    def of(cls, input_file: str, uploaded_at: int, dollars: float, keys: list[str]) -> Self:
        """Return a batch that is not created yet, with a ticket of its own."""
        return cls(input_file, uploaded_at, uuid4().hex, dollars, tuple(keys))

    def save(self, folder: Path) -> Self:
        """Write the batch into the folder of batches, under its input file's name."""
        write_json(folder / f"{self.input_file}.json", asdict(self))
        return self

    def named(self, batch: str) -> Self:
        """Return it with the server's id."""
        return replace(self, batch=batch)

    def forget(self, folder: Path) -> None:
        """Remove it from the folder of batches."""
        (folder / f"{self.input_file}.json").unlink(missing_ok=True)


def saved_batches(folder: Path) -> Iterator[Batch]:
    """Yield the batches of a folder; raise `LahjaError` naming a file that holds none."""
    for path in sorted(folder.glob("*.json")):
        values = read_json(path)
        try:
            yield Batch(**{**values, "keys": tuple(values["keys"])})
        except (KeyError, TypeError):
            raise LahjaError(f"{path}: not a batch on its way") from None


def input_line(server: Server, request: Request) -> bytes:
    """Return the line of a batch's input file that asks for one answer."""
    row = {
        "custom_id": request.id,
        "method": "POST",
        "url": ENDPOINT,
        "body": completion_body(server, request),
    }
    return json.dumps(row, ensure_ascii=False).encode("utf-8") + b"\n"


@dataclass(frozen=True)
class Results:
    """What came back: answers by request, faults by request, and what all of it costs."""

    answers: dict[str, Answer]
    faults: dict[str, str]
    dollars: float


def read_results(files: list[str], batch: Batch, price: Price | None) -> Results:
    """Return the results in a batch's output and error files, whose lines have any order.

    Of lines that answer one request, the first counts. An answer whose tokens the server did not
    count costs its share of what was reserved. `price` is that of a batch.
    """
    answers: dict[str, Answer] = {}
    faults: dict[str, str] = {}
    dollars = 0.0
    wanted = set(batch.keys)
    # Not splitlines, which also splits at what stands inside of JSON strings, U+2028 for one.
    for row in (_row(line) for text in files for line in text.split("\n") if line.strip()):
        key = row.get("custom_id")
        if key not in wanted or key in answers:
            continue
        body = (row.get("response") or {}).get("body")
        try:
            answers[key] = _read_line(key, row, body)
        except UnusableReply as fault:
            faults[key] = str(fault)
        usage = read_usage(body)
        if usage and price:
            dollars += price.of(usage.n_input, usage.n_output)
        elif key in answers and answers[key].text is not None:
            dollars += batch.dollars / len(batch.keys)
    faults = {key: fault for key, fault in faults.items() if key not in answers}
    return Results(answers, faults, dollars)


def _row(line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError:
        return {}
    return row if isinstance(row, dict) else {}


def _read_line(key: str, row: dict[str, Any], body: Any) -> Answer:
    response = row.get("response") or {}
    if not row.get("error") and response.get("status_code") == 200:
        return read_answer(key, body)
    code, message = error_of(row["error"] if row.get("error") else body)
    if code in FILTERED:
        return Answer(key, None, CONTENT_FILTER, None)
    raise UnusableReply(": ".join(filter(None, [code, message])) or "an error without a message")
