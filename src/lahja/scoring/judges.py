"""The judges, as AL-QASIDA runs them, and what they score of responses.

Sentence-ALDi (Keleg et al. 2023) tells how dialectal a text is, NADI2024-baseline which of 18
countries it is from, fastText's language identifier, with FLORES codes as labels, its language.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lahja.core.config.base import default
from lahja.core.config.scorers import Scorers
from lahja.core.errors import LahjaError
from lahja.core.progress import counted
from lahja.core.tables import SCORED
from lahja.core.varieties import ARABIC_LANGUAGE_CODES, NADI_COUNTRIES
from lahja.models.device import BATCH_TOKENS, packed, pick_dtype, sorted_batches, use_device
from lahja.models.folder import expect_checkpoint, expect_whole, load_whole, read_tokenizer

MODEL_FILE = "model.bin"
PRECISION = default(Scorers, "precision")
_LABEL = "__label__"


class SequenceScorer:
    """A sequence classification checkpoint; what a text gets does not depend on the others."""

    n_labels: int
    labels: str  #: What to expect of a checkpoint, for its error.
    scores_of: Callable[[np.ndarray], np.ndarray]  #: Scores of logits, (n_texts, n_labels).

    def __init__(
        self, folder: Path, *, batch: int = default(Scorers, "batch"), precision: str = PRECISION,
        max_length: int = 512,
    ):  # fmt: skip
        """Load the checkpoint; raise `LahjaError` where it has not as many labels as expected.

        Texts are cut at `max_length` tokens or the model's own limit. `precision` is "fp32", as
        AL-QASIDA runs scorers, on every device, or "bf16".
        """
        from transformers import AutoModelForSequenceClassification

        expect_checkpoint(folder)
        self.device, self.batch = use_device(), batch
        self.tokenizer = read_tokenizer(folder)
        dtype = pick_dtype(precision, self.device)
        model = load_whole(AutoModelForSequenceClassification, folder, dtype=dtype)
        if model.config.num_labels != self.n_labels:
            raise LahjaError(f"{folder}: has {model.config.num_labels} labels; {self.labels}")
        self.limit = min(max_length, model.config.max_position_embeddings)
        self.model = packed(model.to(self.device).eval())

    def score(self, texts: Sequence[str | None]) -> np.ndarray:
        """Return a row of scores per text, 0 where it is empty."""
        import torch

        lines, cut = [*map(one_line, texts)], {"truncation": True, "max_length": self.limit}
        ids = self.tokenizer(lines, **cut)["input_ids"] if lines else []
        logits = np.zeros((len(ids), self.n_labels))
        batches = sorted_batches([*map(len, ids)], self.batch, BATCH_TOKENS[self.device])
        for rows in counted(batches, len(ids), "texts"):
            own = {"input_ids": [ids[row] for row in rows]}
            inputs = self.tokenizer.pad(own, return_tensors="pt").to(self.device)
            with torch.inference_mode():
                logits[rows] = self.model(**inputs).logits.float().cpu().numpy()
        scores = self.scores_of(logits)
        scores[[not line.strip() for line in lines]] = 0.0
        return scores


class AldiScorer(SequenceScorer):
    """A Sentence-ALDi regressor: a level of dialectness per text, its logit clipped to [0, 1]."""

    n_labels, labels = 1, "an ALDi regressor has 1"
    scores_of = staticmethod(lambda logits: logits[:, 0].clip(0.0, 1.0))


class CountryScorer(SequenceScorer):
    """A classifier of NADI's 18 countries, in alphabetical order: per text their probabilities."""

    n_labels, labels = len(NADI_COUNTRIES), f"expected NADI's {len(NADI_COUNTRIES)} countries"

    @staticmethod
    def scores_of(logits: np.ndarray) -> np.ndarray:
        """Return the softmax of each row."""
        weights = np.exp(logits - logits.max(axis=1, keepdims=True))
        return weights / weights.sum(axis=1, keepdims=True)


class LanguageIdentifier:
    """A fastText model of the layout of facebook/fasttext-language-identification."""

    def __init__(self, folder: Path):
        """Load `model.bin` of the folder."""
        import fasttext

        file = folder / MODEL_FILE
        if not file.is_file():
            raise LahjaError(f"{folder}: no language identifier there ({MODEL_FILE} is missing)")
        expect_whole(folder)
        self._model = fasttext.load_model(str(file))

    def identify(self, texts: Sequence[str | None]) -> list[str | None]:
        """Return each text's language code without its script, such as arz; None if empty."""
        lines = map(one_line, texts)
        # The whole model's answer: `predict` of a list takes another path inside fastText.
        found = [self._model.predict(line)[0] if line.strip() else () for line in lines]
        return [one[0].removeprefix(_LABEL).split("_")[0] if one else None for one in found]


class Judges:
    """The three scorers of a run, loaded once."""

    def __init__(self, aldi: Path, country: Path, language: Path, **how: Any):
        """Load them from their folders; `how` is for `SequenceScorer`."""
        self.aldi, self.country = AldiScorer(aldi, **how), CountryScorer(country, **how)
        self.language = LanguageIdentifier(language)

    def score(self, texts: Sequence[str | None]) -> pd.DataFrame:
        """Return language, is_arabic, aldi and countries of texts, each distinct one scored once.

        A missing text scores 0 and has no language.
        """
        places, distinct = pd.factorize(np.array([one_line(text) for text in texts], dtype=object))
        codes = self.language.identify(distinct)
        scores = {
            "language": pd.Series(codes, dtype=object),
            "is_arabic": [code in ARABIC_LANGUAGE_CODES for code in codes],
            "aldi": self.aldi.score(distinct),
            "countries": self.country.score(distinct).tolist(),
        }
        return pd.DataFrame(scores).iloc[places].reset_index(drop=True)


def one_line(text: str | None) -> str:
    """Return the text with newlines as spaces, the only cleaning that AL-QASIDA does."""
    return text.replace("\n", " ") if isinstance(text, str) else ""


def score_responses(prompts: pd.DataFrame, responses: pd.DataFrame, judges: Judges) -> pd.DataFrame:
    """Return SCORED, a row for each prompt, in order; one without a response is a `LahjaError`."""
    rows = prompts[["prompt_id"]].merge(responses, on="prompt_id", how="left", indicator=True)
    unanswered = rows["prompt_id"][rows["_merge"] != "both"]
    if not unanswered.empty:
        raise LahjaError(f"prompt {unanswered.iloc[0]} has no response to score")
    rows["response"] = [text if isinstance(text, str) else None for text in rows["response"]]
    return rows.assign(model=rows["generator"]).join(judges.score(rows["response"]))[SCORED.names]
