"""Write blinded rating sheets for human evaluation, and their key."""

from pathlib import Path

import pandas as pd

from lahja.core.command import run
from lahja.core.tables import EVALUATION_PROMPTS, read_table
from lahja.evaluation.human.sheets import blinded_items, write_key, write_sheets
from lahja.evaluation.sentence_scores import read_scores


def main(
    prompts: list[Path],
    scores: Path,
    settings: dict,
    sheets: Path,
    key: Path,
    key_sheet: Path,
) -> None:
    """Sample prompts and write all models' answers to them, shuffled, a sheet per dialect.

    Settings: dialects, tasks, models, per_task (prompts per dialect and task), seed. The key, which
    says whose answer each item is, stays out of the folder `sheets`.
    """
    asked = pd.concat([read_table(path, EVALUATION_PROMPTS) for path in prompts], ignore_index=True)
    tables = read_scores(scores, settings["models"])
    items = blinded_items(
        asked,
        tables,
        settings["dialects"],
        settings["tasks"],
        settings["per_task"],
        settings["seed"],
    )
    write_key(key, key_sheet, items)
    write_sheets(sheets, items, settings["dialects"])


if __name__ == "__main__":
    run(main)
