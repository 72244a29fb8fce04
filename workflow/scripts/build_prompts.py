"""Build the generators' prompts: templates filled with samples, translations, ready ones."""

from pathlib import Path

import pandas as pd

from lahja.core.command import run
from lahja.core.tables import PARALLEL, PROMPTS, SAMPLES, read_table, write_table
from lahja.corpora.ingest import corpus_path, read_ready_prompts
from lahja.corpora.readers import read_templates
from lahja.prompts.generation import dialect_prompts


def main(
    samples: Path,
    parallel: Path,
    templates: Path,
    ready: list[Path],
    settings: dict,
    output: Path,
) -> None:
    """Write PROMPTS, dialect by dialect in the order of the setting `dialects`."""
    own = read_templates(corpus_path(templates, settings["corpus"]))
    recorded = [
        prompt
        for folder, corpus in zip(ready, settings["ready"], strict=True)
        for prompt in read_ready_prompts(folder, corpus)
    ]
    sentences = read_table(samples, SAMPLES)
    pairs = read_table(parallel, PARALLEL)
    tables = [
        dialect_prompts(dialect, sentences, pairs, own.get(dialect, []), recorded, settings)
        for dialect in settings["dialects"]
    ]
    write_table(output, pd.concat(tables, ignore_index=True), PROMPTS)


if __name__ == "__main__":
    run(main)
