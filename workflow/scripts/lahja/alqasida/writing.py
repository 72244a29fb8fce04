"""Write lahja's scores as AL-QASIDA's own files, so that its analysis code reads them."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lahja.files import atomic_path
from lahja.metrics.translation import SpBleu, bleu, chrf_plus_plus, chrf_statistics
from lahja.readers.recorded import COUNTRY_COLUMNS, METRICS, SAMPLES
from lahja.statistics import Resampling

_TASK_NAMES = {"translation": "mt", "monolingual": "monolingual", "crosslingual": "crosslingual"}
# Its intervals are of 90%.
_CONFIDENCE = 0.9
# Its code for English as a target.
_ENGLISH = "en"


def write_outputs(
    texts: pd.DataFrame,
    scores: pd.DataFrame,
    spbleu: SpBleu,
    resampling: Resampling,
    genres: Mapping[str, str],
    folder: Path,
) -> list[Path]:
    """Write `<model>_<task>/Dialect…_samples.csv` and `_metrics.csv`; return the files of samples.

    `texts` (`scoring.texts`) and `scores` (SENTENCE_SCORES) have the same rows. `genres` maps a
    corpus to AL-QASIDA's name of it (FLORES, say). The task "validation" is not AL-QASIDA's and
    is left out. Columns are those of its GPT-4o files, as far as there is something to put in;
    generations are Python literals. spBLEU is empty where its model is missing.
    """
    written = []
    keys = ["model", "task", "corpus", "source_variety", "target_variety"]
    for key, part in scores.groupby(keys, sort=True, dropna=False):
        model, task, corpus, source, target = key
        if task not in _TASK_NAMES:
            continue
        genre = genres.get(corpus, corpus)
        stem = folder / f"{_safe(model)}_{_TASK_NAMES[task]}" / _name(task, genre, source, target)
        rows = _samples(texts.loc[part.index], part, task)
        summary = _summary(part, rows, task, spbleu, resampling)
        for frame, ending in ((rows, SAMPLES), (pd.DataFrame([summary]), METRICS)):
            with atomic_path(stem.with_name(stem.name + ending)) as draft:
                frame.to_csv(draft, index=False)
        written.append(stem.with_name(stem.name + SAMPLES))
    return written


def _name(task: str, genre: str, source: str, target: str) -> str:
    genre = _safe(genre).replace("_", "-")
    if task == "translation":
        return f"DialectMT_{genre}_{source}_to_{target}"
    return f"DialectID_{genre}_{target}"


def _safe(name: str) -> str:
    """Return a name without what cannot stand in a file's."""
    return re.sub(r"[^\w.+-]", "-", name)


def _samples(texts: pd.DataFrame, scores: pd.DataFrame, task: str) -> pd.DataFrame:
    is_translation = task == "translation"
    columns: dict[str, Any] = {
        "estimator": scores["model"],
        "completion": scores["reference"].fillna("None"),
        "generations": [repr([text or ""]) for text in scores["response"]],
        "finish_reasons": [repr([reason]) if reason else "" for reason in texts["finish_reason"]],
        "_raw_turns": [_turns(prompt or "") for prompt in texts["prompt"]],
        "desired_output_dialect": scores["target_variety"].replace("eng", _ENGLISH),
        "too_few_tokens": scores["too_few_tokens"],
        "dialectness": scores["aldi"],
        "macro_prob": scores["p_region"],
        "macro_score": scores["adi2_macro"],
    }
    if is_translation:
        columns |= {
            "response_spBLEU": scores["spbleu"],
            "response_chrF": scores["chrf_plus_plus"],
            "dialectid_score": scores["adi2"],
            "dialectid_prob": scores["p_country"],
        }
    else:
        columns |= {"score": scores["adi2"], "prob": scores["p_country"]}
        if "is_arabic" in texts and texts["is_arabic"].notna().all():
            columns["acc"] = texts["is_arabic"].astype(int)
        if "countries" in texts and texts["countries"].notna().all():
            known = np.array(texts["countries"].tolist(), dtype=float)
            columns |= dict(zip(COUNTRY_COLUMNS, known.T, strict=True))
    return pd.DataFrame(columns)


def _turns(prompt: str) -> str:
    return repr([{"role": "User", "content": [{"type": "text", "text": prompt}]}])


def _summary(
    scores: pd.DataFrame,
    rows: pd.DataFrame,
    task: str,
    spbleu: SpBleu,
    resampling: Resampling,
) -> dict[str, Any]:
    """Return the one row of `_metrics.csv`: means with 90% intervals, and corpus scores."""
    counted = rows[~rows["too_few_tokens"].astype(bool)]
    found: dict[str, Any] = {
        "estimator": scores["model"].iloc[0],
        "num_samples": len(rows),
        "insufficient_tokens": len(rows) - len(counted),
    }
    means = ("response_spBLEU", "response_chrF", "dialectid_score", "dialectid_prob", "acc",
             "prob", "macro_prob", "dialectness", "score", "macro_score")  # fmt: skip
    for column in means:
        if column not in rows:
            continue
        values = counted[column].to_numpy(dtype=float)
        if not len(values) or np.isnan(values).any():
            found[column] = None
            continue
        estimate = resampling.mean(values)
        low, high = estimate.interval(_CONFIDENCE)
        # pandas's own mean sums in another order than a matrix product.
        found[column] = float(counted[column].mean())
        found |= {f"{column}/90%_ci_low": low, f"{column}/90%_ci_high": high}
    referenced = scores[scores["reference"].notna()]
    if task == "translation" and len(referenced):
        texts = referenced["response"].tolist(), referenced["reference"].tolist()
        found["ChrF_corpus_score"] = float(chrf_plus_plus(chrf_statistics(*texts).sum(0))) / 100
        found["SpBLEU_corpus_score"] = (
            None
            if spbleu.metric is None
            else float(bleu(spbleu.statistics(*texts).sum(axis=0))) / 100
        )
    return found
