"""Scores as the report shows them: looked up in a table, and as changes of recipes."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from lahja.core.artifacts import Table
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
    starts: Sequence[str]
    adi2: ShownScore
    quality: ShownScore
    gained: tuple[int, int]
    lost: tuple[int, int]


def compare_recipes(changes: Table, recipes: Mapping[str, Sequence[str]]) -> list[Recipe]:
    """Return the changes of recipes by title; one of which no model was compared is left out.

    `changes` is `changes_table`'s.
    """
    rows, found = {row["model"]: row for row in changes.records()}, []
    for title, models in recipes.items():
        if not (known := [model for model in models if model in rows]):
            continue
        scores = {key: [_given(rows[model], key) for model in known] for key in OVERALL}
        directions = [score for name in TITLES for score in scores[name]]
        gained, lost = (
            (sum(s.is_significant and (s.value > 0) == rises for s in own),
             sum(s.value is not None for s in own))
            for own, rises in ((scores["adi2"], True), (directions, False))
        )  # fmt: skip
        starts = [*dict.fromkeys(rows[model]["baseline"] for model in known)]
        means = _mean(scores["adi2"]), _mean(scores["mean"])
        found.append(Recipe(title, known, starts, *means, gained, lost))
    return found


def _given(row: dict, key: str) -> ShownScore:
    values = (row.get(f"{key}{end}") for end in ("", "_low", "_high"))
    return ShownScore(*(None if pd.isna(value) else value for value in values))


def _mean(scores: Sequence[ShownScore]) -> ShownScore:
    """Return the mean of scores, which has no interval where they are several."""
    missing = next((score for score in scores if score.value is None), None)
    if missing or len(scores) == 1:
        return missing or scores[0]
    return ShownScore(float(np.mean([score.value for score in scores])))
