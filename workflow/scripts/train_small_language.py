"""Train a small language identifier."""

from pathlib import Path

from lahja.command import run


def main(sentences: Path, settings: dict, output: Path) -> None:
    """Learn from SENTENCES and write a folder with fastText's `model.bin`."""
    from lahja.training.small_language import train_small_language

    train_small_language(sentences, settings, output)


if __name__ == "__main__":
    run(main)
