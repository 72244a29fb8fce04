"""Build the prompts for one dialect: templates filled with samples, translations, ready ones."""

from pathlib import Path

from lahja.command import run
from lahja.data.corpus_place import corpus_path
from lahja.prompts import (
    join_prompts,
    read_ready_prompts,
    ready_prompts,
    template_prompts,
    templates_by_kind,
    translation_prompts,
)
from lahja.readers import read_templates
from lahja.tables import PARALLEL, PROMPTS, SAMPLES, read_table, write_table


def main(
    dialect: str,
    samples: Path,
    parallel: Path,
    templates: Path,
    ready: list[Path],
    settings: dict,
    output: Path,
) -> None:
    """Write the prompts of one dialect."""
    seed = settings["seed"]
    own = read_templates(corpus_path(templates, settings["corpus"])).get(dialect, [])
    recorded = [
        prompt.text
        for folder, corpus in zip(ready, settings["ready"], strict=True)
        for prompt in read_ready_prompts(folder, corpus)
        if prompt.variety == dialect
    ]
    table = join_prompts(
        template_prompts(
            read_table(samples, SAMPLES),
            templates_by_kind(own, settings["template_kinds"], dialect),
            seed,
        ),
        translation_prompts(
            read_table(parallel, PARALLEL), dialect, settings["translation_per_dialect"], seed
        ),
        ready_prompts(recorded, dialect, "recorded", settings["recorded_per_dialect"], seed),
    )
    write_table(output, table, PROMPTS)


if __name__ == "__main__":
    run(main)
