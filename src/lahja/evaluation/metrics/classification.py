"""F1 per variety, macro F1 and the confusion matrix of dialect classifiers (paper, section 3)."""

import numpy as np
import pandas as pd

from lahja.core.errors import LahjaError
from lahja.core.statistics import Resampling
from lahja.core.tables import CLASSIFIER_METRICS, CONFUSION
from lahja.core.varieties import VARIETIES, variety_of_country


def f1_statistics(wanted: np.ndarray, predicted: np.ndarray, varieties: list[str]) -> np.ndarray:
    """Return hits, predictions and occurrences of each variety, shape (sentences, 3 x varieties).

    Summed over sentences they give F1 = 2 hits / (predictions + occurrences).
    """
    occurs = np.asarray(wanted)[:, None] == np.asarray(varieties)[None, :]
    answered = np.asarray(predicted)[:, None] == np.asarray(varieties)[None, :]
    return np.concatenate([occurs & answered, answered, occurs], axis=1).astype(float)


def f1(statistics: np.ndarray) -> np.ndarray:
    """Return the F1 of each variety, shape (..., varieties); 0 where it never occurs."""
    hits, answered, occurs = np.split(statistics, 3, axis=-1)
    seen = answered + occurs
    return np.divide(2 * hits, seen, out=np.zeros(seen.shape), where=seen > 0)


def evaluate_classifier(
    name: str, predictions: pd.DataFrame, resampling: Resampling, confidence: float
) -> pd.DataFrame:
    """Return CLASSIFIER_METRICS: F1 of each variety, macro F1 and accuracy, with intervals.

    Sentences of a variety that the classifier has no answer for (NADI's labels hold no MSA) are
    left out of its scores: `n` is the number of sentences of each score.
    """
    options = {option for own in predictions["options"] for option in own}
    options |= {found.code for option in options if (found := variety_of_country(option))}
    present = set(predictions["variety"])
    varieties = [code for code in VARIETIES if code in options & present]
    if not varieties:
        codes = " ".join(sorted(present))
        raise LahjaError(f"classifier {name!r}: no option is a variety of the test ({codes})")
    rows = predictions[predictions["variety"].isin(varieties)]
    wanted, predicted = rows["variety"].to_numpy(), rows["predicted"].to_numpy()
    statistics = f1_statistics(wanted, predicted, varieties)
    scores = {
        (variety, "f1"): resampling.estimate(statistics, lambda sums, at=place: f1(sums)[..., at])
        for place, variety in enumerate(varieties)
    }
    scores["all", "f1"] = resampling.estimate(statistics, lambda sums: f1(sums).mean(axis=-1))
    scores["all", "accuracy"] = resampling.mean((wanted == predicted).astype(float))
    numbers = dict(rows["variety"].value_counts())
    rows = [
        (name, *key, score.value, *score.interval(confidence), numbers.get(key[0], score.n))
        for key, score in scores.items()
    ]
    return pd.DataFrame(rows, columns=CLASSIFIER_METRICS.names)


def confusion_counts(name: str, predictions: pd.DataFrame) -> pd.DataFrame:
    """Return CONFUSION: how often each variety was answered with each label."""
    counts = predictions.groupby(["variety", "predicted"]).size().reset_index(name="count")
    return counts.assign(classifier=name)[CONFUSION.names]
