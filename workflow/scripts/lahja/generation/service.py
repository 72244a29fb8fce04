"""How a server is asked: its address and key, limits, patience, prices."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from lahja.errors import LahjaError
from lahja.files import canonical_json
from lahja.generation.costs import Ledger, Price
from lahja.settings import parse_settings

OPENAI = "https://api.openai.com/v1"


@dataclass(frozen=True)
class Server:
    """What answers: a model behind an address, and departures from the request's own fields.

    `request` adds fields to the body of every request, or with null takes one away.
    """

    model: str
    base_url: str = OPENAI
    request: tuple[tuple[str, Any], ...] = ()

    @property
    def identity(self) -> str:
        """Return what an answer hangs on beside prompt and sampling."""
        facts = {"model": self.model, "server": self.base_url, "request": dict(self.request)}
        return canonical_json(facts)

    @property
    def limit_field(self) -> str:
        """Return the name of the longest answer's field.

        OpenAI's newer models refuse `max_tokens`; other servers may not know its successor.
        """
        return "max_completion_tokens" if self.base_url == OPENAI else "max_tokens"


@dataclass(frozen=True)
class Service:
    """How a server is asked; none of it changes an answer.

    `key` names the environment variable that holds the key, None where there is none to send.
    `deadline` is the seconds that one try may take, `retries` how often a request is tried again,
    `backoff` the seconds of the first wait, which doubles with every try up to `longest_wait`; a
    server that asks for a longer one ends the run. `budget` is in dollars; `costs` is the ledger
    of all the generator's jobs, `batches` the folder of this job's batches on their way.
    """

    key: str | None = "OPENAI_API_KEY"
    concurrency: int = 8
    deadline: float = 120.0
    retries: int = 6
    backoff: float = 1.0
    longest_wait: float = 120.0
    price: Price | None = None
    budget: float | None = None
    batch_api: bool = False
    batch_requests: int = 50_000
    batch_poll: float = 30.0
    costs: str | None = None
    batches: str | None = None

    def open_ledger(self) -> Ledger:
        """Return the ledger of costs, one without a file where there is no price."""
        return Ledger(Path(self.costs) if self.price and self.costs else None, self.budget)


def parse_service(name: str, values: dict[str, Any]) -> Service:
    """Return a generator's service from JSON; raise `LahjaError` naming a key that is wrong."""
    price = parse_settings(Price, values["price"]) if values.get("price") else None
    service = parse_settings(Service, {**values, "price": price})
    check_service(name, values)
    if price and not service.costs:
        raise LahjaError(f"generator {name}: a price needs `costs`, the path of its ledger")
    if service.batch_api and not service.batches:
        raise LahjaError(f"generator {name}: the batch API needs `batches`, the path of a folder")
    return service


def check_service(name: str, values: dict[str, Any]) -> None:
    """Raise `LahjaError` naming a key of a generator that lacks what it needs."""
    if values.get("budget") is not None and not values.get("price"):
        raise LahjaError(f"generators.{name}.budget: a budget needs generators.{name}.price")
    if values.get("batch_api") and values.get("key", "") is None:
        raise LahjaError(f"generators.{name}.key: the batch API needs a key")


def parse_server(name: str, model: str | None, base_url: str | None, request: dict) -> Server:
    """Return a generator's server; raise `LahjaError` naming a key that is wrong."""
    if not model:
        raise LahjaError(f"generators.{name}.model: expected the server's name of the model")
    address = (base_url or OPENAI).rstrip("/")
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise LahjaError(f"generators.{name}.base_url: expected an address, not {base_url!r}")
    if parts.username or parts.password:
        raise LahjaError(f"generators.{name}.base_url holds a password: name its variable in `key`")
    return Server(model, address, tuple(sorted(request.items())))


def read_key(name: str, variable: str | None) -> str | None:
    """Return the key that an environment variable holds; None where no variable is named.

    Raises `LahjaError` naming the variable where it is missing or cannot be a key. The key
    itself is in no message.
    """
    if variable is None:
        return None
    key = os.environ.get(variable, "").strip()
    if not key:
        raise LahjaError(f"generator {name} needs a key: set the environment variable {variable}")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise LahjaError(
            f"generator {name}: the environment variable {variable} holds something else than a "
            "key (expected printable ASCII without spaces)"
        )
    return key
