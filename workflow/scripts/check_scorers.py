"""Compare small scorers with their teachers on texts that they never saw."""

from pathlib import Path

from lahja.core.command import run


def main(
    teacher: Path,
    sentences: Path,
    aldi: Path | None,
    country: Path | None,
    language: Path | None,
    settings: dict,
    output: Path,
) -> None:
    """Write SCORER_AGREEMENT of the scorers whose folders are given.

    Settings: resamples, confidence, seed; batch and precision of the scorers.
    """
    from lahja.core.settings import take
    from lahja.core.statistics import Resampling
    from lahja.core.tables import (
        SCORER_AGREEMENT,
        SENTENCES,
        TEACHER_SCORES,
        read_table,
        write_table,
    )
    from lahja.evaluation.scorer_agreement import check_scorers

    folders = {"aldi": aldi, "country": country, "language": language}
    agreement = check_scorers(
        read_table(teacher, TEACHER_SCORES),
        read_table(sentences, SENTENCES),
        {name: folder for name, folder in folders.items() if folder},
        take(settings, "batch", "precision"),
        Resampling(settings["resamples"], settings["seed"]),
        settings["confidence"],
    )
    write_table(output, agreement, SCORER_AGREEMENT)


if __name__ == "__main__":
    run(main)
