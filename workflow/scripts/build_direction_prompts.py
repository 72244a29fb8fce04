"""Ask for training sentences of each dialect in all four directions of translation."""

from pathlib import Path

from lahja.core.command import run


def main(parallel: Path, dialects: list[str], settings: dict, output: Path) -> None:
    """Write PROMPTS whose kinds are their directions. Settings: number, seed."""
    from lahja.core.tables import PARALLEL, PROMPTS, read_table, write_table
    from lahja.preferences.directions import direction_prompts

    table = direction_prompts(read_table(parallel, PARALLEL), dialects, **settings)
    write_table(output, table, PROMPTS)


if __name__ == "__main__":
    run(main)
