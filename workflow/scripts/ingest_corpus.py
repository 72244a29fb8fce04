"""Read one corpus into a table of sentences, and refuse unusable rows with their reasons."""

from pathlib import Path

from lahja.core.command import run
from lahja.core.tables import CORPUS, REJECTS, write_frame
from lahja.corpora.ingest import corpus_path, ingest_corpus


def main(
    name: str, corpus: dict, folder: Path, settings: dict, sentences: Path, rejects: Path
) -> None:
    """Ingest the corpus in `folder`."""
    kept, refused = ingest_corpus(name, corpus, corpus_path(folder, corpus), **settings)
    write_frame(rejects, refused, REJECTS)
    write_frame(sentences, kept, CORPUS)


if __name__ == "__main__":
    run(main)
