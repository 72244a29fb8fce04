"""Evaluate dialect classifiers: F1 per variety with intervals, and what is taken for what."""

from pathlib import Path

import pandas as pd

from lahja.core.command import run
from lahja.core.statistics import Resampling
from lahja.core.tables import CLASSIFIER_METRICS, CONFUSION, PREDICTIONS, read_table, write_table
from lahja.evaluation.metrics.classification import confusion_counts, evaluate_classifier


def main(predictions: list[Path], settings: dict, metrics: Path, confusion: Path) -> None:
    """Read each classifier's predictions, named by the file's stem; write F1 and confusion.

    Settings: resamples, confidence, seed.
    """
    resampling = Resampling(settings["resamples"], settings["seed"])
    tables = {path.stem: read_table(path, PREDICTIONS) for path in predictions}
    scores = [
        evaluate_classifier(name, table, resampling, settings["confidence"])
        for name, table in tables.items()
    ]
    counts = [confusion_counts(name, table) for name, table in tables.items()]
    write_table(metrics, pd.concat(scores, ignore_index=True), CLASSIFIER_METRICS)
    write_table(confusion, pd.concat(counts, ignore_index=True), CONFUSION)


if __name__ == "__main__":
    run(main)
