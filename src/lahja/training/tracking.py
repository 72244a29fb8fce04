"""What is seen of a training with TRL: progress, faults, its curve, a tracker where asked for."""

import importlib.util
import math
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from lahja.core.errors import LahjaError
from lahja.core.files import read_yaml
from lahja.core.progress import Progress

# The training curve that lies in every trained model's folder.
CURVE_FILE = "training.csv"
_TRACKERS = read_yaml(Path(__file__).resolve().parents[3] / "resources" / "trackers.yaml")
# Who sets these sends curves to a server of their own.
_USERS = ("WANDB_MODE", "MLFLOW_TRACKING_URI")
# How far from 0 the first step's rewards may be: in bf16 the reference's log-probabilities, of
# other batches, are apart by rounding.
_REWARD_TOLERANCE = 0.05


def tracker_arguments(report_to: str, folder: Path | None) -> dict[str, Any]:
    """Return the trainer's arguments that write curves into a folder named for its model.

    Runs of other trackers than TensorBoard share the folder above it, so that they are drawn
    together. Nothing is sent anywhere, unless WANDB_MODE or MLFLOW_TRACKING_URI are set to do so.
    Raises `LahjaError` for a tracker that is not installed or not known.
    """
    if report_to == "none":
        return {}
    if report_to not in _TRACKERS or folder is None:
        known = ", ".join(["none", *_TRACKERS])
        raise LahjaError(f"report_to {report_to!r}: expected one of {known}, and a folder")
    if importlib.util.find_spec(report_to) is None:
        cure = f"python -m pip install --no-deps -r envs/{report_to}.txt"
        raise LahjaError(f"report_to: {report_to} is not installed: {cure}")
    own, shared = folder.absolute(), folder.absolute().parent
    # W&B writes into a temporary folder where its own is not there.
    shared.mkdir(parents=True, exist_ok=True)
    places = {"own": own, "all": shared, "uri": (shared / "mlruns").as_uri()}
    for name, value in _TRACKERS[report_to].items():
        if not (name in _USERS and os.environ.get(name)):
            os.environ[name] = value.format(**places)
    named = {"run_name": folder.name, "project": "lahja"}
    return {"report_to": report_to, **named, "trackio_static_space_id": False}


@contextmanager
def watched(trainer: Any, output: Path) -> Iterator[None]:
    """Show the steps of a training, and stop it where something is wrong or asks for it.

    Raises `LahjaError` at a loss that is no number, at a first step that fails its check, and at
    the end of the block after SIGTERM, as a preemption sends it: then the step is ended and saved.
    """
    import torch
    from transformers import TrainerCallback

    told: list[int] = []

    class Watch(TrainerCallback):
        """Shows progress, checks each step, and stops where SIGTERM has come."""

        def on_train_begin(self, args, state, control, **kwargs):
            """Begin to count steps, from where the run resumes."""
            if state.is_world_process_zero:
                progress = Progress(state.max_steps, "steps", done=state.global_step)
                self.progress = stack.enter_context(progress)

        def on_step_end(self, args, state, control, **kwargs):
            """Count a step; after SIGTERM, save and stop all processes at once."""
            if state.is_world_process_zero:
                self.progress.advance()
            # Each process may be told at another moment.
            mine = torch.tensor(len(told), device=args.device)
            if trainer.accelerator.reduce(mine):
                control.should_save = control.should_training_stop = True

        def on_log(self, args, state, control, logs, **kwargs):
            """Stop where what a step logs cannot be right."""
            check_step(output, state, logs)

    trainer.add_callback(Watch())
    former = signal.signal(signal.SIGTERM, lambda number, _: told.append(number))
    with ExitStack() as stack:
        stack.callback(signal.signal, signal.SIGTERM, former)
        yield
    state = trainer.state
    if state.global_step < state.max_steps:
        after = f"after step {state.global_step} of {state.max_steps}"
        raise LahjaError(f"{output}: stopped by SIGTERM {after}; run it again to resume")


def check_step(output: Path, state: Any, logs: dict[str, float]) -> None:
    """Raise `LahjaError` where a loss is not finite, or at the first step another value is not 0.

    Before the first update the policy is the reference, if that is what training starts from: DPO's
    rewards and GRPO's divergence are 0.
    """
    step, loss = state.global_step, logs.get("loss", 0.0)
    if not math.isfinite(loss):
        raise LahjaError(f"{output}: the loss is {loss} at step {step} of {state.max_steps}")
    for name in ("rewards/chosen", "rewards/rejected", "rewards/margins", "kl"):
        if step == 1 and not abs(logs.get(name, 0.0)) < _REWARD_TOLERANCE:
            told = f"{name} is {logs[name]:.4f} at the first step, expected 0"
            cause = "the reference is not the model that training starts from"
            raise LahjaError(f"{output}: {told}: {cause}")


def write_curve(folder: Path, logged: list[dict[str, Any]]) -> None:
    """Write one row per step: step, loss, learning rate and what else was logged of it.

    How long a step took is left out, and columns have an order that no checkpoint changes: a model
    that is made again, or resumed, has the same file.
    """
    rows = [entry for entry in logged if "loss" in entry]
    curve = pd.DataFrame(rows).drop(columns="step_time", errors="ignore")
    first = [name for name in ("step", "epoch", "loss") if name in curve]
    others = sorted({*curve} - {*first})
    curve[[*first, *others]].to_csv(folder / CURVE_FILE, index=False)
