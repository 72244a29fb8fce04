"""Set aside the validation prompts of Table 1 with their gold answers."""

from pathlib import Path

import pandas as pd

from lahja.command import run
from lahja.pairs import form_validation
from lahja.tables import CANDIDATES, EVALUATION_PROMPTS, PROMPTS, read_table, write_table


def main(prompts: list[Path], candidates: list[Path], settings: dict, output: Path) -> None:
    """Choose, per dialect, prompts that the gold generator answered in that dialect."""
    validation = form_validation(
        pd.concat([read_table(path, PROMPTS) for path in prompts]),
        pd.concat([read_table(path, CANDIDATES) for path in candidates]),
        settings["gold_generator"],
        settings["per_dialect"],
        settings["seed"],
    )
    write_table(output, validation, EVALUATION_PROMPTS)


if __name__ == "__main__":
    run(main)
