"""Let scorers judge texts that they never saw, and compare them with their teachers."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from lahja.data.teacher import GIVEN, RECORDED
from lahja.scorers.agreement import (
    Comparison,
    adi2_comparisons,
    agreement_table,
    aldi_comparisons,
    country_comparisons,
    label_comparisons,
)
from lahja.scorers.aldi import AldiScorer
from lahja.scorers.country import CountryScorer
from lahja.scorers.language import LanguageIdentifier, is_arabic
from lahja.scorers.sequence import ScorerSettings
from lahja.seeding import shuffled
from lahja.statistics import Resampling
from lahja.varieties import DIALECTS, NADI_COUNTRIES, get_variety

_LABELS = "labels of the corpora's own sentences"
TEACHERS = {
    ("aldi", RECORDED): "Sentence-ALDi, recorded with AL-QASIDA's outputs",
    ("aldi", GIVEN): "the scorer corpus's own column of dialectness",
    ("country", RECORDED): "NADI2024-baseline, recorded with AL-QASIDA's outputs",
    ("adi2", RECORDED): "ADI2, recorded with AL-QASIDA's outputs",
    ("language", RECORDED): "the language identifier (acc), recorded with AL-QASIDA's outputs",
}


@dataclass(frozen=True)
class CheckSettings:
    """How scorers are run and compared; `sentences` of each variety where labels are compared."""

    batch: int = 64
    resamples: int = 1000
    confidence: float = 0.95
    seed: int = 0
    sentences: int = 200


def check_scorers(
    teacher: pd.DataFrame,
    sentences: pd.DataFrame,
    folders: dict[str, Path],
    settings: CheckSettings,
    threads: int | None = None,
) -> pd.DataFrame:
    """Return SCORER_AGREEMENT of the scorers whose folders are given (aldi, country, language).

    TEACHER_SCORES of the split "test" are compared. Where it knows nothing of a scorer's kind,
    the country and the language of SENTENCES of the split "test" are. The language identifier
    learns from no recorded answer, so that all of them count.
    """
    options = ScorerSettings(batch=settings.batch)
    held_out = teacher[teacher["split"] == "test"].reset_index(drop=True)
    texts, labelled = [*held_out["text"]], _labelled(sentences, settings)
    found: list[Comparison] = []
    aldi = countries = None
    if "aldi" in folders:
        aldi = AldiScorer(folders["aldi"], options, threads).score(texts)
        for kind, places in _by_teacher(held_out):
            rows = held_out.iloc[places]
            found += aldi_comparisons(rows, aldi[places], TEACHERS["aldi", kind])
    if "country" in folders:
        scorer = CountryScorer(folders["country"], options, threads)
        if held_out["p_country"].notna().any():
            countries = scorer.score(texts)
            found += country_comparisons(held_out, countries, TEACHERS["country", RECORDED])
        else:
            found += _country_labels(labelled, scorer)
    if aldi is not None and countries is not None:
        found += adi2_comparisons(held_out, aldi, countries, TEACHERS["adi2", RECORDED])
    if "language" in folders:
        found += _language(teacher, labelled, LanguageIdentifier(folders["language"]))
    resampling = Resampling(settings.resamples, settings.seed)
    return agreement_table(found, resampling, settings.confidence)


def _labelled(sentences: pd.DataFrame, settings: CheckSettings) -> pd.DataFrame:
    rows = shuffled(sentences[sentences["split"] == "test"], settings.seed, "sentence_id")
    return rows.groupby("variety").head(settings.sentences)


def _by_teacher(rows: pd.DataFrame) -> list[tuple[str, np.ndarray]]:
    kinds = rows["teacher"].to_numpy()
    return [(kind, np.flatnonzero(kinds == kind)) for kind in sorted(set(kinds))]


def _country_labels(sentences: pd.DataFrame, scorer: CountryScorer) -> list[Comparison]:
    rows = sentences[sentences["variety"].isin(DIALECTS)]
    likeliest = scorer.score([*rows["text"]]).argmax(axis=1)
    wanted = [NADI_COUNTRIES.index(get_variety(code).country) for code in rows["variety"]]
    return label_comparisons(rows, likeliest, np.array(wanted), "country", _LABELS)


def _language(
    teacher: pd.DataFrame, sentences: pd.DataFrame, scorer: LanguageIdentifier
) -> list[Comparison]:
    rows = teacher[teacher["is_arabic"].notna()]
    if rows.empty:
        wanted = np.array([get_variety(code).is_arabic for code in sentences["variety"]])
        rows, name = sentences, _LABELS
    else:
        wanted, name = rows["is_arabic"].to_numpy(dtype=bool), TEACHERS["language", RECORDED]
    said = np.array([is_arabic(code) for code in scorer.identify([*rows["text"]])])
    return label_comparisons(rows, said, wanted, "language", name)
