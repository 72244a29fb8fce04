"""Translate a probe's sentences with a model in training, and score the translations."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from lahja.chat import prompt_tokens
from lahja.generation.backend import Sampling
from lahja.metrics.dialectness import score_dialectness
from lahja.metrics.translation import chrf_plus_plus, chrf_statistics
from lahja.tables import EXAMPLES, read_table
from lahja.training.probe import ProbeSettings
from lahja.varieties import get_variety

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


@dataclass(frozen=True)
class ProbeFiles:
    """The probe's sentences (EXAMPLES) and the scorers' folders."""

    sentences: Path
    aldi: Path
    country: Path
    language: Path


class TranslationProbe:
    """The first so many of the sentences, decoded greedily."""

    def __init__(self, files: ProbeFiles, settings: ProbeSettings, threads: int | None = None):
        """Load the scorers; they stay on the device."""
        from lahja.scorers.aldi import AldiScorer
        from lahja.scorers.country import CountryScorer
        from lahja.scorers.language import LanguageIdentifier
        from lahja.scorers.sequence import ScorerSettings

        self._rows = read_table(files.sentences, EXAMPLES).head(settings.sentences)
        self._sampling = Sampling(max_new_tokens=settings.max_new_tokens)
        self._batch = settings.batch
        options = ScorerSettings(batch=settings.batch)
        self._aldi = AldiScorer(files.aldi, options, threads)
        self._country = CountryScorer(files.country, options, threads)
        self._language = LanguageIdentifier(files.language)

    def measure(
        self, model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase"
    ) -> tuple[float, float]:
        """Return chrF++ of all translations, and mean ADI2 of those into dialects."""
        return self.score(self._translate(model, tokenizer))

    def score(self, texts: list[str]) -> tuple[float, float]:
        """Return chrF++ and ADI2 of one translation of each sentence, in their order."""
        statistics = chrf_statistics(texts, [*self._rows["completion"]])
        into_dialect = [get_variety(code).is_dialect for code in self._rows["variety"]]
        rows = self._rows[into_dialect].reset_index(drop=True)
        said = [text for text, is_wanted in zip(texts, into_dialect, strict=True) if is_wanted]
        adi2 = score_dialectness(self._judged(said), rows["variety"], rows["kind"])["adi2"]
        return float(chrf_plus_plus(statistics.sum(axis=0))), float(adi2.mean())

    def _judged(self, texts: list[str]) -> pd.DataFrame:
        from lahja.scorers.language import is_arabic

        return pd.DataFrame(
            {
                "response": texts,
                "is_arabic": [is_arabic(code) for code in self._language.identify(texts)],
                "aldi": self._aldi.score(texts),
                "countries": [*self._country.score(texts)],
            }
        )

    def _translate(
        self, model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase"
    ) -> list[str]:
        from lahja.generation.transformers_backend import generate_tokens
        from lahja.generation.turns import answer_of_tokens, end_tokens
        from lahja.training.batches import sorted_batches

        ends = end_tokens(model.generation_config, tokenizer)
        ids = prompt_tokens(tokenizer, [*self._rows["prompt"]])
        texts = [""] * len(ids)
        for rows in sorted_batches([len(row) for row in ids], self._batch):
            prompts = [ids[row] for row in rows]
            outputs = generate_tokens(model, tokenizer, prompts, self._sampling, [], ends)
            for row, tokens in zip(rows, outputs, strict=True):
                texts[row] = answer_of_tokens("", tokens, ends, tokenizer).text
        return texts
