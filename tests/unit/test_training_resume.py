"""A training that is cut off, however that happens, ends with the curve of one that is not."""

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from lahja.core import stages
from lahja.core.errors import LahjaError
from lahja.core.files import read_json
from lahja.training.adapters import AdapterRun, last_checkpoint
from lahja.training.batches import ByTokens
from lahja.training.sft import train_sft
from lahja.training.tracking import CURVE_FILE

pytestmark = pytest.mark.model
SETTINGS = {
    "epochs": 3, "batch": 8, "accumulation": 1, "learning_rate": 0.02, "rank": 4,
    "dropout": 0.1, "checkpoint_steps": 3,
}  # fmt: skip
N_STEPS = 9
Step = Callable[..., object]


@pytest.fixture(scope="module")
def run(
    examples: Path, small_root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], AdapterRun]:
    folder = tmp_path_factory.mktemp("resume")
    return lambda name, **settings: AdapterRun(
        small_root, None, examples, SETTINGS | settings, folder / f"{name}-work", folder / name,
        {},
    )  # fmt: skip


@pytest.fixture
def at_step(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Step], None]]:
    """Have something done at the beginning of every training step."""
    step = ByTokens.training_step

    def install(action: Step) -> None:
        def patched(self, model, inputs, *rest):
            action(self.state.global_step, inputs)
            return step(self, model, inputs, *rest)

        monkeypatch.setattr(ByTokens, "training_step", patched)

    yield install


def losses(run: AdapterRun) -> list[float]:
    curve = pd.read_csv(run.output / CURVE_FILE)
    assert [*curve["step"]] == [*range(1, N_STEPS + 1)]
    return [*curve["loss"]]


@pytest.fixture(scope="module")
def whole(run) -> list[float]:
    train_sft(run("whole"))
    return losses(run("whole"))


def test_sigterm_saves_the_step_it_came_in(run, whole, at_step, monkeypatch) -> None:
    kill = {4: signal.SIGTERM}
    at_step(lambda step, _: step in kill and os.kill(os.getpid(), kill.pop(step)))
    with pytest.raises(LahjaError, match=r"stopped by SIGTERM after step 5 of 9; run it again"):
        train_sft(run("told"))
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    assert not run("told").output.exists()
    assert last_checkpoint(run("told").checkpoint_dir).endswith("checkpoint-5")
    train_sft(run("told"))
    assert losses(run("told")) == pytest.approx(whole, abs=1e-6)


@pytest.fixture(scope="module")
def crashed(run) -> AdapterRun:
    """A training that ended at its eighth step, after a checkpoint of six."""
    step, crashed = ByTokens.training_step, run("crashed")

    def crash(self, *given):
        if self.state.global_step == 7:
            raise KeyboardInterrupt
        return step(self, *given)

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(ByTokens, "training_step", crash)
        train_sft(crashed)
    assert last_checkpoint(crashed.checkpoint_dir).endswith("checkpoint-6")
    return crashed


@pytest.fixture
def resumable(run, crashed: AdapterRun, tmp_path: Path) -> Callable[..., AdapterRun]:
    """Return the crashed training with other settings, and checkpoints of its own."""
    shutil.copytree(crashed.checkpoint_dir, tmp_path / "work")
    places = {"checkpoint_dir": tmp_path / "work", "output": tmp_path / "model"}
    return lambda **settings: replace(run("crashed", **settings), **places)


def test_a_checkpoint_that_was_cut_off_is_not_taken(resumable, whole) -> None:
    run = resumable()
    torn = run.checkpoint_dir / "checkpoint-7"
    torn.mkdir()
    (torn / "adapter_model.safetensors").write_bytes(b"\0\0")
    (torn / "trainer_state.json").write_text('{"global_step": ')
    assert last_checkpoint(run.checkpoint_dir).endswith("checkpoint-6")
    assert not torn.exists()
    train_sft(run)
    assert losses(run) == pytest.approx(whole, abs=1e-6)


def test_running_out_of_memory_halves_the_micro_batch_and_goes_on(
    run, at_step, monkeypatch
) -> None:
    import torch
    from transformers.models.llama.modeling_llama import LlamaModel

    sizes, forward, is_full = [], LlamaModel.forward, False

    def run_out(self, *given, input_ids, **options):
        sizes.append(input_ids.numel())
        if is_full and sizes[-1] > 100:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return forward(self, *given, input_ids=input_ids, **options)

    def fill(step: int, _: object) -> None:
        nonlocal is_full
        is_full = step >= 6

    # Without dropout, whose draws differ with the size.
    train_sft(run("plain", dropout=0.0))
    monkeypatch.setattr(LlamaModel, "forward", run_out)
    at_step(fill)
    small = {"dropout": 0.0, "micro_batch_tokens": 200}
    with pytest.raises(LahjaError, match="out of GPU memory with 200 tokens at a time; run it"):
        train_sft(run("halved", **small))
    assert read_json(run("halved").checkpoint_dir / "micro-batches.json")["tokens"] == 100
    train_sft(run("halved", **small))
    assert 200 >= max(sizes) > 100 >= sizes[-1]
    assert losses(run("halved")) == pytest.approx(losses(run("plain")), abs=1e-4)


@pytest.mark.parametrize("other", ["settings", "version"])
def test_other_settings_or_another_version_start_anew(
    resumable, at_step, monkeypatch, other: str
) -> None:
    run, steps = resumable(), []
    at_step(lambda step, _: steps.append(step))
    if other == "settings":
        run = resumable(learning_rate=0.01)
    else:
        monkeypatch.setitem(stages.STAGES, "sft", stages.Stage(99, ()))
    train_sft(run)
    assert steps == [*range(N_STEPS)]
    rates = pd.read_csv(run.output / CURVE_FILE)["learning_rate"]
    assert rates.max() == pytest.approx(0.01 if other == "settings" else 0.02)
