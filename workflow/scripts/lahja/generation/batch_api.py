"""Generation by OpenAI's batch API: within a day, at half the price."""

import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from lahja.errors import LahjaError
from lahja.generation.backend import Answer, Request
from lahja.generation.batch_files import (
    ENDPOINT,
    SHARE,
    Batch,
    input_line,
    read_results,
    saved_batches,
)
from lahja.generation.chat_completions import UnusableReply
from lahja.generation.client import fault_of, open_client
from lahja.generation.costs import BudgetReached, Price, estimate, most_dollars
from lahja.generation.retrying import asked_wait, backoff, is_passing
from lahja.generation.service import Server, Service, read_key

if TYPE_CHECKING:
    from openai.types import Batch as ServerBatch

Result = TypeVar("Result")
# OpenAI takes files of 200 MB.
_LARGEST_FILE = 150_000_000
_ENDED = ("completed", "expired", "cancelled", "failed")


class BatchBackend:
    """A model behind a server with OpenAI's batch API, one batch after the other.

    A batch is on record from before it is created until its answers are out: a job that was
    killed finds it again and goes on waiting for it, and pays nothing twice. `cost` is that of
    the batches that came back to this process, in dollars; None where there is no price.
    """

    def __init__(self, name: str, server: Server, service: Service):
        """Take the key from the environment; raise `LahjaError` where it is missing."""
        self.name, self.server, self.service = name, server, service
        self.identity = server.identity
        self.cost = 0.0 if service.price else None
        self._key = read_key(name, service.key)
        self._folder = Path(service.batches or "")
        whole = service.price
        self._price = Price(whole.input * SHARE, whole.output * SHARE) if whole else None

    def generate(self, requests: list[Request]) -> Iterator[Answer]:
        """Yield the answers batch by batch; raise `LahjaError` when what is paid is yielded."""
        if not requests:
            return
        self._client = open_client(self.server, self.service, self._key)
        self._ledger = self.service.open_ledger()
        self._n_requests = len(requests)
        waiting = {request.id: request for request in requests}
        try:
            for batch in saved_batches(self._folder):
                if not waiting.keys().isdisjoint(batch.keys):
                    yield from self._collect(batch, waiting)
            rest = [*waiting.values()]
            if rest:
                print(estimate(self.name, rest, self._price, self._ledger), file=sys.stderr)
            while waiting:
                yield from self._collect(self._submit(waiting), waiting)
        finally:
            self._ledger.close()
            self._client.close()

    def _submit(self, waiting: dict[str, Request]) -> Batch:
        """Upload as many of the waiting requests as the budget has room for."""
        content, keys, dollars = b"", [], 0.0
        for request in islice(waiting.values(), self.service.batch_requests):
            line = input_line(self.server, request)
            most = most_dollars(request, self._price)
            if dollars + most > self._ledger.room or len(content) + len(line) > _LARGEST_FILE:
                break
            content, dollars = content + line, dollars + most
            keys.append(request.id)
        if not keys:
            raise self._budget_reached(waiting)
        file = self._call(
            lambda: self._client.files.create(file=("lahja.jsonl", content), purpose="batch")
        )
        # On record before it is reserved and created: whoever is killed in between finds it.
        return Batch.of(file.id, file.created_at, dollars, keys).save(self._folder)

    def _collect(self, batch: Batch, waiting: dict[str, Request]) -> Iterator[Answer]:
        """Wait for a batch and yield those of its answers that are waited for."""
        batch = self._created(batch, waiting)
        ended = self._await_end(batch)
        if ended.status == "failed":
            self._give_up(batch, ended)
        found = [file for file in (ended.output_file_id, ended.error_file_id) if file]
        texts = [self._call(partial(self._client.files.content, file)).text for file in found]
        results = read_results(texts, batch, self._price)
        self._ledger.settle(batch.ticket, results.dollars)
        if self.cost is not None:
            self.cost += results.dollars
        print(f"{self.name}: batch {batch.batch}: {self._ledger.account()}", file=sys.stderr)
        for key, answer in results.answers.items():
            if waiting.pop(key, None):
                yield answer
        batch.forget(self._folder)
        lost = [key for key in batch.keys if key not in results.answers and key in waiting]
        if lost:
            first = next(iter(results.faults.values()), "no line of the results is theirs")
            raise LahjaError(
                f"generator {self.name}: batch {batch.batch} {ended.status} without an answer to "
                f"{len(lost)} of its {len(batch.keys)} requests ({first}); the others' are kept, "
                "run again to ask for the rest"
            )

    def _created(self, batch: Batch, waiting: dict[str, Request]) -> Batch:
        """Return the batch with the server's id, creating it where the server has none of it."""
        if batch.batch:
            return batch
        if self._ledger.reserve(batch.dollars, batch.ticket) is None:
            batch.forget(self._folder)
            raise self._budget_reached(waiting)
        # Each try looks first: what seemed to fail may have been created.
        created = self._call(lambda: self._find(batch) or self._create(batch))
        print(f"{self.name}: batch {created.id} of {len(batch.keys)} requests", file=sys.stderr)
        return batch.named(created.id).save(self._folder)

    def _find(self, batch: Batch) -> "ServerBatch | None":
        for found in self._client.batches.list(limit=100):
            if found.input_file_id == batch.input_file:
                return found
            if found.created_at < batch.uploaded_at:  # the newest come first
                return None
        return None

    def _create(self, batch: Batch) -> "ServerBatch":
        return self._client.batches.create(
            input_file_id=batch.input_file, endpoint=ENDPOINT, completion_window="24h"
        )

    def _await_end(self, batch: Batch) -> "ServerBatch":
        shown = ""
        while True:
            found = self._call(lambda: self._client.batches.retrieve(batch.batch))
            if found.status in _ENDED:
                return found
            n_done = found.request_counts.completed if found.request_counts else 0
            state = f"{self.name}: batch {found.id} {found.status}, {n_done} of {len(batch.keys)}"
            if state != shown:
                print(state, file=sys.stderr, flush=True)
            shown = state
            time.sleep(self.service.batch_poll)

    def _give_up(self, batch: Batch, ended: "ServerBatch") -> None:
        """Raise what a batch failed with, none of whose requests was answered."""
        self._ledger.settle(batch.ticket, 0.0)
        batch.forget(self._folder)
        errors = (ended.errors and ended.errors.data) or []
        said = "; ".join(f"{e.code}: {e.message}" for e in errors[:3]) or "no reason given"
        raise LahjaError(f"generator {self.name}: batch {batch.batch} failed: {said}")

    def _budget_reached(self, waiting: dict[str, Request]) -> BudgetReached:
        n_answered = self._n_requests - len(waiting)
        return BudgetReached.after(self.name, self._ledger, n_answered, self._n_requests)

    def _call(self, ask: Callable[[], Result]) -> Result:
        """Return what a call returns, calling again while its faults may pass."""
        from openai import OpenAIError
        from tenacity import Retrying, retry_if_exception, stop_after_attempt

        tries = Retrying(
            retry=retry_if_exception(is_passing),
            stop=stop_after_attempt(self.service.retries + 1),
            wait=self._wait,
            reraise=True,
        )
        try:
            return tries(_usable, ask)
        except (OpenAIError, UnusableReply) as error:
            n_tries = tries.statistics["attempt_number"]
            raise fault_of(error, self.name, self.service, self._key, n_tries=n_tries) from None

    def _wait(self, state: Any) -> float:
        first, longest = self.service.backoff, self.service.longest_wait
        wait = backoff(state.attempt_number, first, longest, self.name)
        response = getattr(state.outcome.exception(), "response", None)
        asked = asked_wait(response.headers, response.text) if response is not None else None
        return min(longest, max(wait, asked or 0.0))


def _usable(ask: Callable[[], Result]) -> Result:
    try:
        found = ask()
    except ValueError as error:  # what the client raises where a body is not JSON
        raise UnusableReply(f"not JSON ({error})") from None
    if isinstance(found, str):
        raise UnusableReply(f"{len(found)} characters that are not JSON")
    if getattr(found, "id", "") is None:  # the client takes an object of any shape
        raise UnusableReply("JSON without an id")
    return found
