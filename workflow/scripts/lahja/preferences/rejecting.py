"""Find each preferred answer one to reject, kinds of negatives in the shares that are wanted."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from lahja.data.text import comparison_key, count_words
from lahja.files import digest_of_text
from lahja.gates import truncation
from lahja.gates.gating import first_stop, judge
from lahja.gates.settings import GateSettings
from lahja.gates.verdict import Judged
from lahja.preferences.hardness import HardnessSettings
from lahja.preferences.negatives import find_negative, kind_of
from lahja.preferences.preferred import REFERENCE, Answer, Preferred
from lahja.seeding import unit_draw

LOOKED_AT, WITHOUT_NEGATIVE = "looked at for a negative", "without a negative"
# Of references, besides the gates.
TOO_SHORT, UNCHANGED = "too short", "the source unchanged"


@dataclass(frozen=True)
class Rejecting:
    """How negatives are chosen."""

    weights: dict[str, float]
    """By kind of negative its share among the pairs of one dialect and direction."""
    gates: tuple[str, ...]
    limits: GateSettings
    hardness: HardnessSettings
    seed: int


@dataclass(frozen=True)
class Formed:
    """Rows of PAIRS in the order of their forming, and counts by kind of prompt and step."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)


def form_rows(
    preferred: Iterable[Preferred], settings: Rejecting, most: int | None = None
) -> Formed:
    """Return up to `most` pairs of one dialect and direction.

    References must pass the gates, as candidates have before, and must not be too short or the
    text to translate itself. Each pair has the kind of negative
    that is furthest behind its share, of those which the prompt has, so that any first few of the
    rows keep the shares as well.
    """
    formed = Formed()
    rows = _rows(preferred, settings, formed.counts, Counter())
    formed.rows.extend(islice(rows, most))
    return formed


def _rows(
    preferred: Iterable[Preferred],
    settings: Rejecting,
    counts: Counter[tuple[str, str]],
    used: Counter[str],
) -> Iterator[dict[str, Any]]:
    taken: dict[str, set[str]] = {}
    for one in preferred:
        counts[one.kind, LOOKED_AT] += 1
        stop = _stopped_by(one, settings) if one.chosen.origin == REFERENCE else None
        if stop is not None:
            counts[one.kind, f"reference stopped: {stop}"] += 1
            continue
        own = taken.setdefault(one.prompt_id, set())
        rejected = _negative(one, settings, used, own)
        if rejected is None:
            counts[one.kind, WITHOUT_NEGATIVE] += 1
            continue
        own.add(rejected.text)
        used[kind_of(rejected.origin)] += 1
        yield _row(one, rejected)


def _stopped_by(preferred: Preferred, settings: Rejecting) -> str | None:
    text = preferred.chosen.text
    if count_words(text) < settings.hardness.fewest_words:
        return TOO_SHORT
    if comparison_key(text) == comparison_key(preferred.asked.text):
        return UNCHANGED
    pair = Judged(preferred.asked, text, text)
    gates = [name for name in settings.gates if name != truncation.GATE]
    stop = first_stop(judge(pair, settings.limits, gates))
    return stop.gate if stop else None


def _negative(
    preferred: Preferred, settings: Rejecting, used: Counter[str], taken: set[str]
) -> Answer | None:
    weights = {kind: weight for kind, weight in settings.weights.items() if weight > 0}

    def behind(kind: str) -> tuple[float, float]:
        """Return how much of its weight a kind has had; a draw decides between equals."""
        draw = unit_draw(settings.seed, "negative", preferred.prompt_id, kind)
        return used[kind] / weights[kind], draw

    for kind in sorted(weights, key=behind):
        found = find_negative(
            preferred, kind, settings.limits, settings.hardness, settings.seed, taken
        )
        if found is not None:
            return found
    return None


def _row(preferred: Preferred, rejected: Answer) -> dict[str, Any]:
    chosen = preferred.chosen
    identity = f"{preferred.prompt_id}\n{chosen.text}\n{rejected.text}"
    return {
        "pair_id": digest_of_text(identity)[:16],
        "prompt_id": preferred.prompt_id,
        "dialect": preferred.dialect,
        "kind": preferred.kind,
        "direction": preferred.direction,
        "prompt": preferred.prompt,
        **_side("chosen", chosen),
        **_side("rejected", rejected),
    }


def _side(name: str, answer: Answer) -> dict[str, str]:
    return {
        name: answer.text,
        f"{name}_label": answer.label,
        f"{name}_generator": answer.generator,
        f"{name}_origin": answer.origin,
    }
