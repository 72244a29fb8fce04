"""What a gate says of a pair, and what it is given to say it."""

from dataclasses import dataclass, field

from lahja.gates.asked import Asked

PASSED = "passed"
STOPPED = "stopped"
NOT_COMPUTED = "not computed"


@dataclass(frozen=True)
class Verdict:
    """One gate's answer; a gate that cannot tell says so and why, it never passes silently."""

    gate: str
    """The gate's name, which is the reason code of what it stops."""
    status: str
    """`passed`, `stopped` or `not computed`."""
    reason: str
    """In words."""
    value: float | None = None
    threshold: float | None = None


@dataclass(frozen=True)
class Evidence:
    """What models, labels and references say of a pair; None where none of them was asked."""

    label: str | None = None
    """Variety that a classifier gave the chosen text."""
    probabilities: dict[str, float] = field(default_factory=dict)
    """Of each variety that the classifier knows, by code."""
    reference: str | None = None
    """A translation of the payload that is known to be good."""
    back_translation: str | None = None
    """The chosen text, translated back into the payload's variety."""
    own_round_trip: str | None = None
    """The payload after the translator's own way there and back: what its word is worth here."""
    rejected_finish: str | None = None
    """`stop`, `length` …: how the rejected text ended."""


@dataclass(frozen=True)
class Judged:
    """A preference pair with what was asked for."""

    asked: Asked
    chosen: str
    rejected: str
    evidence: Evidence = Evidence()


def passed(
    gate: str, reason: str, value: float | None = None, threshold: float | None = None
) -> Verdict:
    """Return the verdict that nothing is wrong."""
    return Verdict(gate, PASSED, reason, value, threshold)


def stopped(
    gate: str, reason: str, value: float | None = None, threshold: float | None = None
) -> Verdict:
    """Return the verdict that the pair must not be trained on."""
    return Verdict(gate, STOPPED, reason, value, threshold)


def not_computed(gate: str, reason: str) -> Verdict:
    """Return the verdict that the gate cannot tell."""
    return Verdict(gate, NOT_COMPUTED, reason)
