"""Sentence scores of texts: from scorers at hand, or from scores recorded beside the texts."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from lahja.errors import LahjaError
from lahja.metrics.dialectness import adi2, score_dialectness
from lahja.metrics.faults import LABEL_ACCURACY, find_faults, label_accuracy
from lahja.metrics.sentences import score_translations
from lahja.metrics.translation import SpBleu
from lahja.tables import SENTENCE_SCORES

SCORERS = ("aldi", "country", "language")


@dataclass(frozen=True)
class ScorerFolders:
    """Where the three scorers are, each a checkpoint's folder."""

    aldi: Path
    country: Path
    language: Path


def scorer_folders(together: Path | None, **single: str | None) -> ScorerFolders | None:
    """Return the scorers' folders: `<together>/aldi` and so on, or each given by itself.

    A single one is a folder, or a model on the Hugging Face hub as `owner/name@commit`, which is
    downloaded. None where none is given; some but not all raise `LahjaError`.
    """
    if together is not None:
        places = {name: together / name for name in SCORERS} | {
            name: _place(text) for name, text in single.items() if text
        }
        missing = [str(place) for place in places.values() if not place.is_dir()]
        if missing:
            raise LahjaError(f"{missing[0]}: no such folder of a scorer")
        return ScorerFolders(**places)
    missing = [name for name, text in single.items() if not text]
    if len(missing) == len(single):
        return None
    if missing:
        raise LahjaError(f"ADI2 needs all three scorers: --{missing[0]} is not given")
    return ScorerFolders(**{name: _place(text) for name, text in single.items() if text})


def _place(text: str) -> Path:
    if Path(text).is_dir():
        return Path(text)
    name, _, commit = text.partition("@")
    if name.count("/") != 1 or not commit:
        raise LahjaError(f"{text}: no such folder; a model on the hub is owner/name@commit")
    from lahja.data.hub import download_snapshot

    return download_snapshot("model", name, commit)


def sentence_scores(
    texts: pd.DataFrame, scorers: ScorerFolders | None, spbleu: SpBleu, batch: int = 64
) -> pd.DataFrame:
    """Return SENTENCE_SCORES of texts (`scoring.texts`), in their order.

    Without scorers the recorded scores are taken, where there are any.
    """
    dialectness = _recorded(texts) if scorers is None else _scored(texts, scorers, batch)
    frame = texts[[name for name in texts if name not in dialectness]].join(dialectness)
    frame = frame.join(score_translations(frame, spbleu)).join(find_faults(texts))
    return frame[SENTENCE_SCORES.names]


def _recorded(texts: pd.DataFrame) -> pd.DataFrame:
    """Return the recorded scores; ADI2 is their product, NaN where one is missing."""
    columns = ["aldi", "p_country", "p_region"]
    found = texts.reindex(columns=columns).astype(float)
    found["adi2"] = adi2(found["p_country"], found["aldi"])
    found["adi2_macro"] = adi2(found["p_region"], found["aldi"])
    few = texts.get("too_few_tokens", pd.Series(0.0, index=texts.index)).fillna(0.0)
    is_arabic = texts.get("is_arabic", pd.Series(1.0, index=texts.index))
    labels = label_accuracy(texts.assign(is_arabic=is_arabic == 1), texts["target_variety"])
    return found.assign(too_few_tokens=few == 1, **{LABEL_ACCURACY: labels})


def _scored(texts: pd.DataFrame, scorers: ScorerFolders, batch: int) -> pd.DataFrame:
    from lahja.scorers.aldi import AldiScorer
    from lahja.scorers.country import CountryScorer
    from lahja.scorers.language import LanguageIdentifier
    from lahja.scorers.responses import score_responses
    from lahja.scorers.sequence import ScorerSettings

    settings = ScorerSettings(batch=batch)
    rows = texts.assign(
        prompt_id=[str(number) for number in range(len(texts))], generator=texts["model"]
    )
    scored = score_responses(
        rows,
        rows[["prompt_id", "generator", "response", "finish_reason"]],
        AldiScorer(scorers.aldi, settings),
        CountryScorer(scorers.country, settings),
        LanguageIdentifier(scorers.language),
    )
    scored.index = texts.index
    scored["response"] = scored["response"].fillna("")
    targets = texts["target_variety"]
    labels = label_accuracy(scored, targets)
    return score_dialectness(scored, targets, texts["task"]).assign(**{LABEL_ACCURACY: labels})
