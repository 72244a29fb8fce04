"""Generation by a server that speaks OpenAI's chat completions: theirs, Gemini's, vLLM's."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

from lahja.errors import LahjaError
from lahja.generation.backend import Answer, Request
from lahja.generation.chat_completions import (
    CONTENT_FILTER,
    FILTERED,
    UnusableReply,
    completion_body,
    error_of,
    read_answer,
    read_json,
    read_usage,
)
from lahja.generation.client import fault_of, key_headers, open_async_client
from lahja.generation.costs import BudgetReached, estimate, most_dollars
from lahja.generation.pool import Pool, Stopped, drain
from lahja.generation.retrying import asked_wait, backoff, is_passing, is_unpaid
from lahja.generation.service import Server, Service, read_key

if TYPE_CHECKING:
    from tenacity import RetryCallState


class OpenAIBackend:
    """A model behind an OpenAI-compatible server, several requests under way at once.

    Each answer is yielded as soon as it is there. SIGTERM lets the requests under way come in;
    kill -9 loses those, `concurrency` of them at most, and the ledger counts them as paid.
    `cost` is what this process has paid so far, in dollars; None where there is no price.
    """

    def __init__(self, name: str, server: Server, service: Service):
        """Take the key from the environment; raise `LahjaError` where it is missing."""
        self.name, self.server, self.service = name, server, service
        self.identity = server.identity
        self.cost = 0.0 if service.price else None
        self._key = read_key(name, service.key)

    def generate(self, requests: list[Request]) -> Iterator[Answer]:
        """Yield the answers as they come; raise `LahjaError` when what is paid is yielded."""
        if requests:
            yield from Session(self, requests, self._key).answers()


class Session:
    """One run through a backend's requests: a client, a ledger, and what holds for all of them."""

    def __init__(self, backend: OpenAIBackend, requests: list[Request], key: str | None):
        """Open the ledger and say what the requests cost at most."""
        self.name, self.server, self.service = backend.name, backend.server, backend.service
        self._backend = backend
        self._key, self._n_requests, self._n_answered = key, len(requests), 0
        self._ledger = self.service.open_ledger()
        self._under_way = 0
        self._settled = asyncio.Condition()
        self._paused_until = 0.0
        self._pool = Pool(requests, self._ask, self.service.concurrency)
        print(estimate(self.name, requests, self.service.price, self._ledger), file=sys.stderr)

    def answers(self) -> Iterator[Answer]:
        """Yield the answers, then raise what ended the run early, where something did."""
        self._client = open_async_client(self.server, self.service, self._key)
        try:
            with closing(drain(self._pool, self._client.close)) as found:
                for answer in found:
                    self._n_answered += 1
                    yield answer
        except BudgetReached:
            n_answered, n_requests = self._n_answered, self._n_requests
            raise BudgetReached.after(self.name, self._ledger, n_answered, n_requests) from None
        finally:
            if self.service.price:
                print(f"{self.name}: {self._ledger.account()}", file=sys.stderr)
            self._ledger.close()

    async def _ask(self, request: Request) -> Answer:
        """Return the answer to one request, trying again while its faults may pass."""
        from openai import APIStatusError, OpenAIError
        from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt

        tries = AsyncRetrying(
            retry=retry_if_exception(is_passing),
            stop=stop_after_attempt(self.service.retries + 1),
            wait=lambda state: self._wait(request, state),
            sleep=self._pool.rest,
            reraise=True,
        )
        try:
            return await tries(self._try, request)
        except (OpenAIError, TimeoutError, UnusableReply) as error:
            if isinstance(error, APIStatusError) and error_of(error.body)[0] in FILTERED:
                return Answer(request.id, None, CONTENT_FILTER, None)
            n_tries = tries.statistics["attempt_number"]
            raise fault_of(error, self.name, self.service, self._key, request, n_tries) from None

    async def _try(self, request: Request) -> Answer:
        """Send a request once, within the budget, and settle what it cost."""
        await self._pause()
        most = most_dollars(request, self.service.price)
        ticket = await self._reserve(most)
        cost = most  # of a try that ends without a reply, for it may have been answered
        try:
            body = await self._send(request)
            usage = read_usage(body)
            if usage and self.service.price:
                cost = self.service.price.of(usage.n_input, usage.n_output)
            return read_answer(request.id, body)
        except Exception as error:
            cost = 0.0 if is_unpaid(error) else cost
            raise
        finally:
            await self._settle(ticket, cost)

    async def _send(self, request: Request) -> Any:
        from openai import APIStatusError

        fields = completion_body(self.server, request)
        model, messages = fields.pop("model"), fields.pop("messages")
        try:
            # The client's own timeout is per read: a server that trickles would never meet it.
            async with asyncio.timeout(self.service.deadline):
                reply = await self._client.chat.completions.with_raw_response.create(
                    model=model,
                    messages=messages,
                    extra_body=fields,
                    extra_headers=key_headers(self._key),
                )
        except APIStatusError as error:
            self._heed(error.response.headers, error.response.text)
            raise
        return read_json(reply.http_response.content)

    def _wait(self, request: Request, state: "RetryCallState") -> float:
        first, longest = self.service.backoff, self.service.longest_wait
        seed = f"{request.sampling.seed}:{request.id}"
        return backoff(state.attempt_number, first, longest, seed)

    def _heed(self, headers: Any, body: str) -> None:
        """Let no request be sent before the time that the server asks to wait for."""
        seconds = asked_wait(headers, body)
        if seconds is None:
            return
        if seconds > self.service.longest_wait:
            raise LahjaError(
                f"generator {self.name}: the server asks to wait {seconds:.0f} seconds, more than "
                f"generators.{self.name}.longest_wait; run again later"
            )
        until = asyncio.get_running_loop().time() + seconds
        self._paused_until = max(self._paused_until, until)

    async def _pause(self) -> None:
        loop = asyncio.get_running_loop()
        while (rest := self._paused_until - loop.time()) > 0:
            await self._pool.rest(rest)

    async def _reserve(self, dollars: float) -> str:
        """Return a ticket for the dollars, when requests under way have left enough of the cap."""
        async with self._settled:
            while (ticket := self._ledger.reserve(dollars)) is None:
                if not self._under_way:
                    raise BudgetReached("the budget is reached")
                await self._settled.wait()
                if self._pool.fault is not None:
                    raise Stopped
            self._under_way += 1
            return ticket

    async def _settle(self, ticket: str, dollars: float) -> None:
        self._ledger.settle(ticket, dollars)
        if self._backend.cost is not None:
            self._backend.cost += dollars
        async with self._settled:
            self._under_way -= 1
            self._settled.notify_all()
