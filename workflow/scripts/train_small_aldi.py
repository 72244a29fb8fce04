"""Train a small scorer that says how dialectal a text is."""

from pathlib import Path

from lahja.command import run


def main(
    teacher: Path,
    sentences: Path,
    settings: dict,
    work: Path,
    output: Path,
    threads: int | None = None,
) -> None:
    """Learn from TEACHER_SCORES and SENTENCES; write a checkpoint of the hub model's interface."""
    from lahja.training.small_scorers import train_small_aldi

    train_small_aldi(teacher, sentences, settings, work, output, threads)


if __name__ == "__main__":
    run(main)
