"""How far scorers agree with their teachers: correlations, errors, accuracy on held-out texts.

Texts of one group, such as answers to one source sentence, are drawn together: they are similar,
and intervals that took them for independent would be too narrow.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from lahja.core.seeding import shuffled
from lahja.core.statistics import Estimate, Resampling, rank_correlations, resample_counts
from lahja.core.tables import SCORER_AGREEMENT
from lahja.core.varieties import ARABIC_LANGUAGE_CODES, NADI_COUNTRIES, get_variety, is_dialect
from lahja.corpora.teacher import GIVEN, RECORDED
from lahja.evaluation.metrics.slices import ALL
from lahja.scoring import judges
from lahja.scoring.dialectness import adi2, country_probability

# Fewer texts than this tell nothing of a correlation.
_MIN_TEXTS = 10
# Sentences of each variety whose labels are compared.
_SENTENCES = 200
# What a scorer is compared with.
_LABELS = "labels of the corpora's own sentences"
_WITH = "recorded with AL-QASIDA's outputs"
_ALDI = {
    RECORDED: f"Sentence-ALDi, {_WITH}",
    GIVEN: "the scorer corpus's own column of dialectness",
}


class Comparison(NamedTuple):
    """Scores of a scorer (`found`) and its teacher (`wanted`) for the same rows, shape (rows,).

    `wanted` is NaN where the teacher gave none; `rows` has variety and group_id. Labels are right
    or wrong; `quantity` ends the names of measures, such as `p_country`.
    """

    scorer: str
    teacher: str
    rows: pd.DataFrame
    found: np.ndarray
    wanted: np.ndarray
    is_label: bool = False
    quantity: str = ""


def check_scorers(
    teacher: pd.DataFrame,
    sentences: pd.DataFrame,
    folders: dict[str, Path],
    how: dict[str, Any],
    resampling: Resampling,
    confidence: float,
) -> pd.DataFrame:
    """Return SCORER_AGREEMENT of the scorers whose folders are given (aldi, country, language).

    TEACHER_SCORES of the split "test" are compared. Where it knows nothing of a scorer's kind,
    the country and the language of SENTENCES of the split "test" are. The language identifier
    learns from no recorded answer, so that all of them count. Scorers are run with `how`.
    """
    held_out = teacher[teacher["split"] == "test"].reset_index(drop=True)
    labelled = shuffled(sentences[sentences["split"] == "test"], resampling.seed, "sentence_id")
    labelled = labelled.groupby("variety").head(_SENTENCES)
    found, scored = [], {}
    if "aldi" in folders:
        scored["aldi"] = judges.AldiScorer(folders["aldi"], **how).score([*held_out["text"]])
        for kind, rows in held_out.groupby("teacher", sort=True):
            pair = scored["aldi"][rows.index], rows["aldi"].to_numpy(dtype=float)
            found.append(Comparison("aldi", _ALDI[kind], rows, *pair))
    if "country" in folders:
        scorer = judges.CountryScorer(folders["country"], **how)
        if held_out["p_country"].notna().any():
            scored["countries"] = scorer.score([*held_out["text"]])
            found += country_comparisons(held_out, scored["countries"])
        else:
            rows = labelled[labelled["variety"].map(is_dialect)]
            likeliest = scorer.score([*rows["text"]]).argmax(axis=1)
            own = [NADI_COUNTRIES.index(get_variety(code).country) for code in rows["variety"]]
            found.append(Comparison("country", _LABELS, rows, likeliest, np.array(own), True))
    if len(scored) == 2:
        found.append(adi2_comparison(held_out, **scored))
    if "language" in folders:
        found.append(_language(teacher, labelled, judges.LanguageIdentifier(folders["language"])))
    return agreement_table(found, resampling, confidence)


def _language(
    teacher: pd.DataFrame, labelled: pd.DataFrame, scorer: judges.LanguageIdentifier
) -> Comparison:
    rows = teacher[teacher["is_arabic"].notna()]
    name, wanted = f"the language identifier (acc), {_WITH}", rows["is_arabic"].to_numpy(dtype=bool)
    if rows.empty:
        rows, name = labelled, _LABELS
        wanted = np.array([get_variety(code).is_arabic for code in rows["variety"]])
    found = np.array([code in ARABIC_LANGUAGE_CODES for code in scorer.identify([*rows["text"]])])
    return Comparison("language", name, rows, found, wanted, is_label=True)


def country_comparisons(rows: pd.DataFrame, countries: np.ndarray) -> list[Comparison]:
    """Compare P(wanted country), and the likeliest where known; `countries` is (texts, 18)."""
    about = "country", f"NADI2024-baseline, {_WITH}", rows
    wanted, found = rows["p_country"].to_numpy(dtype=float), _wanted_country(rows, countries)
    own = np.array([np.nan if row is None else np.argmax(row) for row in rows["countries"]])
    return [
        Comparison(*about, found, wanted, quantity="p_country"),
        Comparison(*about, countries.argmax(axis=1), own, is_label=True),
    ]


def adi2_comparison(rows: pd.DataFrame, aldi: np.ndarray, countries: np.ndarray) -> Comparison:
    """Compare ADI2, in which the errors of both scorers meet."""
    wanted = adi2(rows["p_country"].to_numpy(dtype=float), rows["aldi"].to_numpy(dtype=float))
    found = adi2(_wanted_country(rows, countries), aldi)
    return Comparison("adi2", f"ADI2, {_WITH}", rows, found, wanted)


def _wanted_country(rows: pd.DataFrame, countries: np.ndarray) -> np.ndarray:
    """Return P(the country of the variety that was asked for) of each row."""
    return np.array([*map(country_probability, countries, rows["variety"])])


def agreement_table(
    comparisons: list[Comparison], resampling: Resampling, confidence: float
) -> pd.DataFrame:
    """Return SCORER_AGREEMENT: every measure of every comparison, of all texts and by variety.

    Numbers get `spearman`, `mae` and `bias` (the scorer's mean less the teacher's); labels get
    `accuracy`.
    """
    found = []
    for own in comparisons:
        frame = own.rows[["variety", "group_id"]].assign(found=own.found, wanted=own.wanted)
        frame = frame[frame["wanted"].notna()]
        by_variety = dict(iter(frame.groupby("variety")))
        for part, rows in ({ALL: frame} | (by_variety if len(by_variety) > 1 else {})).items():
            measures = _measures(rows, own.is_label, resampling) if len(rows) >= _MIN_TEXTS else {}
            for name, values in measures.items():
                measure = "_".join(filter(None, (name, own.quantity)))
                interval = Estimate(values[0], values[1:], len(rows)).interval(confidence)
                about = (own.scorer, own.teacher, measure, part)
                found.append((*about, float(values[0]), *interval, len(rows)))
    return pd.DataFrame(found, columns=SCORER_AGREEMENT.names)


def _measures(rows: pd.DataFrame, is_label: bool, resampling: Resampling) -> dict[str, np.ndarray]:
    """Return each measure of the texts, and then on each resample."""
    place, groups = rows["group_id"].factorize(sort=True)
    drawn = resample_counts(len(groups), resampling.resamples, resampling.seed)
    # How often each text was drawn; in the first row are the texts themselves, each once.
    counts = np.concatenate([np.ones((1, len(rows))), drawn[:, place]])
    found, wanted = rows["found"].to_numpy(), rows["wanted"].to_numpy()
    errors = {"accuracy": found == wanted}
    if not is_label:
        errors = {"mae": np.abs(found - wanted), "bias": found - wanted}
    means = {name: counts @ own.astype(float) / counts.sum(axis=1) for name, own in errors.items()}
    return means if is_label else {"spearman": rank_correlations(found, wanted, counts)} | means
