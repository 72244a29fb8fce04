"""AL-QASIDA's own numbers for the same texts, compared with lahja's, and lahja's in its files.

What a file allows is recomputed: sentence and corpus chrF and spBLEU from its texts, ADI2 and
ADI2 macro from its probabilities, P(wanted country) and P(region) from all 18 probabilities, the
rules by which a score is 0, and the means of its `_metrics.csv`. Whether what it calls chrF is
chrF2 or chrF++ is told by which of the two its texts give.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from lahja.core.errors import LahjaError
from lahja.core.files import atomic_path
from lahja.core.statistics import Resampling
from lahja.core.varieties import VARIETIES
from lahja.corpora.readers import alqasida as recorded
from lahja.corpora.readers.alqasida import CORPUS_COLUMNS, SCORE_COLUMNS, RecordedFile
from lahja.evaluation.sentence_scores import corpus_score, score_translations
from lahja.scoring.dialectness import adi2, country_probability, has_enough_words, macro_probability
from lahja.scoring.translation import SpBleu

# Largest difference that counts as agreement: scores of 0 to 100, scores of 0 to 1, and sums of
# probabilities that were rounded to single precision.
OVERLAP_TOLERANCE = 1e-4
FIDELITY_TOLERANCE = 1e-9
PROBABILITY_TOLERANCE = 1e-6
# The names by which checks are shown, and the tolerance of a sentence's score where one is checked.
METRICS = {
    "chrf": ("chrF2", OVERLAP_TOLERANCE), "chrf_plus_plus": ("chrF++", OVERLAP_TOLERANCE),
    "spbleu": ("spBLEU", OVERLAP_TOLERANCE),
    "adi2": ("ADI2", FIDELITY_TOLERANCE), "adi2_macro": ("ADI2-macro", FIDELITY_TOLERANCE),
    "p_country": ("P(country)", PROBABILITY_TOLERANCE),
    "p_region": ("P(region)", PROBABILITY_TOLERANCE),
    "aldi": ("ALDi", None), "is_arabic": ("Arabic", None),
}  # fmt: skip


# By the one name that AL-QASIDA has for both.
_CALLED_CHRF = {"chrf_plus_plus": ("chrf", "chrf_plus_plus")}

# A name, a place, our value and theirs, the tolerance.
Value = tuple[str, str, float, float, float]


class Check(NamedTuple):
    """What a file's values are, compared with ours.

    `values` has the columns `metric`, `place`, `ours`, `theirs`, `difference` (absolute, infinite
    where we have no value for a recorded one), its `tolerance`, and `severity`, the difference in
    its units; no rows where the file has no texts.
    """

    values: pd.DataFrame
    chrf: dict[str, str]  #: Of each column called chrF what it is: `chrF++`, say.
    odd_means: list[str]  #: Columns whose recorded mean is not that of the file's own rows.


def check_file(file: RecordedFile, spbleu: SpBleu) -> Check:
    """Return every value of a file that can be checked, and what is said of it in words."""
    found: list[Value] = []
    check = Check(pd.DataFrame(), {}, [])
    if file.rows is not None:
        ours = _recompute(file, spbleu)
        found += [*_sentences(file.rows, ours, check), *_zero_rules(file)]
        found += [*_means_of_rows(file, ours, check), *_corpus_scores(file, spbleu, check)]
    values = pd.DataFrame(found, columns=["metric", "place", "ours", "theirs", "tolerance"])
    values["difference"] = (values["ours"] - values["theirs"]).abs().fillna(np.inf)
    severity = (values["difference"] / values["tolerance"]).fillna(0.0)
    return check._replace(values=values.assign(severity=severity))


def largest(values: pd.DataFrame) -> pd.DataFrame:
    """Return of each metric the row with the largest difference; `n` is how many it has."""
    by_metric = values.groupby("metric", sort=False)["difference"]
    return values.loc[by_metric.idxmax()].assign(n=by_metric.size().to_numpy())


def _recompute(file: RecordedFile, spbleu: SpBleu) -> pd.DataFrame:
    """Return our sentence scores of a file's rows, a column for each that can be had."""
    rows = file.rows
    ours = pd.DataFrame(index=rows.index)
    for metric, probability in {"adi2": "p_country", "adi2_macro": "p_region"}.items():
        if {"aldi", probability} <= set(rows):
            ours[metric] = adi2(rows[probability], rows["aldi"])
    known = rows["countries"].notna() & ~_is_zeroed(file)
    if known.any() and file.name.target in VARIETIES:
        for metric, of in {"p_country": country_probability, "p_region": macro_probability}.items():
            found = [of(row, file.name.target) for row in rows.loc[known, "countries"]]
            ours.loc[known, metric] = found
    # Without a reference, or spBLEU's model, there is nothing to recompute.
    return ours.join(score_translations(rows, spbleu).dropna(axis=1, how="all"))


def _nearest(column: str, distances: dict[str, float], check: Check) -> str:
    """Return the metric nearest to a recorded score; note which one a column called chrF holds."""
    if len(distances) > 1:
        fits = [METRICS[m][0] for m, far in distances.items() if not far > OVERLAP_TOLERANCE]
        check.chrf[column] = " and ".join(fits) or "neither chrF2 nor chrF++"
    return min(distances, key=distances.get)


def _sentences(rows: pd.DataFrame, ours: pd.DataFrame, check: Check) -> Iterator[Value]:
    for known_as in (metric for metric in METRICS if metric in rows):
        candidates = [m for m in _CALLED_CHRF.get(known_as, (known_as,)) if m in ours]
        if not candidates:
            continue
        distances = {m: (ours[m] - rows[known_as]).abs().max() for m in candidates}
        metric = _nearest("response_chrF", distances, check)
        known = rows[known_as].notna()
        if metric in ("p_country", "p_region"):
            # Recomputed only where all countries are recorded.
            known &= ours[metric].notna()
        columns = rows["line"], ours[metric], rows[known_as]
        for line, own, theirs in zip(*(column[known] for column in columns), strict=True):
            yield METRICS[metric][0], f"line {line}", own, theirs, METRICS[metric][1]


def _is_zeroed(file: RecordedFile) -> pd.Series:
    """Return which rows AL-QASIDA does not score but sets to 0."""
    found = file.rows.reindex(columns=["is_arabic", "too_few_tokens"])
    is_out = not file.name.is_into_dialect
    return (found["is_arabic"] == 0) | (found["too_few_tokens"] == 1) | is_out


def _zero_rules(file: RecordedFile) -> Iterator[Value]:
    """Yield 1 for each row that breaks the rules of zero as lahja knows them, 0 for the others.

    A row that they set to 0 must be recorded as 0, and in cross-lingual files the rows recorded
    as having too few tokens must be those that we find: AL-QASIDA looks at what goes before the
    next question, which base models invent.
    """
    rows, zeroed = file.rows, _is_zeroed(file)
    scores = rows.reindex(columns=["p_country", "aldi", "adi2", "adi2_macro"])
    broken = zeroed & (scores.fillna(0) != 0).any(axis=1)
    if file.name.task == "crosslingual" and "too_few_tokens" in rows:
        few = ~rows["response"].str.partition("\nQ:")[0].map(has_enough_words)
        broken |= few != (rows["too_few_tokens"] == 1)
        zeroed |= few
    for line, is_broken in zip(rows["line"][zeroed], broken[zeroed], strict=True):
        yield "zero-rules", f"line {line}", float(is_broken), 0.0, 0.0


def _means_of_rows(file: RecordedFile, ours: pd.DataFrame, check: Check) -> Iterator[Value]:
    """Yield the means of our sentence scores, or of the recorded scorers'.

    AL-QASIDA's means leave out answers with too few tokens, which only cross-lingual files have. A
    recorded mean that is not that of the recorded rows is no score of ours: it is noted by name.
    """
    rows, summary = file.rows, file.summary or {}
    counted = rows.reindex(columns=["too_few_tokens"])["too_few_tokens"] != 1
    for column, known_as in SCORE_COLUMNS.items():
        if column not in summary or known_as not in METRICS:
            continue
        is_overlap = known_as in CORPUS_COLUMNS.values()
        tolerance = OVERLAP_TOLERANCE if is_overlap else FIDELITY_TOLERANCE
        theirs = summary[column]
        if known_as in rows and abs(rows[known_as][counted].mean() - theirs) > tolerance:
            check.odd_means.append(column)
            continue
        names = _CALLED_CHRF.get(known_as, (known_as,))
        known = {m: ours[m] for m in names if m in ours and ours[m].notna().all()}
        if not known and known_as in rows:
            known = {known_as: rows[known_as]}
        if known:
            means = {metric: float(scores[counted].mean()) for metric, scores in known.items()}
            metric = _nearest(column, {m: abs(mean - theirs) for m, mean in means.items()}, check)
            yield f"mean-{METRICS[metric][0]}", column, means[metric], theirs, tolerance


def _corpus_scores(file: RecordedFile, spbleu: SpBleu, check: Check) -> Iterator[Value]:
    texts = file.rows[["response", "reference"]].dropna(subset="reference").to_numpy().T.tolist()
    for column, known_as in CORPUS_COLUMNS.items():
        if column not in (file.summary or {}):
            continue
        # The summary's are on a scale of 0 to 1.
        theirs, names = 100 * file.summary[column], _CALLED_CHRF.get(known_as, (known_as,))
        scores = {m: corpus_score(m, *texts, spbleu) for m in names if texts[0]}
        scores = {metric: score for metric, score in scores.items() if score is not None}
        if scores:
            metric = _nearest(column, {m: abs(own - theirs) for m, own in scores.items()}, check)
            name = f"corpus-{METRICS[metric][0]}"
            yield name, column, scores[metric], theirs, OVERLAP_TOLERANCE
        elif known_as in _CALLED_CHRF:
            check.chrf[column] = "chrF2 or chrF++, which no references tell"


_TASK_NAMES = {"translation": "mt", "monolingual": "monolingual", "crosslingual": "crosslingual"}
_SCORES = ["too_few_tokens", "dialectness", "macro_prob", "macro_score"]
_OF_TRANSLATION = ["response_spBLEU", "response_chrF", "dialectid_score", "dialectid_prob"]
_OF_GENERATION = ["score", "prob"]
# In the order of its files.
_MEANS = [*_OF_TRANSLATION, "acc", "prob", "macro_prob", "dialectness", "score", "macro_score"]
# Its intervals are of 90%.
_CONFIDENCE = 0.9
# All that the evaluator's files have beside corpus scores.
_MEANS_OF_EVALUATOR = ("prob", "dialectness", "score", "macro_score")
LAYOUTS = ("published", "evaluator")
"""Those of the files published in 2025, and of the files that AL-QASIDA's evaluator writes."""


def output_stems(
    texts: pd.DataFrame, genres: Mapping[str, str], layout: str, folder: Path
) -> pd.Series:
    """Return the file of AL-QASIDA's that each text goes to, without its ending `_samples.csv`.

    That is `<model>_<task>/Dialect…`. `genres` maps a corpus to AL-QASIDA's name of it (FLORES,
    say). The task "validation" is not AL-QASIDA's: None. Raises `LahjaError` for an unknown layout,
    and where texts of two models or corpora would go to one file.
    """
    if layout not in LAYOUTS:
        raise LahjaError(f"--layout {layout}: expected {' or '.join(LAYOUTS)}")
    between, stems = "_to_" if layout == "published" else "-", []
    keys = texts[["model", "task", "corpus", "source_variety", "target_variety"]]
    for model, task, corpus, source, target in keys.itertuples(index=False):
        genre = _safe(genres.get(corpus, corpus)).replace("_", "-")
        side = f"MT_{genre}_{source}{between}" if task == "translation" else f"ID_{genre}_"
        known = _TASK_NAMES.get(task)
        stems.append(known and folder / f"{_safe(model)}_{known}" / f"Dialect{side}{target}")
    found = pd.Series(stems, texts.index, dtype=object)
    owners = texts[["model", "corpus"]].assign(stem=found).dropna(subset="stem").drop_duplicates()
    for stem, part in owners[owners.duplicated("stem", keep=False)].groupby("stem"):
        names = [f"{model!r} on {corpus!r}" for model, corpus, _ in part.itertuples(index=False)]
        raise LahjaError(f"{' and '.join(names[:2])} would both be written to {stem}: rename one")
    return found


def write_outputs(
    texts: pd.DataFrame,
    scores: pd.DataFrame,
    spbleu: SpBleu,
    resampling: Resampling,
    stems: pd.Series,
    layout: str,
) -> None:
    """Write `_samples.csv` and `_metrics.csv` of `output_stems`.

    `texts` (of `read_texts`) and `scores` (SENTENCE_SCORES) have the same rows. The columns of
    "published" are those of its GPT-4o files, as far as there is something to put in; generations
    are Python literals. In "evaluator" a sample is `text`, its prompt and its reference, and
    ChrF_corpus_score is chrF2. spBLEU is empty where its model is missing.
    """
    for stem, part in scores.groupby(stems):
        own, task = texts.loc[part.index], part["task"].iloc[0]
        rows = _samples(own, part, task)
        if layout == "published":
            summary = _means(part, rows, resampling) | _corpus_means(part, spbleu, CORPUS_COLUMNS)
        else:
            counted = part[~part["too_few_tokens"].astype(bool)]
            means = {c: counted[SCORE_COLUMNS[c]].mean(skipna=False) for c in _MEANS_OF_EVALUATOR}
            columns = CORPUS_COLUMNS | {"ChrF_corpus_score": "chrf"}
            summary = means | _corpus_means(part, spbleu, columns)
            rows = pd.DataFrame({"text": part["response"], "prompts": own["prompt"],
                                 "completion": part["reference"]})  # fmt: skip
        for frame, ending in (
            (rows, recorded.SAMPLES),
            (pd.DataFrame([summary]), recorded.METRICS),
        ):
            with atomic_path(stem.with_name(stem.name + ending)) as draft:
                frame.to_csv(draft, index=False)


def _safe(name: str) -> str:
    """Return a name without what cannot stand in a file's."""
    return re.sub(r"[^\w.+-]", "-", name)


def _samples(texts: pd.DataFrame, scores: pd.DataFrame, task: str) -> pd.DataFrame:
    turns = [
        repr([{"role": "User", "content": [{"type": "text", "text": prompt or ""}]}])
        for prompt in texts["prompt"]
    ]
    columns: dict[str, Any] = {
        "estimator": scores["model"],
        "completion": scores["reference"].fillna("None"),
        "generations": [repr([text or ""]) for text in scores["response"]],
        "finish_reasons": [repr([reason]) if reason else "" for reason in texts["finish_reason"]],
        "_raw_turns": turns,
        "desired_output_dialect": scores["target_variety"].replace("eng", "en"),
    }
    is_translation = task == "translation"
    names = [*_SCORES, *(_OF_TRANSLATION if is_translation else _OF_GENERATION)]
    columns |= {name: scores[SCORE_COLUMNS[name]] for name in names}
    known = texts.reindex(columns=["is_arabic", "countries"]).notna().all()
    if known["is_arabic"] and not is_translation:
        columns["acc"] = texts["is_arabic"].astype(int)
    if known["countries"] and not is_translation:
        columns |= dict(
            zip(recorded.COUNTRY_COLUMNS, np.array([*texts["countries"]]).T, strict=True)
        )
    return pd.DataFrame(columns)


def _means(scores: pd.DataFrame, rows: pd.DataFrame, resampling: Resampling) -> dict[str, Any]:
    """Return the counts of a published `_metrics.csv` and its means with 90% intervals."""
    counted = rows[~rows["too_few_tokens"].astype(bool)]
    found: dict[str, Any] = {
        "estimator": scores["model"].iloc[0],
        "num_samples": len(rows),
        "insufficient_tokens": len(rows) - len(counted),
    }
    for column in (name for name in _MEANS if name in rows):
        values, found[column] = counted[column].astype(float), None
        if len(values) and values.notna().all():
            low, high = resampling.mean(values.to_numpy()).interval(_CONFIDENCE)
            # pandas's own mean sums in another order than a matrix product.
            found[column] = float(values.mean())
            found |= {f"{column}/90%_ci_low": low, f"{column}/90%_ci_high": high}
    return found


def _corpus_means(
    scores: pd.DataFrame, spbleu: SpBleu, columns: Mapping[str, str]
) -> dict[str, float | None]:
    """Return corpus scores on a scale of 0 to 1, none where nothing is a translation."""
    referenced = scores[scores["reference"].notna() & (scores["task"] == "translation")]
    if referenced.empty:
        return {}
    texts = referenced["response"].tolist(), referenced["reference"].tolist()
    found = {column: corpus_score(metric, *texts, spbleu) for column, metric in columns.items()}
    return {column: None if score is None else score / 100 for column, score in found.items()}
