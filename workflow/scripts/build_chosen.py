"""Turn the chosen sides of preference pairs into examples for fine-tuning."""

from pathlib import Path

from lahja.command import run


def main(pairs: Path, output: Path) -> None:
    """Write EXAMPLES from PAIRS, for the control that learns them without a rejected side."""
    from lahja.preferences.chosen import chosen_examples
    from lahja.tables import EXAMPLES, PAIRS, read_table, write_table

    write_table(output, chosen_examples(read_table(pairs, PAIRS)), EXAMPLES)


if __name__ == "__main__":
    run(main)
