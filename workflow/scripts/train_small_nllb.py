"""Train a small model of NLLB's architecture on the corpora's own MSA and English."""

from pathlib import Path

from lahja.command import run


def main(
    parallel: Path, settings: dict, work: Path, output: Path, threads: int | None = None
) -> None:
    """Write a checkpoint that `augment_translation` reads as it would NLLB-200."""
    from lahja.training.small_nllb import train_small_nllb

    train_small_nllb(parallel, settings, work, output, threads)


if __name__ == "__main__":
    run(main)
