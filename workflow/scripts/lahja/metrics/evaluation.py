"""Scores of every model on every slice, and paired comparisons with the model it started from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from lahja.errors import LahjaError
from lahja.metrics.faults import FAULTS, LABEL_ACCURACY
from lahja.metrics.slices import Slice, mean_slices, overall_slice, slice_rows
from lahja.metrics.translation import (
    WORD_ORDER,
    SpBleu,
    bleu,
    chrf,
    chrf_plus_plus,
    chrf_signature,
    chrf_statistics,
)
from lahja.statistics import Estimate, Measure, Resampling, holm, mean_of
from lahja.tables import COMPARISONS, METRICS

DIALECTNESS_METRICS = ("adi2", "adi2_macro", "aldi", LABEL_ACCURACY)
TRANSLATION_METRICS = ("chrf", "chrf_plus_plus", "spbleu")

# A score with its resamples, or the reason why there is none.
Score = Estimate | str


@dataclass
class Evaluation:
    """The scores of one model: `scores[slice][metric]`."""

    model: str
    scores: dict[Slice, dict[str, Score]] = field(default_factory=dict)


def evaluate_model(scores: pd.DataFrame, resampling: Resampling, spbleu: SpBleu) -> Evaluation:
    """Return every metric of one model's SENTENCE_SCORES on every slice and mean over dialects.

    Dialectness is a mean over sentences, those with too few tokens left out as AL-QASIDA does;
    chrF, chrF++ and spBLEU are corpus scores of the responses that have a reference; faults are
    shares of all responses.
    """
    rows = slice_rows(scores)
    counted = ~scores["too_few_tokens"].to_numpy(dtype=bool)
    corpus_statistics = _CorpusStatistics.of(scores, spbleu)
    result = Evaluation(scores["model"].iloc[0])
    for part, numbers in rows.items():
        places = np.asarray(numbers)
        found: dict[str, Score] = {}
        if part.is_into_dialect:
            values = scores.loc[scores.index[places], list(DIALECTNESS_METRICS)]
            found |= _dialectness(values, counted[places], resampling)
        found |= corpus_statistics.scores(places, resampling)
        found |= _fault_rates(scores.loc[scores.index[places], list(FAULTS)], resampling)
        result.scores[part] = found
    _add_means(result)
    return result


@dataclass(frozen=True)
class _CorpusStatistics:
    """Sentence statistics of the metrics with references; `referenced` marks their rows."""

    referenced: np.ndarray
    chrf: np.ndarray
    spbleu: np.ndarray | str

    @classmethod
    def of(cls, scores: pd.DataFrame, spbleu: SpBleu) -> "_CorpusStatistics":
        """Return the statistics of SENTENCE_SCORES; spBLEU's may be a reason instead."""
        referenced = scores["reference"].notna().to_numpy()
        texts = scores.loc[referenced, ["response", "reference"]]
        pair = texts["response"].tolist(), texts["reference"].tolist()
        if spbleu.metric is None:
            bleu_rows: np.ndarray | str = spbleu.reason or "spBLEU is missing"
        else:
            bleu_rows = _spread(spbleu.statistics(*pair), referenced)
        return cls(referenced, _spread(chrf_statistics(*pair), referenced), bleu_rows)

    def scores(self, places: np.ndarray, resampling: Resampling) -> dict[str, Score]:
        """Return the corpus scores of the rows at `places` that have a reference."""
        places = places[self.referenced[places]]
        if not len(places):
            return {}
        rows = self.chrf[places]
        measures = {"chrf": Measure(rows, chrf), "chrf_plus_plus": Measure(rows, chrf_plus_plus)}
        if isinstance(self.spbleu, str):
            return resampling.estimate_all(measures) | {"spbleu": self.spbleu}
        return resampling.estimate_all(measures | {"spbleu": Measure(self.spbleu[places], bleu)})


def _spread(statistics: np.ndarray, where: np.ndarray) -> np.ndarray:
    spread = np.zeros((len(where), statistics.shape[1]))
    spread[where] = statistics
    return spread


def _dialectness(
    values: pd.DataFrame, counted: np.ndarray, resampling: Resampling
) -> dict[str, Score]:
    """Return the mean of each column over the rows that count, or the reason for none."""
    found: dict[str, Score] = {}
    measures = {}
    for metric, column in values.items():
        missing = int(column.isna().sum())
        if missing:
            found[metric] = f"{missing} of {len(column)} responses have no {metric} score"
        elif not counted.any():
            found[metric] = f"all {len(column)} responses have too few tokens"
        else:
            # How many count differs between resamples and models: a ratio of sums, so that all
            # models keep the same draws of prompts.
            statistics = np.stack([column.to_numpy() * counted, counted], axis=1)
            measures[metric] = Measure(statistics, _ratio)
    estimates = resampling.estimate_all(measures) if measures else {}
    n = int(counted.sum())
    return found | {name: Estimate(e.value, e.draws, n) for name, e in estimates.items()}


def _fault_rates(values: pd.DataFrame, resampling: Resampling) -> dict[str, Score]:
    """Return the share of responses with each fault, of those that it can be in, if any."""
    measures = {
        name: Measure(np.stack([column.fillna(0).to_numpy(), column.notna()], axis=1), _ratio)
        for name, column in values.items()
        if column.notna().any()
    }
    estimates = resampling.estimate_all(measures) if measures else {}
    return {
        name: Estimate(found.value, found.draws, int(values[name].notna().sum()))
        for name, found in estimates.items()
    }


def _ratio(sums: np.ndarray) -> np.ndarray:
    return sums[..., 0] / np.maximum(sums[..., 1], 1)


def _add_means(evaluation: Evaluation) -> None:
    means = mean_slices(list(evaluation.scores))
    for mean, parts in means.items():
        evaluation.scores[mean] = _combine([evaluation.scores[part] for part in parts])
    overall, parts = overall_slice(list(means))
    if parts:
        combined = _combine([evaluation.scores[part] for part in parts])
        evaluation.scores[overall] = {
            metric: score for metric, score in combined.items() if metric in DIALECTNESS_METRICS
        }


def _combine(parts: list[dict[str, Score]]) -> dict[str, Score]:
    combined: dict[str, Score] = {}
    for metric in dict.fromkeys(metric for part in parts for metric in part):
        scores = [part[metric] for part in parts if metric in part]
        reasons = [score for score in scores if isinstance(score, str)]
        combined[metric] = reasons[0] if reasons else mean_of(scores)
    return combined


def check_same_prompts(tables: Iterable[pd.DataFrame]) -> None:
    """Raise `LahjaError` unless all models answered the same prompts in the same order."""
    first: pd.DataFrame | None = None
    for table in tables:
        if not len(table):
            raise LahjaError("a table of sentence scores is empty")
        if first is None:
            first = table
        elif list(table["prompt_id"]) != list(first["prompt_id"]):
            raise LahjaError(
                f"{table['model'].iloc[0]} and {first['model'].iloc[0]} did not answer the same "
                f"prompts in the same order ({len(table)} and {len(first)} responses)"
            )


def metrics_table(
    evaluations: Iterable[Evaluation], confidence: float, signatures: Mapping[str, str | None]
) -> pd.DataFrame:
    """Return METRICS: one row per model, slice and metric, null with a reason where missing."""
    rows = [
        _metric_row(evaluation.model, part, metric, score, confidence, signatures.get(metric))
        for evaluation in evaluations
        for part, scores in evaluation.scores.items()
        for metric, score in scores.items()
    ]
    return pd.DataFrame(rows, columns=METRICS.names)


def metric_signatures(spbleu: SpBleu, dialectness: str) -> dict[str, str | None]:
    """Return each metric's signature; `dialectness` names the scorers behind ADI2 and ALDi."""
    return {
        "chrf": chrf_signature(0),
        "chrf_plus_plus": chrf_signature(WORD_ORDER),
        "spbleu": spbleu.signature,
        **dict.fromkeys(DIALECTNESS_METRICS, dialectness),
        **dict.fromkeys(FAULTS, "gates:lahja"),
    }


def _metric_row(
    model: str, part: Slice, metric: str, score: Score, confidence: float, signature: str | None
) -> tuple[object, ...]:
    key = (model, part.task, part.corpus, part.source, part.target, metric)
    if isinstance(score, str):
        return (*key, None, None, None, 0, signature, score)
    return (*key, score.value, *score.interval(confidence), score.n, signature, None)


def comparisons_table(
    evaluations: Mapping[str, Evaluation], baselines: Mapping[str, str], confidence: float
) -> pd.DataFrame:
    """Return COMPARISONS of each model with its baseline, all corpora pooled.

    Pairs of which one model was not evaluated are left out, and so are missing metrics. The
    p-values of one slice and metric are also given with Holm's correction across the models.
    """
    rows = [
        (model, baseline, *row)
        for model, baseline in baselines.items()
        if model in evaluations and baseline in evaluations
        for row in _differences(evaluations[model], evaluations[baseline], confidence)
    ]
    names = [name for name in COMPARISONS.names if name != "p_holm"]
    table = pd.DataFrame(rows, columns=names)
    family = table.groupby(["task", "source_variety", "target_variety", "metric"], sort=False)
    table["p_holm"] = family["p_value"].transform(lambda values: holm(values.to_numpy()))
    return table[COMPARISONS.names]


def _differences(
    model: Evaluation, baseline: Evaluation, confidence: float
) -> Iterable[tuple[object, ...]]:
    for part, scores in model.scores.items():
        if part.corpus != "all":
            continue
        for metric, score in scores.items():
            other = baseline.scores[part][metric]
            if isinstance(score, str) or isinstance(other, str):
                continue
            change = score.minus(other)
            key = (part.task, part.source, part.target, metric)
            yield (*key, change.value, *change.interval(confidence), change.p_value(), change.n)
