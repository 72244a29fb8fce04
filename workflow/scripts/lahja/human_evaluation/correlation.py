"""How far automatic scores follow human ratings, response by response and model by model."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import kendalltau, spearmanr

from lahja.human_evaluation.means import SHOWN_SCORES
from lahja.human_evaluation.measures import MEASURES
from lahja.human_evaluation.slices import ItemSlice, item_slices
from lahja.metrics.slices import ALL
from lahja.reporting.artifacts import Column, Table
from lahja.statistics import Estimate, Resampling, resample_counts

# Two points always lie on a line.
_FEWEST = 3
# With fewer, such as a handful of models, the usual p of Spearman's rho is far off.
_FEWEST_TO_INFER = 10


def correlation_table(items: pd.DataFrame, resampling: Resampling, confidence: float) -> Table:
    """Return Spearman's rho and Kendall's tau-b of each measure with each score.

    Level `response`: over the responses of all models, then of each; level `model`: over the
    models' means. The bootstrap draws responses one by one. `items` comes from
    `rated_items`. A correlation that does not exist has its reason.
    """
    parts = list(item_slices(items))
    pooled = [row for part in parts for row in _slice_rows(part)]
    single = [row for part in parts for row in _model_rows(part)]
    rows = [
        about | _correlate(pairs, resampling, confidence)
        for about, pairs in (*pooled, *single)
        if len(pairs)
    ]
    columns = [
        Column("level", "Level"),
        Column("task", "Task"),
        Column("dialect", "Dialect"),
        Column("model", "Model"),
        Column("measure", "Rating"),
        Column("score", "Score"),
        Column("n", "n", 0),
        Column("spearman", "Spearman", 3),
        Column("spearman_p", "p", 4),
        Column("kendall", "Kendall", 3),
        Column("kendall_p", "p", 4),
        Column("reason", "n/a because"),
    ]
    caption = "Correlation of human ratings with automatic scores."
    notes = [
        f"Kendall is tau-b. Intervals (bootstrap) and p (two-sided, for no correlation) are given "
        f"from n = {_FEWEST_TO_INFER} on."
    ]
    return Table("human_correlations", caption, columns, pd.DataFrame(rows), notes)


_Pairs = tuple[dict[str, Any], pd.DataFrame]


def _slice_rows(part: ItemSlice) -> Iterator[_Pairs]:
    several = part.items["model"].nunique() > 1
    yield from _pairs(part.items, {"level": "response", **_about(part), "model": ALL})
    if several:
        means = part.items.groupby("model").mean(numeric_only=True)
        yield from _pairs(means, {"level": "model", **_about(part), "model": ALL})


def _model_rows(part: ItemSlice) -> Iterator[_Pairs]:
    if part.items["model"].nunique() > 1:
        for model, theirs in part.items.groupby("model", sort=True):
            yield from _pairs(theirs, {"level": "response", **_about(part), "model": model})


def _about(part: ItemSlice) -> dict[str, str]:
    return {"task": part.task, "dialect": part.dialect}


def _pairs(frame: pd.DataFrame, about: dict[str, Any]) -> Iterator[_Pairs]:
    for measure in MEASURES:
        for key, (header, _) in SHOWN_SCORES.items():
            both = frame[[measure.name, key]].dropna()
            yield about | {"measure": measure.name, "score": header}, both


def _correlate(pairs: pd.DataFrame, resampling: Resampling, confidence: float) -> dict[str, Any]:
    ratings, scores = pairs.to_numpy(dtype=float).T
    row: dict[str, Any] = {"n": len(pairs), "spearman": None, "kendall": None, "reason": None}
    if len(pairs) < _FEWEST:
        return row | {"reason": f"fewer than {_FEWEST}"}
    for what, values in (("ratings", ratings), ("scores", scores)):
        if np.ptp(values) == 0:
            return row | {"reason": f"all {what} are equal"}
    rank, order = spearmanr(ratings, scores), kendalltau(ratings, scores)
    row |= {"spearman": float(rank.statistic), "kendall": float(order.statistic)}
    if len(pairs) < _FEWEST_TO_INFER:
        return row
    low, high = _interval(ratings, scores, row["spearman"], resampling, confidence)
    p_values = {"spearman_p": float(rank.pvalue), "kendall_p": float(order.pvalue)}
    return row | p_values | {"spearman_low": low, "spearman_high": high}


def _interval(
    first: np.ndarray, second: np.ndarray, value: float, resampling: Resampling, confidence: float
) -> tuple[float, float]:
    counts = resample_counts(len(first), resampling.resamples, resampling.seed).astype(float)
    x, y = (_centred_ranks(values, counts) for values in (first, second))
    with np.errstate(invalid="ignore"):
        draws = _product(counts, x, y) / np.sqrt(_product(counts, x, x) * _product(counts, y, y))
    # A draw of equal values only has no correlation.
    return Estimate(value, draws[np.isfinite(draws)], len(first)).interval(confidence)


def _centred_ranks(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return each value's rank within each resample less the mean rank, shape (resamples, n).

    Equal values share their mean rank; a resample is given as counts, see lahja.statistics.
    """
    _, place = np.unique(values, return_inverse=True)
    order = np.argsort(place, kind="stable")
    starts = np.flatnonzero(np.diff(place[order], prepend=-1))
    ties = np.add.reduceat(counts[:, order], starts, axis=1)
    ranks = np.cumsum(ties, axis=1) - (ties - 1) / 2
    return ranks[:, place] - (len(values) + 1) / 2


def _product(counts: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.einsum("rn,rn,rn->r", counts, x, y)
