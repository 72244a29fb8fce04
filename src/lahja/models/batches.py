"""Batches of rows of similar length, so that little of a batch is padding."""

import random
from collections.abc import Iterator, Sequence


def token_batches(
    lengths: Sequence[int], batch_tokens: int, seed: int, epoch: int
) -> list[list[int]]:
    """Return row numbers in batches of up to `batch_tokens` tokens, padding included.

    Rows are sorted by length, ties and the order of batches are shuffled anew each epoch.
    """
    rng = random.Random(f"{seed}:{epoch}")
    order = list(range(len(lengths)))
    rng.shuffle(order)
    order.sort(key=lengths.__getitem__)
    batches: list[list[int]] = [[]]
    for row in order:
        if batches[-1] and lengths[row] * (len(batches[-1]) + 1) > batch_tokens:
            batches.append([])
        batches[-1].append(row)
    rng.shuffle(batches)
    return [batch for batch in batches if batch]


def sorted_batches(
    lengths: Sequence[int], size: float, max_tokens: float = float("inf")
) -> Iterator[list[int]]:
    """Yield row numbers, the longest rows first, in batches of up to `size` rows.

    Padded to its longest row a batch has no more than `max_tokens` tokens, or one row.
    """
    order = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    while order:
        fitting = max_tokens // max(lengths[order[0]], 1)
        count = int(max(1, min(size, fitting)))
        yield order[:count]
        order = order[count:]
