"""Look up one score in METRICS, COMPARISONS or CLASSIFIER_METRICS."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class ShownScore:
    """A score with its interval, or, where the value is None, the reason why there is none."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    reason: str | None = None
    p_value: float | None = None
    p_holm: float | None = None

    @property
    def is_significant(self) -> bool:
        """Whether the interval (of a difference) leaves 0 out."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high


class ScoreBoard:
    """Scores by the values of some key columns."""

    def __init__(self, frame: pd.DataFrame, keys: tuple[str, ...], value: str = "value") -> None:
        self._scores: Mapping[tuple[str, ...], ShownScore] = {
            tuple(row[key] for key in keys): _shown(row, value) for row in frame.to_dict("records")
        }
        self._keys = keys

    def get(self, **key: str) -> ShownScore:
        """Return the score of a key; one that was not computed is missing with that reason."""
        wanted = tuple(key[name] for name in self._keys)
        return self._scores.get(wanted, ShownScore(reason="not evaluated"))


def metrics_board(metrics: pd.DataFrame) -> ScoreBoard:
    """Return METRICS by model, task, corpus, source, target and metric."""
    frame = _renamed(metrics)
    return ScoreBoard(frame, ("model", "task", "corpus", "source", "target", "metric"))


def comparisons_board(comparisons: pd.DataFrame) -> ScoreBoard:
    """Return COMPARISONS by model, task, source, target and metric."""
    keys = ("model", "task", "source", "target", "metric")
    return ScoreBoard(_renamed(comparisons), keys, value="difference")


def classifier_board(metrics: pd.DataFrame) -> ScoreBoard:
    """Return CLASSIFIER_METRICS by classifier, variety and metric."""
    return ScoreBoard(metrics, ("classifier", "variety", "metric"))


def _renamed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.rename(columns={"source_variety": "source", "target_variety": "target"})


def _shown(row: dict, value: str) -> ShownScore:
    if pd.isna(row[value]):
        return ShownScore(reason=row.get("reason") or "missing")
    tests = {"p_value": row.get("p_value"), "p_holm": row.get("p_holm")}
    return ShownScore(row[value], row["low"], row["high"], **tests)
