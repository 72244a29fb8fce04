"""The work folder of a long training: what lets an interrupted run go on."""

import shutil
from pathlib import Path
from typing import Any

from lahja.files import canonical_json, digest_of_text, read_json, write_json

_IDENTITY = "run.json"


def open_work(work: Path, **identity: Any) -> Path:
    """Return the work folder, emptied first where it belongs to another run.

    `identity` is everything that the outcome hangs on (settings, digests of data and models):
    checkpoints of a run that differs in any of it must not be continued.
    """
    digest = digest_of_text(canonical_json(identity))
    record = work / _IDENTITY
    if work.is_dir() and not (record.is_file() and read_json(record)["identity"] == digest):
        shutil.rmtree(work)
    write_json(record, {"identity": digest})
    return work


def close_work(work: Path) -> None:
    """Remove the work folder of a run that is finished."""
    shutil.rmtree(work)
