"""One row of SENTENCE_SCORES per response: of evaluation prompts, or of any texts."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from lahja.core.errors import LahjaError
from lahja.core.statistics import Measure
from lahja.core.tables import SENTENCE_SCORES, read_table
from lahja.evaluation.metrics.faults import LABEL_ACCURACY, find_faults, label_accuracy
from lahja.scoring.dialectness import adi2, score_dialectness
from lahja.scoring.translation import SpBleu, bleu, chrf, chrf_plus_plus, chrf_statistics


def score_sentences(prompts: pd.DataFrame, scored: pd.DataFrame, spbleu: SpBleu) -> pd.DataFrame:
    """Return SENTENCE_SCORES of one model's SCORED responses, in the order of the prompts.

    `prompts` is EVALUATION_PROMPTS; every prompt must have exactly one response. chrF, chrF++
    and spBLEU are null where a prompt has no reference, spBLEU also where its model is missing.
    """
    for name in prompts["prompt_id"][~prompts["prompt_id"].isin(scored["prompt_id"])]:
        model = scored["model"].iloc[0] if len(scored) else "the model"
        raise LahjaError(f"{model}: evaluation prompt {name!r} has no response")
    frame = prompts.merge(scored, on="prompt_id", how="left", validate="one_to_one")
    dialectness = score_dialectness(frame, frame["target_variety"], frame["task"])
    return _joined(frame, frame, dialectness, spbleu)


def sentence_scores(
    texts: pd.DataFrame, scorers: dict[str, Path] | None, spbleu: SpBleu, batch: int = 64
) -> pd.DataFrame:
    """Return SENTENCE_SCORES of texts (`read_texts`): without scorers, by their recorded scores."""
    if scorers is None:
        is_arabic = texts.get("is_arabic", pd.Series(1.0, texts.index)) == 1
        return _joined(texts, texts.assign(is_arabic=is_arabic), _recorded(texts), spbleu)
    from lahja.scoring.judges import Judges

    scored = Judges(**scorers, batch=batch).score(texts["response"])
    scored = scored.set_index(texts.index).assign(response=texts["response"])
    dialectness = score_dialectness(scored, texts["target_variety"], texts["task"])
    return _joined(texts, scored, dialectness, spbleu)


def _joined(
    texts: pd.DataFrame, scored: pd.DataFrame, dialectness: pd.DataFrame, spbleu: SpBleu
) -> pd.DataFrame:
    labels = label_accuracy(scored, texts["target_variety"]).rename(LABEL_ACCURACY)
    parts = [dialectness, labels, score_translations(texts, spbleu), find_faults(texts)]
    found = pd.concat(parts, axis=1)
    rest = texts.drop(columns=[name for name in found if name in texts])
    return rest.join(found)[SENTENCE_SCORES.names]


def _recorded(texts: pd.DataFrame) -> pd.DataFrame:
    """Return the recorded scores; ADI2 is their product, NaN where one is missing."""
    found = texts.reindex(columns=["aldi", "p_country", "p_region"]).astype(float)
    found["adi2"] = adi2(found["p_country"], found["aldi"])
    found["adi2_macro"] = adi2(found["p_region"], found["aldi"])
    found["too_few_tokens"] = texts.reindex(columns=["too_few_tokens"])["too_few_tokens"] == 1
    return found


def read_scores(path: Path, models: Sequence[str] | None = None) -> list[pd.DataFrame]:
    """Return the SENTENCE_SCORES of each model in a table, in the order given or of the table.

    Raises `LahjaError` for a model that the table lacks.
    """
    scores = read_table(path, SENTENCE_SCORES)
    by_model = dict(iter(scores.groupby("model", sort=False)))
    wanted = by_model if models is None else models
    if missing := [name for name in wanted if name not in by_model]:
        raise LahjaError(f"{path}: no scores of {missing[0]}; it has {', '.join(by_model)}")
    return [by_model[name].reset_index(drop=True) for name in wanted]


def translation_measures(
    responses: Sequence[str], references: Sequence[str], spbleu: SpBleu
) -> dict[str, Measure]:
    """Return the sentence statistics of chrF, chrF++ and, if its model is there, spBLEU."""
    letters = chrf_statistics(responses, references)
    found = {"chrf": Measure(letters, chrf), "chrf_plus_plus": Measure(letters, chrf_plus_plus)}
    if spbleu.metric is not None:
        found["spbleu"] = Measure(spbleu.statistics(responses, references), bleu)
    return found


def score_translations(frame: pd.DataFrame, spbleu: SpBleu) -> pd.DataFrame:
    """Return chrf, chrf_plus_plus and spbleu of each response, NaN where there is no reference."""
    scores = pd.DataFrame(np.nan, frame.index, ["chrf", "chrf_plus_plus", "spbleu"], dtype=float)
    referenced = frame["reference"].notna()
    texts = frame["response"][referenced], frame["reference"][referenced]
    for name, measure in translation_measures(*texts, spbleu).items():
        options = {"effective_order": True} if name == "spbleu" else {}
        scores.loc[referenced, name] = measure.score(measure.statistics, **options)
    return scores


def corpus_scores(texts: pd.DataFrame, spbleu: SpBleu) -> dict[str, float]:
    """Return corpus chrF, chrF++ and spBLEU, of 0 to 100, of the responses with a reference.

    Without spBLEU where its model is missing, and none where nothing has a reference.
    """
    known = texts.dropna(subset="reference")
    if known.empty:
        return {}
    measures = translation_measures(known["response"], known["reference"], spbleu)
    return {name: float(one.score(one.statistics.sum(axis=0))) for name, one in measures.items()}


def scorer_folders(together: Path | None, **single: str | None) -> dict[str, Path] | None:
    """Return the scorers' folders by name: `<together>/aldi` and so on, or each given by itself.

    A single one is a folder, or a model on the Hugging Face hub as `owner/name@commit`, which is
    downloaded. None where none is given; some but not all raise `LahjaError`.
    """
    given = {name: text or (together and str(together / name)) for name, text in single.items()}
    missing = [name for name, text in given.items() if not text]
    if missing and len(missing) < len(given):
        raise LahjaError(f"ADI2 needs all three scorers: --{missing[0]} is not given")
    return None if missing else {name: _place(text) for name, text in given.items()}


def _place(text: str) -> Path:
    if Path(text).is_dir():
        return Path(text)
    name, _, commit = text.partition("@")
    if name.count("/") != 1 or not commit:
        raise LahjaError(f"{text}: no such folder of a scorer; one on the hub is owner/name@commit")
    from lahja.core.hub import download_snapshot

    return download_snapshot("model", name, commit)
