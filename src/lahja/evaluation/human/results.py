"""What ratings show: means of each model, agreement of annotators, correlation with the scores."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import krippendorff
import numpy as np
import pandas as pd
from scipy.stats import kendalltau, spearmanr

from lahja.core.artifacts import Column, Table
from lahja.core.statistics import Estimate, Resampling, rank_correlations, resample_counts
from lahja.evaluation.human.sheets import MEASURES, SCORES, TASKS
from lahja.evaluation.llm_judge import RATINGS
from lahja.evaluation.metrics.slices import ALL

_ITEM = ["task", "dialect", "model", "item"]


def rated_items(ratings: pd.DataFrame) -> pd.DataFrame:
    """Return one row per rated item: its mean rating by measure (over annotators), its scores.

    A measure that nobody rated is NaN there; columns are those of `_ITEM`, the measures' names
    SCORES and RATINGS.
    """
    given = ratings[ratings["rating"].notna()]
    means = given.pivot_table(index=_ITEM, columns="measure", values="rating", aggfunc="mean")
    means = means.reindex(columns=[measure.name for measure in MEASURES])
    scores = given.drop_duplicates("item").set_index(_ITEM)[[*SCORES, *RATINGS]]
    return means.join(scores).reset_index()


def item_slices(items: pd.DataFrame) -> Iterator[tuple[dict[str, str], pd.DataFrame]]:
    """Yield task, dialect and items: all first, then each dialect's, each task's, those of both.

    "All" of one is left out.
    """
    tasks = sorted(items["task"].unique(), key=[ALL, *TASKS].index)
    dialects = sorted(items["dialect"].unique())
    choices = ([ALL, *own] if len(own) > 1 else own for own in (tasks, dialects))
    for task, dialect in product(*choices):
        is_task, is_dialect = (items["task"] == task), (items["dialect"] == dialect)
        rows = items[(is_task | (task == ALL)) & (is_dialect | (dialect == ALL))]
        if len(rows):
            yield {"task": task, "dialect": dialect}, rows


SHOWN_SCORES = {"adi2": ("ADI2", 3), "aldi": ("ALDi", 3), "chrf_plus_plus": ("chrF++", 2)}
SHOWN_SCORES |= {name: (f"LLM: {name.removeprefix('judge_')}", 2) for name in RATINGS}


def means_table(items: pd.DataFrame, resampling: Resampling, confidence: float) -> Table:
    """Return the mean of each measure and score per task, dialect and model, with intervals.

    `items` comes from `rated_items`: an item counts once, however many annotators rated it. The
    bootstrap resamples items. `<key>_n` is the number of items that a mean is over.
    """
    rows = [
        about | {"model": model} | _cells(theirs, resampling, confidence)
        for about, part in item_slices(items)
        for model, theirs in part.groupby("model", sort=True)
    ]
    frame = pd.DataFrame(rows)
    columns = [
        Column("task", "Task"), Column("dialect", "Dialect"), Column("model", "Model"),
        Column("items", "Items", 0),
        *(Column(measure.key, measure.name, 2) for measure in MEASURES),
        *(Column(key, header, digits) for key, (header, digits) in SHOWN_SCORES.items()),
    ]  # fmt: skip
    columns = [column for column in columns if column.key in frame.columns]
    scales = ", ".join(f"{measure.name} 1 to {measure.top}" for measure in MEASURES)
    notes = [f"Scales: {scales}. Automatic scores are those of the rated responses."]
    caption = "Mean human ratings, with bootstrap intervals."
    return Table("human_means", caption, columns, frame, notes)


def _cells(items: pd.DataFrame, resampling: Resampling, confidence: float) -> dict[str, Any]:
    cells: dict[str, Any] = {"items": len(items)}
    names = {measure.key: measure.name for measure in MEASURES} | {key: key for key in SHOWN_SCORES}
    for key, name in names.items():
        values = items[name].dropna().to_numpy(dtype=float)
        if len(values):
            cells |= _with_interval(key, resampling.mean(values), confidence)
            cells[f"{key}_n"] = len(values)
    return cells


def _with_interval(key: str, estimate: Estimate, confidence: float) -> dict[str, float]:
    low, high = estimate.interval(confidence)
    return {key: estimate.value, f"{key}_low": low, f"{key}_high": high}


def annotators_table(ratings: pd.DataFrame) -> Table:
    """Return how much each annotator rated: items, ratings, and cells that were left empty."""
    rows = ratings.groupby(["annotator", "dialect"], as_index=False).agg(
        items=("item", "nunique"), ratings=("rating", "count"), missing=("rating", "size")
    )
    rows["missing"] -= rows["ratings"]
    columns = [Column("annotator", "Annotator"), Column("dialect", "Dialect")]
    columns += [Column(key, key.capitalize(), 0) for key in ("items", "ratings", "missing")]
    return Table("human_annotators", "Who rated how much.", columns, rows)


def agreement_table(ratings: pd.DataFrame, resampling: Resampling, confidence: float) -> Table:
    """Return alpha per measure and dialect, with a bootstrap interval over items.

    `ratings` comes from `read_ratings`. Where there is no alpha, such as with one annotator, the
    reason stands in its place.
    """
    rows = [
        {"dialect": about["dialect"], "measure": measure.name}
        | _alpha(rated, measure.top, resampling, confidence)
        for about, part in item_slices(ratings[ratings["rating"].notna()].assign(task=ALL))
        for measure in MEASURES
        if len(rated := part[part["measure"] == measure.name])
    ]
    columns = [
        Column("dialect", "Dialect"), Column("measure", "Measure"),
        Column("annotators", "Annotators", 0), Column("items", "Items rated twice or more", 0),
        Column("alpha", "Alpha", 3), Column("reason", "n/a because"),
    ]  # fmt: skip
    caption = "Agreement of annotators: Krippendorff's alpha, ordinal, with bootstrap intervals."
    notes = ["1 is perfect agreement, 0 what chance gives, below 0 is worse than chance."]
    return Table("human_agreement", caption, columns, pd.DataFrame(rows), notes)


def ordinal_alpha(counts: np.ndarray) -> float:
    """Return Krippendorff's alpha for ordinal values (Krippendorff 2011), NaN if undefined.

    `counts`, shape (items, values), holds how many annotators gave an item each value, the values
    in their order. It is undefined where all ratings that can be paired are equal.
    """
    paired = counts[counts.sum(axis=1) > 1]
    if np.count_nonzero(paired.sum(axis=0)) < 2:
        return float("nan")
    return float(krippendorff.alpha(value_counts=paired, level_of_measurement="ordinal"))


def _alpha(
    rated: pd.DataFrame, top: int, resampling: Resampling, confidence: float
) -> dict[str, Any]:
    values = pd.Categorical(rated["rating"].astype(int), categories=range(1, top + 1))
    counts = pd.crosstab(rated["item"], values, dropna=False).to_numpy()
    paired = counts[counts.sum(axis=1) > 1]
    annotators = rated["annotator"].nunique()
    row = {"annotators": annotators, "items": len(paired), "alpha": None, "reason": None}
    if annotators < 2:
        return row | {"reason": "one annotator"}
    if not len(paired):
        return row | {"reason": "no item has two ratings"}
    alpha = ordinal_alpha(paired)
    if np.isnan(alpha):
        return row | {"reason": "all ratings are equal"}
    drawn = resample_counts(len(paired), resampling.resamples, resampling.seed)
    draws = np.array([ordinal_alpha(np.repeat(paired, own, axis=0)) for own in drawn])
    # A draw of equal ratings only has no alpha.
    estimate = Estimate(alpha, draws[~np.isnan(draws)], len(paired))
    return row | _with_interval("alpha", estimate, confidence)


# Two points always lie on a line.
_MIN_TO_CORRELATE = 3
# With fewer, such as a handful of models, the usual p of Spearman's rho is far off.
_MIN_TO_INFER = 10


def correlation_table(items: pd.DataFrame, resampling: Resampling, confidence: float) -> Table:
    """Return Spearman's rho and Kendall's tau-b of each measure with each score.

    Level `response`: over the responses of all models, then of each; level `model`: over the
    models' means. The bootstrap draws responses one by one. `items` comes from
    `rated_items`. A correlation that does not exist has its reason.
    """
    rows = [
        about
        | {"measure": measure.name, "score": header}
        | _correlate(pairs.to_numpy(dtype=float), resampling, confidence)
        for about, frame in _parts(items)
        for measure in MEASURES
        for key, (header, _) in SHOWN_SCORES.items()
        if len(pairs := frame[[measure.name, key]].dropna())
    ]
    columns = [
        Column("level", "Level"), Column("task", "Task"), Column("dialect", "Dialect"),
        Column("model", "Model"), Column("measure", "Rating"), Column("score", "Score"),
        Column("n", "n", 0), Column("spearman", "Spearman", 3), Column("spearman_p", "p", 4),
        Column("kendall", "Kendall", 3), Column("kendall_p", "p", 4),
        Column("reason", "n/a because"),
    ]  # fmt: skip
    caption = "Correlation of human ratings with automatic scores."
    notes = [
        f"Kendall is tau-b. Intervals (bootstrap) and p (two-sided, for no correlation) are given "
        f"from n = {_MIN_TO_INFER} on."
    ]
    return Table("human_correlations", caption, columns, pd.DataFrame(rows), notes)


def _parts(items: pd.DataFrame) -> Iterator[tuple[dict[str, Any], pd.DataFrame]]:
    """Yield what is correlated: all models' responses and the models' means, then each model's."""
    several = []
    for about, part in item_slices(items):
        yield {"level": "response"} | about | {"model": ALL}, part
        if part["model"].nunique() > 1:
            several.append((about, part))
            means = part.groupby("model").mean(numeric_only=True)
            yield {"level": "model"} | about | {"model": ALL}, means
    for about, part in several:
        for model, own in part.groupby("model", sort=True):
            yield {"level": "response"} | about | {"model": model}, own


def _correlate(pairs: np.ndarray, resampling: Resampling, confidence: float) -> dict[str, Any]:
    ratings, scores = pairs.T
    row: dict[str, Any] = {"n": len(pairs), "spearman": None, "kendall": None, "reason": None}
    if len(pairs) < _MIN_TO_CORRELATE:
        return row | {"reason": f"fewer than {_MIN_TO_CORRELATE}"}
    for what, values in (("ratings", ratings), ("scores", scores)):
        if np.ptp(values) == 0:
            return row | {"reason": f"all {what} are equal"}
    rank, order = spearmanr(ratings, scores), kendalltau(ratings, scores)
    row |= {"spearman": float(rank.statistic), "kendall": float(order.statistic)}
    if len(pairs) < _MIN_TO_INFER:
        return row
    counts = resample_counts(len(ratings), resampling.resamples, resampling.seed)
    draws = rank_correlations(ratings, scores, counts)
    # A draw of equal values only has no correlation.
    found = Estimate(row["spearman"], draws[np.isfinite(draws)], len(ratings))
    p_values = {"spearman_p": float(rank.pvalue), "kendall_p": float(order.pvalue)}
    return row | p_values | _with_interval("spearman", found, confidence)
