"""What a paid server costs: prices, bounds before asking, and the ledger that holds the cap."""

import threading
from pathlib import Path
from typing import Any
from uuid import uuid4

from lahja.core.config.generation import Price
from lahja.core.errors import LahjaError
from lahja.core.journal import Journal, row_of
from lahja.generation.backend import Request


def max_tokens(request: Request) -> tuple[int, int]:
    """Return the most tokens that a prompt and its answer can have, without a tokenizer.

    A token of a byte-level or byte-fallback vocabulary (GPT, Gemini, Llama, Qwen) stands for one
    UTF-8 byte or more; the chat has tokens of its own (roles, turn marks, a system prompt).
    """
    n_bytes = sum(len(turn["content"].encode("utf-8")) + 64 for turn in request.turns)
    return n_bytes, request.sampling.max_new_tokens


class BudgetReached(LahjaError):
    """The next request could cost more than what is left of the budget."""


class Stopped(Exception):
    """A request was given up, for something else ended the run."""


class Ledger:
    """What one generator has cost, in a file that outlives its job and is locked while it is open.

    Before a request is sent, the most that it can cost is reserved; its reply puts the cost in the
    reservation's place. Those of killed jobs stay, for their requests may have been paid: what is
    spent and reserved never passes the budget. Without a price there is no file. Threads share it.
    """

    def __init__(self, name: str, path: Path | None, budget: float | None = None):
        """Open a generator's ledger; `budget` is in dollars, None is no limit.

        Raises `LahjaError` where another process has it open, or naming a row that is no cost.
        """
        self.name, self.budget = name, budget
        # In all, and by this process.
        self.spent = self.paid = 0.0
        self.is_stopped, self._n_under_way = False, 0
        self._reserved: dict[str, float] = {}
        self._settled = threading.Condition()
        self._journal = Journal(path, self._take, "a cost") if path else None

    @property
    def reserved(self) -> float:
        """Return the dollars reserved for requests under way, or killed under way."""
        return sum(self._reserved.values())

    @property
    def remaining(self) -> float:
        """Return the dollars that can still be reserved."""
        return float("inf") if self.budget is None else self.budget - self.spent - self.reserved

    def account(self) -> str:
        """Return what is spent and reserved, and the budget, in words."""
        reserved = f" and {describe(self.reserved)} reserved" if self._reserved else ""
        cap = f" of a budget of {describe(self.budget)}" if self.budget is not None else ""
        return f"{describe(self.spent)} spent{reserved}{cap}"

    def reserve(self, dollars: float) -> str:
        """Reserve dollars, when requests under way have left enough; return the ticket.

        Raises `BudgetReached` where none is under way, `Stopped` after `stop`.
        """
        with self._settled:
            while dollars > self.remaining and self._n_under_way and not self.is_stopped:
                self._settled.wait()
            if self.is_stopped:
                raise Stopped
            if dollars > self.remaining:
                raise BudgetReached(f"generator {self.name}: the budget is reached")
            ticket = uuid4().hex
            self._record({"reserve": ticket, "dollars": dollars}, durable=True)
            self._n_under_way += 1
            return ticket

    def settle(self, ticket: str, dollars: float) -> None:
        """Put the cost in a reservation's place."""
        with self._settled:
            # If the machine dies before a cost is on disk, its reservation stands.
            self._record({"settle": ticket, "dollars": dollars}, durable=False)
            self.paid += dollars
            self._n_under_way -= 1
            self._settled.notify_all()

    def stop(self) -> None:
        """Reserve nothing any more."""
        with self._settled:
            self.is_stopped = True
            self._settled.notify_all()

    def close(self) -> None:
        """Close the file."""
        if self._journal:
            self._journal.close()

    def _record(self, row: dict[str, Any], durable: bool) -> None:
        if self._journal:
            self._journal.append([row], durable=durable)
        self._count(row)

    def _take(self, line: bytes) -> None:
        self._count(row_of(line))

    def _count(self, row: dict[str, Any]) -> None:
        dollars = float(row["dollars"])
        if "reserve" in row:
            self._reserved[row["reserve"]] = dollars
        elif self._reserved.pop(row["settle"], None) is not None:
            self.spent += dollars


def describe(dollars: float) -> str:
    """Return an amount as it is shown: cents, or as many digits as a small one needs."""
    return f"${dollars:.2f}" if dollars >= 1 else f"${dollars:.4f}"


def estimate(requests: list[Request], price: Price | None, ledger: Ledger) -> str:
    """Return one line that says what requests cost at most, before the first is sent."""
    n_input, n_output = map(sum, zip(*map(max_tokens, requests), strict=True))
    asked = f"{ledger.name}: {len(requests):,} requests, at most {n_input:,} + {n_output:,} tokens"
    if price is None:
        return f"{asked}; no price is set"
    return f"{asked}, {describe(price.of(n_input, n_output))} at most; {ledger.account()}"
