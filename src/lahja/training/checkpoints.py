"""Checkpoints of long trainings, and which of them an interrupted run may resume from."""

import json
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from lahja.core.files import canonical_json, digest_of_text, read_json, write_json
from lahja.core.settings import without_execution
from lahja.core.stages import version

_IDENTITY = "run.json"
_STATE = "trainer_state.json"


def open_checkpoint_dir(
    folder: Path, stages: Sequence[str], settings: dict[str, Any], **data: Any
) -> None:
    """Make the folder of a run's checkpoints, emptied first where it holds another run's.

    Runs are the same where all is that the outcome depends on: the versions of the stages of
    work, the settings (but for those that only say how fast), and the digests of data and models.
    """
    identity = {"version": version(*stages), "settings": without_execution(settings), **data}
    digest = digest_of_text(canonical_json(identity))
    record = folder / _IDENTITY
    if folder.is_dir() and not (record.is_file() and read_json(record)["identity"] == digest):
        shutil.rmtree(folder)
    write_json(record, {"identity": digest})


def last_checkpoint(checkpoint_dir: Path) -> str | None:
    """Return the newest checkpoint that was written to its end; remove what is newer.

    The trainer writes its state last, so that a checkpoint cut off by a crash lacks it.
    """
    found = {
        int(path.name.removeprefix("checkpoint-")): path
        for path in checkpoint_dir.glob("checkpoint-*")
    }
    for _, path in sorted(found.items(), reverse=True):
        with suppress(FileNotFoundError, json.JSONDecodeError):
            json.loads((path / _STATE).read_text())
            return str(path)
        shutil.rmtree(path)
    return None
