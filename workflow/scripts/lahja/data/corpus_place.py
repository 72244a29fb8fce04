"""Where a corpus's files lie once they were brought to its folder."""

from pathlib import Path
from typing import Any


def corpus_path(folder: Path, corpus: dict[str, Any]) -> Path:
    """Return what a corpus's reader reads: a file or a folder.

    `corpus` is its entry in the config. The demo's folder holds all its corpora, so the entry's
    `path` leads on from there; a retrieved corpus has its folder to itself.
    """
    if corpus["access"] == "demo":
        return folder / corpus["path"]
    single = folder / Path(corpus["path"]).name
    return single if single.is_file() else folder
