"""Write the instruction data that a small model is pretrained on."""

import sys
from pathlib import Path

import pandas as pd

from lahja.core.command import run
from lahja.core.tables import EXAMPLES, PARALLEL, SENTENCES, read_table, write_table
from lahja.corpora.ingest import corpus_path
from lahja.corpora.readers import Reject, read_templates
from lahja.corpora.readers.rows import read_records
from lahja.demo.instructions import (
    limit_examples,
    plain_examples,
    recorded_examples,
    template_examples,
    translation_examples,
)
from lahja.prompts.generation import templates_by_kind

# What each row of instructions has.
FIELDS = ("id", "kind", "dialect", "prompt", "responses")


def main(
    sentences: Path,
    parallel: Path,
    templates: Path,
    instructions: list[Path],
    settings: dict,
    output: Path,
) -> None:
    """Write examples: translations, requests with answers, plain sentences."""
    seed, dataset = settings["seed"], settings["dataset"]
    asked_share = 1.0 if dataset["answer_in"] == "asked" else dataset["asked_share"]
    pairs = read_table(parallel, PARALLEL)
    by_kind = {
        dialect: templates_by_kind(own, settings["template_kinds"], dialect)
        for dialect, own in read_templates(corpus_path(templates, settings["templates"])).items()
        if dialect in settings["dialects"]
    }
    written = []
    for folder, corpus in zip(instructions, settings["instructions"], strict=True):
        path = corpus_path(folder, corpus)
        for item in read_records(path, path.name, FIELDS):
            if isinstance(item, Reject):
                print(f"{path}:{item.line}: left out, {item.reason}", file=sys.stderr)
            else:
                written.append(item[1])
    requests = [
        translation_examples(pairs, asked_share, seed),
        recorded_examples(pd.DataFrame(written), asked_share, seed)
        if written
        else template_examples(pairs, by_kind, asked_share, seed),
    ]
    asked = limit_examples(pd.concat(requests), dataset["max_examples"], seed)
    plain = plain_examples(read_table(sentences, SENTENCES), dataset["plain_sentences"], seed)
    write_table(output, pd.concat([asked, plain]), EXAMPLES)


if __name__ == "__main__":
    run(main)
