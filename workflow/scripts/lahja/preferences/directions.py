"""Pairs of each direction in known shares.

Within a dialect the direction that has the fewest pairs for its share sets how many there are; of
the others as many are left out, never repeated or made up.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lahja.errors import LahjaError
from lahja.preferences.preferred import Preferred, Supply
from lahja.preferences.rejecting import Formed

LEFT_OUT, LIMITS = "left out for the shares", "limits the shares"
MISSING = "missing for pairs_per_dialect"

# Forms up to so many pairs of one direction; None is all.
Form = Callable[[Iterable[Preferred], int | None], Formed]


@dataclass(frozen=True)
class Balanced:
    """Rows of one dialect, and counts by kind of prompt (or direction) and step."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)


def balance(
    dialect: str,
    supply: Mapping[str, Supply],
    shares: Mapping[str, float],
    form: Form,
    most: int | None = None,
) -> Balanced:
    """Return the pairs of a dialect whose directions keep their shares, `most` at most.

    Directions with the fewest prompts come first, so that no more pairs are formed of the others
    than can stand beside theirs. Raises `LahjaError` naming dialect and direction where a direction
    with a share has no pair.
    """
    wanted = {name: share / sum(shares.values()) for name, share in shares.items() if share > 0}
    sizes = {name: supply[name].counts.total() for name in wanted}
    total, formed, scarce = math.inf if most is None else float(most), {}, None
    for name in sorted(wanted, key=lambda name: sizes[name] / wanted[name]):
        limit = None if math.isinf(total) else _of(wanted[name], total)
        formed[name] = form(supply[name].prompts, limit)
        count = len(formed[name].rows)
        if not count:
            raise LahjaError(_empty(dialect, name, sizes[name], formed[name]))
        if limit is None or count < limit:
            total, scarce = count / wanted[name], name
    balanced = Balanced()
    for name, share in wanted.items():
        _keep(balanced, formed[name], _of(share, total))
        if most is not None and (short := _of(share, most) - _of(share, total)) > 0:
            balanced.counts[name, MISSING] += short
    if scarce is not None:
        balanced.counts[scarce, LIMITS] += len(formed[scarce].rows)
    return balanced


def _of(share: float, total: float) -> int:
    # A share of 0.2 of 5 pairs is one, whatever its floating-point product is.
    return max(1, math.floor(share * total + 1e-6))


def _keep(balanced: Balanced, formed: Formed, count: int) -> None:
    balanced.rows.extend(formed.rows[:count])
    balanced.counts.update(formed.counts)
    for row in formed.rows[count:]:
        balanced.counts[row["kind"], LEFT_OUT] += 1


def _empty(dialect: str, direction: str, n: int, formed: Formed) -> str:
    why = [f"{step} {count}" for (_, step), count in formed.counts.items()]
    reasons = f" ({', '.join(why)})" if why else ""
    return (
        f"directions.{direction}: no pair for {dialect} out of {n} prompts with an answer to "
        f"prefer{reasons}; expected at least one, or a share of 0"
    )
