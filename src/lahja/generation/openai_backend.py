"""Generation by a server that speaks OpenAI's chat completions: theirs, Gemini's, vLLM's.

The official client tries again by itself: after HTTP 408, 409, 429, 5xx and lost connections, with
waits that double or as long as `Retry-After` asks, up to two minutes. What it knows nothing of is
in `MeteredClient`, through which every try goes: the budget, a deadline, replies that are none.
"""

import logging
import re
import signal
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx2
import openai

from lahja.core.errors import LahjaError
from lahja.generation import server as replies
from lahja.generation.backend import Answer, Request
from lahja.generation.costs import BudgetReached, Ledger, Stopped, estimate, max_tokens
from lahja.generation.server import Server, UnusableReply

_MAX_MESSAGE = 300
# Bytes of a reply, as they are and unpacked; the longest answers have less than a tenth.
_MAX_REPLY = 8 << 20
# Headers of a reply that the client looks at; others may repeat the key, and would be logged.
_READ = ("retry-after", "retry-after-ms", "x-should-retry")
_MAX_WAIT = 30
_TOO_LARGE = f"a reply of more than {_MAX_REPLY >> 20} MiB"
# Their logs have all headers that a server sends.
for _name in ("httpx2", "httpcore2"):
    logging.getLogger(_name).setLevel(logging.WARNING)
# A quota that is used up is HTTP 429 too, but waiting does not bring it back.
_LASTING = ("insufficient_quota", "billing_hard_limit_reached")
_GEMINI_DELAY = re.compile(r'"retryDelay"\s*:\s*"([0-9.]+)s"')
_UNSENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)


class OpenAIBackend:
    """A model behind an OpenAI-compatible server, several requests under way at once.

    SIGTERM lets the requests under way come in; kill -9 loses those, and the ledger counts them as
    paid. `cost` is what this process has paid, in dollars; None where there is no price.
    """

    def __init__(self, name: str, server: Server):
        """Take the key from the environment; raise `LahjaError` where it is missing."""
        self.name, self.server, self.identity = name, server, server.identity
        self.cost = 0.0 if server.price else None
        self._key = replies.read_key(name, server.key)

    def generate(self, requests: list[Request]) -> Iterator[Answer]:
        """Yield the answers as they come; raise `LahjaError` when what is paid is yielded."""
        if not requests:
            return
        price, n_answered = self.server.price, 0
        costs = Path(self.server.costs) if price else None
        with closing(Ledger(self.name, costs, self.server.budget)) as ledger:
            print(estimate(requests, price, ledger), file=sys.stderr)
            try:
                for answer in self._answers(requests, ledger):
                    n_answered += 1
                    self.cost = ledger.paid if price else None
                    yield answer
            except BudgetReached as reached:
                raise BudgetReached(
                    f"{reached}: {ledger.account()}; {n_answered} of {len(requests)} requests "
                    f"answered and kept; to resume, raise generators.{self.name}.budget and run "
                    "again"
                ) from None
            finally:
                if price:
                    print(f"{self.name}: {ledger.account()}", file=sys.stderr)

    def _answers(self, requests: list[Request], ledger: Ledger) -> Iterator[Answer]:
        """Yield answers until one fails; then those under way still come in."""
        faults: list[Exception] = []

        def stop(fault: Exception) -> None:
            """Begin no more requests; the first fault is raised in the end."""
            faults.append(fault)
            ledger.stop()

        def answer(request: Request) -> Answer | None:
            """Return the answer, or None where the request failed or was given up."""
            try:
                return None if ledger.is_stopped else self._ask(request, client, metered)
            except Stopped:
                return None
            except Exception as fault:
                return stop(fault)

        with MeteredClient(self.server, ledger) as metered, stopping_at_signals(stop):
            how = {"max_retries": self.server.retries, "timeout": self.server.deadline}
            # Without a key of its own the client would take the one of OPENAI_API_KEY.
            how |= {"api_key": self._key or "none", "base_url": self.server.address}
            client = openai.OpenAI(**how, http_client=metered)
            with ThreadPoolExecutor(self.server.concurrency) as pool:
                ahead = iter(requests)

                def begin(number: int) -> set[Future]:
                    """Begin so many more of the requests, unless the run is stopped."""
                    begun = islice(ahead, 0 if ledger.is_stopped else number)
                    return {pool.submit(answer, request) for request in begun}

                try:
                    under_way = begin(self.server.concurrency)
                    while under_way:
                        done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                        for one in done:
                            if found := one.result():
                                yield found
                            # It is on disk by now. Begun earlier, the next would be one more that
                            # a killed run has to pay for again.
                            under_way |= begin(1)
                finally:
                    ledger.stop()
        if faults:
            raise faults[0]

    def _ask(self, request: Request, client: openai.OpenAI, metered: "MeteredClient") -> Answer:
        fields, metered.current.request = self.server.body(request), request
        try:
            reply = client.chat.completions.with_raw_response.create(
                model=fields.pop("model"),
                messages=fields.pop("messages"),
                extra_body=fields,
                extra_headers={} if self._key else {"Authorization": openai.Omit()},
            )
        except openai.OpenAIError as error:
            is_refused = isinstance(error, openai.APIStatusError)
            if is_refused and replies.error_of(error.body)[0] in replies.FILTERED:
                return Answer(request.id, None, replies.CONTENT_FILTER, None)
            raise self._fault_of(error, request) from None
        found = replies.read_answer(request.id, replies.read_json(reply.http_response.content))
        text = found.text if found.text is None else self._without_key(found.text)
        return replace(found, text=text, finish_reason=self._without_key(found.finish_reason))

    def _without_key(self, text: str) -> str:
        """Return what a server said, which may be what it was sent."""
        return text.replace(self._key, "[the key]") if self._key else text

    def _fault_of(self, error: openai.APIError, request: Request) -> LahjaError:
        """Return a client's exception as one line with the server's message, without the key."""
        message = " ".join(self._without_key(_message(error)).split())
        hint, variable, address = "", self.server.key, self.server.address
        if getattr(error, "status_code", None) in (401, 403):
            hint = f"; is the key in {variable} right?" if variable else "; a key is needed"
        elif isinstance(error, openai.RateLimitError) and "retry-after" in error.response.headers:
            wait = self._without_key(error.response.headers["retry-after"])[:_MAX_WAIT]
            hint = f"; the server asks to wait {wait} seconds: run again later"
        n_tries = 1 + int(error.request.headers["x-stainless-retry-count"])
        tries = f" after {n_tries} tries" if n_tries > 1 else ""
        where = f"no answer to the prompt {request.prompt[:60]!r}{tries}"
        asked = f"; asked {address}{_proxy_of(address)}"
        return LahjaError(f"generator {self.name}: {where}: {message[:_MAX_MESSAGE]}{hint}{asked}")


class MeteredClient(httpx2.Client):
    """Sends each try of a request, within budget and deadline, and settles what it cost.

    What the official client should not try again, or later, is put into a reply's headers, which
    it reads. Each thread asks one request at a time, its `current.request`.
    """

    def __init__(self, server: Server, ledger: Ledger):
        """Hold requests to a ledger."""
        # A connection serves one request: on one that is used again, a reply that a server sent
        # twice would be taken for the next request's.
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=0)
        try:
            how = {"limits": limits, "timeout": server.deadline, "follow_redirects": True}
            super().__init__(**how, headers={"accept-encoding": "gzip"})
        except (ImportError, ValueError) as error:
            proxies = "of HTTP_PROXY, HTTPS_PROXY or ALL_PROXY"
            raise LahjaError(f"the proxy {proxies} cannot be used: {error}") from None
        self.price, self.deadline, self.ledger = server.price, server.deadline, ledger
        self.current = threading.local()

    def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        """Send a request once; raise what the official client tries again, or what ends the run."""
        # A try that ends without a reply costs the most, for it may have been answered.
        cost = self.price.of(*max_tokens(self.current.request)) if self.price else 0.0
        ticket = self.ledger.reserve(cost)
        try:
            reply = self._read(super().send(request, **{**options, "stream": True}))
            if reply.is_error:
                cost = 0.0
                _advise(reply)
            else:
                body = replies.read_json(reply.content)
                if self.price and (usage := replies.read_usage(body)):
                    cost = self.price.of(*usage)
                replies.read_answer("", body)
        except UnusableReply as fault:
            raise httpx2.DecodingError(str(fault), request=request) from None
        except _UNSENT:
            cost = 0.0
            raise
        finally:
            self.ledger.settle(ticket, cost)
        return reply

    def _read(self, reply: httpx2.Response) -> httpx2.Response:
        """Return a reply with its body; raise where that is too large, or takes too long."""
        # The client's own timeout is per read: a server that trickles would never meet it.
        ends, content = time.monotonic() + self.deadline, bytearray()
        with closing(reply):
            for part in reply.iter_raw():
                content += part
                if time.monotonic() > ends:
                    raise httpx2.ReadTimeout("the reply trickles", request=reply.request)
                if len(content) > _MAX_REPLY:
                    raise UnusableReply(_TOO_LARGE)
        # JSON is UTF-8, whatever the headers say.
        headers = {name: reply.headers[name] for name in _READ if name in reply.headers}
        headers |= {"content-type": "application/json"}
        facts = {"headers": headers, "request": reply.request}
        plain = _unpacked(bytes(content), reply.headers.get("content-encoding", "identity"))
        return httpx2.Response(reply.status_code, **facts, content=plain)


def _unpacked(content: bytes, encoding: str) -> bytes:
    """Return a reply's bytes, of which few can stand for very many."""
    if encoding == "identity":
        return content
    if encoding != "gzip":
        raise UnusableReply(f"a reply in the encoding {encoding[:20]!r}, where gzip was asked for")
    unpacking = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        plain = unpacking.decompress(content, _MAX_REPLY)
    except zlib.error as error:
        raise UnusableReply(f"{len(content)} bytes that are not gzip ({error})") from None
    if unpacking.unconsumed_tail or not unpacking.eof:
        raise UnusableReply(_TOO_LARGE if unpacking.unconsumed_tail else "gzip that is cut off")
    return plain


def _advise(reply: httpx2.Response) -> None:
    """Put into an error's headers what its body says of trying again."""
    with suppress(UnusableReply):
        if replies.error_of(replies.read_json(reply.content))[0] in _LASTING:
            reply.headers["x-should-retry"] = "false"
        if delay := _GEMINI_DELAY.search(reply.text):
            reply.headers["retry-after"] = delay[1]


def _message(error: Exception) -> str:
    if isinstance(error, openai.APIStatusError):
        words = replies.error_line(*replies.error_of(error.body))
        return f"HTTP {error.status_code}: {words or error.response.reason_phrase}"
    if isinstance(error, openai.APITimeoutError):
        return "no reply within the deadline"
    cause = error.__cause__ or error
    is_ours = isinstance(cause, httpx2.DecodingError)
    return str(cause) if is_ours else f"{type(cause).__name__}: {cause}"


def _proxy_of(address: str) -> str:
    """Return, in words and without its password, the proxy that the environment has for it."""
    host, proxies = urlsplit(address).hostname, getproxies()
    kind = next((kind for kind in (urlsplit(address).scheme, "all") if proxies.get(kind)), None)
    if kind is None or proxy_bypass(host):
        return ""
    place = proxies[kind].split("://")[-1].rpartition("@")[2].rstrip("/")
    found = f"through the proxy {place} of {kind.upper()}_PROXY"
    return f" {found}; NO_PROXY={host} leaves the server out"


@contextmanager
def stopping_at_signals(stop: Callable[[Exception], None]) -> Iterator[None]:
    """Let a first SIGTERM or Ctrl-C stop the run in order; a second one ends the process."""

    def handle(number: int, _: Any) -> None:
        """Stop the run, and let a second signal end the process."""
        for other in before:
            signal.signal(other, signal.SIG_DFL)
        stop(LahjaError(f"stopped by {signal.Signals(number).name}; what was answered is kept"))

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
