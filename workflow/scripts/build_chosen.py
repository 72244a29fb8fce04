"""Turn the chosen sides of preference pairs into examples for fine-tuning."""

from pathlib import Path

from lahja.core.command import run


def main(pairs: Path, output: Path) -> None:
    """Write EXAMPLES from PAIRS, for the control that learns them without a rejected side."""
    from lahja.core.tables import EXAMPLES, PAIRS, read_table, write_table
    from lahja.preferences.pairs import chosen_examples

    write_table(output, chosen_examples(read_table(pairs, PAIRS)), EXAMPLES)


if __name__ == "__main__":
    run(main)
