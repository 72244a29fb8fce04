"""Write blinded rating sheets for human evaluation, and their key."""

from pathlib import Path

import pandas as pd

from lahja.command import run
from lahja.human_evaluation.items import blinded_items
from lahja.human_evaluation.sheets import write_key, write_sheets
from lahja.tables import EVALUATION_PROMPTS, SENTENCE_SCORES, read_table


def main(
    prompts: list[Path],
    scores: list[Path],
    settings: dict,
    sheets: Path,
    key: Path,
    key_sheet: Path,
) -> None:
    """Sample prompts and write all models' answers to them, shuffled, a sheet per dialect.

    Settings: dialects, tasks, per_task (prompts per dialect and task), seed. The key, which says
    whose answer each item is, stays out of the folder `sheets`.
    """
    asked = pd.concat([read_table(path, EVALUATION_PROMPTS) for path in prompts], ignore_index=True)
    tables = [read_table(path, SENTENCE_SCORES) for path in scores]
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
