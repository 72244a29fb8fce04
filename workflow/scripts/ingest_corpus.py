"""Read one corpus into a table of sentences, and refuse unusable rows with their reasons."""

from pathlib import Path

from lahja.command import run
from lahja.data.corpus_place import corpus_path
from lahja.data.ingest import ingest_corpus
from lahja.tables import CORPUS, REJECTS, write_table


def main(
    name: str, corpus: dict, folder: Path, settings: dict, sentences: Path, rejects: Path
) -> None:
    """Ingest the corpus that lies in `folder`."""
    kept, refused = ingest_corpus(name, corpus, corpus_path(folder, corpus), settings)
    write_table(rejects, refused, REJECTS)
    write_table(sentences, kept, CORPUS)


if __name__ == "__main__":
    run(main)
