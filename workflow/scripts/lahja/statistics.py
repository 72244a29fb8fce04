"""Bootstrap intervals and paired tests, all from one resampling of the same sentences.

A resample is a vector of counts: how often each sentence was drawn. Summed statistics of all
resamples are one matrix product, so that corpus scores cost no more than means.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

# Resamples multiplied at a time: bounds memory to some 20 MB per 1,000 sentences.
_CHUNK = 2000


@dataclass(frozen=True)
class Estimate:
    """A score, its value on each resample (shape: resamples), and its number of sentences."""

    value: float
    draws: np.ndarray
    n: int

    def interval(self, confidence: float) -> tuple[float, float]:
        """Return the percentile bootstrap interval that holds `confidence` of the draws."""
        tail = 50 * (1 - confidence)
        low, high = np.percentile(self.draws, [tail, 100 - tail])
        return float(low), float(high)

    def minus(self, other: "Estimate") -> "Estimate":
        """Return the paired difference; both must come from the same resampling."""
        return Estimate(self.value - other.value, self.draws - other.draws, self.n)

    def p_value(self) -> float:
        """Return the two-sided bootstrap p-value of the score being 0 (of differences).

        Twice the smaller share of resamples on either side of 0, with one added on both sides
        of the fraction, so that it is never 0 (Davison and Hinkley 1997, section 4.2).
        """
        below = (np.count_nonzero(self.draws <= 0) + 1) / (len(self.draws) + 1)
        above = (np.count_nonzero(self.draws >= 0) + 1) / (len(self.draws) + 1)
        return float(min(1.0, 2 * min(below, above)))


@dataclass(frozen=True)
class Measure:
    """Sentence statistics, shape (sentences, k), and the score of their sums, (..., k) to (...)."""

    statistics: np.ndarray
    score: Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Resampling:
    """Draws of sentences with replacement, the same for every model and metric.

    Sets of the same size share their draws: the same source sentences translated into five
    dialects, kept in one order, are drawn together, and a mean over dialects keeps what they
    have in common.
    """

    resamples: int
    seed: int

    def mean(self, values: np.ndarray) -> Estimate:
        """Estimate the mean of sentence scores, shape (sentences,)."""
        return self.estimate(values[:, None], lambda sums: sums[..., 0] / len(values))

    def estimate(
        self, statistics: np.ndarray, score: Callable[[np.ndarray], np.ndarray]
    ) -> Estimate:
        """Estimate a corpus score from sentence statistics, shape (sentences, k).

        `score` maps summed statistics of shape (..., k) to scores of shape (...).
        """
        return self.estimate_all({"score": Measure(statistics, score)})["score"]

    def estimate_all(self, measures: Mapping[str, "Measure"]) -> dict[str, Estimate]:
        """Estimate several scores of the same sentences, from one product of their statistics."""
        together = np.concatenate([measure.statistics for measure in measures.values()], axis=1)
        draws = resampled_sums(self._counts(len(together)), together)
        whole = together.sum(axis=0)
        found, start = {}, 0
        for name, measure in measures.items():
            part = slice(start, start := start + measure.statistics.shape[1])
            value, values = measure.score(whole[part]), measure.score(draws[:, part])
            found[name] = Estimate(float(value), np.asarray(values), len(together))
        return found

    def _counts(self, n: int) -> np.ndarray:
        return resample_counts(n, self.resamples, self.seed)


def holm(p_values: np.ndarray) -> np.ndarray:
    """Return p-values adjusted for testing all of them (Holm 1979), in their order.

    The i-th smallest of m is multiplied by m - i + 1, never to fall below a smaller one's.
    """
    values = np.asarray(p_values, dtype=float)
    order = np.argsort(values)
    factors = len(values) - np.arange(len(values))
    adjusted = np.minimum(np.maximum.accumulate(values[order] * factors), 1.0)
    result = np.empty_like(adjusted)
    result[order] = adjusted
    return result


@lru_cache(maxsize=16)
def resample_counts(n: int, resamples: int, seed: int) -> np.ndarray:
    """Return how often each of `n` sentences is drawn, shape (resamples, n), rows sum to n."""
    generator = np.random.default_rng((seed, n))
    counts = np.empty((resamples, n), dtype=np.uint16)
    for start in range(0, resamples, _CHUNK):
        rows = min(_CHUNK, resamples - start)
        drawn = generator.integers(0, n, size=(rows, n))
        drawn += n * np.arange(rows)[:, None]
        flat = np.bincount(drawn.ravel(), minlength=rows * n)
        counts[start : start + rows] = flat.reshape(rows, n)
    counts.setflags(write=False)
    return counts


def resampled_sums(counts: np.ndarray, statistics: np.ndarray) -> np.ndarray:
    """Return the summed statistics of each resample, shape (resamples, k)."""
    values = np.asarray(statistics, dtype=float)
    chunks = [
        counts[start : start + _CHUNK].astype(float) @ values
        for start in range(0, len(counts), _CHUNK)
    ]
    return np.concatenate(chunks)


def mean_of(estimates: Sequence[Estimate]) -> Estimate:
    """Return the unweighted mean of estimates from one resampling, such as over dialects."""
    return Estimate(
        float(np.mean([estimate.value for estimate in estimates])),
        np.mean([estimate.draws for estimate in estimates], axis=0),
        sum(estimate.n for estimate in estimates),
    )
