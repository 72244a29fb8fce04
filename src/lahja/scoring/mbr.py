"""How far samples agree, for the choice by minimum Bayes risk (Kumar and Byrne 2004)."""

from collections.abc import Sequence

import numpy as np

from lahja.scoring.translation import chrf_plus_plus, pairwise_chrf_statistics


def agreement(texts: Sequence[str], log_votes: np.ndarray | float = 0.0) -> np.ndarray:
    """Return each text's mean chrF++ (0 to 100) with the other texts as references.

    A text that was drawn twice agrees with its equal. Alone, a text agrees with nobody: 0. Where
    `log_votes` differ, all texts are references, the text itself too, and count by exp(vote).
    """
    distinct = list(dict.fromkeys(texts))
    if len(texts) < 2:
        return np.zeros(len(texts))
    scores = chrf_plus_plus(pairwise_chrf_statistics(distinct))
    place = {text: n for n, text in enumerate(distinct)}
    rows = np.array([place[text] for text in texts])
    if np.ptp(log_votes) == 0:
        drawn = np.bincount(rows, minlength=len(distinct))
        mean = (scores @ drawn - scores.diagonal()) / (len(texts) - 1)
        return mean[rows]
    votes = np.exp(log_votes - np.max(log_votes))
    return (scores[np.ix_(rows, rows)] @ votes) / votes.sum()
