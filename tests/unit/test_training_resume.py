"""A training that is cut off, however that happens, ends with the curve of one that is not."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from lahja.errors import LahjaError
from lahja.files import read_json
from lahja.training.curve import CURVE_FILE
from lahja.training.interruption import last_checkpoint
from lahja.training.lora import AdapterRun
from lahja.training.sft import train_sft

pytestmark = pytest.mark.model
SETTINGS = {
    "epochs": 4, "batch": 8, "accumulation": 1, "learning_rate": 0.02, "rank": 4,
    "dropout": 0.1, "checkpoint_steps": 3,
}  # fmt: skip
N_STEPS = 12
Step = Callable[..., object]


@pytest.fixture(scope="module")
def run(
    examples: Path, small_root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], AdapterRun]:
    folder = tmp_path_factory.mktemp("resume")
    return lambda name, **settings: AdapterRun(
        small_root, None, examples, SETTINGS | settings, folder / f"{name}-work", folder / name,
        {}, 1,
    )  # fmt: skip


@pytest.fixture
def at_step(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Step], None]]:
    """Have something done at the beginning of every training step."""
    from trl import SFTTrainer

    step = SFTTrainer.training_step

    def install(action: Step) -> None:
        def patched(self, model, inputs, *rest):
            action(self.state.global_step, inputs)
            return step(self, model, inputs, *rest)

        monkeypatch.setattr(SFTTrainer, "training_step", patched)

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
    with pytest.raises(LahjaError, match=r"stopped by SIGTERM after step 5 of 12; run it again"):
        train_sft(run("told"))
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    assert not run("told").output.exists()
    assert last_checkpoint(run("told").work).endswith("checkpoint-5")
    train_sft(run("told"))
    assert losses(run("told")) == pytest.approx(whole, abs=1e-6)


def test_a_checkpoint_that_was_cut_off_is_not_taken(run, whole, at_step) -> None:
    def crash(step: int, _: object) -> None:
        if step == 7:
            raise KeyboardInterrupt

    at_step(crash)
    with pytest.raises(KeyboardInterrupt):
        train_sft(run("cut"))
    work = run("cut").work
    torn = work / "checkpoint-7"
    torn.mkdir()
    (torn / "adapter_model.safetensors").write_bytes(b"\0\0")
    (torn / "trainer_state.json").write_text('{"global_step": ')
    assert last_checkpoint(work).endswith("checkpoint-6")
    assert not torn.exists()
    at_step(lambda *_: None)
    train_sft(run("cut"))
    assert losses(run("cut")) == pytest.approx(whole, abs=1e-6)


def test_running_out_of_memory_halves_the_micro_batch_and_goes_on(run, at_step) -> None:
    import torch

    sizes = []

    def run_out(step: int, inputs: dict) -> None:
        size = len(inputs["input_ids"])
        sizes.append(size)
        # From the third epoch on, four examples fit and eight do not.
        if step >= 6 and size > 4:
            raise torch.OutOfMemoryError("CUDA out of memory")

    # Without dropout, whose draws differ with the size.
    train_sft(run("plain", dropout=0.0))
    at_step(run_out)
    with pytest.raises(LahjaError, match="out of GPU memory with 8 examples at a time"):
        train_sft(run("halved", dropout=0.0))
    assert read_json(run("halved").work / "halvings.json") == 1
    train_sft(run("halved", dropout=0.0))
    assert sizes == [8] * 7 + [4] * 12
    assert losses(run("halved")) == pytest.approx(losses(run("plain")), abs=1e-4)


def test_other_settings_start_anew(run, at_step) -> None:
    def crash(step: int, _: object) -> None:
        if step == 4:
            raise KeyboardInterrupt

    at_step(crash)
    with pytest.raises(KeyboardInterrupt):
        train_sft(run("anew"))
    assert last_checkpoint(run("anew").work)
    at_step(lambda *_: None)
    train_sft(run("anew", learning_rate=0.01))
    rates = pd.read_csv(run("anew").output / CURVE_FILE)["learning_rate"]
    assert rates.max() == pytest.approx(0.01)
