"""Bring together the texts that small scorers learn from, and hold some out."""

from pathlib import Path

from lahja.core.command import run
from lahja.core.tables import REJECTS, TEACHER_SCORES, write_frame
from lahja.corpora.teacher import collect_teacher_scores


def main(
    corpora: list[Path],
    names: list[str],
    entries: dict,
    limits: dict,
    settings: dict,
    output: Path,
    rejects: Path,
) -> None:
    """Read the folders of the CORPORA, whose NAMES are in the same order; ENTRIES go by name."""
    named = {name: (path, entries[name]) for name, path in zip(names, corpora, strict=True)}
    kept, refused = collect_teacher_scores(named, limits, **settings)
    write_frame(rejects, refused, REJECTS)
    write_frame(output, kept, TEACHER_SCORES)


if __name__ == "__main__":
    run(main)
