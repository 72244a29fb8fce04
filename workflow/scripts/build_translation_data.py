"""Turn parallel sentences into examples for a translator."""

from pathlib import Path

from lahja.core.command import run


def main(parallel: Path, settings: dict, output: Path) -> None:
    """Write EXAMPLES from PARALLEL, with or without the sides that NLLB wrote."""
    from lahja.core.settings import parse_settings
    from lahja.core.tables import EXAMPLES, PARALLEL, read_table, write_table
    from lahja.training.translation_data import TranslationData, translation_data

    options = parse_settings(TranslationData, settings)
    write_table(output, translation_data(read_table(parallel, PARALLEL), options), EXAMPLES)


if __name__ == "__main__":
    run(main)
