"""Names on the Hugging Face hub, each pinned to a commit at its first use.

The lock file maps `datasets/<org>/<name>` or `models/<org>/<name>` to a commit. It is meant to
be kept under version control: whoever runs the workflow later gets the same files.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lahja.errors import LahjaError
from lahja.files import read_json, write_json

_COMMIT = re.compile(r"[0-9a-f]{40}")
# Weights in other forms than the one that transformers reads first.
_UNUSED_FILES = ("original/*", "*.pth", "*.gguf", "*.onnx", "*.msgpack", "*.h5", "*.ot", "onnx/*")


def resolve_commit(kind: str, name: str, lock: Path, revision: str | None = None) -> str:
    """Return the commit to use of a hub repository; `kind` is `dataset` or `model`.

    A `revision` that is a commit is used as it is. Otherwise the lock file's commit counts; a
    repository, or branch of it, that is not in there yet is asked of the hub and entered. Two
    processes may do this at once.
    """
    if revision and _COMMIT.fullmatch(revision):
        return revision
    entry = f"{kind}s/{name}" + (f"@{revision}" if revision else "")
    with _exclusive(lock):
        commits = read_json(lock) if lock.exists() else {}
        if not isinstance(commits, dict):
            raise LahjaError(f"{lock}: expected a JSON object of hub names and commits")
        if entry not in commits:
            commits[entry] = _ask_commit(kind, name, revision)
            write_json(lock, dict(sorted(commits.items())))
    commit = commits[entry]
    if not isinstance(commit, str) or not _COMMIT.fullmatch(commit):
        raise LahjaError(f"{lock}: {entry}: expected a commit of 40 hexadecimal digits")
    return commit


def download_snapshot(kind: str, name: str, commit: str, patterns: list[str] | None = None) -> Path:
    """Download a repository at a commit into the hub's own cache; return its folder there.

    `patterns` restricts to some files. Of a model, weights in forms that are not used stay out.
    """
    from huggingface_hub import snapshot_download

    ignored = None
    if kind == "model" and not patterns:
        ignored = list(_UNUSED_FILES)
        if any(file.endswith(".safetensors") for file in _list_files(kind, name, commit)):
            ignored.append("pytorch_model*.bin")
    with _told_in_one_line(kind, name):
        folder = snapshot_download(
            name,
            repo_type=kind,
            revision=commit,
            allow_patterns=patterns or None,
            ignore_patterns=ignored,
        )
    return Path(folder)


def page_of(kind: str, name: str) -> str:
    """Return the address of a repository's page."""
    return f"https://huggingface.co/{'datasets/' if kind == 'dataset' else ''}{name}"


def _ask_commit(kind: str, name: str, revision: str | None) -> str:
    from huggingface_hub import HfApi

    with _told_in_one_line(kind, name):
        return HfApi().repo_info(name, repo_type=kind, revision=revision).sha


def _list_files(kind: str, name: str, commit: str) -> list[str]:
    from huggingface_hub import HfApi

    with _told_in_one_line(kind, name):
        return HfApi().list_repo_files(name, repo_type=kind, revision=commit)


@contextmanager
def _told_in_one_line(kind: str, name: str) -> Iterator[None]:
    from httpx2 import HTTPError
    from huggingface_hub.errors import (
        GatedRepoError,
        LocalEntryNotFoundError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    page = page_of(kind, name)
    try:
        yield
    except GatedRepoError:
        raise LahjaError(
            f"hub {kind} {name} is gated: accept its terms at {page}, then log in "
            "(hf auth login, or HF_TOKEN)"
        ) from None
    except RepositoryNotFoundError:
        raise LahjaError(f"hub {kind} {name}: none at {page}, or it is private to others") from None
    except RevisionNotFoundError as error:
        raise LahjaError(f"hub {kind} {name}: {_first_line(error)}") from None
    except (LocalEntryNotFoundError, OfflineModeIsEnabled, HTTPError, OSError) as error:
        raise LahjaError(f"hub {kind} {name}: cannot be had ({_first_line(error)})") from None


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


@contextmanager
def _exclusive(lock: Path) -> Iterator[None]:
    from filelock import FileLock

    lock.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(lock.with_name(f".{lock.name}.lock")):
        yield
