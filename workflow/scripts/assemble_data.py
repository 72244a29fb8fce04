"""Bring all corpora together: decontaminated, split, without duplicates, paired and counted."""

from pathlib import Path

from lahja.core.command import run
from lahja.core.tables import CORPUS, COUNTS, PARALLEL, REJECTS, SENTENCES, scan_tables, write_frame
from lahja.corpora.assembly import assemble
from lahja.corpora.ingest import read_ready_prompts, texts_of_prompt


def main(
    corpora: list[Path],
    rejects: list[Path],
    ready: list[Path],
    settings: dict,
    sentences: Path,
    parallel: Path,
    all_rejects: Path,
    counts: Path,
) -> None:
    """Assemble the ingested corpora in the order given: the first of two duplicates stays.

    `ready` are the folders of the corpora of evaluation prompts; the setting of that name holds
    the name and the entry in the config of each.
    """
    entries = settings.pop("ready")
    prompts = {
        name: [
            text
            for prompt in read_ready_prompts(folder, entry)
            for text in texts_of_prompt(prompt.text)
        ]
        for folder, (name, entry) in zip(ready, entries, strict=True)
    }
    data = assemble(
        scan_tables(corpora, CORPUS),
        scan_tables(rejects, REJECTS).collect(),
        prompts,
        **settings,
    )
    write_frame(all_rejects, data.rejects, REJECTS)
    write_frame(counts, data.counts, COUNTS)
    write_frame(parallel, data.parallel, PARALLEL)
    write_frame(sentences, data.sentences, SENTENCES)


if __name__ == "__main__":
    run(main)
