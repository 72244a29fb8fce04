"""A study: its rows with their scores, what is asked of each of them, and its tables.

(a) The baseline, preference training on the dialect label alone, gains ADI2 and loses chrF++, both
significantly. (b) A row keeps nine tenths of that gain, loses chrF++ significantly in no direction,
and no fault is more frequent than in the start. (c) A row's ADI2 is not below the baseline's, and
its chrF++ is above the start's in every direction, in two of them significantly. (d) One greedy
pass of a row gains nine tenths of what MBR decoding of the start gains, in ADI2 and in chrF++.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from lahja.core.artifacts import MISSING, Column, Table
from lahja.core.statistics import Estimate, holm
from lahja.evaluation.metrics.evaluation import Evaluation, Score, difference, mean_score
from lahja.evaluation.metrics.faults import FAULTS, LABEL_ACCURACY
from lahja.evaluation.metrics.slices import MEAN, MEAN_DIRECTIONS, Slice
from lahja.report.formats import columns_of, described, descriptions
from lahja.report.scores import TITLES, estimate_cells

MIN_SHARE_KEPT = 0.9
"""The share of the baseline's gain in ADI2 that (b) asks for, and of MBR's gains that (d) does."""
QUALITY = tuple(f"chrf_plus_plus_{name}" for name in MEAN_DIRECTIONS)
MEAN_QUALITY = "chrf_plus_plus_mean"
_MIN_GAINED = 2


class Study(NamedTuple):
    """What a study compares: its rows, each a model or one recipe's seeds, and three of them.

    All were trained from `start`; what `recipe` gains is measured by what `baseline` does, and by
    `mbr`, the start decoded by MBR, where there is such a row.
    """

    rows: Mapping[str, tuple[str, ...]]
    start: str
    baseline: str
    recipe: str
    mbr: str | None = None
    confidence: float = 0.95


class Row(NamedTuple):
    """One row on one corpus: its scores by column, and the scores of each of its models.

    A column is a metric into dialect (`adi2`), a metric in one direction
    (`chrf_plus_plus_eng_dialects`) or on their mean (`chrf_plus_plus_mean`), or a fault. What could
    not be scored is a reason.
    """

    scores: dict[str, Score]
    by_model: Sequence[dict[str, Score]]

    def spread(self, column: str) -> tuple[float, float] | None:
        """Return the lowest and the highest score among the row's models, None of a single one."""
        scores = (own[column] for own in self.by_model)
        values = [score.value for score in scores if isinstance(score, Estimate)]
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
    share_of_mbr: Estimate | None
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    more_faults: tuple[str, ...]
    keeps: bool
    surpasses: bool
    holds_mbr: bool | None


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
    found, answers = changes(study, rows), {}
    for name in found:
        others = [study.mbr] if study.mbr else []
        needed = [*product((name, study.start, *others), ("adi2", *QUALITY))]
        needed.append((study.baseline, "adi2"))
        scores = (rows[row].scores[column] for row, column in needed)
        missing = next((score for score in scores if isinstance(score, str)), None)
        answers[name] = missing or answer(study, found, name)
    return Findings(corpus, rows, found, answers)


def study_rows(study: Study, evaluations: Mapping[str, Evaluation], corpus: str) -> dict[str, Row]:
    """Return the study's rows on one corpus, by name.

    A row of several models, one recipe from several seeds, has the mean of their scores; its
    resamples are the means of theirs, so that its interval is that of sentences, not of seeds.
    """
    parts = {"mean": (MEAN, MEAN)} | MEAN_DIRECTIONS
    slices = {name: Slice("translation", corpus, *own) for name, own in parts.items()}
    metrics = ("adi2", "adi2_macro", LABEL_ACCURACY, *FAULTS)
    columns = {metric: (slices["mean"], metric) for metric in metrics} | {
        f"{metric}_{name}": (part, metric)
        for metric, (name, part) in product(("chrf_plus_plus", "spbleu"), slices.items())
    }
    found = {}
    for name, models in study.rows.items():
        own = [{k: evaluations[m].get(*key) for k, key in columns.items()} for m in models]
        found[name] = Row({k: mean_score([scores[k] for scores in own]) for k in columns}, own)
    return found


def changes(study: Study, rows: Mapping[str, Row]) -> dict[str, dict[str, Change]]:
    """Return each row's changes from the start by column; the start itself has none."""
    start = rows[study.start]
    found: dict[str, dict[str, Change]] = {name: {} for name in rows if name != study.start}
    for column in ("adi2", *QUALITY, MEAN_QUALITY, *FAULTS):
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
    own, baseline = found[name], found[study.baseline]
    values = {column: change.estimate.value for column, change in own.items()}
    lost = tuple(c for c in QUALITY if values[c] < 0 and own[c].p_value < 1 - study.confidence)
    gained = tuple(c for c in QUALITY if values[c] > 0 and own[c].is_clear)
    more = tuple(fault for fault in FAULTS if values.get(fault, 0) > 0)
    share, share_of_mbr, holds_mbr = _share(own, baseline), None, None
    if study.mbr:
        of_mbr = found[study.mbr]
        share_of_mbr = _share(own, of_mbr)
        columns = ("adi2", MEAN_QUALITY)
        holds_mbr = all(values[c] >= MIN_SHARE_KEPT * of_mbr[c].estimate.value for c in columns)
    keeps = share.value >= MIN_SHARE_KEPT and not lost and not more
    is_above = values["adi2"] >= baseline["adi2"].estimate.value
    surpasses = is_above and all(values[c] > 0 for c in QUALITY) and len(gained) >= _MIN_GAINED
    return Answer(share, share_of_mbr, gained, lost, more, keeps, surpasses, holds_mbr)


def _share(own: Mapping[str, Change], of: Mapping[str, Change]) -> Estimate:
    """Return the share of another row's gain in ADI2, resample by resample."""
    gain, whole = own["adi2"].estimate, of["adi2"].estimate
    shares = np.divide(gain.draws, np.where(whole.draws == 0, np.nan, whole.draws))
    return Estimate(gain.value / (whole.value or np.nan), shares, gain.n)


def shows_tradeoff(baseline: Mapping[str, Change]) -> tuple[bool, tuple[str, ...]]:
    """Return whether (a) holds of the baseline's changes, and where chrF++ is clearly lost."""
    clear = {column: own.estimate.value for column, own in baseline.items() if own.is_clear}
    lost = tuple(column for column in QUALITY if clear.get(column, 0) < 0)
    return clear.get("adi2", 0) > 0 and bool(lost), lost


def study_tables(study: Study, found: Findings) -> list[Table]:
    """Return the tables of answers, scores, changes, faults and spBLEU on one corpus.

    The note of the last has the reason for no spBLEU.
    """
    words = {"start": study.start, "baseline": study.baseline, "confidence": study.confidence}
    words |= {"corpus": found.corpus, "min_share": MIN_SHARE_KEPT}

    def table(kind: str, rows: list[dict[str, Any]], notes: Iterable[str] = (), **own) -> Table:
        """Return a table of the corpus, of a kind that resources/tables.yaml describes."""
        name = f"{kind}_{found.corpus}"
        return described(f"study {kind}", rows, notes, name=name, **own, **words)

    def scored(kind: str, scale: float = 1) -> list[dict[str, Any]]:
        """Return a record for each row of the study."""
        columns = columns_of(f"study {kind}")
        return [_record(*own, columns, study.confidence, scale) for own in found.rows.items()]

    answers = [_answer_record(*own, study.confidence) for own in found.answers.items()]
    missing = dict.fromkeys(own for own in found.answers.values() if isinstance(own, str))
    notes, of_mbr = [f"n/a: {reason}." for reason in missing], []
    if study.mbr:
        of_mbr = columns_of("study answers of mbr")
        about = {"mbr": study.mbr, "min_share": MIN_SHARE_KEPT}
        notes = [
            *(n.format(**about) for n in descriptions()["study answers of mbr"]["notes"]),
            *notes,
        ]
    values = [row.scores[f"spbleu_{name}"] for row in found.rows.values() for name in TITLES]
    return [
        table("answers", answers, notes, further=of_mbr),
        table("scores", scored("scores")),
        table("changes", [_change_record(*own, study) for own in found.changes.items()]),
        table("faults", scored("faults", scale=100)),
        table("spbleu", scored("spbleu"), sorted({own for own in values if isinstance(own, str)})),
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


def _change_record(name: str, changes: Mapping[str, Change], study: Study) -> dict[str, Any]:
    """Return a row's changes from the start with intervals; a star marks the significant."""
    record: dict[str, Any] = {"row": name}
    for key, change in changes.items():
        record |= estimate_cells(key, change.estimate, study.confidence)
        record |= {f"{key}_p": change.p_value, f"{key}_p_holm": change.p_holm}
        record |= {f"{key}_note": "*"} if change.is_clear else {}
    return record


def _answer_record(name: str, found: Answer | str, confidence: float) -> dict[str, Any]:
    """Return what is found of a row: the gain it keeps, what it loses, (b) and (c)."""
    if isinstance(found, str):
        texts = ("lost", "gained", "more_faults", "keeps", "surpasses", "holds_mbr")
        return {"row": name} | dict.fromkeys(texts, MISSING)
    record = {"row": name} | estimate_cells("share_kept", found.share_kept, confidence) | {
        "lost": _named(found.lost), "gained": _named(found.gained), "more_faults": _faults(found),
        "keeps": _yes_or_no(found.keeps), "surpasses": _yes_or_no(found.surpasses),
    }  # fmt: skip
    if found.share_of_mbr is None:
        return record
    record |= estimate_cells("share_of_mbr", found.share_of_mbr, confidence)
    return record | {"holds_mbr": _yes_or_no(found.holds_mbr)}


def _yes_or_no(holds: bool) -> str:
    return "yes" if holds else "no"


def _named(columns: tuple[str, ...], none: str = "none") -> str:
    return ", ".join(TITLES[column.removeprefix("chrf_plus_plus_")] for column in columns) or none


def _faults(found: Answer) -> str:
    return ", ".join(fault.replace("_", " ") for fault in found.more_faults) or "none"


def verdict(study: Study, found: Findings, answers: Table) -> str:
    """Return the answers to (a), (b), (c) and, where asked, (d) on one corpus, as Markdown.

    `answers` is the first of `study_tables`.
    """
    texts = descriptions()["study verdict"]
    baseline, recipe = (found.answers[name] for name in (study.baseline, study.recipe))
    if isinstance(reason := baseline if isinstance(baseline, str) else recipe, str):
        return texts["missing"].format(corpus=found.corpus, reason=reason)
    shows, lost = shows_tradeoff(found.changes[study.baseline])
    gain = found.changes[study.baseline]["adi2"]
    (record,) = (row for row in answers.records() if row["row"] == study.recipe)
    answered = {name: own for name, own in found.answers.items() if isinstance(own, Answer)}
    surpassing = ", ".join(name for name, own in answered.items() if own.surpasses)
    a, b, c = (_yes_or_no(own).title() for own in (shows, recipe.keeps, recipe.surpasses))
    told = texts["found"].format(
        corpus=found.corpus, baseline=study.baseline, recipe=study.recipe, a=a, b=b, c=c,
        gain=gain.estimate.value, p=gain.p_holm, share=answers.cell(record, answers.columns[1]),
        lost=_named(lost, "no direction"), recipe_lost=_named(recipe.lost, "no direction"),
        faults=_faults(recipe), surpassing=surpassing or "none",
    )  # fmt: skip
    if study.mbr:
        holding = ", ".join(name for name, own in answered.items() if own.holds_mbr)
        d, of_mbr = _yes_or_no(recipe.holds_mbr).title(), answers.columns[-2]
        told += texts["found of mbr"].format(
            d=d, recipe=study.recipe, share=answers.cell(record, of_mbr), mbr=study.mbr,
            holding=holding,
        )  # fmt: skip
    return told
