"""A server of chat completions: its address and key, what it is sent, and what its replies say."""

import os
from dataclasses import dataclass
from typing import Any

from lahja.core.config.base import parse
from lahja.core.config.generation import Price
from lahja.core.errors import LahjaError
from lahja.core.files import canonical_json, parse_json
from lahja.core.settings import parse_settings
from lahja.generation.backend import EMPTY, Answer, Request
from lahja.prompts.chat import without_thoughts

OPENAI = "https://api.openai.com/v1"
# Codes of an HTTP 400 that mean: the prompt itself was filtered out.
FILTERED = ("content_filter", "content_policy_violation", "invalid_prompt")
CONTENT_FILTER = "content_filter"
_MAX_WORDS = 200
_MAX_TOKENS, _MAX_REASON = 10**9, 40
# Where an error has its message, by server.
_WORDS = ("message", "detail", "msg", "errors")


@dataclass(frozen=True)
class Server:
    """A model behind an address, and how it is asked, by the keys of `generators`.

    `request` adds fields to the body of every request, or with null takes one away. `costs` is the
    file of the generator's ledger.
    """

    model: str
    base_url: str | None  #: None is OpenAI's own.
    request: dict[str, Any]
    # None of the following changes an answer.
    key: str | None
    concurrency: int
    deadline: float
    retries: int
    price: Price | None
    budget: float | None
    costs: str

    @property
    def address(self) -> str:
        """Return the address, without a slash at its end."""
        return (self.base_url or OPENAI).rstrip("/")

    @property
    def identity(self) -> str:
        """Return what an answer depends on beside prompt and sampling."""
        facts = {"model": self.model, "server": self.address, "request": self.request}
        return canonical_json(facts)

    def body(self, request: Request) -> dict[str, Any]:
        """Return the body that asks for the answer to one request."""
        sampling = request.sampling
        # OpenAI's newer models refuse `max_tokens`; other servers may not know its successor.
        limit = "max_completion_tokens" if self.address == OPENAI else "max_tokens"
        body = {
            "model": self.model, "messages": request.turns,
            "temperature": sampling.temperature, "top_p": sampling.top_p,
            limit: sampling.max_new_tokens, "seed": sampling.seed,
        }  # fmt: skip
        return {k: v for k, v in (body | self.request).items() if v is not None}


def parse_server(values: dict[str, Any]) -> Server:
    """Return a server from JSON; raise `LahjaError` naming a key that is wrong."""
    price = parse(Price, values["price"], "price.") if values.get("price") else None
    return parse_settings(Server, {**values, "price": price})


def read_key(name: str, variable: str | None) -> str | None:
    """Return the key that an environment variable holds; None where no variable is named.

    Raises `LahjaError` naming the variable, never the key, where it is missing or can be no key.
    """
    if variable is None:
        return None
    key = os.environ.get(variable, "").strip()
    if not key:
        raise LahjaError(f"generator {name} needs a key: set the environment variable {variable}")
    if not key.isascii() or not key.isprintable() or " " in key:
        where = f"generator {name}: the environment variable {variable}"
        raise LahjaError(f"{where} holds something else than a key (printable ASCII, no spaces)")
    return key


class UnusableReply(Exception):
    """A reply of HTTP 200 that is no chat completion, with the server's words where it has some."""


def read_json(content: bytes) -> Any:
    """Return the JSON of a reply; raise `UnusableReply` where it is none."""
    try:
        return parse_json(content)
    except (RecursionError, ValueError):
        words = " ".join(content[:_MAX_WORDS].decode(errors="replace").split())
        raise UnusableReply(f"{len(content)} bytes that are not JSON: {words}") from None


def read_usage(body: Any) -> tuple[int, int] | None:
    """Return the tokens of prompt and answer that a reply counts, or None where it does not.

    Gemini leaves its thinking out of `completion_tokens`, but not out of the total.
    """
    counted = body.get("usage") if isinstance(body, dict) else None
    if not isinstance(counted, dict):
        return None
    n_input, n_output = counted.get("prompt_tokens"), counted.get("completion_tokens") or 0
    total = counted.get("total_tokens")
    total = total if isinstance(total, int) else 0
    # A server's word: what is negative would add to the budget.
    if not all(isinstance(n, int) and 0 <= n < _MAX_TOKENS for n in (n_input, n_output, total)):
        return None
    return n_input, max(n_output, total - n_input)


def read_answer(request_id: str, body: Any) -> Answer:
    """Return the answer that a reply holds; raise `UnusableReply` where it is no completion.

    A refusal and a filtered answer have no text, but their reason; so has a reply without content:
    "empty", or "length" where thinking took all tokens. Thoughts are no part of an answer.
    """
    choice = text = refusal = None
    try:
        choice = body["choices"][0]
        message, reason = choice["message"], choice["finish_reason"]
        text, refusal = message.get("content"), message.get("refusal")
        if isinstance(text, list):
            # Parts, thoughts among them.
            text = "".join(part["text"] for part in text if part["type"] == "text")
    except (AttributeError, IndexError, KeyError, TypeError):
        reason = None
    for place in (body, choice):
        # Some gateways have sent HTTP 200 before their own server fails.
        if isinstance(place, dict) and place.get("error"):
            code, words = error_of(place)
            if code in FILTERED:
                return Answer(request_id, None, CONTENT_FILTER, None)
            raise UnusableReply(f"an error in a reply of HTTP 200: {error_line(code, words)}")
    if not isinstance(text, str | None) or not isinstance(reason, str) or reason == "error":
        raise UnusableReply(f"JSON that is no chat completion: {error_line(*error_of(body))}")
    if refusal or reason == CONTENT_FILTER:
        text, reason = None, "refusal" if refusal else reason
    elif text is not None:
        text = without_thoughts(_writable(text))
        if not text and (message.get("reasoning_content") or message.get("reasoning")):
            text = None
    if text is None and reason == "stop":
        reason = EMPTY
    _, n_tokens = read_usage(body) or (None, None)
    return Answer(request_id, text, _writable(reason[:_MAX_REASON]), n_tokens)


def _writable(text: str) -> str:
    """Return a text of JSON without halves of surrogate pairs, which are no characters."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def error_of(body: Any) -> tuple[str | None, str]:
    """Return code and message of an error's body, all of it where no part is known as its message.

    Gemini's is a list of one, FastAPI's a `detail` of text or a list of faults.
    """
    if isinstance(body, list) and body:
        body = body[0]
    error = (body.get("error") or body) if isinstance(body, dict) else body
    if not isinstance(error, dict):
        return None, str(error or "")
    code = error.get("code") or error.get("status")
    words = next((error[key] for key in _WORDS if error.get(key)), error)
    words = words if isinstance(words, str) else canonical_json(words)
    return code if isinstance(code, str) else None, words


def error_line(code: str | None, words: str) -> str:
    """Return code and message of an error as one line."""
    return " ".join(f"{code}: {words}".split() if code else words.split())
