"""Stop a training that is told to, in a way that it can go on from."""

import json
import re
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lahja.errors import LahjaError

if TYPE_CHECKING:
    from transformers import Trainer

_STATE = "trainer_state.json"


@contextmanager
def stopped_by_sigterm(trainer: "Trainer", output: Path) -> Iterator[None]:
    """On SIGTERM, as a preemption sends it, end the step, save a checkpoint and stop.

    Raises `LahjaError` at the end of the block where steps are left. Of several processes each
    may be told at another moment, so they agree on it after every step.
    """
    from transformers import TrainerCallback

    told = is_stopped = False

    def note(number: int, frame: object) -> None:
        """Remember that the process was told to stop."""
        nonlocal told
        told = True

    class StopWhenTold(TrainerCallback):
        def on_step_end(self, args, state, control, **kwargs):
            """Save and stop where any process was told to."""
            nonlocal is_stopped
            if _any_process(trainer, told):
                is_stopped = True
                control.should_save = control.should_training_stop = True

    trainer.add_callback(StopWhenTold())
    former = signal.signal(signal.SIGTERM, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)
    state = trainer.state
    if is_stopped and state.global_step < state.max_steps:
        raise LahjaError(
            f"{output}: stopped by SIGTERM after step {state.global_step} of {state.max_steps}; "
            "run it again to go on from there"
        )


def last_checkpoint(work: Path) -> str | None:
    """Return the newest checkpoint that was written to its end; remove what is newer.

    The trainer writes its state last, so that a checkpoint cut off by a crash lacks it.
    """
    steps = {
        int(m[1]): p for p in work.iterdir() if (m := re.fullmatch(r"checkpoint-(\d+)", p.name))
    }
    for step in sorted(steps, reverse=True):
        if _is_whole(steps[step]):
            return str(steps[step])
        shutil.rmtree(steps[step])
    return None


def _is_whole(checkpoint: Path) -> bool:
    try:
        json.loads((checkpoint / _STATE).read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return False
    return True


def _any_process(trainer: "Trainer", told: bool) -> bool:
    import torch

    if trainer.args.world_size == 1:
        return told
    mine = torch.tensor([int(told)], device=trainer.args.device)
    return bool(trainer.accelerator.reduce(mine).item())
