"""Scores as the report shows them: looked up in a table, and the headline's changes in words."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np
import pandas as pd

from lahja.core.statistics import Estimate
from lahja.evaluation.metrics.faults import LABEL_ACCURACY
from lahja.evaluation.metrics.slices import ALL, MEAN, MEAN_DIRECTIONS

OURS = "this run"
"""The origin of rows that are not the paper's."""
TITLES = {
    "eng_dialects": "ENG→DA", "msa_dialects": "MSA→DA", "dialects_eng": "DA→ENG",
    "dialects_msa": "DA→MSA",
}  # fmt: skip
METRIC_TITLES = {
    "adi2": "ADI2", "adi2_macro": "ADI2 macro", "aldi": "ALDi", LABEL_ACCURACY: "Label accuracy",
    "chrf": "chrF2", "chrf_plus_plus": "chrF++", "spbleu": "spBLEU", "f1": "F1",
}  # fmt: skip
OVERALL = {"adi2": {"target": MEAN, "metric": "adi2"}} | {
    name: {"task": "translation", "source": source, "target": target, "metric": "chrf_plus_plus"}
    for name, (source, target) in {"mean": (MEAN, MEAN), **MEAN_DIRECTIONS}.items()
}
"""Keys of a model's overall ADI2, and of its chrF++ by direction of translation and on average."""
RECIPES = {"paper": "The paper's recipe", "ours": "Our recipe"}
TRAINING_ALL = "Training"
"""What stands for recipes where a run has none: all models that were compared."""
_KEYS = ("classifier", "model", "task", "source", "target", "variety", "metric")


class ShownScore(NamedTuple):
    """A score with its interval, or, where the value is None, the reason why there is none."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    reason: str | None = None
    p_holm: float | None = None

    @property
    def is_significant(self) -> bool:
        """Whether the interval (of a difference) leaves 0 out."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high

    def cells(self, key: str) -> dict[str, float | None]:
        """Return the value and its interval as the cells of a table's column."""
        return {key: self.value, f"{key}_low": self.low, f"{key}_high": self.high}


class ScoreBoard:
    """Scores of METRICS, COMPARISONS or CLASSIFIER_METRICS by their keys, all corpora pooled."""

    def __init__(self, frame: pd.DataFrame) -> None:
        frame = frame.rename(columns={"source_variety": "source", "target_variety": "target"})
        if "corpus" in frame:
            frame = frame[frame["corpus"] == ALL]
        self._keys = [name for name in _KEYS if name in frame]
        self._scores = {
            tuple(row[key] for key in self._keys): _shown(row) for row in frame.to_dict("records")
        }

    def get(self, **key: str) -> ShownScore:
        """Return the score of a key, whose other parts stand for all tasks, varieties and so on."""
        wanted = tuple(key.get(name, ALL) for name in self._keys)
        return self._scores.get(wanted, ShownScore(reason="not evaluated"))

    def scores(self, columns: Mapping[str, Mapping[str, str]], **key: str) -> dict[str, ShownScore]:
        """Return the scores of columns by name, given what the columns' keys have in common."""
        return {name: self.get(**own, **key) for name, own in columns.items()}


def _shown(row: dict) -> ShownScore:
    value = row["difference" if "difference" in row else "value"]
    if pd.isna(value):
        return ShownScore(reason=row.get("reason") or "missing")
    return ShownScore(value, row["low"], row["high"], p_holm=row.get("p_holm"))


def score_cells(scores: Mapping[str, ShownScore]) -> dict[str, float | None]:
    """Return scores and their intervals as the cells of a row."""
    return {name: cell for key, score in scores.items() for name, cell in score.cells(key).items()}


def estimate_cells(
    key: str, score: Estimate | str | None, confidence: float, scale: float = 1
) -> dict[str, float | None]:
    """Return a score and its interval as the cells of a column, None where there is none."""
    value = low = high = None
    if isinstance(score, Estimate) and np.isfinite(score.value):
        value = scale * score.value
        ends = scale * np.array(score.interval(confidence))
        low, high = ends.tolist() if np.isfinite(ends).all() else (None, None)
    return ShownScore(value, low, high).cells(key)


class Recipe(NamedTuple):
    """What the models of one recipe changed against their starts, as the page's head shows it.

    A change is a mean over the models, with an interval where there is only one. `gained` counts
    models that clearly (by the interval) gain ADI2, of those compared; `lost` counts directions
    that clearly lose chrF++, over all models.
    """

    title: str
    models: Sequence[str]
    against: str
    adi2: ShownScore
    quality: ShownScore
    gained: tuple[int, int]
    lost: tuple[int, int]


def compare_recipes(
    comparisons: pd.DataFrame, recipes: Mapping[str, Sequence[str]]
) -> list[Recipe]:
    """Return the changes of recipes by title; one of which no model was compared is left out."""
    board, found = ScoreBoard(comparisons), []
    starts = dict(zip(comparisons["model"], comparisons["baseline"], strict=True))
    for title, models in recipes.items():
        if not (known := [model for model in models if model in starts]):
            continue
        against = [
            f"{', '.join(own)} against {start}"
            for start, own in groupby(sorted(known, key=starts.get), starts.get)
        ]
        changes = [board.scores(OVERALL, model=model) for model in known]
        adi2 = [own["adi2"] for own in changes]
        directions = [own[name] for own in changes for name in TITLES]
        gained, lost = (
            (sum(s.is_significant and (s.value > 0) == rises for s in scores),
             sum(s.value is not None for s in scores))
            for scores, rises in ((adi2, True), (directions, False))
        )  # fmt: skip
        means = _mean(adi2), _mean([own["mean"] for own in changes])
        found.append(Recipe(title, known, "; ".join(against), *means, gained, lost))
    return found


def _mean(scores: Sequence[ShownScore]) -> ShownScore:
    """Return the mean of scores, which has no interval where they are several."""
    missing = next((score for score in scores if score.value is None), None)
    if missing or len(scores) == 1:
        return missing or scores[0]
    return ShownScore(float(np.mean([score.value for score in scores])))


def headline(found: Sequence[Recipe]) -> str:
    """Return one sentence on recipes, the last first: how many models gain, what translation loses.

    It counts what intervals bear out, and no more.
    """
    if not found:
        return "No model was compared with the one it started from."
    parts = [
        f"{each.title} makes {_of(each.gained, 'model')} clearly more dialectal and loses "
        f"translation in {_of(each.lost, 'direction')}"
        for each in reversed(found)
    ]
    return "; ".join([parts[0], *(part[0].lower() + part[1:] for part in parts[1:])]) + "."


def _of(count: tuple[int, int], noun: str) -> str:
    return f"{count[0] or 'none'} of {count[1]} {noun}{'s' * (count[1] != 1)}"


def signed(value: float, digits: int) -> str:
    """Return a difference with its sign, a true minus."""
    return f"{value:+.{digits}f}".replace("-", "\N{MINUS SIGN}")
