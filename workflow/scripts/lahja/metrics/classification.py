"""F1 per variety, macro F1 and the confusion matrix of dialect classifiers (paper, section 3)."""

import numpy as np
import pandas as pd
import pyarrow as pa

from lahja.errors import LahjaError
from lahja.statistics import Estimate, Resampling
from lahja.varieties import VARIETIES, variety_of_country

CONFUSION = pa.schema(
    [
        ("classifier", pa.string()),
        ("variety", pa.string()),
        ("predicted", pa.string()),
        ("count", pa.int64()),
    ]
)


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
    left out of its scores: `n` says how many sentences each score is of.
    """
    varieties = answerable_varieties(name, predictions)
    rows = predictions[predictions["variety"].isin(varieties)]
    wanted, predicted = rows["variety"].to_numpy(), rows["predicted"].to_numpy()
    statistics = f1_statistics(wanted, predicted, varieties)
    scores: list[tuple[str, str, Estimate]] = []
    for place, variety in enumerate(varieties):
        estimate = resampling.estimate(statistics, lambda sums, at=place: f1(sums)[..., at])
        n = int((wanted == variety).sum())
        scores.append((variety, "f1", Estimate(estimate.value, estimate.draws, n)))
    macro = resampling.estimate(statistics, lambda sums: f1(sums).mean(axis=-1))
    scores.append(("all", "f1", macro))
    scores.append(("all", "accuracy", resampling.mean((wanted == predicted).astype(float))))
    return pd.DataFrame([_row(name, *score, confidence) for score in scores])


def answerable_varieties(name: str, predictions: pd.DataFrame) -> list[str]:
    """Return the varieties that occur in the test and are among the classifier's options."""
    options = {_code(option) for options in predictions["options"] for option in options}
    present = set(predictions["variety"])
    varieties = [code for code in VARIETIES if code in options & present]
    if not varieties:
        raise LahjaError(
            f"classifier {name!r}: none of its options is a variety of the test "
            f"({' '.join(sorted(present))})"
        )
    return varieties


def confusion_counts(name: str, predictions: pd.DataFrame) -> pd.DataFrame:
    """Return CONFUSION: how often each variety was answered with each label."""
    counts = predictions.groupby(["variety", "predicted"], sort=True).size()
    frame = counts.rename("count").reset_index()
    return frame.assign(classifier=name)[CONFUSION.names]


def _code(option: str) -> str:
    variety = variety_of_country(option)
    return variety.code if variety else option


def _row(
    name: str, variety: str, metric: str, estimate: Estimate, confidence: float
) -> dict[str, object]:
    low, high = estimate.interval(confidence)
    return {
        "classifier": name,
        "variety": variety,
        "metric": metric,
        "value": estimate.value,
        "low": low,
        "high": high,
        "n": estimate.n,
    }
