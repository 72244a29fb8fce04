from pathlib import Path

import pytest

from lahja.core import stages
from lahja.core.errors import LahjaError
from lahja.demo.training_loop import LoopSettings, cosine_rate, token_batches, train_loop
from lahja.models.device import sorted_batches
from lahja.training.adapters import open_checkpoint_dir


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


def test_sorted_batches_hold_so_many_tokens_or_one_row() -> None:
    assert [*sorted_batches([9, 2, 2, 3, 2, 1], 4, 6)] == [[0], [3, 1], [2, 4, 5]]


def test_the_rate_rises_and_falls() -> None:
    rates = [cosine_rate(step, 100, 0.1) for step in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert max(rates) == rates[9] == 1
    assert rates[-1] == pytest.approx(0.1, abs=0.01)


def test_checkpoints_of_another_run_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "work"

    def is_resumed(settings: dict, **data: str) -> bool:
        open_checkpoint_dir(folder, ("sft",), settings, **data)
        return (folder / "state.pt").exists()

    def leave(settings: dict, **data: str) -> None:
        open_checkpoint_dir(folder, ("sft",), settings, **data)
        (folder / "state.pt").write_bytes(b"")

    settings = {"seed": 1, "checkpoint_steps": 9}
    leave(settings, data="a")
    assert is_resumed(settings, data="a")
    # How often a run saves changes nothing that it learns.
    assert is_resumed(settings | {"checkpoint_steps": 7}, data="a")
    assert not is_resumed(settings | {"seed": 2}, data="a")
    leave(settings, data="a")
    assert not is_resumed(settings, data="b")
    leave(settings, data="a")
    monkeypatch.setitem(stages.STAGES, "dpo", stages.Stage(99, ()))
    assert is_resumed(settings, data="a")
    monkeypatch.setitem(stages.STAGES, "sft", stages.Stage(99, ()))
    assert not is_resumed(settings, data="a")


@pytest.mark.model
def test_a_loss_that_is_no_number_stops_with_its_step(tmp_path: Path) -> None:
    import torch

    model = torch.nn.Linear(2, 1)
    settings = LoopSettings(epochs=2, batch_tokens=2, learning_rate=0.01)
    with pytest.raises(LahjaError, match=r"aldi: .* nan at step 1 of 6"):
        train_loop(
            model,
            [1] * 5,
            lambda rows: model.weight.sum() * float("nan"),
            settings,
            tmp_path / "aldi",
        )
