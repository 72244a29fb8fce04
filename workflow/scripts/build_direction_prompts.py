"""Ask for training sentences of one dialect in all four directions of translation."""

from pathlib import Path

from lahja.command import run


def main(parallel: Path, dialect: str, settings: dict, output: Path) -> None:
    """Write PROMPTS whose kinds are their directions. Settings: number, fewest_words, seed."""
    from lahja.preferences.ranked import direction_prompts
    from lahja.tables import PARALLEL, PROMPTS, read_table, write_table

    table = direction_prompts(read_table(parallel, PARALLEL), dialect, **settings)
    write_table(output, table, PROMPTS)


if __name__ == "__main__":
    run(main)
