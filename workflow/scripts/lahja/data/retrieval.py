"""Bring a corpus's files to one place, or say in one line how the user can.

Whatever the way of access, the result is a folder that holds the corpus's files alone: links
to files that are there already, or what was downloaded.
"""

import re
import shutil
import tarfile
import tempfile
import urllib.error
import urllib.request
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lahja.data.hub import download_snapshot, resolve_commit
from lahja.errors import LahjaError
from lahja.files import atomic_path, write_json
from lahja.models.folder import MODEL_FILE

_GITHUB = re.compile(r"https://github\.com/[^/]+/[^/]+?(\.git)?/?")
_ARCHIVES = (".zip", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2", ".tar")


@dataclass(frozen=True)
class CorpusSource:
    """Where a corpus comes from: the part of its entry in the config that retrieval reads."""

    name: str
    access: str = "local"
    path: str = "."
    files: tuple[str, ...] = ()
    homepage: str = ""
    url: str | None = None
    hub: str | None = None
    revision: str | None = None

    @classmethod
    def of(cls, name: str, corpus: dict[str, Any]) -> "CorpusSource":
        """Return the source of a corpus's entry in the config."""
        keys = ("access", "path", "homepage", "url", "hub", "revision")
        given = {key: corpus[key] for key in keys if key in corpus}
        return cls(name, files=tuple(corpus.get("files") or ()), **given)


def retrieve_corpus(source: CorpusSource, corpora_dir: Path, lock: Path, output: Path) -> None:
    """Fill the folder `output` with the corpus's files, all at once or not at all.

    `corpora_dir` is where corpora of access `local` and `manual` lie, `lock` the file of the
    hub's commits. Raises `LahjaError` that says what is missing and what to do.
    """
    with atomic_path(output) as draft:
        match source.access:
            case "local" | "manual":
                root = corpora_dir / source.path
                link_files(_expected_files(source, root, _how_to_get(source, root)), draft)
            case "hub":
                _link_hub_files(source, lock, draft)
            case "download":
                _download(source, draft)
            case _:
                raise LahjaError(
                    f"corpora.{source.name}.access: {source.access!r} is not retrieved: "
                    "expected local, manual, download or hub"
                )


def retrieve_model(
    name: str, revision: str | None, lock: Path, output: Path, files: list[str] | None = None
) -> None:
    """Fill the folder `output` with links to a hub model's files at its locked commit.

    `model.json` beside them says which commit that is; it identifies the model from then on.
    """
    commit = resolve_commit("model", name, lock, revision)
    folder = download_snapshot("model", name, commit, files)
    with atomic_path(output) as draft:
        link_files(_files_under(folder), draft)
        write_json(draft / MODEL_FILE, {"repo": name, "revision": commit})


def link_files(files: dict[str, Path], folder: Path) -> None:
    """Make a folder of links, by their paths within it."""
    folder.mkdir(parents=True)
    for name, file in files.items():
        link = folder / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(file.resolve())


def _expected_files(source: CorpusSource, root: Path, remedy: str) -> dict[str, Path]:
    # The corpus's files by their paths within its folder; a single file by its name.
    if not root.exists():
        raise LahjaError(f"corpus {source.name}: {root} does not exist{remedy}")
    if root.is_file():
        return {root.name: root}
    if not source.files:
        found = _files_under(root)
        if not found:
            raise LahjaError(f"corpus {source.name}: {root} is empty{remedy}")
        return found
    found = {}
    for pattern in source.files:
        matches = [file for file in sorted(root.glob(pattern)) if file.is_file()]
        if not matches:
            raise LahjaError(f"corpus {source.name}: {root} has no file {pattern}{remedy}")
        found |= {file.relative_to(root).as_posix(): file for file in matches}
    return found


def _files_under(root: Path) -> dict[str, Path]:
    hidden = (".cache", ".git")
    return {
        file.relative_to(root).as_posix(): file
        for file in sorted(root.rglob("*"))
        if file.is_file() and file.relative_to(root).parts[0] not in hidden
    }


def _how_to_get(source: CorpusSource, root: Path) -> str:
    if source.access == "local":
        return ": set corpora_dir to the folder of your corpora"
    expected = ", ".join(source.files) or "its files"
    page = source.homepage or "its home page"
    return f": it needs a licence or a login: get it at {page} and put {expected} into {root}"


def _link_hub_files(source: CorpusSource, lock: Path, draft: Path) -> None:
    if not source.hub:
        raise LahjaError(f"corpora.{source.name}.hub: expected the name of a hub dataset")
    commit = resolve_commit("dataset", source.hub, lock, source.revision)
    prefix = "" if source.path == "." else f"{source.path.rstrip('/')}/"
    patterns = [prefix + pattern for pattern in source.files] or ([f"{prefix}*"] if prefix else [])
    folder = download_snapshot("dataset", source.hub, commit, patterns)
    remedy = f" at commit {commit} of {source.hub}"
    link_files(_expected_files(source, folder / source.path, remedy), draft)


def _download(source: CorpusSource, draft: Path) -> None:
    url = download_address(source)
    with tempfile.TemporaryDirectory(dir=draft.parent) as folder:
        file = Path(folder) / (Path(url.split("?")[0]).name or "download")
        _fetch(source.name, url, file)
        root = file
        if file.name.endswith(_ARCHIVES):
            root = _unpacked(source.name, url, file) / source.path
        files = _expected_files(source, root, f" in what {url} gave")
        for name, found in files.items():
            target = draft / name
            target.parent.mkdir(parents=True, exist_ok=True)
            found.replace(target)


def download_address(source: CorpusSource) -> str:
    """Return the address to download: of a GitHub repository, its archive at the commit."""
    if not source.url:
        raise LahjaError(f"corpora.{source.name}.url: expected the address to download")
    if not _GITHUB.fullmatch(source.url):
        return source.url.replace("{revision}", source.revision or "{revision}")
    if not source.revision:
        raise LahjaError(f"corpora.{source.name}.revision: expected the commit of {source.url}")
    repository = source.url.rstrip("/").removesuffix(".git")
    return f"{repository}/archive/{source.revision}.tar.gz"


def _fetch(name: str, url: str, file: Path) -> None:
    try:
        with urllib.request.urlopen(url, timeout=60) as answer, file.open("wb") as sink:
            shutil.copyfileobj(answer, sink)
    except (urllib.error.URLError, ValueError, TimeoutError) as error:
        raise LahjaError(f"corpus {name}: {url} cannot be downloaded ({error})") from None


def _unpacked(name: str, url: str, archive: Path) -> Path:
    folder = archive.parent / "unpacked"
    is_tar = not archive.name.endswith(".zip")
    try:
        shutil.unpack_archive(archive, folder, **({"filter": "data"} if is_tar else {}))
    except (OSError, EOFError, ValueError, tarfile.TarError, zlib.error) as error:
        if getattr(error, "errno", None):
            raise  # The disk is at fault, not the archive.
        raise LahjaError(f"corpus {name}: {url} is not a sound archive ({error})") from None
    # Archives of repositories wrap everything in one folder.
    members = list(folder.iterdir())
    return members[0] if len(members) == 1 and members[0].is_dir() else folder
