"""Bring together the texts that small scorers learn from, and hold some out."""

from pathlib import Path

from lahja.command import run
from lahja.data.teacher import TeacherSettings, collect_teacher_scores
from lahja.settings import parse_settings
from lahja.tables import REJECTS, TEACHER_SCORES, write_table


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
    kept, refused = collect_teacher_scores(named, limits, parse_settings(TeacherSettings, settings))
    write_table(rejects, refused, REJECTS)
    write_table(output, kept, TEACHER_SCORES)


if __name__ == "__main__":
    run(main)
