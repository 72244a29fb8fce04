"""Sentence-ALDi: how dialectal a text is (Keleg et al., 2023), as AL-QASIDA runs it."""

from pathlib import Path

import numpy as np

from lahja.errors import LahjaError
from lahja.scorers.sequence import ScorerSettings, SequenceScorer, one_line


class AldiScorer:
    """A Sentence-ALDi regressor."""

    def __init__(self, folder: Path, settings: ScorerSettings, threads: int | None = None):
        """Load the checkpoint; raise `LahjaError` where it is no regressor."""
        self._model = SequenceScorer(folder, settings, threads)
        if (n_labels := self._model.model.config.num_labels) != 1:
            raise LahjaError(f"{folder}: has {n_labels} labels; an ALDi regressor has 1")

    def score(self, texts: list[str | None]) -> np.ndarray:
        """Return each text's level of dialectness, its logit clipped to [0, 1]; 0 if empty."""
        lines = [one_line(text) for text in texts]
        scores = self._model.logits(lines)[:, 0].clip(0.0, 1.0)
        scores[[not line.strip() for line in lines]] = 0.0
        return scores
