"""Write the prompts that every model is evaluated on."""

from pathlib import Path

import pandas as pd

from lahja.core.command import run
from lahja.core.tables import CORPUS, EVALUATION_PROMPTS, PARALLEL, read_table, write_table
from lahja.corpora.ingest import read_ready_prompts
from lahja.prompts.evaluation import (
    drawn_translations,
    evaluation_sentences,
    ready_tasks,
    translation_tasks,
)


def main(
    corpora: list[Path],
    ready: list[Path],
    settings: dict,
    output: Path,
    parallel: Path | None = None,
) -> None:
    """Write translation tasks from the corpora and ready tasks from AL-QASIDA's files.

    With PARALLEL, also so many translations of its validation split as the settings'
    validation_translation, for what is chosen before the test.
    """
    sentences = [
        evaluation_sentences(read_table(path, CORPUS), settings["roles"][path.stem])
        for path in corpora
    ]
    how = (settings[key] for key in ("dialects", "per_direction", "protocol"))
    translation = translation_tasks(sentences, *how)
    ready_made = [
        prompt
        for folder, entry in zip(ready, settings["ready"], strict=True)
        for prompt in read_ready_prompts(folder, entry)
        if prompt.variety in settings["dialects"]
    ]
    tasks = [translation, ready_tasks(ready_made, settings["per_dialect"])]
    if parallel:
        how = (settings[key] for key in ("dialects", "validation_translation", "seed"))
        pairs = read_table(parallel, PARALLEL)
        tasks.append(drawn_translations("validation_translation", pairs, *how))
    # Corpora may have a sentence in common.
    write_table(output, pd.concat(tasks).drop_duplicates("prompt_id"), EVALUATION_PROMPTS)


if __name__ == "__main__":
    run(main)
