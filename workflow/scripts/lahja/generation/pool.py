"""Requests asked at once, up to a limit, their answers handed out as they come."""

import asyncio
import signal
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress

from lahja.errors import LahjaError
from lahja.generation.backend import Answer, Request

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(Exception):
    """A request was given up, for something else ended the run."""


class Pool:
    """Workers that answer requests; once stopped they end what is under way and begin no more."""

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
        self._stopped = asyncio.Event()
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

    def stop(self, fault: Exception) -> None:
        """Begin no more requests; the first fault is kept for whoever drains the pool to raise."""
        self.fault = self.fault or fault
        self._stopped.set()

    async def rest(self, seconds: float) -> None:
        """Wait, as a request does between two tries; raise `Stopped` where the pool is stopped."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopped.wait()
        if self._stopped.is_set():
            raise Stopped

    async def _work(self) -> None:
        while self._waiting and not self._stopped.is_set():
            request = self._waiting.popleft()
            try:
                self._answers.put_nowait(await self._ask(request))
            except Stopped:
                break
            except Exception as fault:
                self.stop(fault)
        self._answers.put_nowait(None)


def drain(pool: Pool, close: Callable[[], Awaitable[None]]) -> Iterator[Answer]:
    """Yield a pool's answers, then close what it used and raise its fault, where there is one.

    The event loop runs only while an answer is awaited. A first SIGTERM or Ctrl-C stops the pool,
    and what is under way still comes in; a second one ends the process, as kill -9 does at once.
    """
    with asyncio.Runner() as runner:
        _stop_at_signals(runner.get_loop(), pool)
        try:
            while (answer := runner.run(pool.next())) is not None:
                yield answer
        finally:
            runner.run(close())
    if pool.fault is not None:
        raise pool.fault


def _stop_at_signals(loop: asyncio.AbstractEventLoop, pool: Pool) -> None:
    """Let signals stop the pool, until the loop is closed; only a main thread can."""
    if threading.current_thread() is not threading.main_thread():
        return

    def stop(number: signal.Signals) -> None:
        """Let what is asked be kept, and the next signal end the process."""
        pool.stop(LahjaError(f"stopped by {number.name}; what was answered is kept"))
        for other in _SIGNALS:
            loop.remove_signal_handler(other)

    for number in _SIGNALS:
        loop.add_signal_handler(number, stop, number)
