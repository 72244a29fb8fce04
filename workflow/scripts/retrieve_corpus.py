"""Bring a corpus's files to one place, or say in one line how to get them."""

from pathlib import Path

from lahja.core.command import run
from lahja.corpora.retrieval import retrieve_corpus


def main(
    name: str, corpus: dict, corpora_dir: Path, lock: Path, output: Path, wanted: str | None = None
) -> None:
    """Fill the folder `output` with the files of the corpus."""
    retrieve_corpus(name, corpus, corpora_dir, lock, output, wanted or "")


if __name__ == "__main__":
    run(main)
