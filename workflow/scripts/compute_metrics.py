"""Compute each model's metrics with bootstrap intervals, and compare it with its start."""

from pathlib import Path

from lahja.core.command import run
from lahja.core.statistics import Resampling
from lahja.core.tables import (
    COMET_SCORES,
    COMPARISONS,
    GENERATIONS,
    METRICS,
    read_table,
    write_table,
)
from lahja.evaluation.comet import add_comet
from lahja.evaluation.llm_judge import add_ratings
from lahja.evaluation.metrics.evaluation import (
    comparisons_table,
    evaluate_models,
    metric_signatures,
    metrics_table,
)
from lahja.evaluation.sentence_scores import read_scores
from lahja.scoring.signature import scorers_signature
from lahja.scoring.translation import load_spbleu


def main(
    scores: Path,
    aldi: Path,
    country: Path,
    language: Path,
    settings: dict,
    metrics: Path,
    comparisons: Path,
    judged: Path | None = None,
    comet: Path | None = None,
) -> None:
    """Read the sentence scores of all models; write metrics and paired differences.

    The folders of the scorers that gave them are named in the signature of ADI2 and ALDi.
    Settings: resamples, confidence, seed, baselines ({model: the model it is compared with}),
    spbleu_model and spbleu_download as for score_sentences, precision of the scorers. `judged`
    holds the replies of the LLM that rated the responses, the settings' judge; COMET its scores.
    """
    tables = read_scores(scores)
    if judged:
        replies = read_table(judged, GENERATIONS)
        tables = [add_ratings(table, replies) for table in tables]
    opinions = {"judge": settings.get("judge", "")}
    if comet:
        scored = read_table(comet, COMET_SCORES)
        tables = [add_comet(table, scored) for table in tables]
        opinions["comet"] = scored["signature"].iloc[0]
    model = settings.get("spbleu_model")
    spbleu = load_spbleu(Path(model) if model else None, settings.get("spbleu_download", False))
    resampling = Resampling(settings["resamples"], settings["seed"])
    evaluations = evaluate_models(tables, resampling, spbleu)
    scorers = scorers_signature(aldi, country, language, settings["precision"])
    signatures = metric_signatures(spbleu, scorers, resampling, **opinions)
    confidence = settings["confidence"]
    write_table(metrics, metrics_table(evaluations.values(), confidence, signatures), METRICS)
    compared = comparisons_table(evaluations, settings["baselines"], confidence)
    write_table(comparisons, compared, COMPARISONS)


if __name__ == "__main__":
    run(main)
