"""Write the prompts that every model is evaluated on."""

from pathlib import Path

import pandas as pd

from lahja.command import run
from lahja.evaluation_prompts import ready_tasks, translation_tasks
from lahja.prompts import read_ready_prompts
from lahja.tables import CORPUS, EVALUATION_PROMPTS, read_table, write_table


def main(corpus: Path, ready: list[Path], settings: dict, output: Path) -> None:
    """Write translation tasks from the corpus and ready tasks from AL-QASIDA's files."""
    translation = translation_tasks(
        read_table(corpus, CORPUS), settings["dialects"], settings["per_direction"]
    )
    ready_made = [
        prompt
        for folder, entry in zip(ready, settings["ready"], strict=True)
        for prompt in read_ready_prompts(folder, entry)
        if prompt.variety in settings["dialects"]
    ]
    tasks = [translation, ready_tasks(ready_made, settings["per_dialect"])]
    write_table(output, pd.concat(tasks, ignore_index=True), EVALUATION_PROMPTS)


if __name__ == "__main__":
    run(main)
