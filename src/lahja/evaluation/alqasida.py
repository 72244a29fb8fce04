"""lahja's scores in AL-QASIDA's files: those published in 2025, and those of its evaluator."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lahja.core.errors import LahjaError
from lahja.core.files import atomic_path
from lahja.core.statistics import Resampling
from lahja.corpora.readers import alqasida as recorded
from lahja.corpora.readers.alqasida import CORPUS_COLUMNS, SCORE_COLUMNS
from lahja.evaluation.sentence_scores import corpus_scores
from lahja.scoring.translation import SpBleu

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
    between = "_to_" if layout == "published" else "-"
    keys = texts[["model", "task", "corpus", "source_variety", "target_variety"]]
    stems, owners = {}, {}
    for key in dict.fromkeys(rows := [*keys.itertuples(index=False, name=None)]):
        model, task, corpus, source, target = key
        genre = _safe(genres.get(corpus, corpus)).replace("_", "-")
        side = f"MT_{genre}_{source}{between}" if task == "translation" else f"ID_{genre}_"
        known = _TASK_NAMES.get(task)
        stem = known and folder / f"{_safe(model)}_{known}" / f"Dialect{side}{target}"
        stems[key], own = stem, f"{model!r} on {corpus!r}"
        if stem and (other := owners.setdefault(stem, own)) != own:
            raise LahjaError(f"{other} and {own} would both be written to {stem}: rename one")
    return pd.Series([stems[row] for row in rows], texts.index, dtype=object)


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
        own = texts.loc[part.index]
        if layout == "published":
            rows = _samples(own, part)
            summary = _means(part, rows, resampling) | _corpus_means(part, spbleu, CORPUS_COLUMNS)
        else:
            rows = pd.DataFrame({"text": part["response"], "prompts": own["prompt"],
                                 "completion": part["reference"]})  # fmt: skip
            counted = part[~part["too_few_tokens"].astype(bool)]
            means = {c: counted[SCORE_COLUMNS[c]].mean(skipna=False) for c in _MEANS_OF_EVALUATOR}
            columns = CORPUS_COLUMNS | {"ChrF_corpus_score": "chrf"}
            summary = means | _corpus_means(part, spbleu, columns)
        files = {recorded.SAMPLES: rows, recorded.METRICS: pd.DataFrame([summary])}
        for ending, frame in files.items():
            with atomic_path(stem.with_name(stem.name + ending)) as draft:
                frame.to_csv(draft, index=False)


def _safe(name: str) -> str:
    """Return a name without what cannot stand in a file's."""
    return re.sub(r"[^\w.+-]", "-", name)


def _samples(texts: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a published `_samples.csv`."""
    frame = pd.DataFrame({
        "estimator": scores["model"],
        "completion": scores["reference"].fillna("None"),
        "generations": [repr([text or ""]) for text in scores["response"]],
        "finish_reasons": [repr([reason]) if reason else "" for reason in texts["finish_reason"]],
        "_raw_turns": [
            repr([{"role": "User", "content": [{"type": "text", "text": prompt or ""}]}])
            for prompt in texts["prompt"]
        ],
        "desired_output_dialect": scores["target_variety"].replace("eng", "en"),
    })  # fmt: skip
    is_translation = scores["task"].iloc[0] == "translation"
    names = [*_SCORES, *(_OF_TRANSLATION if is_translation else _OF_GENERATION)]
    frame[names] = scores[[SCORE_COLUMNS[name] for name in names]]
    known = texts.reindex(columns=["is_arabic", "countries"]).notna().all()
    if known["is_arabic"] and not is_translation:
        frame["acc"] = texts["is_arabic"].astype(int)
    if known["countries"] and not is_translation:
        frame[recorded.COUNTRY_COLUMNS] = np.array([*texts["countries"]])
    return frame


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
    found = corpus_scores(scores[scores["task"] == "translation"], spbleu)
    wanted = columns.items() if found else ()
    return {column: found[name] / 100 if name in found else None for column, name in wanted}
