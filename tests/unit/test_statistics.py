"""Bootstrap: against known answers and against resampling done the slow way."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from lahja.core.statistics import (
    Estimate,
    Resampling,
    holm,
    mean_of,
    rank_correlations,
    resample_counts,
)
from lahja.scoring.translation import chrf_plus_plus, chrf_statistics


def test_counts_are_draws_with_replacement() -> None:
    counts = resample_counts(50, 3000, seed=1)
    assert counts.shape == (3000, 50)
    assert (counts.sum(axis=1) == 50).all()
    assert counts.mean(axis=0) == pytest.approx(np.ones(50), abs=0.12)


def test_counts_depend_on_the_seed_alone() -> None:
    first = resample_counts(20, 100, seed=1).copy()
    resample_counts.cache_clear()
    assert (resample_counts(20, 100, seed=1) == first).all()
    assert (resample_counts(20, 100, seed=2) != first).any()


def test_interval_of_a_mean_is_near_the_normal_one() -> None:
    values = np.random.default_rng(0).normal(10, 2, size=400)
    estimate = Resampling(4000, seed=0).mean(values)
    low, high = estimate.interval(0.95)
    half = 1.96 * values.std() / 20
    assert estimate.value == pytest.approx(values.mean())
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.03)


def test_pairing_sees_a_small_steady_difference() -> None:
    generator = np.random.default_rng(0)
    start = generator.normal(0, 5, size=200)
    resampling = Resampling(2000, seed=0)
    change = resampling.mean(start + 0.1).minus(resampling.mean(start))
    assert change.interval(0.95) == pytest.approx((0.1, 0.1))
    assert change.p_value() == pytest.approx(2 / 2001)


def test_no_difference_has_p_value_one() -> None:
    resampling = Resampling(500, seed=0)
    values = np.arange(30.0)
    assert resampling.mean(values).minus(resampling.mean(values)).p_value() == 1.0


def test_corpus_score_is_resampled_from_summed_statistics() -> None:
    hypotheses = ["هروح بكرة", "مش عايز", "I will go", "رح روح بكرا"]
    references = ["هروح بكرة الصبح", "أنا مش عايز", "I will not go", "رح روح"]
    statistics = chrf_statistics(hypotheses, references)
    estimate = Resampling(50, seed=3).estimate(statistics, chrf_plus_plus)
    counts = resample_counts(4, 50, seed=3)
    slow = [chrf_plus_plus(np.repeat(statistics, row, axis=0).sum(axis=0)) for row in counts]
    assert estimate.draws == pytest.approx(slow)


def test_mean_of_estimates_keeps_the_draws() -> None:
    mean = mean_of([Estimate(1, np.array([0.0, 2.0]), 5), Estimate(3, np.array([2.0, 4.0]), 7)])
    assert (mean.value, list(mean.draws), mean.n) == (2, [1.0, 3.0], 12)


def test_holm_on_a_worked_example():
    # 0.01 x 4, 0.03 x 3, then 0.04 and 0.005: sorted 0.005 x 4, 0.01 x 3, 0.03 x 2, 0.04 x 1.
    found = holm(np.array([0.01, 0.04, 0.03, 0.005]))
    assert found == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm(np.array([0.7, 0.8])).tolist() == [1.0, 1.0]
    assert holm(np.array([])).tolist() == []


def test_spearman_is_scipys_with_ties_and_on_a_resample() -> None:
    generator = np.random.default_rng(0)
    left, right = generator.integers(0, 5, 30), generator.integers(0, 5, 30)
    counts = np.stack([np.ones(30), generator.multinomial(30, np.full(30, 1 / 30))]).astype(int)
    found = rank_correlations(left, right, counts)
    assert found[0] == pytest.approx(spearmanr(left, right)[0])
    drawn = np.repeat(np.arange(30), counts[1])
    assert found[1] == pytest.approx(spearmanr(left[drawn], right[drawn])[0])
    assert np.isnan(rank_correlations(np.zeros(30), right, counts)).all()
