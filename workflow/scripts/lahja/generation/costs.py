"""What a paid server costs: prices, bounds before asking, and the ledger that holds the cap."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self
from uuid import uuid4

from lahja.errors import LahjaError
from lahja.generation.backend import Request
from lahja.journal import Journal

# A chat's own tokens (roles, turn marks, a template's system prompt), at most.
CHAT_TOKENS = 64


@dataclass(frozen=True)
class Price:
    """Dollars per million tokens."""

    input: float
    output: float

    def of(self, n_input: int, n_output: int) -> float:
        """Return the dollars that so many tokens cost."""
        return (n_input * self.input + n_output * self.output) / 1e6


@dataclass(frozen=True)
class Usage:
    """Tokens that a server counted for one answer, those of its thinking included."""

    n_input: int
    n_output: int


def most_tokens(request: Request) -> Usage:
    """Return the most tokens that a request can take, found without network or tokenizer.

    A token of a byte-level or byte-fallback vocabulary (GPT, Gemini, Llama, Qwen) stands for one
    byte or more, so a prompt has no more tokens than UTF-8 bytes; Arabic takes about a quarter
    of that. The answer is taken to be as long as it may get.
    """
    n_bytes = len(request.prompt.encode("utf-8"))
    return Usage(n_bytes + CHAT_TOKENS, request.sampling.max_new_tokens)


def most_dollars(request: Request, price: Price | None) -> float:
    """Return the most that one request can cost; 0 where there is no price."""
    if price is None:
        return 0.0
    most = most_tokens(request)
    return price.of(most.n_input, most.n_output)


class BudgetReached(LahjaError):
    """The next request could cost more than what is left of the budget."""

    @classmethod
    def after(cls, name: str, ledger: "Ledger", n_answered: int, n_requests: int) -> Self:
        """Return the line that says what is spent, the cap, and how far a generator came."""
        return cls(
            f"generator {name}: the budget is reached: {ledger.account()}; {n_answered} of "
            f"{n_requests} requests answered and kept; to go on, raise generators.{name}.budget "
            "and run again"
        )


class Ledger:
    """What one generator has cost, in a file that all its jobs share and that outlives them.

    Before a request is sent, the most that it can cost is reserved; when its reply is there, the
    reservation gives way to the cost. Reservations of jobs that were killed stay, for their
    requests may have been paid: what is spent and reserved never passes the budget. Without a
    file nothing is recorded, which suits a server that costs nothing.
    """

    def __init__(self, path: Path | None, budget: float | None = None):
        """Open the ledger; `budget` is in dollars, None is no limit."""
        self.budget = budget
        self._journal = Journal(path) if path else None
        self._open: dict[str, float] = {}
        self._closed: set[str] = set()
        self.spent = 0.0
        if self._journal:
            self._journal.lock(wait=True)
            self._catch_up()
            self._journal.unlock()

    @property
    def reserved(self) -> float:
        """Return the dollars reserved for requests under way, or killed under way."""
        return sum(self._open.values())

    @property
    def room(self) -> float:
        """Return the dollars that can still be reserved."""
        if self.budget is None:
            return float("inf")
        return self.budget - self.spent - self.reserved

    def account(self) -> str:
        """Return what is spent and reserved, and the budget, in words."""
        reserved = f" and {describe(self.reserved)} reserved" if self._open else ""
        cap = f" of a budget of {describe(self.budget)}" if self.budget is not None else ""
        return f"{describe(self.spent)} spent{reserved}{cap}"

    def reserve(self, dollars: float, ticket: str | None = None) -> str | None:
        """Reserve dollars and return the reservation's ticket, or None where they do not fit.

        A ticket that is given and known already is not reserved again.
        """
        ticket = ticket or uuid4().hex
        if self._journal is None:
            return ticket
        self._journal.lock(wait=True)
        try:
            self._catch_up()
            if ticket not in self._open and ticket not in self._closed:
                if dollars > self.room:
                    return None
                self._journal.append([{"reserve": ticket, "dollars": dollars}])
                self._catch_up()
        finally:
            self._journal.unlock()
        return ticket

    def settle(self, ticket: str, dollars: float) -> None:
        """Put the cost in a reservation's place; of a ticket settled before, nothing changes."""
        if self._journal is None:
            return
        self._journal.lock(wait=True)
        try:
            # If the machine dies first, the reservation stands: never too little.
            self._journal.append([{"settle": ticket, "dollars": dollars}], durable=False)
            self._catch_up()
        finally:
            self._journal.unlock()

    def close(self) -> None:
        """Close the file."""
        if self._journal:
            self._journal.close()

    def _catch_up(self) -> None:
        for number, row in self._journal.read():
            try:
                dollars = float(row["dollars"])
                if "reserve" in row:
                    self._open[row["reserve"]] = dollars
                elif row["settle"] not in self._closed:
                    self._open.pop(row["settle"], None)
                    self._closed.add(row["settle"])
                    self.spent += dollars
            except (KeyError, TypeError, ValueError):
                raise LahjaError(f"{self._journal.path}:{number}: not a cost") from None


def describe(dollars: float) -> str:
    """Return an amount as it is shown: cents, or as many digits as a small one needs."""
    return f"${dollars:.2f}" if dollars >= 1 else f"${dollars:.4f}"


def estimate(name: str, requests: list[Request], price: Price | None, ledger: Ledger) -> str:
    """Return one line that says what requests cost at most, before the first is sent."""
    most = [most_tokens(request) for request in requests]
    n_input, n_output = sum(m.n_input for m in most), sum(m.n_output for m in most)
    asked = f"{name}: {len(requests):,} requests, at most {n_input:,} + {n_output:,} tokens"
    if price is None:
        return f"{asked}; no price is set"
    return f"{asked}, {describe(price.of(n_input, n_output))} at most; {ledger.account()}"
