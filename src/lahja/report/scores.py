"""Scores as the report shows them: looked up in a table, and the headline's changes in words."""

from collections.abc import Mapping, Sequence
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
    for name, (source, target) in MEAN_DIRECTIONS.items()
}
"""Keys of a model's overall ADI2, and of its chrF++ by direction of translation."""
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


class Change(NamedTuple):
    """What one model gained against the model it started from, and what it cost, in words."""

    model: str
    baseline: str
    sentence: str


def changes(
    metrics: pd.DataFrame, comparisons: pd.DataFrame, models: Sequence[str]
) -> list[Change]:
    """Return the changes of the compared models, the largest gain in ADI2 first."""
    board, differences = ScoreBoard(metrics), ScoreBoard(comparisons)
    baselines = dict(zip(comparisons["model"], comparisons["baseline"], strict=True))
    found = []
    for model in (name for name in models if name in baselines):
        cost = differences.scores(OVERALL, model=model)
        adi2, gain = board.get(model=model, **OVERALL["adi2"]), cost.pop("adi2")
        sentence = f"{model}: no ADI2 ({gain.reason or adi2.reason})."
        if gain.value is not None and adi2.value is not None:
            sentence = (
                f"{model} {_claim(gain)} {baselines[model]}: ADI2 {adi2.value:.2f}, "
                f"{_difference(gain, 2)}. {_cost(cost)}"
            )
        found.append((gain.value or 0, Change(model, baselines[model], sentence)))
    return [change for _, change in sorted(found, key=lambda entry: -entry[0])]


def _claim(gain: ShownScore) -> str:
    """Return what the interval bears out, and no more."""
    if not gain.is_significant:
        return "does not clearly beat"
    return f"answers in the dialect asked for {'more' if gain.value > 0 else 'less'} often than"


def _cost(quality: Mapping[str, ShownScore]) -> str:
    known = {name: score for name, score in quality.items() if score.value is not None}
    if not known:
        return "Translation was not evaluated."
    parts = []
    for verb, is_fall in (("falls", True), ("rises", False)):
        shown = [
            f"{TITLES[name]} {_difference(score, 1)}"
            for name, score in known.items()
            if score.is_significant and (score.high < 0) == is_fall
        ]
        parts += [f"chrF++ {verb} in {', '.join(shown)}"] if shown else []
    return "; ".join(parts or ["chrF++ does not clearly change in any direction"]) + "."


def _difference(score: ShownScore, digits: int) -> str:
    """Return a difference with its interval, signed, with a true minus."""
    value, low, high = (f"{x:+.{digits}f}" for x in (score.value, score.low, score.high))
    return f"{value} [{low}, {high}]".replace("-", "\N{MINUS SIGN}")
