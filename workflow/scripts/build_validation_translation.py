"""Write prompts that translate the validation split, for what is chosen before the test."""

from pathlib import Path

from lahja.command import run
from lahja.evaluation_prompts import validation_translation
from lahja.tables import EVALUATION_PROMPTS, PARALLEL, read_table, write_table


def main(parallel: Path, settings: dict, output: Path) -> None:
    """Write EVALUATION_PROMPTS; settings: dialects, per_direction, seed."""
    prompts = validation_translation(read_table(parallel, PARALLEL), **settings)
    write_table(output, prompts, EVALUATION_PROMPTS)


if __name__ == "__main__":
    run(main)
