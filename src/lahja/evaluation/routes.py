"""Routes: of several models the best for each dialect, chosen on validation.

The best has the highest mean, over all validation prompts into or out of the dialect, of

    chrF++(y, reference) / 100 + λ · ADI2(y)

which is the reward that ranks a model's own samples (`preferences/ranking`).
"""

from collections.abc import Mapping

import pandas as pd

from lahja.core.errors import LahjaError
from lahja.core.varieties import is_dialect
from lahja.evaluation.metrics.slices import VALIDATION_TASKS


def validation_rewards(
    scores: Mapping[str, pd.DataFrame], dialect_weight: float
) -> tuple[pd.DataFrame, pd.Series]:
    """Return the mean reward of each model (row) by dialect (column), and the model chosen of each.

    `scores` are SENTENCE_SCORES by model; of equal ones the first is chosen. Raises `LahjaError`
    where a model has no validation score in a dialect.
    """
    means = {}
    for model, rows in scores.items():
        reward = rows["chrf_plus_plus"] / 100 + dialect_weight * rows["adi2"]
        reward = reward[rows["task"].isin(VALIDATION_TASKS)]
        means[model] = reward.groupby(dialects_of(rows)).agg(lambda own: own.mean(skipna=False))
    dialects = pd.concat([dialects_of(rows) for rows in scores.values()]).dropna().unique()
    found = pd.DataFrame(means).T.reindex(columns=dialects)
    for model, missing in found.isna().iterrows():
        if missing.any():
            raise LahjaError(f"{model}: no validation score in {missing.idxmax()} to be chosen by")
    return found, found.idxmax()


def routed_scores(
    name: str, scores: Mapping[str, pd.DataFrame], dialect_weight: float
) -> pd.DataFrame:
    """Return the SENTENCE_SCORES of a route: in each dialect those of the model chosen for it.

    `scores` are those of its models, of the same prompts in the same order. A prompt without a
    dialect, as a gold one may be, has the first model's.
    """
    _, chosen = validation_rewards(scores, dialect_weight)
    first, rows = next(iter(scores.items()))
    wanted = dialects_of(rows).map(chosen).fillna(first)
    parts = [rows[wanted == model] for model, rows in scores.items()]
    return pd.concat(parts).sort_index().assign(model=name)


def dialects_of(rows: pd.DataFrame) -> pd.Series:
    """Return the dialect that each prompt asks for, or else that it translates from, or None."""
    target, source = (
        rows[side].where(rows[side].map(is_dialect).astype(bool))
        for side in ("target_variety", "source_variety")
    )
    return target.fillna(source)
