"""Download a hub model at the commit that the lock file names, or enter its commit there."""

from pathlib import Path

from lahja.core.command import run
from lahja.core.hub import retrieve_model


def main(
    name: str, lock: Path, output: Path, revision: str | None = None, wanted: str | None = None
) -> None:
    """Fill the folder `output` with links to the model's files in the hub's cache."""
    retrieve_model(name, revision, lock, output, wanted or "")


if __name__ == "__main__":
    run(main)
