"""Score each response of a model: one row of SENTENCE_SCORES per evaluation prompt."""

import numpy as np
import pandas as pd

from lahja.errors import LahjaError
from lahja.metrics.dialectness import score_dialectness
from lahja.metrics.faults import LABEL_ACCURACY, find_faults, label_accuracy
from lahja.metrics.translation import SpBleu, bleu, chrf, chrf_plus_plus, chrf_statistics
from lahja.tables import SENTENCE_SCORES


def score_sentences(prompts: pd.DataFrame, scored: pd.DataFrame, spbleu: SpBleu) -> pd.DataFrame:
    """Return SENTENCE_SCORES of one model's SCORED responses, in the order of the prompts.

    `prompts` is EVALUATION_PROMPTS; every prompt must have exactly one response. chrF, chrF++
    and spBLEU are null where a prompt has no reference, spBLEU also where its model is missing.
    """
    _check_complete(prompts, scored)
    frame = prompts.merge(scored, on="prompt_id", how="left", validate="one_to_one")
    dialectness = score_dialectness(frame, frame["target_variety"], frame["task"])
    frame = frame.drop(columns="aldi").join(dialectness)
    frame[LABEL_ACCURACY] = label_accuracy(frame, frame["target_variety"])
    frame = frame.join(score_translations(frame, spbleu)).join(find_faults(frame))
    return frame[SENTENCE_SCORES.names]


def _check_complete(prompts: pd.DataFrame, scored: pd.DataFrame) -> None:
    doubled = prompts["prompt_id"][prompts["prompt_id"].duplicated()]
    if len(doubled):
        raise LahjaError(f"evaluation prompts: {doubled.iloc[0]!r} occurs twice")
    asked, answered = set(prompts["prompt_id"]), set(scored["prompt_id"])
    missing = prompts["prompt_id"][~prompts["prompt_id"].isin(answered)]
    if len(missing):
        model = scored["model"].iloc[0] if len(scored) else "the model"
        raise LahjaError(
            f"{model}: {len(missing)} of {len(asked)} evaluation prompts have no response, "
            f"the first is {missing.iloc[0]!r}"
        )
    if len(scored) != len(answered):
        doubled = scored["prompt_id"][scored["prompt_id"].duplicated()]
        raise LahjaError(f"scored responses: {doubled.iloc[0]!r} occurs twice")


def score_translations(frame: pd.DataFrame, spbleu: SpBleu) -> pd.DataFrame:
    """Return chrf, chrf_plus_plus and spbleu of each response, NaN where there is no reference."""
    scores = pd.DataFrame(
        np.nan, index=frame.index, columns=["chrf", "chrf_plus_plus", "spbleu"], dtype=float
    )
    referenced = frame["reference"].notna()
    responses, references = frame["response"][referenced], frame["reference"][referenced]
    statistics = chrf_statistics(responses, references)
    scores.loc[referenced, "chrf"] = chrf(statistics)
    scores.loc[referenced, "chrf_plus_plus"] = chrf_plus_plus(statistics)
    if spbleu.metric is not None:
        counts = spbleu.statistics(responses, references)
        scores.loc[referenced, "spbleu"] = bleu(counts, effective_order=True)
    return scores
