"""NADI2024-baseline: which of 18 countries a text is from, as AL-QASIDA runs it."""

from pathlib import Path

import numpy as np

from lahja.errors import LahjaError
from lahja.scorers.sequence import ScorerSettings, SequenceScorer, one_line
from lahja.varieties import NADI_COUNTRIES


class CountryScorer:
    """A classifier over the countries of NADI, in alphabetical order."""

    def __init__(self, folder: Path, settings: ScorerSettings, threads: int | None = None):
        """Load the checkpoint; raise `LahjaError` where it does not have 18 labels."""
        self._model = SequenceScorer(folder, settings, threads)
        if (n_labels := self._model.model.config.num_labels) != len(NADI_COUNTRIES):
            raise LahjaError(
                f"{folder}: has {n_labels} labels, expected NADI's {len(NADI_COUNTRIES)} countries"
            )

    def score(self, texts: list[str | None]) -> np.ndarray:
        """Return the softmax over `NADI_COUNTRIES`, shape (n_texts, 18); 0 for an empty text."""
        lines = [one_line(text) for text in texts]
        logits = self._model.logits(lines)
        weights = np.exp(logits - logits.max(axis=1, keepdims=True))
        scores = weights / weights.sum(axis=1, keepdims=True)
        scores[[not line.strip() for line in lines]] = 0.0
        return scores
