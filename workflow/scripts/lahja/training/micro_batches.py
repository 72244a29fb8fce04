"""How a step's examples are shared among processes and cut into what fits into memory.

The examples of one update are `batch` × `accumulation`, whatever the hardware: several processes
share them, and where memory runs out the next attempt takes half as many at a time and adds up
twice as often. One difference stays: where an epoch's examples do not fill the last micro-batches
of all processes, accelerate repeats some of its first ones there.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lahja.errors import LahjaError
from lahja.files import read_json, write_json

_HALVINGS = "halvings.json"


@dataclass(frozen=True)
class MicroBatches:
    """What one process does for an update: so many examples at a time, so many times."""

    size: int
    count: int


def plan_micro_batches(
    batch: int, accumulation: int, processes: int = 1, halvings: int = 0
) -> MicroBatches:
    """Return each process's share of an update of `batch` × `accumulation` examples.

    A micro-batch has at most `batch` examples, halved so often. Raises `LahjaError` where the
    examples cannot be shared evenly.
    """
    examples, rest = divmod(batch * accumulation, processes)
    if rest:
        raise LahjaError(
            f"an update of {batch} × {accumulation} examples (batch × accumulation) cannot be "
            f"shared evenly among {processes} processes"
        )
    size = _largest_share(examples, batch)
    for _ in range(halvings):
        size = _largest_share(examples, max(1, size // 2))
    return MicroBatches(size, examples // size)


def _largest_share(examples: int, limit: int) -> int:
    return next(size for size in range(min(limit, examples), 0, -1) if examples % size == 0)


def count_halvings(work: Path) -> int:
    """Return how often the run in this work folder has run out of memory."""
    record = work / _HALVINGS
    return read_json(record) if record.is_file() else 0


@contextmanager
def halved_for_next_time(work: Path, batches: MicroBatches, halvings: int) -> Iterator[None]:
    """Turn running out of GPU memory into one line, and let the next attempt take half as much.

    The process must end in between: only that gives back all of its memory.
    """
    import torch

    try:
        yield
    except torch.OutOfMemoryError:
        if batches.size == 1:
            raise LahjaError(
                f"{work}: out of GPU memory with one example at a time: set "
                "gradient_checkpointing: true, a smaller cutoff, or quantisation: nf4"
            ) from None
        write_json(work / _HALVINGS, halvings + 1)
        raise LahjaError(
            f"{work}: out of GPU memory with {batches.size} examples at a time; run it again to "
            "go on from the last checkpoint with half as many"
        ) from None
