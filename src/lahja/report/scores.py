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
_PARTS = {**MEAN_DIRECTIONS, "mean": (MEAN, MEAN)}
OVERALL = {"adi2": {"target": MEAN, "metric": "adi2"}} | {
    name: dict(zip(("source", "target"), _PARTS[name], strict=True))
    | {"task": "translation", "metric": "chrf_plus_plus"}
    for name in ("dialects_eng", "eng_dialects", "dialects_msa", "msa_dialects", "mean")
}
"""Keys of overall ADI2, and of chrF++ by direction (as in the paper's Table 2) and on average."""
INTERVAL = ("", "_low", "_high")
"""What the names of a score's columns end with: its value and the ends of its interval."""
_NAMES = {"source_variety": "source", "target_variety": "target", "difference": "value"}
_KEYS = ("classifier", "model", "task", "source", "target", "variety", "metric")


class ShownScore(NamedTuple):
    """A score with its interval, or, where the value is None, the reason why there is none."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    reason: str | None = None
    p_holm: float | None = None

    def cells(self, key: str) -> dict[str, float | None]:
        """Return the value and its interval as the cells of a table's column."""
        return {key: self.value, f"{key}_low": self.low, f"{key}_high": self.high}


class ScoreBoard:
    """Scores of METRICS, COMPARISONS or CLASSIFIER_METRICS by their keys, all corpora pooled."""

    def __init__(self, frame: pd.DataFrame) -> None:
        frame = frame.rename(columns=_NAMES)
        if "corpus" in frame:
            frame = frame[frame["corpus"] == ALL]
        self._keys = [name for name in _KEYS if name in frame]
        self._rows = {tuple(row[k] for k in self._keys): row for row in frame.to_dict("records")}
        #: Why scores that were asked for are missing, each reason once.
        self.notes: dict[str, None] = {}

    def get(self, **key: str) -> ShownScore:
        """Return the score of a key, whose other parts stand for all tasks, varieties and so on."""
        row = self._rows.get(tuple(key.get(name, ALL) for name in self._keys))
        if row is not None and pd.notna(row["value"]):
            return ShownScore(row["value"], row["low"], row["high"], p_holm=row.get("p_holm"))
        reason = "not evaluated" if row is None else row.get("reason") or "missing"
        self.notes[f"n/a: {reason}."] = None
        return ShownScore(reason=reason)

    def cells(
        self, columns: Mapping[str, Mapping[str, str]], **key: str
    ) -> dict[str, float | str | None]:
        """Return the cells of a row: scores by column, given what the columns' keys share."""
        return score_cells({name: self.get(**own, **key) for name, own in columns.items()})


def score_cells(scores: Mapping[str, ShownScore]) -> dict[str, float | str | None]:
    """Return scores, their intervals and the p-values of differences as the cells of a row."""
    cells = {name: cell for key, score in scores.items() for name, cell in score.cells(key).items()}
    known = {key: score.p_holm for key, score in scores.items() if score.p_holm is not None}
    return cells | {
        f"{key}_note": "p < 0.001" if p < 0.001 else f"p = {p:.3f}" for key, p in known.items()
    }


def estimate_cells(
    key: str, score: Estimate | str | None, confidence: float, scale: float = 1
) -> dict[str, float | None]:
    """Return a score and its interval as the cells of a column, None where there is none."""
    if not isinstance(score, Estimate) or not np.isfinite(score.value):
        return ShownScore().cells(key)
    ends = scale * np.array(score.interval(confidence))
    low, high = ends.tolist() if np.isfinite(ends).all() else (None, None)
    return ShownScore(scale * score.value, low, high).cells(key)


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
    """Return the changes of recipes by title; one of which no model was compared is left out."""
    found = []
    for title, models in recipes.items():
        rows = changes.rows.set_index("model")
        rows = rows.loc[[model for model in models if model in rows.index]]
        cells = [f"{key}{end}" for key in OVERALL for end in INTERVAL]
        values = rows.reindex(columns=cells).astype(float)
        gained = (values["adi2_low"] > 0).sum(), values["adi2"].notna().sum()
        falls = values[[f"{name}_high" for name in TITLES]] < 0
        lost = falls.to_numpy().sum(), values[[*TITLES]].notna().to_numpy().sum()
        if len(rows):
            means = _mean(values, "adi2"), _mean(values, "mean")
            starts = [*rows["baseline"].unique()]
            found.append(Recipe(title, [*rows.index], starts, *means, gained, lost))
    return found


def _mean(values: pd.DataFrame, key: str) -> ShownScore:
    """Return the mean of a change over models, which has no interval where they are several."""
    means = [values[f"{key}{end}"].mean(skipna=False) for end in INTERVAL]
    known = means if len(values) == 1 else means[:1]
    return ShownScore(*(None if pd.isna(mean) else mean for mean in known))
