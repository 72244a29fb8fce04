"""Set aside the validation prompts of Table 1 with their gold answers."""

from pathlib import Path

from lahja.core.command import run
from lahja.core.tables import CANDIDATES, EVALUATION_PROMPTS, PROMPTS, read_table, write_table
from lahja.preferences.pairs import validation_set


def main(prompts: Path, candidates: Path, settings: dict, output: Path) -> None:
    """Choose, per dialect, prompts that the gold generator answered in that dialect."""
    validation = validation_set(
        read_table(prompts, PROMPTS),
        read_table(candidates, CANDIDATES),
        settings["gold_generator"],
        settings["per_dialect"],
        settings["seed"],
    )
    write_table(output, validation, EVALUATION_PROMPTS)


if __name__ == "__main__":
    run(main)
