"""Choose the sentences that a preference training translates to see how it fares."""

from pathlib import Path

from lahja.command import run


def main(parallel: Path, settings: dict, output: Path) -> None:
    """Write EXAMPLES of PARALLEL's validation split, evenly spread over directions and dialects."""
    from lahja.tables import EXAMPLES, PARALLEL, read_table, write_table
    from lahja.translation_data import TranslationData, translation_data

    # References are the corpora's own.
    wanted = TranslationData(
        max_pairs=settings["sentences"], seed=settings["seed"], variant="clean", split="validation"
    )
    write_table(output, translation_data(read_table(parallel, PARALLEL), wanted), EXAMPLES)


if __name__ == "__main__":
    run(main)
