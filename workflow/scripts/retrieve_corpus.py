"""Bring a corpus's files to one place, or say in one line how to get them."""

from pathlib import Path

from lahja.command import run
from lahja.data.retrieval import CorpusSource, retrieve_corpus


def main(name: str, corpus: dict, corpora_dir: Path, lock: Path, output: Path) -> None:
    """Fill the folder `output` with the files of the corpus."""
    retrieve_corpus(CorpusSource.of(name, corpus), corpora_dir, lock, output)


if __name__ == "__main__":
    run(main)
