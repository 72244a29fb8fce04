"""Scores of every model on every slice, and paired comparisons with the model it started from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace

import numpy as np
import pandas as pd

from lahja.core.errors import LahjaError
from lahja.core.statistics import Estimate, Measure, Resampling, holm, mean_of
from lahja.core.tables import COMPARISONS, METRICS
from lahja.evaluation.comet import COMET
from lahja.evaluation.llm_judge import RATINGS, judge_signature
from lahja.evaluation.metrics.faults import FAULTS, LABEL_ACCURACY
from lahja.evaluation.metrics.slices import ALL, Slice, mean_slices, slice_rows
from lahja.evaluation.sentence_scores import translation_measures
from lahja.scoring.translation import WORD_ORDER, SpBleu, chrf_signature

OVERLAP_METRICS = ("chrf", "chrf_plus_plus", "spbleu")
DIALECTNESS_METRICS = ("adi2", "adi2_macro", "aldi", LABEL_ACCURACY)

# A score with its resamples, or the reason why there is none.
Score = Estimate | str


@dataclass
class Evaluation:
    """The scores of one model: `scores[slice][metric]`."""

    model: str
    scores: dict[Slice, dict[str, Score]] = field(default_factory=dict)

    def get(self, part: Slice, metric: str) -> Score:
        """Return a score, or the reason why there is none."""
        return self.scores.get(part, {}).get(metric, f"{self.model}: {metric} was not evaluated")


def mean_score(scores: Sequence[Score]) -> Score:
    """Return the mean of scores of one resampling, or the reason why one of them is missing."""
    return next((score for score in scores if isinstance(score, str)), None) or mean_of(scores)


def difference(score: Score, other: Score) -> Score:
    """Return the paired difference of two scores, or the reason why one of them is missing."""
    return next((s for s in (score, other) if isinstance(s, str)), None) or score.minus(other)


def evaluate_model(scores: pd.DataFrame, resampling: Resampling, spbleu: SpBleu) -> Evaluation:
    """Return every metric of one model's SENTENCE_SCORES on every slice and mean over dialects.

    Dialectness is a mean over sentences, those with too few tokens left out as AL-QASIDA does;
    chrF, chrF++ and spBLEU are corpus scores of the responses that have a reference; faults are
    shares of all responses, an LLM's ratings means of those that it rated, and COMET is one too.
    """
    counted = ~scores["too_few_tokens"].to_numpy(dtype=bool)
    referenced = scores["reference"].notna().to_numpy()
    texts = scores.loc[referenced, ["response", "reference"]]
    measures = translation_measures(texts["response"], texts["reference"], spbleu)
    result = Evaluation(scores["model"].iloc[0])
    for part, numbers in slice_rows(scores).items():
        places = np.asarray(numbers)
        rows, found = scores.iloc[places], result.scores.setdefault(part, {})
        if part.is_into_dialect:
            found |= _dialectness(rows[list(DIALECTNESS_METRICS)], counted[places], resampling)
        if referenced[places].any():
            own = np.cumsum(referenced)[places[referenced[places]]] - 1
            found |= resampling.estimate_all(
                {name: Measure(m.statistics[own], m.score) for name, m in measures.items()}
            )
            if spbleu.metric is None:
                found["spbleu"] = spbleu.reason or "spBLEU is missing"
        elif part.task == "translation":
            found |= dict.fromkeys(OVERLAP_METRICS, "no response has a reference")
        known = rows[[*FAULTS, *(name for name in (*RATINGS, COMET) if name in rows)]]
        known = known.dropna(axis=1, how="all")
        found |= _means(known.fillna(0), known.notna().to_numpy(), resampling)
    _add_means(result.scores)
    return result


def _dialectness(
    values: pd.DataFrame, counted: np.ndarray, resampling: Resampling
) -> dict[str, Score]:
    """Return the mean of each column over the rows that count, or the reason for none."""
    reasons: dict[str, Score] = {
        metric: f"{missing} of {len(values)} responses have no {metric} score"
        for metric, missing in values.isna().sum().items()
        if missing
    }
    known = values.drop(columns=[*reasons])
    if not counted.any():
        few = f"all {len(values)} responses have too few tokens"
        return reasons | dict.fromkeys(known, few)
    return reasons | _means(known, np.broadcast_to(counted[:, None], known.shape), resampling)


def _means(values: pd.DataFrame, counted: np.ndarray, resampling: Resampling) -> dict[str, Score]:
    """Return the mean of each column's values over the rows that count, shape as of `values`.

    How many count differs between resamples and models: a ratio of sums, so that all models keep
    the same draws of prompts.
    """
    masks, measures = dict(zip(values, counted.T, strict=True)), {}
    for name, mask in masks.items():
        statistics = np.stack([values[name].to_numpy() * mask, mask], axis=1)
        measures[name] = Measure(
            statistics, lambda sums: sums[..., 0] / np.maximum(sums[..., 1], 1)
        )
    estimates = resampling.estimate_all(measures) if measures else {}
    return {name: replace(found, n=int(masks[name].sum())) for name, found in estimates.items()}


def _add_means(scores: dict[Slice, dict[str, Score]]) -> None:
    for mean, parts in mean_slices([*scores]).items():
        found = [scores[part] for part in parts]
        # Over tasks, translation quality has no mean.
        scores[mean] = {
            metric: mean_score([own[metric] for own in found if metric in own])
            for metric in dict.fromkeys(metric for own in found for metric in own)
            if mean.task != ALL or metric in (*DIALECTNESS_METRICS, *RATINGS)
        }


def check_same_prompts(tables: Iterable[pd.DataFrame]) -> None:
    """Raise `LahjaError` unless all models answered the same prompts in the same order."""
    first, *others = tables
    for table in others:
        if table["prompt_id"].tolist() != first["prompt_id"].tolist():
            raise LahjaError(
                f"{table['model'].iloc[0]} and {first['model'].iloc[0]} did not answer the same "
                f"prompts in the same order ({len(table)} and {len(first)} responses)"
            )


def evaluate_models(
    tables: Sequence[pd.DataFrame], resampling: Resampling, spbleu: SpBleu
) -> dict[str, Evaluation]:
    """Return the evaluation of each model by name; raise as `check_same_prompts`."""
    check_same_prompts(tables)
    found = (evaluate_model(table, resampling, spbleu) for table in tables)
    return {evaluation.model: evaluation for evaluation in found}


def metrics_table(
    evaluations: Iterable[Evaluation], confidence: float, signatures: Mapping[str, str | None]
) -> pd.DataFrame:
    """Return METRICS: one row per model, slice and metric, null with a reason where missing."""
    rows = []
    for evaluation in evaluations:
        for part, scores in evaluation.scores.items():
            for metric, score in scores.items():
                shown, reason = (None, None, None, 0), score
                if isinstance(score, Estimate):
                    shown, reason = (score.value, *score.interval(confidence), score.n), None
                key = (evaluation.model, *astuple(part), metric)
                rows.append((*key, *shown, signatures.get(metric), reason))
    return pd.DataFrame(rows, columns=METRICS.names)


def metric_signatures(
    spbleu: SpBleu, dialectness: str, resampling: Resampling, judge: str = "", comet: str = ""
) -> dict[str, str | None]:
    """Return each metric's signature, with the resampling's parameters.

    `dialectness` names the scorers behind ADI2 and ALDi, `judge` the LLM that rates responses;
    `comet` is COMET's own signature.
    """
    signatures = {"chrf": chrf_signature(0), "chrf_plus_plus": chrf_signature(WORD_ORDER)}
    signatures |= {"spbleu": spbleu.signature} | dict.fromkeys(DIALECTNESS_METRICS, dialectness)
    signatures |= dict.fromkeys(FAULTS, "gates:lahja")
    signatures |= dict.fromkeys(RATINGS, judge_signature(judge)) if judge else {}
    signatures |= {COMET: comet} if comet else {}
    return {
        name: None if signature is None else f"{signature}|{resampling.signature}"
        for name, signature in signatures.items()
    }


def comparisons_table(
    evaluations: Mapping[str, Evaluation], baselines: Mapping[str, str], confidence: float
) -> pd.DataFrame:
    """Return COMPARISONS of each model with its baseline, all corpora pooled.

    Pairs of which one model was not evaluated are left out, and so are missing metrics. The
    p-values of one slice and metric are also given with Holm's correction across the models.
    """
    rows = []
    known = [pair for pair in baselines.items() if {*pair} <= evaluations.keys()]
    for model, baseline in known:
        for part, scores in evaluations[model].scores.items():
            for metric, score in scores.items() if part.corpus == ALL else ():
                change = difference(score, evaluations[baseline].scores[part][metric])
                if isinstance(change, Estimate):
                    key = (model, baseline, part.task, part.source, part.target, metric)
                    interval = change.interval(confidence)
                    rows.append((*key, change.value, *interval, change.p_value(), change.n))
    names = [name for name in COMPARISONS.names if name != "p_holm"]
    table = pd.DataFrame(rows, columns=names)
    family = table.groupby(["task", "source_variety", "target_variety", "metric"], sort=False)
    table["p_holm"] = family["p_value"].transform(lambda values: holm(values.to_numpy()))
    return table[COMPARISONS.names]
