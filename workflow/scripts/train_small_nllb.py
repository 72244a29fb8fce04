"""Train a small model of NLLB's architecture on the corpora's own MSA and English."""

from pathlib import Path

from lahja.core.command import run


def main(parallel: Path, settings: dict, output: Path) -> None:
    """Write a checkpoint that `augment_translation` reads as it would NLLB-200."""
    from lahja.demo.language_models import train_small_nllb

    train_small_nllb(parallel, settings, output)


if __name__ == "__main__":
    run(main)
