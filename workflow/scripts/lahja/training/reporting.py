"""What a training with TRL tells while it runs: its progress, and its curves where asked for."""

import importlib.util
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lahja.errors import LahjaError
from lahja.progress import Progress

if TYPE_CHECKING:
    from transformers import TrainerCallback

# Each tracker, and the variable that tells it where to write.
_FOLDERS = {"tensorboard": "TENSORBOARD_LOGGING_DIR", "trackio": "TRACKIO_DIR"}


def curve_arguments(report_to: str, folder: Path | None) -> dict[str, Any]:
    """Return the trainer's arguments that have curves written into a folder named for its model.

    All runs of trackio share the folder above it, so that they are drawn together. Nothing is sent
    anywhere. Raises `LahjaError` for a tracker that is not installed or not known.
    """
    if report_to == "none":
        return {}
    if report_to not in _FOLDERS or folder is None:
        known = ", ".join(["none", *_FOLDERS])
        raise LahjaError(f"report_to {report_to!r}: expected one of {known}, and a folder")
    if importlib.util.find_spec(report_to) is None:
        raise LahjaError(
            f"report_to: {report_to} is not installed: "
            f"python -m pip install --no-deps -r envs/{report_to}.txt"
        )
    own = folder if report_to == "tensorboard" else folder.parent
    os.environ[_FOLDERS[report_to]] = str(own.absolute())
    return {
        "report_to": report_to,
        "run_name": folder.name,
        "project": "lahja",
        "trackio_static_space_id": False,
    }


def show_progress() -> "TrainerCallback":
    """Return the callback that counts a trainer's steps; of several processes the first does."""
    from transformers import TrainerCallback

    class ShowProgress(TrainerCallback):
        """Count the updates as they are made."""

        progress: Progress | None = None

        def on_train_begin(self, args, state, control, **kwargs):
            """Start counting, from where the training goes on."""
            if state.is_world_process_zero:
                self.progress = Progress(state.max_steps, "steps", done=state.global_step)
                self.progress.__enter__()

        def on_step_end(self, args, state, control, **kwargs):
            """Count a step."""
            if self.progress:
                self.progress.advance()

        def on_train_end(self, args, state, control, **kwargs):
            """Stop counting."""
            if self.progress:
                self.progress.__exit__(None, None, None)

    return ShowProgress()
