"""Compare small scorers with their teachers on texts that they never saw."""

from pathlib import Path

from lahja.command import run


def main(
    teacher: Path,
    sentences: Path,
    aldi: Path | None,
    country: Path | None,
    language: Path | None,
    settings: dict,
    output: Path,
    threads: int | None = None,
) -> None:
    """Write SCORER_AGREEMENT of the scorers whose folders are given."""
    from lahja.scorers.checking import CheckSettings, check_scorers
    from lahja.settings import parse_settings
    from lahja.tables import (
        SCORER_AGREEMENT,
        SENTENCES,
        TEACHER_SCORES,
        read_table,
        write_table,
    )

    folders = {"aldi": aldi, "country": country, "language": language}
    agreement = check_scorers(
        read_table(teacher, TEACHER_SCORES),
        read_table(sentences, SENTENCES),
        {name: folder for name, folder in folders.items() if folder},
        parse_settings(CheckSettings, settings),
        threads,
    )
    write_table(output, agreement, SCORER_AGREEMENT)


if __name__ == "__main__":
    run(main)
