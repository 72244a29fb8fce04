"""The operating point: of the models between a start and what was trained from it, which to use.

On validation, the one with the highest ADI2 whose chrF++ is in no direction significantly below
the start's, by the paired test of the evaluation. The start itself always qualifies. What the
choice is worth is then read off the test prompts, which had no part in it.
"""

from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from lahja.core.artifacts import Table
from lahja.core.errors import LahjaError
from lahja.core.statistics import Estimate, Resampling
from lahja.evaluation.metrics.evaluation import Evaluation, difference, evaluate_models, mean_score
from lahja.evaluation.metrics.slices import ALL, MEAN, MEAN_DIRECTIONS, Slice
from lahja.evaluation.sentence_scores import read_scores
from lahja.report.formats import described
from lahja.report.scores import TITLES, estimate_cells
from lahja.scoring.translation import load_spbleu

NAME = "operating_point"
_QUALITY = "chrf_plus_plus"
VALIDATION = Slice("validation", ALL, ALL, ALL)
"""Table 1's prompts: references are right-dialect answers."""
_HELD_OUT, _TEST = (
    {name: Slice(task, ALL, *own) for name, own in MEAN_DIRECTIONS.items()}
    for task in ("validation_translation", "translation")
)


class Family(NamedTuple):
    """A start, what was trained from it (`end`), and the models at each weight, 0 the start."""

    start: str
    end: str
    points: Sequence[tuple[float, str]]


def choose_point(
    family: Family, evaluations: Mapping[str, Evaluation], confidence: float
) -> tuple[str, dict[str, list[str]]]:
    """Return the chosen model, and in which parts of validation each one's chrF++ is lower.

    Raises `LahjaError` where validation was not scored.
    """
    start = evaluations[family.start]
    lost: dict[str, list[str]] = {name: [] for _, name in family.points}
    for name, (direction, part) in product(lost, validation_slices(start).items()):
        change = _known(evaluations[name], part, _QUALITY).minus(_known(start, part, _QUALITY))
        if change.value < 0 and change.p_value() < 1 - confidence:
            lost[name].append(direction)
    adi2 = {name: _known(evaluations[name], VALIDATION, "adi2").value for name in lost}
    return max((name for name in lost if not lost[name]), key=adi2.__getitem__), lost


def validation_slices(evaluation: Evaluation) -> dict[str, Slice]:
    """Return what chrF++ is compared on: Table 1's prompts, and held-out translation if asked."""
    there = {name: part for name, part in _HELD_OUT.items() if part in evaluation.scores}
    return {"validation": VALIDATION} | there


def _known(evaluation: Evaluation, part: Slice, metric: str) -> Estimate:
    score = evaluation.get(part, metric)
    if isinstance(score, str):
        raise LahjaError(f"{evaluation.model}: no {metric} on validation: {score}")
    return score


def operating_points(scores: Path, settings: Mapping[str, Any]) -> Table:
    """Return `operating_point_table` of a table of SENTENCE_SCORES.

    Settings: families (each start, end and points), resamples, seed, confidence.
    """
    families = [Family(**entry) for entry in settings["families"]]
    names = dict.fromkeys(name for family in families for _, name in family.points)
    resampling = Resampling(settings["resamples"], settings["seed"])
    # chrF++ decides; spBLEU has no part in it.
    found = evaluate_models(read_scores(scores, [*names]), resampling, load_spbleu(None))
    return operating_point_table(families, found, settings["confidence"])


def operating_point_table(
    families: Sequence[Family], evaluations: Mapping[str, Evaluation], confidence: float
) -> Table:
    """Return a row per family and weight: the choice on validation, the scores on test.

    On test `quality` is the mean chrF++ of the four directions; each direction's chrF++ is also
    given as its difference from the start's. `evaluations` must come from one resampling.
    """
    rows = []
    for family in families:
        chosen, lost = choose_point(family, evaluations, confidence)
        for weight, name in family.points:
            row = {
                "start": family.start, "end": family.end, "weight": weight, "model": name,
                "chosen": "chosen" if name == chosen else "",
                "lost": ", ".join(TITLES.get(part, part) for part in lost[name]),
            }  # fmt: skip
            for key, score in _scores(evaluations[name], evaluations[family.start]).items():
                row |= estimate_cells(key, score, confidence)
            rows.append(row)
    return described(NAME, rows, confidence=confidence)


def _scores(model: Evaluation, start: Evaluation) -> dict[str, Estimate | str]:
    validation = [model.get(part, _QUALITY) for part in validation_slices(start).values()]
    return {
        "validation_adi2": model.get(VALIDATION, "adi2"),
        "validation_quality": mean_score(validation),
        "test_adi2": model.get(Slice(ALL, ALL, ALL, MEAN), "adi2"),
        "test_quality": model.get(Slice("translation", ALL, MEAN, MEAN), _QUALITY),
    } | {
        f"change_{name}": difference(model.get(part, _QUALITY), start.get(part, _QUALITY))
        for name, part in _TEST.items()
    }
