"""Batches of rows of like length, so that little of a batch is padding."""

import random
from collections.abc import Iterator, Sequence


def token_batches(
    lengths: Sequence[int], batch_tokens: int, seed: int, epoch: int
) -> list[list[int]]:
    """Return row numbers in batches of up to `batch_tokens` tokens, padding included.

    Rows are sorted by length, ties and the order of batches are shuffled anew each epoch.
    """
    dice = random.Random(f"{seed}:{epoch}")
    order = list(range(len(lengths)))
    dice.shuffle(order)
    order.sort(key=lengths.__getitem__)
    batches: list[list[int]] = [[]]
    for row in order:
        if batches[-1] and lengths[row] * (len(batches[-1]) + 1) > batch_tokens:
            batches.append([])
        batches[-1].append(row)
    dice.shuffle(batches)
    return [batch for batch in batches if batch]


def sorted_batches(lengths: Sequence[int], size: int) -> Iterator[list[int]]:
    """Yield row numbers in batches of `size`, the longest rows first."""
    order = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    for start in range(0, len(order), size):
        yield order[start : start + size]
