"""Download a hub model at the commit that the lock file names, or enter its commit there."""

from pathlib import Path

from lahja.command import run
from lahja.data.retrieval import retrieve_model


def main(
    name: str,
    lock: Path,
    output: Path,
    revision: str | None = None,
    files: list[str] | None = None,
) -> None:
    """Fill the folder `output` with links to the model's files in the hub's cache."""
    retrieve_model(name, revision, lock, output, files)


if __name__ == "__main__":
    run(main)
