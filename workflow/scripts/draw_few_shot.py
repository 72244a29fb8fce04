"""Draw the examples that go before evaluation prompts."""

from pathlib import Path

import pandas as pd

from lahja.core.command import run
from lahja.core.tables import EVALUATION_PROMPTS, PARALLEL, read_table, write_table
from lahja.corpora.ingest import corpus_path
from lahja.corpora.readers import read_few_shot
from lahja.prompts.evaluation import few_shot_examples


def main(
    prompts: list[Path],
    settings: dict,
    output: Path,
    parallel: Path | None = None,
    corpus: Path | None = None,
) -> None:
    """Write EVALUATION_PROMPTS whose references are their answers.

    Those of translation come from PARALLEL, others from the folder CORPUS. The settings say how
    many of each task.
    """
    asked = pd.concat([read_table(path, EVALUATION_PROMPTS) for path in prompts])
    pairs = read_table(parallel, PARALLEL) if parallel else None
    recorded = read_few_shot(corpus_path(corpus, settings["corpus"])) if corpus else {}
    write_table(output, few_shot_examples(asked, pairs, recorded, settings), EVALUATION_PROMPTS)


if __name__ == "__main__":
    run(main)
