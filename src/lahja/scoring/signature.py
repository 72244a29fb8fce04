"""Which scorers gave ADI2 and ALDi: their part of those metrics' signature."""

from pathlib import Path

from lahja.core.files import digest_of_folder, read_json
from lahja.models.folder import MODEL_FILE

# So much of a commit or digest tells two apart.
_DIGITS = 12


def scorers_signature(aldi: Path, country: Path, language: Path, precision: str) -> str:
    """Return the identities of the scorers in these folders, and their number format."""
    folders = {"aldi": aldi, "country": country, "language": language}
    names = "+".join(f"{name}:{scorer_identity(folder)}" for name, folder in folders.items())
    return f"{names}|precision:{precision}"


def scorer_identity(folder: Path) -> str:
    """Return a scorer as `owner/name@commit`, `small` for a stand-in, else its files' digest.

    A folder of the hub's cache (`models--<owner>--<name>/snapshots/<commit>`) says itself what it
    holds; one that the workflow made or fetched has a `model.json`.
    """
    if folder.parent.name == "snapshots":
        repository = folder.parent.parent.name.removeprefix("models--").replace("--", "/")
        return f"{repository}@{folder.name[:_DIGITS]}"
    record = folder / MODEL_FILE
    if not record.is_file():
        return f"{folder.name}@{digest_of_folder(folder)[:_DIGITS]}"
    facts = read_json(record)
    return f"{facts['repo']}@{facts['revision'][:_DIGITS]}" if "repo" in facts else "small"
