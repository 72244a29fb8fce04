"""Do lahja's metrics give the numbers that AL-QASIDA recorded for the same texts?

What a file allows is recomputed: sentence and corpus chrF++ and spBLEU from its texts, ADI2 and
ADI2 macro from its probabilities, P(wanted country) and P(region) from all 18 probabilities, the
rules by which a score is 0, and the means of its `_metrics.csv`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lahja.metrics.dialectness import (
    adi2,
    country_probability,
    has_enough_words,
    macro_probability,
)
from lahja.metrics.translation import SpBleu, bleu, chrf_plus_plus, chrf_statistics
from lahja.readers.recorded import CORPUS_COLUMNS, SCORE_COLUMNS, RecordedFile
from lahja.varieties import VARIETIES

# Largest difference that counts as agreement: scores of 0 to 100, scores of 0 to 1, and sums of
# probabilities that were rounded to single precision.
OVERLAP_TOLERANCE = 1e-4
FIDELITY_TOLERANCE = 1e-9
PROBABILITY_TOLERANCE = 1e-6
# The names by which checks are shown.
SHOWN = {
    "chrf_plus_plus": "chrF++", "spbleu": "spBLEU", "adi2": "ADI2", "adi2_macro": "ADI2-macro",
    "aldi": "ALDi", "p_country": "P(country)", "p_region": "P(region)", "is_arabic": "Arabic",
}  # fmt: skip


@dataclass(frozen=True)
class Check:
    """One metric of one file: how many values were compared and how far they are apart.

    `difference` is the largest absolute one, infinite where we have no value for a recorded one;
    `place` says where it is.
    """

    metric: str
    values: int
    difference: float
    tolerance: float
    place: str = ""

    @property
    def agrees(self) -> bool:
        """Whether the largest difference is within the tolerance."""
        return self.difference <= self.tolerance

    @property
    def severity(self) -> float:
        """Return the difference in units of the tolerance; any difference from 0 is infinite."""
        if self.difference == 0:
            return 0.0
        return self.difference / self.tolerance if self.tolerance else np.inf


def check_file(file: RecordedFile, spbleu: SpBleu) -> list[Check]:
    """Return every check that the columns of one file allow; none where it has no texts."""
    if file.rows is None:
        return []
    ours = _recompute(file, spbleu)
    checks = [*_sentence_checks(file, ours), *_zero_checks(file)]
    if file.summary is not None:
        checks += [*_corpus_checks(file, spbleu), *_mean_checks(file, ours)]
    return checks


def _recompute(file: RecordedFile, spbleu: SpBleu) -> pd.DataFrame:
    """Return our sentence scores of a file's rows, a column for each that can be had."""
    rows = file.rows
    ours = pd.DataFrame(index=rows.index)
    if {"aldi", "p_country"} <= set(rows):
        ours["adi2"] = adi2(rows["p_country"], rows["aldi"])
    if {"aldi", "p_region"} <= set(rows):
        ours["adi2_macro"] = adi2(rows["p_region"], rows["aldi"])
    known = rows["countries"].notna() & ~_is_zeroed(file)
    if known.any() and file.name.target in VARIETIES:
        target = file.name.target
        countries = rows.loc[known, "countries"]
        ours.loc[known, "p_country"] = [country_probability(row, target) for row in countries]
        ours.loc[known, "p_region"] = [macro_probability(row, target) for row in countries]
    referenced = rows["reference"].notna()
    if referenced.any():
        texts = (
            rows.loc[referenced, "response"].tolist(),
            rows.loc[referenced, "reference"].tolist(),
        )
        ours.loc[referenced, "chrf_plus_plus"] = chrf_plus_plus(chrf_statistics(*texts))
        if spbleu.metric is not None:
            scores = bleu(spbleu.statistics(*texts), effective_order=True)
            ours.loc[referenced, "spbleu"] = scores
    return ours


_SENTENCE_TOLERANCES = {
    "chrf_plus_plus": OVERLAP_TOLERANCE,
    "spbleu": OVERLAP_TOLERANCE,
    "adi2": FIDELITY_TOLERANCE,
    "adi2_macro": FIDELITY_TOLERANCE,
    "p_country": PROBABILITY_TOLERANCE,
    "p_region": PROBABILITY_TOLERANCE,
}


def _sentence_checks(file: RecordedFile, ours: pd.DataFrame) -> Iterator[Check]:
    for metric, tolerance in _SENTENCE_TOLERANCES.items():
        if metric not in ours or metric not in file.rows:
            continue
        recorded = file.rows[metric].dropna()
        if metric in ("p_country", "p_region"):
            # Recomputed only where all countries are recorded.
            recorded = recorded[ours.loc[recorded.index, metric].notna()]
        if len(recorded):
            yield _compared(SHOWN[metric], ours.loc[recorded.index, metric], recorded,
                            tolerance, file.rows["line"])  # fmt: skip


def _compared(
    metric: str, ours: pd.Series, recorded: pd.Series, tolerance: float, lines: pd.Series
) -> Check:
    differences = (ours - recorded).abs().fillna(np.inf)
    worst = differences.idxmax()
    place = f"line {lines.loc[worst]}"
    return Check(metric, len(recorded), float(differences.loc[worst]), tolerance, place)


def _is_zeroed(file: RecordedFile) -> pd.Series:
    """Return which rows AL-QASIDA does not score but sets to 0."""
    rows = file.rows
    zeroed = pd.Series(not file.name.is_into_dialect, index=rows.index)
    if "is_arabic" in rows:
        zeroed |= rows["is_arabic"] == 0
    if "too_few_tokens" in rows:
        zeroed |= rows["too_few_tokens"] == 1
    return zeroed


def _zero_checks(file: RecordedFile) -> Iterator[Check]:
    """Yield how many rows break the rules of zero as lahja knows them.

    A row that they set to 0 must be recorded as 0, and in cross-lingual files the rows recorded
    as having too few tokens must be those that we find.
    """
    rows = file.rows
    zeroed = _is_zeroed(file)
    scores = [name for name in ("p_country", "aldi", "adi2", "adi2_macro") if name in rows]
    broken = zeroed & (rows[scores].fillna(0) != 0).any(axis=1) if scores else zeroed & False
    if file.name.task == "crosslingual" and "too_few_tokens" in rows:
        few = ~rows["response"].map(has_enough_words)
        broken |= few != (rows["too_few_tokens"] == 1)
        zeroed |= few
    if zeroed.any():
        place = f"line {rows['line'][broken].iloc[0]}" if broken.any() else ""
        yield Check("zero-rules", int(zeroed.sum()), float(broken.sum()), 0.0, place)


def _corpus_checks(file: RecordedFile, spbleu: SpBleu) -> Iterator[Check]:
    referenced = file.rows[file.rows["reference"].notna()]
    if referenced.empty:
        return
    texts = referenced["response"].tolist(), referenced["reference"].tolist()
    for column, metric in CORPUS_COLUMNS.items():
        if column not in file.summary:
            continue
        if metric == "chrf_plus_plus":
            ours = chrf_plus_plus(chrf_statistics(*texts).sum(axis=0))
        elif spbleu.metric is not None:
            ours = bleu(spbleu.statistics(*texts).sum(axis=0))
        else:
            continue
        # The summary's are on a scale of 0 to 1.
        difference = abs(float(ours) - 100 * file.summary[column])
        yield Check(f"corpus-{SHOWN[metric]}", 1, difference, OVERLAP_TOLERANCE, column)


def _mean_checks(file: RecordedFile, ours: pd.DataFrame) -> Iterator[Check]:
    """Compare the means of our sentence scores, or of the recorded scorers', with the summary.

    AL-QASIDA's means leave out answers with too few tokens, which only cross-lingual files have.
    """
    counted = slice(None)
    if "too_few_tokens" in file.rows:
        counted = file.rows["too_few_tokens"] != 1
    for column, metric in SCORE_COLUMNS.items():
        if column not in file.summary or metric not in SHOWN:
            continue
        is_whole = metric in ours and ours[metric].notna().all()
        values = ours[metric] if is_whole else file.rows.get(metric)
        if values is None:
            continue
        tolerance = OVERLAP_TOLERANCE if metric in CORPUS_COLUMNS.values() else FIDELITY_TOLERANCE
        difference = abs(float(values[counted].mean()) - file.summary[column])
        yield Check(f"mean-{SHOWN[metric]}", 1, difference, tolerance, column)
