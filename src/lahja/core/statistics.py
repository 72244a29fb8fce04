"""Bootstrap intervals and paired tests, all from one resampling of the same sentences.

- Interval: the percentile bootstrap (Efron and Tibshirani 1993, chapter 13) over sentences, drawn
  with replacement as many as there are. Parameters: `resamples`, `seed`, `confidence`.
- Test of two systems: the paired bootstrap (Koehn 2004) on the same draws for both. Two-sided p of
  no difference, from the share of resamples on either side of 0 (Davison and Hinkley 1997, section
  4.2). sacreBLEU's `paired_bs` centres the differences instead: the two agree where they are
  symmetric.
- Several systems: Holm's (1979) correction of the p-values of one score.

A resample is a vector of counts: how often each sentence was drawn. Summed statistics of all
resamples are one matrix product, so that corpus scores cost no more than means.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
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
        of the fraction, so that it is never 0.
        """
        smaller = min(np.count_nonzero(self.draws <= 0), np.count_nonzero(self.draws >= 0))
        return min(1.0, 2 * ((smaller + 1) / (len(self.draws) + 1)))


@dataclass(frozen=True)
class Measure:
    """Sentence statistics, shape (sentences, k), and the score of their sums, (..., k) to (...)."""

    statistics: np.ndarray
    score: Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Resampling:
    """Draws of sentences with replacement, the same for every model and metric.

    Sets of the same size share their draws: the same source sentences translated into several
    dialects, in one order, are drawn together, and a mean over dialects keeps what they share.
    """

    resamples: int  #: Number of resamples, sacreBLEU's `--paired-bs-n`.
    seed: int  #: Seed of the draws, sacreBLEU's `SACREBLEU_SEED`.

    @property
    def signature(self) -> str:
        """The parameters as a part of a metric's signature, named as sacreBLEU names them."""
        return f"bs:{self.resamples}|seed:{self.seed}"

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
        statistics = [measure.statistics for measure in measures.values()]
        together = np.concatenate(statistics, axis=1, dtype=float)
        counts = resample_counts(len(together), self.resamples, self.seed)
        draws = np.concatenate([part @ together for part in _parts(counts, _CHUNK)])
        whole, found, start = together.sum(axis=0), {}, 0
        for name, measure in measures.items():
            part = slice(start, start := start + measure.statistics.shape[1])
            value, values = measure.score(whole[part]), measure.score(draws[:, part])
            found[name] = Estimate(float(value), np.asarray(values), len(together))
        return found


def holm(p_values: np.ndarray) -> np.ndarray:
    """Return p-values adjusted for testing all of them (Holm 1979), in their order.

    The i-th smallest of m is multiplied by m - i + 1, never to fall below a smaller one's.
    """
    order = np.argsort(p_values)
    adjusted = np.asarray(p_values)[order] * np.arange(len(order), 0, -1)
    return np.minimum(np.maximum.accumulate(adjusted), 1.0)[np.argsort(order)]


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


def _parts(counts: np.ndarray, step: int) -> Iterator[np.ndarray]:
    return (counts[row : row + step].astype(float) for row in range(0, len(counts), step))


def rank_correlations(first: np.ndarray, second: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return Spearman's rank correlation of two scores on each resample, shape (resamples,).

    `counts`, shape (resamples, n), tells how often each item was drawn; ties share the mean of
    their ranks. NaN where either side of a resample is constant.
    """
    step = max(1, _CHUNK * 1000 // max(len(first), 1))
    found = []
    for part in _parts(counts, step):
        x, y = (_centred_ranks(values, part) for values in (first, second))
        # Weighted products of ranks on each resample.
        xy, xx, yy = (np.einsum("rn,rn,rn->r", part, a, b) for a, b in ((x, y), (x, x), (y, y)))
        with np.errstate(invalid="ignore"):
            found.append(xy / np.sqrt(xx * yy))
    return np.concatenate(found)


def _centred_ranks(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return each value's rank within each resample less the mean rank, shape (resamples, n)."""
    _, place = np.unique(values, return_inverse=True)
    order = np.argsort(place, kind="stable")
    starts = np.flatnonzero(np.diff(place[order], prepend=-1))
    ties = np.add.reduceat(counts[:, order], starts, axis=1)
    ranks = np.cumsum(ties, axis=1) - (ties - 1) / 2
    return ranks[:, place] - (counts.sum(axis=1, keepdims=True) + 1) / 2


def mean_of(estimates: Sequence[Estimate]) -> Estimate:
    """Return the unweighted mean of estimates from one resampling, such as over dialects."""
    return Estimate(
        float(np.mean([estimate.value for estimate in estimates])),
        np.mean([estimate.draws for estimate in estimates], axis=0),
        sum(estimate.n for estimate in estimates),
    )
