"""Set aside the validation prompts of Table 1 with their gold answers."""

from pathlib import Path

from lahja.core.command import run
from lahja.core.tables import CANDIDATES, EVALUATION_PROMPTS, PROMPTS, read_table, write_table
from lahja.corpora.ingest import read_ready_prompts
from lahja.preferences.pairs import validation_set
from lahja.prompts.evaluation import gold_tasks


def main(
    prompts: Path, candidates: Path, settings: dict, output: Path, gold: Path | None = None
) -> None:
    """Choose, per dialect, prompts that the gold generator answered in that dialect.

    With GOLD, a corpus of prompts with answers, prompts of that.
    """
    if gold:
        ready = read_ready_prompts(gold, settings["corpus"])
        how = (settings[key] for key in ("gold_corpus", "per_dialect", "seed"))
        write_table(output, gold_tasks(ready, *how), EVALUATION_PROMPTS)
        return
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
