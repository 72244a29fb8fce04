"""Turn parallel sentences into examples for a translator."""

from pathlib import Path

from lahja.core.command import run


def main(parallel: Path, settings: dict, output: Path) -> None:
    """Write EXAMPLES from PARALLEL, with or without the sides that NLLB wrote."""
    from lahja.core.tables import EXAMPLES, PARALLEL, read_table, write_table
    from lahja.training.translation_data import translation_data

    examples = translation_data(read_table(parallel, PARALLEL), **settings)
    write_table(output, examples, EXAMPLES)


if __name__ == "__main__":
    run(main)
