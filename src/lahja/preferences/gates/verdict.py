"""What a gate is given, and what it returns."""

import re
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from lahja.corpora.text import letters_of
from lahja.prompts.intent import PromptIntent

# Of so much white space patterns would look at each beginning for its end.
_BLANKS = re.compile(r"(\s{100})\s+")
PASSED, STOPPED, NOT_COMPUTED = "passed", "stopped", "not computed"


@dataclass(frozen=True)
class Pair:
    """A preference pair, and what prompt, models and references tell of it; None where nothing."""

    intent: PromptIntent
    chosen: str
    rejected: str
    label: str | None = None  #: Variety that a classifier gave the chosen text.
    #: Of each variety that the classifier knows, by code.
    probabilities: dict[str, float] = field(default_factory=dict)
    reference: str | None = None  #: A translation of the payload that is known to be good.
    back_translation: str | None = None  #: The chosen text, back in the payload's variety.
    own_round_trip: str | None = None  #: The payload, by the same translator there and back.
    rejected_finish: str | None = None  #: `stop`, `length` …: how the rejected text ended.

    def __post_init__(self) -> None:
        """How letters are encoded and drawn out is no matter of the gates."""
        object.__setattr__(self, "chosen", _BLANKS.sub(r"\1", letters_of(self.chosen)))


class Verdict(NamedTuple):
    """One gate's result; a gate that cannot tell returns so and why, it never passes silently."""

    status: str  #: `passed`, `stopped` or `not computed`.
    reason: str
    value: float | None = None
    threshold: float | None = None


passed, stopped, not_computed = (partial(Verdict, s) for s in (PASSED, STOPPED, NOT_COMPUTED))
