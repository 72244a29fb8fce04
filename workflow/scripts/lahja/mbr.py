"""Dialect-aware decoding by minimum Bayes risk: of several samples, the one that they agree on.

A sample's gain is its expected chrF++ with the other samples as references, as if each were the
truth (Kumar and Byrne 2004; Eikema and Aziz 2022), and where a dialect is asked for, what the
selecting scorers say of its dialectness:

    gain(y) = 1/(n - 1) · Σ_{y' other} chrF++(y, y') / 100 + λ · ADI2(y)
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lahja.errors import LahjaError
from lahja.metrics.dialectness import score_dialectness
from lahja.metrics.translation import chrf_plus_plus, pairwise_chrf_statistics
from lahja.tables import RESPONSES
from lahja.varieties import get_variety


def agreement(texts: Sequence[str]) -> np.ndarray:
    """Return each text's mean chrF++ (0 to 100) with the other texts as references.

    A text that was drawn twice agrees with its equal. Alone, a text agrees with nobody: 0.
    """
    distinct = list(dict.fromkeys(texts))
    if len(texts) < 2:
        return np.zeros(len(texts))
    scores = chrf_plus_plus(pairwise_chrf_statistics(distinct))
    place = {text: n for n, text in enumerate(distinct)}
    rows = np.array([place[text] for text in texts])
    drawn = np.bincount(rows, minlength=len(distinct))
    mean = (scores @ drawn - scores.diagonal()) / (len(texts) - 1)
    return mean[rows]


def best_sample(texts: Sequence[str], adi2: np.ndarray, dialect_weight: float) -> int:
    """Return the place of the text with the greatest gain, of equals the first.

    An empty text is chosen only where all are.
    """
    gains = agreement(texts) / 100 + dialect_weight * np.asarray(adi2)
    said = np.array([bool(text.strip()) for text in texts])
    return int(np.argmax(np.where(said, gains, -np.inf))) if said.any() else 0


def choose_responses(
    prompts: pd.DataFrame, samples: pd.DataFrame, scored: pd.DataFrame, dialect_weight: float
) -> pd.DataFrame:
    """Return RESPONSES: one of the SAMPLED_RESPONSES to each of EVALUATION_PROMPTS.

    `scored` is SCORED of the samples, in their order. Raises `LahjaError` where a prompt has none.
    """
    asked = prompts.set_index("prompt_id")
    unknown = asked.index.difference(samples["prompt_id"])
    if len(unknown):
        raise LahjaError(f"prompt {unknown[0]} has no samples to choose from")
    targets = samples["prompt_id"].map(asked["target_variety"])
    tasks = samples["prompt_id"].map(asked["task"])
    adi2 = score_dialectness(scored, targets, tasks)["adi2"].to_numpy()
    weights = targets.map(lambda code: dialect_weight * get_variety(code).is_dialect).to_numpy()
    texts = samples["response"].fillna("").to_numpy()
    chosen = {}
    for name, places in samples.groupby("prompt_id", sort=False).indices.items():
        best = best_sample(texts[places], adi2[places], weights[places[0]])
        chosen[name] = places[best]
    return samples.iloc[[chosen[name] for name in prompts["prompt_id"]]][RESPONSES.names]
