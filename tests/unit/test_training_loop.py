from pathlib import Path

import pytest

from lahja.errors import LahjaError
from lahja.training.batches import sorted_batches, token_batches
from lahja.training.loop import LoopSettings, cosine_rate, train_loop
from lahja.training.work import open_work


def test_batches_hold_every_row_once_and_fit() -> None:
    lengths = [3, 9, 1, 4, 4, 8, 2]
    batches = token_batches(lengths, 10, seed=0, epoch=0)
    assert sorted(row for batch in batches for row in batch) == list(range(7))
    assert all(max(lengths[row] for row in batch) * len(batch) <= 10 for batch in batches)


def test_batches_differ_by_epoch_and_agree_by_seed() -> None:
    lengths = [*range(1, 40)]
    assert token_batches(lengths, 50, 0, 0) == token_batches(lengths, 50, 0, 0)
    assert token_batches(lengths, 50, 0, 0) != token_batches(lengths, 50, 0, 1)


def test_a_row_longer_than_a_batch_stands_alone() -> None:
    assert sorted(token_batches([50, 1], 10, 0, 0)) == [[0], [1]]


def test_sorted_batches_begin_with_the_longest() -> None:
    assert [*sorted_batches([1, 3, 2], 2)] == [[1, 2], [0]]


def test_the_rate_rises_and_falls() -> None:
    rates = [cosine_rate(step, 100, 0.1) for step in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert max(rates) == rates[9] == 1
    assert rates[-1] == pytest.approx(0.1, abs=0.01)


def test_a_work_folder_of_another_run_is_emptied(tmp_path: Path) -> None:
    work = open_work(tmp_path / "work", seed=1)
    (work / "state.pt").write_bytes(b"")
    assert (open_work(work, seed=1) / "state.pt").exists()
    assert not (open_work(work, seed=2) / "state.pt").exists()


def _run(work: Path, stop_at: int | None = None, scale: float = 1.0):
    import torch

    torch.manual_seed(0)
    model = torch.nn.Linear(2, 1)
    steps = iter(range(99))

    def loss(rows: list[int]):
        if next(steps) == stop_at:
            raise KeyboardInterrupt
        return (model(torch.tensor([[float(row), 1.0] for row in rows])) * scale).pow(2).mean()

    settings = LoopSettings(epochs=2, checkpoint_seconds=0, learning_rate=0.01)
    return model, train_loop(
        model, lambda epoch: [[0, 1], [2, 3], [4]], loss, settings, work, "cpu"
    )


@pytest.mark.model
def test_an_interrupted_run_goes_on_to_the_same_end(tmp_path: Path) -> None:
    whole, curve = _run(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        _run(tmp_path / "cut", stop_at=4)
    again, resumed = _run(tmp_path / "cut")
    assert resumed == curve
    assert again.weight.tolist() == whole.weight.tolist()


@pytest.mark.model
def test_a_loss_that_is_no_number_stops_with_its_step(tmp_path: Path) -> None:
    with pytest.raises(LahjaError, match="nan at step 1 of 6"):
        _run(tmp_path, scale=float("nan"))
