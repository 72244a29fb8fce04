"""The official client, set up so that replies cannot mix and the key stays where it is."""

from typing import TYPE_CHECKING, Any

from lahja.errors import LahjaError
from lahja.generation.backend import Request
from lahja.generation.chat_completions import error_of
from lahja.generation.service import Server, Service

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI

_LONGEST_MESSAGE = 300


def open_async_client(server: Server, service: Service, key: str | None) -> "AsyncOpenAI":
    """Return the client for many requests at once; it never tries a request again by itself."""
    from httpx2 import AsyncClient
    from openai import AsyncOpenAI

    return AsyncOpenAI(http_client=AsyncClient(**_http(service)), **_options(server, key))


def open_client(server: Server, service: Service, key: str | None) -> "OpenAI":
    """Return the client for one request after the other; it never tries again by itself."""
    from httpx2 import Client
    from openai import OpenAI

    return OpenAI(http_client=Client(**_http(service)), **_options(server, key))


def _http(service: Service) -> dict[str, Any]:
    from httpx2 import Limits

    # A connection serves one request: on one that is used again, a reply that a server sent
    # twice would be taken for the next request's.
    limits = Limits(max_connections=None, max_keepalive_connections=0)
    return {"limits": limits, "timeout": service.deadline, "follow_redirects": True}


def _options(server: Server, key: str | None) -> dict[str, Any]:
    # Without a key of its own the client would take the one of OPENAI_API_KEY.
    return {"api_key": key or "none", "base_url": server.base_url, "max_retries": 0}


def key_headers(key: str | None) -> dict[str, Any]:
    """Return what a request's headers must say beside the client's own: no key where none is."""
    from openai import Omit

    return {} if key else {"Authorization": Omit()}


def fault_of(
    error: Exception,
    name: str,
    service: Service,
    key: str | None,
    request: Request | None = None,
    n_tries: int = 1,
) -> LahjaError:
    """Return a client's exception as one line that tells what the server said, without the key."""
    said = " ".join(_said(error).split())
    if key:
        said = said.replace(key, "[the key]")
    said = said[:_LONGEST_MESSAGE]
    hint = ""
    if getattr(error, "status_code", None) in (401, 403):
        hint = f"; is the key in {service.key} right?" if service.key else "; a key is needed"
    where = f" to the prompt {request.prompt[:60]!r}" if request else ""
    tries = f" after {n_tries} tries" if n_tries > 1 else ""
    return LahjaError(f"generator {name}: no answer{where}{tries}: {said}{hint}")


def _said(error: Exception) -> str:
    from openai import APIConnectionError, APIStatusError

    if isinstance(error, APIStatusError):
        code, message = error_of(error.body)
        return f"HTTP {error.status_code}: {f'{code}: ' if code else ''}{message}"
    if isinstance(error, TimeoutError):
        return "no reply within the deadline"
    if isinstance(error, APIConnectionError):
        cause = error.__cause__
        return f"{type(cause or error).__name__}: {cause or error}"
    return str(error)
