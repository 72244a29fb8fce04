"""Names on the Hugging Face hub, each pinned in a lock file to a commit at its first use."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lahja.core.errors import LahjaError
from lahja.core.files import atomic_path, files_under, link_files, read_json, write_json
from lahja.core.gemma import GEMMA

# Where models of the hub are downloaded to, and Gemma of the packages is assembled.
HUB = "results/hub/"
# What a model's folder holds of itself, whether fetched or trained.
MODEL_FILE = "model.json"
# Ends the name of the file beside a folder that keeps its commit.
_RECORD = ".commit.json"
_COMMIT = re.compile(r"[0-9a-f]{40}")
_REPOSITORY = re.compile(r"\w[\w.-]*(/\w[\w.-]*)?")
# Weights in other forms than the one that transformers reads first.
_UNUSED_FILES = ("original/*", "*.pth", "*.gguf", "*.onnx", "*.msgpack", "*.h5", "*.ot", "onnx/*")


def checkpoint_folder(checkpoint: str, revision: str | None = None) -> str:
    """Return where a checkpoint is: itself if a local path, else where the workflow puts it.

    Each revision of a hub repository has a folder of its own, beside that of the lock's commit.
    """
    if checkpoint == GEMMA:
        return f"{HUB}{GEMMA.replace(':', '--')}"
    # Text, as a path drops a leading "./", which tells a folder from a repository.
    if not _REPOSITORY.fullmatch(checkpoint):
        return re.sub("^~(?=/)", str(Path.home()), checkpoint)
    name = checkpoint if revision is None else f"{checkpoint}@{revision}"
    return f"{HUB}{name.replace('/', '--')}"


def retrieve_model(
    name: str, revision: str | None, lock: Path, output: Path, wanted: str = ""
) -> None:
    """Fill the folder `output` with links to a hub model's files at its locked commit.

    `model.json` beside them holds that commit; `wanted` is what `wanted_commit` gave.
    """
    commit = resolve_commit("model", name, lock, revision)
    folder = download_snapshot("model", name, commit)
    with atomic_path(output) as draft:
        link_files(files_under(folder), draft)
        write_json(draft / MODEL_FILE, {"repo": name, "revision": commit})
        record_commit(output, commit, wanted)


def is_cached(name: str, revision: str | None) -> bool:
    """Return whether the hub's own cache has a model, at a commit or its latest one there."""
    from huggingface_hub import errors, snapshot_download

    unused = [*_UNUSED_FILES, "pytorch_model*.bin"]
    try:
        snapshot_download(name, revision=revision, ignore_patterns=unused, local_files_only=True)
    except errors.LocalEntryNotFoundError:
        return False
    except ValueError:
        raise LahjaError(f"hub model {name}: a name that the hub cannot have") from None
    return True


def resolve_commit(kind: str, name: str, lock: Path, revision: str | None = None) -> str:
    """Return the commit to use of a hub repository; `kind` is `dataset` or `model`.

    A `revision`, which is a commit, is used as it is. Otherwise the lock file's commit counts; a
    repository that is not in there yet is looked up on the hub and entered. Two processes may do
    this at once.
    """
    if revision:
        return revision
    from filelock import FileLock

    lock.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(lock.with_name(f".{lock.name}.lock")):
        commits, entry = _commits(lock), f"{kind}s/{name}"
        if entry not in commits:
            from huggingface_hub import HfApi

            with _one_line_errors(kind, name):
                commits[entry] = HfApi().repo_info(name, repo_type=kind).sha
            write_json(lock, dict(sorted(commits.items())))
    return commits[entry]


def _commits(lock: Path) -> dict[str, str]:
    commits = read_json(lock) if lock.exists() else {}
    if not isinstance(commits, dict):
        raise LahjaError(f"{lock}: expected a JSON object of hub names and commits")
    for entry, commit in commits.items():
        if not _COMMIT.fullmatch(str(commit)):
            raise LahjaError(f"{lock}: {entry}: expected a commit of 40 hexadecimal digits")
    return commits


def wanted_commit(kind: str, name: str, lock: Path, revision: str | None, output: Path) -> str:
    """Return the commit that the lock file wants in the folder `output`, as a rule's parameter.

    It is "" where the lock file has none. The rule's first run then enters one, which must not
    make its output stale: as long as the lock file keeps to the commit that was retrieved, the
    parameter stays what it was then (`record_commit`).
    """
    commit = revision or _commits(lock).get(f"{kind}s/{name}")
    if (record := output.with_name(f"{output.name}{_RECORD}")).is_file():
        made = read_json(record)
        if commit in (None, made["commit"]):
            return made["wanted"]
    return commit or ""


def record_commit(output: Path, commit: str, wanted: str) -> None:
    """Keep beside the folder `output` its commit, and what `wanted_commit` gave for it."""
    record = output.with_name(f"{output.name}{_RECORD}")
    write_json(record, {"commit": commit, "wanted": wanted})


def download_snapshot(kind: str, name: str, commit: str, patterns: list[str] | None = None) -> Path:
    """Download a repository at a commit into the hub's own cache; return its folder there.

    `patterns` restricts to some files. Of a model, weights in forms that are not used stay out.
    """
    from huggingface_hub import HfApi, snapshot_download

    ignored = []
    with _one_line_errors(kind, name):
        if kind == "model" and not patterns:
            files = HfApi().list_repo_files(name, repo_type=kind, revision=commit)
            has_safetensors = any(file.endswith(".safetensors") for file in files)
            ignored = [*_UNUSED_FILES, *(["pytorch_model*.bin"] if has_safetensors else [])]
        chosen = {"allow_patterns": patterns or None, "ignore_patterns": ignored or None}
        return Path(snapshot_download(name, repo_type=kind, revision=commit, **chosen))


def expect_pushable(name: str) -> None:
    """Raise `LahjaError` where a repository's name is none, or no token of the hub is set."""
    from huggingface_hub import get_token
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id

    try:
        validate_repo_id(name)
    except HFValidationError:
        raise LahjaError(f"--push {name}: expected a repository such as owner/name") from None
    if get_token() is None:
        raise LahjaError(f"--push {name}: no token is set: log in (hf auth login), or set HF_TOKEN")


def push_folder(kind: str, name: str, folder: Path) -> str:
    """Upload a folder to a `dataset` or `model` repository, private if new; return its page."""
    from huggingface_hub import HfApi

    with _one_line_errors(kind, name, "cannot be pushed to"):
        page = HfApi().create_repo(name, repo_type=kind, private=True, exist_ok=True)
        HfApi().upload_folder(repo_id=name, repo_type=kind, folder_path=folder)
    return str(page)


@contextmanager
def _one_line_errors(kind: str, name: str, failed: str = "cannot be had") -> Iterator[None]:
    from httpx2 import HTTPError
    from huggingface_hub import get_token
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    page = f"https://huggingface.co/{'datasets/' if kind == 'dataset' else ''}{name}"
    try:
        yield
    except GatedRepoError:
        told = f"is gated: accept its terms at {page}, then log in (hf auth login, or HF_TOKEN)"
        raise LahjaError(f"hub {kind} {name} {told}") from None
    except RepositoryNotFoundError:
        told = f"none at {page}, or it is private to others"
        told += f"; the folder here is ./{name}" if Path(name).is_dir() else ""
        raise LahjaError(f"hub {kind} {name}: {told}") from None
    except (HTTPError, OSError) as error:
        told = next(iter(str(error).strip().splitlines()), type(error).__name__)
        if token := get_token():
            told = told.replace(token, "[the token]")
        raise LahjaError(f"hub {kind} {name}: {failed} ({told})") from None
