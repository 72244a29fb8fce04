"""Fill in the sides that translation pairs lack, with NLLB."""

from pathlib import Path

from lahja.command import run


def main(
    parallel: Path,
    root: Path,
    settings: dict,
    work: Path,
    output: Path,
    threads: int | None = None,
) -> None:
    """Write PARALLEL with MSA from English and English from MSA where one of them is missing."""
    from lahja.augmentation import augment
    from lahja.models.nllb import NllbSettings
    from lahja.settings import parse_settings
    from lahja.tables import PARALLEL, read_table, write_table

    options = parse_settings(NllbSettings, settings)
    filled = augment(read_table(parallel, PARALLEL), root, options, work, threads)
    write_table(output, filled, PARALLEL)


if __name__ == "__main__":
    run(main)
