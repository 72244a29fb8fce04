"""Train a small scorer that says how dialectal a text is."""

from pathlib import Path

from lahja.command import run


def main(
    sentences: Path, settings: dict, work: Path, output: Path, threads: int | None = None
) -> None:
    """Learn from SENTENCES and write a checkpoint of the hub model's interface."""
    from lahja.training.small_scorers import train_small_scorer

    train_small_scorer(sentences, "aldi", settings, work, output, threads)


if __name__ == "__main__":
    run(main)
