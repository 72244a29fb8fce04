"""A study: its rows with their scores, what is asked of each of them, and its tables.

(a) The baseline, preference training on the dialect label alone, gains ADI2 and loses chrF++, both
significantly. (b) A row keeps nine tenths of that gain, loses chrF++ significantly in no direction,
and no fault is more frequent than in the start. (c) A row's ADI2 is not below the baseline's, and
its chrF++ is above the start's in every direction.
"""

from collections.abc import Mapping
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from lahja.core.artifacts import MISSING, Column, Table
from lahja.core.statistics import Estimate, holm
from lahja.evaluation.metrics.evaluation import Evaluation, Score, difference, mean_score
from lahja.evaluation.metrics.faults import FAULTS, LABEL_ACCURACY
from lahja.evaluation.metrics.slices import MEAN, MEAN_DIRECTIONS, Slice
from lahja.report.scores import METRIC_TITLES, TITLES, estimate_cells
from lahja.report.tables import FAULT_TITLES

DIALECT_METRICS = ("adi2", "adi2_macro", LABEL_ACCURACY)
MIN_SHARE_KEPT = 0.9
"""The share of the baseline's gain in ADI2 that (b) asks for."""
QUALITY = tuple(f"chrf_plus_plus_{name}" for name in MEAN_DIRECTIONS)
_SHARE = Column("share_kept", "Share of the gain", 2)
COMPARED = ("adi2", *QUALITY, *FAULTS)


class Study(NamedTuple):
    """What a study compares: its rows, each a model or one recipe's seeds, and three of them.

    All were trained from `start`; what `recipe` gains is measured by what `baseline` does.
    """

    rows: Mapping[str, tuple[str, ...]]
    start: str
    baseline: str
    recipe: str
    confidence: float = 0.95


class Row(NamedTuple):
    """One row on one corpus: its scores by column, and the scores of each of its models.

    A column is a metric into dialect (`adi2`), a metric in one direction
    (`chrf_plus_plus_eng_dialects`) or on their mean (`chrf_plus_plus_mean`), or a fault. What could
    not be scored is a reason.
    """

    scores: dict[str, Score]
    by_model: tuple[dict[str, Score], ...]

    def spread(self, column: str) -> tuple[float, float] | None:
        """Return the lowest and the highest score among the row's models, None of a single one."""
        found = [scores[column] for scores in self.by_model]
        values = [score.value for score in found if isinstance(score, Estimate)]
        return (min(values), max(values)) if len(values) > 1 else None


class Change(NamedTuple):
    """A row less the start in one column; `p_holm`, by which it is clear, is for all rows."""

    estimate: Estimate
    p_value: float
    p_holm: float
    is_clear: bool


class Answer(NamedTuple):
    """What a study finds of a row; `lost`, `gained` and `more_faults` name columns."""

    share_kept: Estimate
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    more_faults: tuple[str, ...]
    keeps: bool
    surpasses: bool


class Findings(NamedTuple):
    """What a study finds on one corpus, by row; the start has neither changes nor an answer.

    In place of an answer may stand the reason why there is none: a score that is missing.
    """

    corpus: str
    rows: dict[str, Row]
    changes: dict[str, dict[str, Change]]
    answers: dict[str, Answer | str]


def find(study: Study, rows: dict[str, Row], corpus: str) -> Findings:
    """Return the changes and answers of a study's rows (`study_rows`) on one corpus."""
    found = changes(study, rows)
    answers = {name: _missing(study, rows, name) or answer(study, found, name) for name in found}
    return Findings(corpus, rows, found, answers)


def _missing(study: Study, rows: Mapping[str, Row], name: str) -> str | None:
    """Return why a row has no answer: the first score that the answer needs and that is missing."""
    needed = product((name, study.start), ("adi2", *QUALITY))
    scores = (rows[row].scores[column] for row, column in (*needed, (study.baseline, "adi2")))
    return next((score for score in scores if isinstance(score, str)), None)


def study_rows(study: Study, evaluations: Mapping[str, Evaluation], corpus: str) -> dict[str, Row]:
    """Return the study's rows on one corpus, by name.

    A row of several models, one recipe from several seeds, has the mean of their scores; its
    resamples are the means of theirs, so that its interval is that of sentences, not of seeds.
    """
    found = {}
    for name, models in study.rows.items():
        by_model = tuple(_scores(evaluations[model], corpus) for model in models)
        scores = {column: mean_score([own[column] for own in by_model]) for column in by_model[0]}
        found[name] = Row(scores, by_model)
    return found


def _scores(evaluation: Evaluation, corpus: str) -> dict[str, Score]:
    parts = {"mean": (MEAN, MEAN)} | MEAN_DIRECTIONS
    slices = {name: Slice("translation", corpus, *own) for name, own in parts.items()}
    found = {m: evaluation.get(slices["mean"], m) for m in (*DIALECT_METRICS, *FAULTS)}
    return found | {
        f"{metric}_{name}": evaluation.get(part, metric)
        for metric, (name, part) in product(("chrf_plus_plus", "spbleu"), slices.items())
    }


def changes(study: Study, rows: Mapping[str, Row]) -> dict[str, dict[str, Change]]:
    """Return each row's changes from the start by column; the start itself has none."""
    start = rows[study.start]
    found: dict[str, dict[str, Change]] = {name: {} for name in rows if name != study.start}
    for column in COMPARED:
        differences = {n: difference(rows[n].scores[column], start.scores[column]) for n in found}
        known = {name: own for name, own in differences.items() if isinstance(own, Estimate)}
        p_values = np.array([change.p_value() for change in known.values()])
        for name, p, p_holm in zip(known, p_values.tolist(), holm(p_values).tolist(), strict=True):
            found[name][column] = Change(known[name], p, p_holm, p_holm < 1 - study.confidence)
    return found


def answer(study: Study, found: Mapping[str, Mapping[str, Change]], name: str) -> Answer:
    """Return what the study finds of a row, given `changes` of all rows, none of them missing.

    "Lost" is by the test of the row alone, without Holm's correction: to correct would make it
    harder to be found out. "Gained" is with it.
    """
    own, baseline = found[name], found[study.baseline]["adi2"].estimate
    gain = own["adi2"].estimate
    values = {column: change.estimate.value for column, change in own.items()}
    lost = tuple(c for c in QUALITY if values[c] < 0 and own[c].p_value < 1 - study.confidence)
    gained = tuple(c for c in QUALITY if values[c] > 0 and own[c].is_clear)
    more = tuple(fault for fault in FAULTS if values.get(fault, 0) > 0)
    # Resample by resample.
    shares = np.divide(gain.draws, np.where(baseline.draws == 0, np.nan, baseline.draws))
    share = Estimate(gain.value / (baseline.value or np.nan), shares, gain.n)
    keeps = share.value >= MIN_SHARE_KEPT and not lost and not more
    surpasses = values["adi2"] >= baseline.value and all(values[c] > 0 for c in QUALITY)
    return Answer(share, gained, lost, more, keeps, surpasses)


def shows_tradeoff(baseline: Mapping[str, Change]) -> tuple[bool, tuple[str, ...]]:
    """Return whether (a) holds of the baseline's changes, and where chrF++ is clearly lost."""
    clear = {column: own.estimate.value for column, own in baseline.items() if own.is_clear}
    lost = tuple(column for column in QUALITY if clear.get(column, 0) < 0)
    return clear.get("adi2", 0) > 0 and bool(lost), lost


def study_tables(study: Study, found: Findings) -> list[Table]:
    """Return the tables of answers, scores, changes, faults and spBLEU on one corpus.

    The note of the last has the reason for no spBLEU.
    """
    scores = [Column("n_models", "Seeds", 0)]
    scores += [Column(key, METRIC_TITLES[key], 3) for key in DIALECT_METRICS]
    scores += _directions("chrf_plus_plus", "chrF++", 1)
    note = (
        f"{study.confidence:.0%} bootstrap intervals over sentences; of several seeds the mean, "
        "and in parentheses the lowest and the highest. ADI2 and label accuracy are means of "
        "ENG→DA and MSA→DA over the dialects; chrF++ is a mean over the dialects."
    )
    shares = "Shares of all translations in per cent, means over directions and dialects."
    faults = [Column(name, FAULT_TITLES[name], 2) for name in FAULTS]
    spbleu = _directions("spbleu", "spBLEU", 1)
    values = [row.scores[column.key] for row in found.rows.values() for column in spbleu]
    reasons = sorted({value for value in values if isinstance(value, str)})

    def of_rows(columns: list[Column], scale: float = 1) -> list[dict[str, Any]]:
        """Return the records of all rows."""
        return [_record(*own, columns, study.confidence, scale) for own in found.rows.items()]

    return [
        _answers_table(study, found),
        _table("Scores", found, scores, [note], of_rows(scores)),
        _changes_table(study, found),
        _table("Faults", found, faults, [shares], of_rows(faults, scale=100)),
        _table("spBLEU", found, spbleu, reasons, of_rows(spbleu)),
    ]


def _directions(metric: str, title: str, digits: int, is_signed: bool = False) -> list[Column]:
    return [
        Column(f"{metric}_{name}", f"{title} {direction}", digits, is_signed)
        for name, direction in TITLES.items()
    ]


def _record(
    name: str, row: Row, columns: list[Column], confidence: float, scale: float
) -> dict[str, Any]:
    record: dict[str, Any] = {"row": name, "n_models": len(row.by_model)}
    for column in (column for column in columns if column.key in row.scores):
        record |= estimate_cells(column.key, row.scores[column.key], confidence, scale)
        if spread := row.spread(column.key):
            ends = (Table.number(scale * value, column) for value in spread)
            record[f"{column.key}_note"] = " to ".join(ends)
    return record


def _table(
    title: str, found: Findings, columns: list[Column], notes: list[str], rows: list[dict[str, Any]]
) -> Table:
    name, shown = title.split()[0].lower(), [Column("row", "Row"), *columns]
    caption = f"{title} on {found.corpus}"
    return Table(f"{name}_{found.corpus}", caption, shown, pd.DataFrame(rows), notes)


def _changes_table(study: Study, found: Findings) -> Table:
    """Return each row's changes from the start with intervals; a star marks the significant."""
    records = []
    for name, own in found.changes.items():
        record: dict[str, Any] = {"row": name}
        for key, change in own.items():
            record |= estimate_cells(key, change.estimate, study.confidence)
            record |= {f"{key}_p": change.p_value, f"{key}_p_holm": change.p_holm}
            record |= {f"{key}_note": "*"} if change.is_clear else {}
        records.append(record)
    columns = [Column("adi2", "Δ ADI2", 3, is_signed=True)]
    columns += _directions("chrf_plus_plus", "Δ", 2, is_signed=True)
    note = (
        f"Paired with {study.start} on the same sentences, {study.confidence:.0%} intervals; "
        "chrF++ in four directions. (*) p below 0.05 with Holm's correction over the rows."
    )
    return _table(f"Changes from {study.start}", found, columns, [note], records)


def _answers_table(study: Study, found: Findings) -> Table:
    """Return what is found of each row: the gain it keeps, what it loses, (b) and (c)."""
    columns = [
        _SHARE, Column("lost", "chrF++ lost in"), Column("gained", "chrF++ gained in"),
        Column("more_faults", "More faults"), Column("keeps", "(b)"), Column("surpasses", "(c)"),
    ]  # fmt: skip
    records = [
        {
            "row": name, **estimate_cells(_SHARE.key, own.share_kept, study.confidence),
            "lost": _named(own.lost), "gained": _named(own.gained),
            "more_faults": _faults(own),
            "keeps": "yes" if own.keeps else "no", "surpasses": "yes" if own.surpasses else "no",
        }
        if isinstance(own, Answer)
        else {"row": name} | {column.key: MISSING for column in columns if column.digits is None}
        for name, own in found.answers.items()
    ]  # fmt: skip
    missing = dict.fromkeys(own for own in found.answers.values() if isinstance(own, str))
    note = (
        f"Share of {study.baseline}'s gain in ADI2, with its {study.confidence:.0%} interval. "
        f"Lost: significantly below {study.start} by the row's own paired test. (b): at least "
        f"{MIN_SHARE_KEPT:.2f} of the gain, no chrF++ lost, no fault more frequent than in "
        f"{study.start}. (c): ADI2 not below {study.baseline}'s, chrF++ above {study.start}'s in "
        "every direction."
    )
    notes = [note, *(f"n/a: {reason}." for reason in missing)]
    return _table("Answers", found, columns, notes, records)


def _named(columns: tuple[str, ...], none: str = "none") -> str:
    return ", ".join(TITLES[column.removeprefix("chrf_plus_plus_")] for column in columns) or none


def _faults(found: Answer) -> str:
    return ", ".join(FAULT_TITLES[fault].lower() for fault in found.more_faults) or "none"


def verdict(study: Study, found: Findings, answers: Table) -> str:
    """Return the answers to (a), (b) and (c) on one corpus in words, as Markdown.

    `answers` is the first of `study_tables`.
    """
    baseline, recipe = (found.answers[name] for name in (study.baseline, study.recipe))
    if isinstance(reason := baseline if isinstance(baseline, str) else recipe, str):
        return f"## {found.corpus}\n\n(a), (b), (c) n/a: {reason}.\n"
    shows, lost = shows_tradeoff(found.changes[study.baseline])
    gain = found.changes[study.baseline]["adi2"]
    (record,) = (row for row in answers.records() if row["row"] == study.recipe)
    answered = {name: own for name, own in found.answers.items() if isinstance(own, Answer)}
    surpassing = ", ".join(name for name, own in answered.items() if own.surpasses)
    return (
        f"## {found.corpus}\n\n"
        f"(a) {'Yes' if shows else 'No'}: {study.baseline} changes ADI2 by "
        f"{gain.estimate.value:+.3f} (p {gain.p_holm:.3f}) and loses chrF++ significantly in "
        f"{_named(lost, 'no direction')}.\n\n"
        f"(b) {'Yes' if recipe.keeps else 'No'}: {study.recipe} keeps "
        f"{answers.cell(record, _SHARE)} of that gain, loses chrF++ in "
        f"{_named(recipe.lost, 'no direction')}, and has more of these faults: "
        f"{_faults(recipe)}.\n\n"
        f"(c) {'Yes' if recipe.surpasses else 'No'}. Rows that reach it: {surpassing or 'none'}.\n"
    )
