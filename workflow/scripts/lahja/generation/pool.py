"""Requests asked at once, up to a limit, their answers handed out as they come."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator

from lahja.generation.backend import Answer, Request


class Stopped(Exception):
    """A request was given up, for another one's fault ends the run."""


class Pool:
    """Workers that answer requests; after a fault they end what is under way and begin no more."""

    def __init__(
        self,
        requests: list[Request],
        ask: Callable[[Request], Awaitable[Answer]],
        limit: int,
    ):
        """Take the requests and what answers one of them; nothing is asked yet."""
        self.fault: Exception | None = None
        self._ask = ask
        self._waiting = deque(requests)
        self._answers: asyncio.Queue[Answer | None] = asyncio.Queue()
        self._n_workers = min(limit, len(requests))
        self._workers: list[asyncio.Task[None]] = []

    async def next(self) -> Answer | None:
        """Return the next answer to come in, or None when there will be no more."""
        if not self._workers:
            self._workers = [asyncio.create_task(self._work()) for _ in range(self._n_workers)]
        while self._n_workers:
            answer = await self._answers.get()
            if answer is not None:
                return answer
            self._n_workers -= 1
        return None

    async def _work(self) -> None:
        while self._waiting and self.fault is None:
            request = self._waiting.popleft()
            try:
                self._answers.put_nowait(await self._ask(request))
            except Stopped:
                break
            except Exception as fault:  # raised by whoever drains the pool, when all is kept
                self.fault = self.fault or fault
        self._answers.put_nowait(None)


def drain(pool: Pool, close: Callable[[], Awaitable[None]]) -> Iterator[Answer]:
    """Yield a pool's answers, then close what it used and raise its fault, where there is one.

    The event loop runs only while an answer is awaited. Whoever stops taking answers, or is
    interrupted, cancels what is under way.
    """
    with asyncio.Runner() as runner:
        try:
            while (answer := runner.run(pool.next())) is not None:
                yield answer
        finally:
            runner.run(close())
    if pool.fault is not None:
        raise pool.fault
