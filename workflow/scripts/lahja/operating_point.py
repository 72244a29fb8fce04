"""The operating point: of the models between a start and what was trained from it, which to use.

On validation, the one with the highest ADI2 whose chrF++ is in no direction significantly below
the start's, by the paired test of the evaluation. The start itself always qualifies. What the
choice is worth is then read off the test prompts, which had no part in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from lahja.errors import LahjaError
from lahja.metrics.evaluation import Evaluation
from lahja.metrics.slices import ALL, MEAN_DIRECTIONS, Slice
from lahja.statistics import Estimate

VALIDATION = Slice("validation", ALL, ALL, ALL)
"""Table 1's prompts: references are right-dialect answers."""


@dataclass(frozen=True)
class Family:
    """A start, what was trained from it (`end`), and the models at each weight, 0 the start."""

    start: str
    end: str
    points: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class Point:
    """One model of a family on validation: its ADI2, and where its chrF++ is below the start's."""

    weight: float
    model: str
    adi2: Estimate
    lost: tuple[str, ...]
    is_chosen: bool = False


def choose_point(
    family: Family, evaluations: Mapping[str, Evaluation], confidence: float
) -> list[Point]:
    """Return the family's points in the order of their weights, the chosen one marked.

    Raises `LahjaError` where validation was not scored.
    """
    start = evaluations[family.start]
    points = [
        _point(weight, evaluations[model], start, confidence) for weight, model in family.points
    ]
    best = max((point for point in points if not point.lost), key=lambda p: p.adi2.value)
    return [replace(point, is_chosen=point is best) for point in points]


def _point(weight: float, model: Evaluation, start: Evaluation, confidence: float) -> Point:
    lost = []
    for name, part in validation_slices(start).items():
        here, there = (_score(of, part, "chrf_plus_plus") for of in (model, start))
        change = here.minus(there)
        if change.value < 0 and change.p_value() < 1 - confidence:
            lost.append(name)
    return Point(weight, model.model, _score(model, VALIDATION, "adi2"), tuple(lost))


def validation_slices(evaluation: Evaluation) -> dict[str, Slice]:
    """Return what chrF++ is compared on: Table 1's prompts, and held-out translation if asked."""
    directions = {
        name: Slice("validation_translation", ALL, *sides)
        for name, sides in MEAN_DIRECTIONS.items()
    }
    there = {name: part for name, part in directions.items() if part in evaluation.scores}
    return {"validation": VALIDATION} | there


def _score(evaluation: Evaluation, part: Slice, metric: str) -> Estimate:
    score = evaluation.scores.get(part, {}).get(metric, "it was not evaluated")
    if isinstance(score, str):
        raise LahjaError(f"{evaluation.model}: no {metric} on validation: {score}")
    return score
