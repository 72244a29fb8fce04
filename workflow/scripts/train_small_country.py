"""Train a small scorer that says which country a text is from."""

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
    from lahja.training.small_scorers import train_small_country

    train_small_country(teacher, sentences, settings, work, output, threads)


if __name__ == "__main__":
    run(main)
