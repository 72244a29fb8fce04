"""Read filled rating sheets: means, agreement between annotators, correlation with the scores.

SHEETS are filled sheets (CSV or Excel) or folders of them, one file per annotator and dialect,
named <dialect>-<annotator> or in a folder of the annotator's name; a column `annotator` in a
sheet goes before both. They need the key that was written with them. Files in the layout of
AL-QASIDA's humevals/results are known by their columns and need no key.
"""

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import krippendorff
import numpy as np
import pandas as pd
from scipy.stats import kendalltau, spearmanr

from lahja.core.artifacts import Column, Table, write_artifact
from lahja.core.statistics import Estimate, Resampling, rank_correlations, resample_counts
from lahja.evaluation.human.ratings import read_ratings
from lahja.evaluation.human.sheets import MEASURES, SCORES, TASKS
from lahja.evaluation.llm_judge import RATINGS
from lahja.evaluation.metrics.slices import ALL
from lahja.report.formats import described, to_text
from lahja.report.scores import estimate_cells

# Longer tables are cut on the terminal, never in the files.
_MAX_ROWS = 60
_ITEM = ["task", "dialect", "model", "item"]
# By score: its header and digits.
SHOWN_SCORES = {"adi2": ("ADI2", 3), "aldi": ("ALDi", 3), "chrf_plus_plus": ("chrF++", 2)}
SHOWN_SCORES |= {name: (f"LLM: {name.removeprefix('judge_')}", 2) for name in RATINGS}
# Two points always lie on a line.
_MIN_TO_CORRELATE = 3
# With fewer, such as a handful of models, the usual p of Spearman's rho is far off.
_MIN_TO_INFER = 10


def main(
    sheets: list[Path],
    /,
    *,
    key: Path | None = None,
    judged: Path | None = None,
    output: Path | None = None,
    resamples: int = 1000,
    confidence: float = 0.95,
    seed: int = 42,
) -> None:
    """Print the tables and, with `output`, write each as CSV and Parquet into that folder.

    `judged` is evaluation/judge/<generator>.parquet of the run, whose ratings are compared too.
    """
    ratings, notes = read_ratings(sheets, key, judged)
    items, sampled = rated_items(ratings), (Resampling(resamples, seed), confidence)
    for table in (
        annotators_table(ratings),
        means_table(items, *sampled),
        agreement_table(ratings, *sampled),
        correlation_table(items, *sampled),
    ):
        print(to_text(table, _MAX_ROWS), end="\n\n")
        if output is not None:
            write_artifact(table, output)
    print(*notes, sep="\n", end="\n" if notes else "")


def rated_items(ratings: pd.DataFrame) -> pd.DataFrame:
    """Return one row per rated item: its mean rating by measure (over annotators), its scores.

    A measure that nobody rated is NaN there; columns are those of `_ITEM`, the measures' names,
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


def means_table(items: pd.DataFrame, resampling: Resampling, confidence: float) -> Table:
    """Return the mean of each measure and score per task, dialect and model, with intervals.

    `items` comes from `rated_items`: an item counts once, however many annotators rated it. The
    bootstrap resamples items. `<key>_n` is the number of items that a mean is over.
    """
    headers = {measure.key: (measure.name, 2) for measure in MEASURES} | SHOWN_SCORES
    values, rows = items.rename(columns={measure.name: measure.key for measure in MEASURES}), []
    for about, part in item_slices(values):
        for model, theirs in part.groupby("model", sort=True):
            rows.append(row := about | {"model": model, "items": len(theirs)})
            for key in headers:
                known = theirs[key].dropna().to_numpy(dtype=float)
                if len(known):
                    row |= estimate_cells(key, resampling.mean(known), confidence)
                    row[f"{key}_n"] = len(known)
    frame = pd.DataFrame(rows)
    columns = [Column(key, *shown) for key, shown in headers.items() if key in frame]
    scales = ", ".join(f"{measure.name} 1 to {measure.top}" for measure in MEASURES)
    return described("human_means", frame, further=columns, scales=scales)


def annotators_table(ratings: pd.DataFrame) -> Table:
    """Return how much each annotator rated: items, ratings, and cells that were left empty."""
    rows = ratings.groupby(["annotator", "dialect"], as_index=False).agg(
        items=("item", "nunique"), ratings=("rating", "count"), missing=("rating", "size")
    )
    rows["missing"] -= rows["ratings"]
    return described("human_annotators", rows)


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
    return described("human_agreement", rows)


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
    return row | estimate_cells("alpha", estimate, confidence)


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
    return described("human_correlations", rows, n=_MIN_TO_INFER)


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
    return row | p_values | estimate_cells("spearman", found, confidence)
