"""Dialect-aware decoding by minimum Bayes risk: of several samples, the one that they agree on.

A sample's gain is its expected chrF++ with the other samples as references, as if each were the
truth (Kumar and Byrne 2004; Eikema and Aziz 2022), and where a dialect is asked for, what the
selecting scorers give for its dialectness:

    gain(y) = 1/(n - 1) · Σ_{y' other} chrF++(y, y') / 100 + λ · ADI2(y)

With a weight w on the model's own probability, the mean is weighed by exp(w · log p(y') / |y'|),
and is over all samples, y too, or what is most probable would lack the largest vote. That is after
Jinnai et al. (2024, "Model-Based Minimum Bayes Risk Decoding for Text Generation", ICML), whose
MBMBR has p, by length or not, in place of a text's frequency; here both count.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lahja.core.errors import LahjaError
from lahja.core.tables import RESPONSES
from lahja.core.varieties import is_dialect
from lahja.scoring.dialectness import score_dialectness
from lahja.scoring.translation import agreement


def best_sample(
    texts: Sequence[str], adi2: np.ndarray, dialect_weight: float,
    log_votes: np.ndarray | float = 0.0,
) -> int:  # fmt: skip
    """Return the place of the text with the greatest gain, of equals the first; no empty one's."""
    gains = agreement(texts, log_votes) / 100 + dialect_weight * np.asarray(adi2)
    has_text = np.array([bool(text.strip()) for text in texts])
    return int(np.argmax(np.where(has_text, gains, -np.inf))) if has_text.any() else 0


def choose_responses(
    prompts: pd.DataFrame, samples: pd.DataFrame, scored: pd.DataFrame, dialect_weight: float,
    probability_weight: float = 0.0,
) -> pd.DataFrame:  # fmt: skip
    """Return RESPONSES: one of the GENERATIONS, samples, to each of EVALUATION_PROMPTS.

    With a `probability_weight` samples are WEIGHED_GENERATIONS. `scored` is SCORED of the samples,
    in their order. Raises `LahjaError` where a prompt has none.
    """
    asked = prompts.set_index("prompt_id")
    for name in asked.index.difference(samples["prompt_id"]):
        raise LahjaError(f"prompt {name} has no samples to choose from")
    targets, tasks = (samples["prompt_id"].map(asked[key]) for key in ("target_variety", "task"))
    adi2 = score_dialectness(scored, targets, tasks)["adi2"].to_numpy()
    weights = dialect_weight * targets.map(is_dialect).to_numpy()
    texts = samples["response"].fillna("").to_numpy()
    places = samples.groupby("prompt_id").indices
    votes = np.zeros(len(samples))
    if probability_weight:
        votes = probability_weight * samples["mean_log_probability"].to_numpy()
    chosen = [
        own[best_sample(texts[own], adi2[own], weights[own[0]], votes[own])]
        for own in (places[name] for name in prompts["prompt_id"])
    ]
    return samples.iloc[chosen][RESPONSES.names]
