"""Fill in the sides that translation pairs lack, with NLLB."""

from pathlib import Path

from lahja.core.command import run


def main(
    parallel: Path,
    root: Path,
    settings: dict,
    work: Path,
    output: Path,
) -> None:
    """Write PARALLEL with MSA from English and English from MSA where one of them is missing."""
    from lahja.core.config.base import parse
    from lahja.core.config.scorers import NllbDecoding
    from lahja.core.tables import PARALLEL, read_table, write_table
    from lahja.training.augmentation import augment

    options = parse(NllbDecoding, settings)
    filled = augment(read_table(parallel, PARALLEL), root, options, work)
    write_table(output, filled, PARALLEL)


if __name__ == "__main__":
    run(main)
