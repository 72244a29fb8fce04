from pathlib import Path

import pytest

from lahja.errors import LahjaError
from lahja.training.micro_batches import (
    MicroBatches,
    count_halvings,
    halved_for_next_time,
    plan_micro_batches,
)


@pytest.mark.parametrize(
    ("batch", "accumulation", "processes", "halvings", "expected"),
    [
        (1, 8, 1, 0, (1, 8)),
        (1, 8, 2, 0, (1, 4)),
        (32, 1, 2, 0, (16, 1)),
        (8, 3, 2, 0, (6, 2)),
        (8, 1, 1, 1, (4, 2)),
        (8, 1, 2, 1, (2, 2)),
        (8, 1, 1, 9, (1, 8)),
        (6, 1, 1, 2, (1, 6)),
    ],
)
def test_the_examples_of_an_update_stay_as_many(
    batch: int, accumulation: int, processes: int, halvings: int, expected: tuple[int, int]
) -> None:
    found = plan_micro_batches(batch, accumulation, processes, halvings)
    assert (found.size, found.count) == expected
    assert found.size * found.count * processes == batch * accumulation


def test_an_update_that_processes_cannot_share_is_refused() -> None:
    with pytest.raises(LahjaError, match=r"3 × 1 examples .* shared evenly among 2"):
        plan_micro_batches(3, 1, processes=2)


def test_running_out_of_memory_is_remembered_until_nothing_can_be_halved(tmp_path: Path) -> None:
    import torch

    assert count_halvings(tmp_path) == 0
    with (
        pytest.raises(LahjaError, match="with 8 examples at a time; run it again"),
        halved_for_next_time(tmp_path, MicroBatches(8, 1), 0),
    ):
        raise torch.OutOfMemoryError("CUDA out of memory")
    assert count_halvings(tmp_path) == 1
    with (
        pytest.raises(LahjaError, match="with one example at a time: set gradient_checkpointing"),
        halved_for_next_time(tmp_path, MicroBatches(1, 8), 1),
    ):
        raise torch.OutOfMemoryError("CUDA out of memory")
    assert count_halvings(tmp_path) == 1
