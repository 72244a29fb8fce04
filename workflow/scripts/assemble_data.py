"""Bring all corpora together: decontaminated, split, without duplicates, paired and counted."""

from pathlib import Path

from lahja.command import run
from lahja.data.assembly import COUNTS, AssemblySettings, assemble
from lahja.settings import parse_settings
from lahja.tables import CORPUS, PARALLEL, REJECTS, SENTENCES, read_table, write_table


def main(
    corpora: list[Path],
    rejects: list[Path],
    settings: dict,
    sentences: Path,
    parallel: Path,
    all_rejects: Path,
    counts: Path,
) -> None:
    """Assemble the ingested corpora in the order given: the first of two duplicates stays."""
    data = assemble(
        [read_table(path, CORPUS) for path in corpora],
        [read_table(path, REJECTS) for path in rejects],
        parse_settings(AssemblySettings, settings),
    )
    write_table(all_rejects, data.rejects, REJECTS)
    write_table(counts, data.counts, COUNTS)
    write_table(parallel, data.parallel, PARALLEL)
    write_table(sentences, data.sentences, SENTENCES)


if __name__ == "__main__":
    run(main)
