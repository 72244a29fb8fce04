"""How far scorers say what their teachers said: correlations, errors, accuracy.

Texts of one group, such as answers to one source sentence, are drawn together: they are alike,
and intervals that took them for independent would be too narrow.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lahja.metrics.dialectness import adi2, country_probability
from lahja.statistics import Estimate, Resampling, resample_counts
from lahja.tables import SCORER_AGREEMENT, empty_table

ALL = "all"
# Fewer texts than this say nothing of a correlation.
_FEWEST = 10


@dataclass(frozen=True)
class Comparison:
    """What a scorer and its teacher say of the same texts, arrays of shape (texts,)."""

    scorer: str
    teacher: str
    quantity: str
    """Ends the measures' names, such as `p_country`; "" for the scorer's own."""
    said: np.ndarray
    wanted: np.ndarray
    variety: np.ndarray
    group: np.ndarray
    is_label: bool = False
    """Whether right or wrong is all that counts."""


Measure = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def agreement_table(
    comparisons: list[Comparison], resampling: Resampling, confidence: float
) -> pd.DataFrame:
    """Return SCORER_AGREEMENT: every measure of every comparison, of all texts and by variety.

    Numbers get `spearman`, `mae` and `bias` (the scorer's mean less the teacher's); labels get
    `accuracy`.
    """
    rows = [row for c in comparisons for row in _rows(c, resampling, confidence)]
    return pd.DataFrame(rows) if rows else empty_table(SCORER_AGREEMENT)


def aldi_comparisons(rows: pd.DataFrame, aldi: np.ndarray, teacher: str) -> list[Comparison]:
    """Compare levels of dialectness with those of TEACHER_SCORES."""
    known = rows["aldi"].notna().to_numpy()
    wanted = rows["aldi"].to_numpy(dtype=float)
    return _comparisons(rows, known, ("aldi", teacher, ""), aldi, wanted)


def country_comparisons(
    rows: pd.DataFrame, countries: np.ndarray, teacher: str
) -> list[Comparison]:
    """Compare P(wanted country), and the likeliest of 18 where all of the teacher's are known.

    `countries` has shape (texts, 18).
    """
    known = rows["p_country"].notna().to_numpy()
    wanted = rows["p_country"].to_numpy(dtype=float)
    found = _comparisons(
        rows, known, ("country", teacher, "p_country"), wanted_country(rows, countries), wanted
    )
    whole = np.array([row is not None for row in rows["countries"]], dtype=bool)
    likeliest = np.array([-1 if row is None else np.argmax(row) for row in rows["countries"]])
    return found + _comparisons(
        rows, whole, ("country", teacher, ""), countries.argmax(axis=1), likeliest, is_label=True
    )


def adi2_comparisons(
    rows: pd.DataFrame, aldi: np.ndarray, countries: np.ndarray, teacher: str
) -> list[Comparison]:
    """Compare ADI2, in which the errors of both scorers meet."""
    known = (rows["aldi"].notna() & rows["p_country"].notna()).to_numpy()
    said = adi2(wanted_country(rows, countries), aldi)
    wanted = adi2(rows["p_country"].to_numpy(dtype=float), rows["aldi"].to_numpy(dtype=float))
    return _comparisons(rows, known, ("adi2", teacher, ""), said, wanted)


def label_comparisons(
    rows: pd.DataFrame, said: np.ndarray, wanted: np.ndarray, scorer: str, teacher: str
) -> list[Comparison]:
    """Compare labels, one of each row."""
    known = np.ones(len(rows), dtype=bool)
    return _comparisons(rows, known, (scorer, teacher, ""), said, wanted, is_label=True)


def wanted_country(rows: pd.DataFrame, countries: np.ndarray) -> np.ndarray:
    """Return P(the country of the variety that was asked for) of each row."""
    pairs = zip(countries, rows["variety"], strict=True)
    return np.array([country_probability(row, variety) for row, variety in pairs])


def spearman(said: np.ndarray, wanted: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return Spearman's rank correlation of each resample, NaN where either side is constant.

    `counts`, shape (resamples, texts), says how often each text was drawn; ties share the middle
    of their ranks.
    """
    left, right = _ranker(said), _ranker(wanted)
    return np.array([_correlation(left(row), right(row), row) for row in counts.astype(float)])


def mae(said: np.ndarray, wanted: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the mean absolute error of each resample."""
    return counts @ np.abs(said - wanted) / counts.sum(axis=1)


def bias(said: np.ndarray, wanted: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return by how much the scorer's mean exceeds the teacher's, of each resample."""
    return counts @ (said - wanted) / counts.sum(axis=1)


def accuracy(said: np.ndarray, wanted: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the share of equal labels of each resample."""
    return counts @ (said == wanted).astype(float) / counts.sum(axis=1)


def _comparisons(
    rows: pd.DataFrame,
    known: np.ndarray,
    names: tuple[str, str, str],
    said: np.ndarray,
    wanted: np.ndarray,
    is_label: bool = False,
) -> list[Comparison]:
    if not known.any():
        return []
    variety, group = (rows[name].to_numpy()[known] for name in ("variety", "group_id"))
    return [Comparison(*names, said[known], wanted[known], variety, group, is_label)]


def _rows(comparison: Comparison, resampling: Resampling, confidence: float) -> Iterator[dict]:
    measures: dict[str, Measure] = {"spearman": spearman, "mae": mae, "bias": bias}
    if comparison.is_label:
        measures = {"accuracy": accuracy}
    parts = {ALL: np.ones(len(comparison.said), dtype=bool)}
    varieties = sorted(set(comparison.variety))
    if len(varieties) > 1:
        parts |= {code: comparison.variety == code for code in varieties}
    for part, chosen in parts.items():
        said, wanted = comparison.said[chosen], comparison.wanted[chosen]
        if len(said) < _FEWEST:
            continue
        counts = _drawn(comparison.group[chosen], resampling)
        whole = np.ones((1, len(said)))
        for name, measure in measures.items():
            value = float(measure(said, wanted, whole)[0])
            estimate = Estimate(value, measure(said, wanted, counts), len(said))
            low, high = estimate.interval(confidence)
            yield {
                "scorer": comparison.scorer,
                "teacher": comparison.teacher,
                "measure": "_".join(filter(None, (name, comparison.quantity))),
                "group": part,
                "value": value,
                "low": low,
                "high": high,
                "n": len(said),
            }


def _drawn(groups: np.ndarray, resampling: Resampling) -> np.ndarray:
    names, place = np.unique(groups, return_inverse=True)
    return resample_counts(len(names), resampling.resamples, resampling.seed)[:, place]


def _ranker(values: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    _, place = np.unique(values, return_inverse=True)

    def ranks(weights: np.ndarray) -> np.ndarray:
        """Return the mid-ranks of a weighted sample."""
        counts = np.bincount(place, weights)
        return (counts.cumsum() - counts / 2)[place]

    return ranks


def _correlation(left: np.ndarray, right: np.ndarray, weights: np.ndarray) -> float:
    n = weights.sum()
    left, right = left - weights @ left / n, right - weights @ right / n
    spread = np.sqrt((weights @ left**2) * (weights @ right**2))
    return float(weights @ (left * right) / spread) if spread > 0 else np.nan
