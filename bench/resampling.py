"""Time the bootstrap: all metrics of ten models in twenty directions of a thousand sentences.

python bench/resampling.py [--resamples 10000] [--models 10] [--directions 20] [--sentences 1000]

Sentence statistics are made up (the time does not depend on their values); from there on it is the
workflow's own code: corpus chrF, chrF++ and BLEU, means of ADI2, ADI2 macro and ALDi, intervals,
paired differences of every model with the first, Holm's correction. Prints one table.
"""

import argparse
import time

import numpy as np

from lahja.core.statistics import Estimate, Measure, Resampling, holm, resample_counts
from lahja.scoring.translation import bleu, chrf, chrf_plus_plus

_CONFIDENCE = 0.95


def main() -> None:
    """Run it and print seconds per step."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in (
        ("resamples", 10_000), ("models", 10), ("directions", 20), ("sentences", 1000)
    ):  # fmt: skip
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    random = np.random.default_rng(0)
    resampling = Resampling(options.resamples, seed=0)
    took = {"drawing": 0.0, "scores": 0.0, "intervals": 0.0, "paired tests": 0.0}
    start = time.perf_counter()
    resample_counts(options.sentences, options.resamples, 0)
    took["drawing"] = time.perf_counter() - start
    n_scores = 0
    for _ in range(options.directions):
        p_values: dict[str, list[float]] = {}
        first: dict[str, Estimate] = {}
        for model in range(options.models):
            statistics = made_up(random, options.sentences)
            start = time.perf_counter()
            found = scores(resampling, *statistics)
            took["scores"] += time.perf_counter() - start
            start = time.perf_counter()
            for estimate in found.values():
                estimate.interval(_CONFIDENCE)
            took["intervals"] += time.perf_counter() - start
            start = time.perf_counter()
            for metric, estimate in found.items() if model else ():
                change = estimate.minus(first[metric])
                change.interval(_CONFIDENCE)
                p_values.setdefault(metric, []).append(change.p_value())
            took["paired tests"] += time.perf_counter() - start
            first = first or found
            n_scores += len(found)
        for values in p_values.values():
            holm(np.array(values))
    size = f"{options.directions} directions x {options.sentences:,} sentences"
    print(
        f"{options.resamples:,} resamples of {size} x {options.models} models: {n_scores:,} scores"
    )
    for step, seconds in took.items():
        print(f"{step:<14}{seconds:>7.1f} s")
    print(f"{'together':<14}{sum(took.values()):>7.1f} s")


def made_up(random: np.random.Generator, sentences: int) -> tuple[np.ndarray, ...]:
    """Return chrF++ counts, BLEU counts and three dialectness scores per sentence."""
    chrf_counts = random.integers(10, 100, size=(sentences, 8, 3)).astype(float)
    chrf_counts[..., 2] = np.floor(chrf_counts[..., :2].min(axis=-1) * 0.4)
    totals = random.integers(10, 40, size=(sentences, 4)).astype(float)
    lengths = random.integers(10, 40, size=(sentences, 2)).astype(float)
    bleu_counts = np.concatenate([lengths, np.floor(totals * 0.3), totals], axis=1)
    return chrf_counts.reshape(sentences, -1), bleu_counts, random.random((3, sentences))


def scores(
    resampling: Resampling, chrf_counts: np.ndarray, bleu_counts: np.ndarray, dialect: np.ndarray
) -> dict[str, Estimate]:
    """Return every metric of one model in one direction, with its resamples."""
    counted = np.ones(len(bleu_counts))
    named = zip(("adi2", "adi2_macro", "aldi"), dialect, strict=True)
    means = {name: Measure(np.stack([values, counted], axis=1), ratio) for name, values in named}
    overlap = {
        "chrf": Measure(chrf_counts, chrf),
        "chrf_plus_plus": Measure(chrf_counts, chrf_plus_plus),
        "spbleu": Measure(bleu_counts, bleu),
    }
    return resampling.estimate_all(means) | resampling.estimate_all(overlap)


def ratio(sums: np.ndarray) -> np.ndarray:
    """Return a mean over the sentences that count."""
    return sums[..., 0] / sums[..., 1]


if __name__ == "__main__":
    main()
