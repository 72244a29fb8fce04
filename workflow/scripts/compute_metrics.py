"""Compute each model's metrics with bootstrap intervals, and compare it with its start."""

from pathlib import Path

from lahja.command import run
from lahja.metrics.evaluation import (
    check_same_prompts,
    comparisons_table,
    evaluate_model,
    metric_signatures,
    metrics_table,
)
from lahja.metrics.translation import load_spbleu
from lahja.statistics import Resampling
from lahja.tables import COMPARISONS, METRICS, SENTENCE_SCORES, read_table, write_table


def main(scores: list[Path], settings: dict, metrics: Path, comparisons: Path) -> None:
    """Read one table of sentence scores per model; write metrics and paired differences.

    Settings: resamples, confidence, seed, baselines ({model: the model it is compared with}),
    spbleu_model and spbleu_download as for score_sentences, scorers (named in the signature).
    """
    tables = [read_table(path, SENTENCE_SCORES) for path in scores]
    check_same_prompts(tables)
    model = settings.get("spbleu_model")
    spbleu = load_spbleu(Path(model) if model else None, settings.get("spbleu_download", False))
    resampling = Resampling(settings["resamples"], settings["seed"])
    evaluations = [evaluate_model(table, resampling, spbleu) for table in tables]
    signatures = metric_signatures(spbleu, settings.get("scorers", "scorers:unnamed"))
    confidence = settings["confidence"]
    write_table(metrics, metrics_table(evaluations, confidence, signatures), METRICS)
    by_name = {evaluation.model: evaluation for evaluation in evaluations}
    compared = comparisons_table(by_name, settings["baselines"], confidence)
    write_table(comparisons, compared, COMPARISONS)


if __name__ == "__main__":
    run(main)
