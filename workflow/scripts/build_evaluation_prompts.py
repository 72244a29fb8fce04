"""Write the prompts that every model is evaluated on."""

from pathlib import Path

import pandas as pd

from lahja.command import run
from lahja.evaluation_prompts import evaluation_sentences, ready_tasks, translation_tasks
from lahja.prompts import read_ready_prompts
from lahja.tables import CORPUS, EVALUATION_PROMPTS, read_table, write_table


def main(corpora: list[Path], ready: list[Path], settings: dict, output: Path) -> None:
    """Write translation tasks from the corpora and ready tasks from AL-QASIDA's files."""
    translation = [
        translation_tasks(
            evaluation_sentences(read_table(path, CORPUS), settings["roles"][path.stem]),
            settings["dialects"],
            settings["per_direction"],
        )
        for path in corpora
    ]
    ready_made = [
        prompt
        for folder, entry in zip(ready, settings["ready"], strict=True)
        for prompt in read_ready_prompts(folder, entry)
        if prompt.variety in settings["dialects"]
    ]
    tasks = pd.concat([*translation, ready_tasks(ready_made, settings["per_dialect"])])
    # Corpora may have a sentence in common.
    write_table(output, tasks.drop_duplicates("prompt_id"), EVALUATION_PROMPTS)


if __name__ == "__main__":
    run(main)
