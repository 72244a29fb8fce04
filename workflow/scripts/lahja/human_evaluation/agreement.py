"""Who rated how much, and how far annotators agree: Krippendorff's alpha for ordinal ratings."""

from typing import Any

import krippendorff
import numpy as np
import pandas as pd

from lahja.human_evaluation.measures import MEASURES, Measure
from lahja.metrics.slices import ALL
from lahja.reporting.artifacts import Column, Table
from lahja.statistics import Estimate, Resampling, resample_counts


def annotators_table(ratings: pd.DataFrame) -> Table:
    """Return how much each annotator rated: items, ratings, and cells that were left empty.

    `ratings` has the columns of `lahja.human_evaluation.ratings`.
    """
    rows = ratings.groupby(["annotator", "dialect"], as_index=False).agg(
        items=("item", "nunique"),
        ratings=("rating", "count"),
        missing=("rating", lambda cells: int(cells.isna().sum())),
    )
    columns = [
        Column("annotator", "Annotator"),
        Column("dialect", "Dialect"),
        Column("items", "Items", 0),
        Column("ratings", "Ratings", 0),
        Column("missing", "Missing", 0),
    ]
    return Table("human_annotators", "Who rated how much.", columns, rows)


def agreement_table(ratings: pd.DataFrame, resampling: Resampling, confidence: float) -> Table:
    """Return alpha per measure and dialect, with a bootstrap interval over items.

    `ratings` has the columns of `lahja.human_evaluation.ratings`. Where there is no alpha, such
    as with one annotator, the reason stands in its place.
    """
    given = ratings[ratings["rating"].notna()]
    dialects = sorted(given["dialect"].unique())
    rows = []
    for dialect in [ALL, *dialects] if len(dialects) > 1 else dialects:
        part = given if dialect == ALL else given[given["dialect"] == dialect]
        for measure in MEASURES:
            rated = part[part["measure"] == measure.name]
            if len(rated):
                common = {"dialect": dialect, "measure": measure.name}
                rows.append(common | _row(rated, measure, resampling, confidence))
    columns = [
        Column("dialect", "Dialect"),
        Column("measure", "Measure"),
        Column("annotators", "Annotators", 0),
        Column("items", "Items rated twice or more", 0),
        Column("alpha", "Alpha", 3),
        Column("reason", "n/a because"),
    ]
    caption = "Agreement of annotators: Krippendorff's alpha, ordinal, with bootstrap intervals."
    notes = ["1 is perfect agreement, 0 what chance gives, below 0 is worse than chance."]
    return Table("human_agreement", caption, columns, pd.DataFrame(rows), notes)


def ordinal_alpha(counts: np.ndarray) -> float:
    """Return Krippendorff's alpha for ordinal values (Krippendorff 2011), NaN if undefined.

    `counts`, shape (items, values), says how many annotators gave an item each value, the values
    in their order. It is undefined where all ratings that can be paired are equal.
    """
    paired = counts[counts.sum(axis=1) > 1]
    if np.count_nonzero(paired.sum(axis=0)) < 2:
        return float("nan")
    return float(krippendorff.alpha(value_counts=paired, level_of_measurement="ordinal"))


def _row(
    rated: pd.DataFrame, measure: Measure, resampling: Resampling, confidence: float
) -> dict[str, Any]:
    counts = _value_counts(rated, measure.top)
    annotators = rated["annotator"].nunique()
    paired = counts[counts.sum(axis=1) > 1]
    row = {"annotators": annotators, "items": len(paired), "alpha": None, "reason": None}
    if annotators < 2:
        return row | {"reason": "one annotator"}
    if not len(paired):
        return row | {"reason": "no item has two ratings"}
    alpha = ordinal_alpha(paired)
    if np.isnan(alpha):
        return row | {"reason": "all ratings are equal"}
    low, high = _interval(paired, alpha, resampling, confidence)
    return row | {"alpha": alpha, "alpha_low": low, "alpha_high": high}


def _value_counts(rated: pd.DataFrame, top: int) -> np.ndarray:
    values = pd.Categorical(rated["rating"].astype(int), categories=range(1, top + 1))
    return pd.crosstab(rated["item"], values, dropna=False).to_numpy()


def _interval(
    counts: np.ndarray, alpha: float, resampling: Resampling, confidence: float
) -> tuple[float, float]:
    draws = [
        ordinal_alpha(np.repeat(counts, drawn, axis=0))
        for drawn in resample_counts(len(counts), resampling.resamples, resampling.seed)
    ]
    # A draw of equal ratings only has no alpha.
    defined = np.array([draw for draw in draws if not np.isnan(draw)])
    return Estimate(alpha, defined, len(counts)).interval(confidence)
