"""Bring a corpus's files to one place, or fail with one line on how to get them.

Whatever the way of access, the result is a folder that holds the corpus's files alone: links
to files that are there already, or what was downloaded.
"""

import errno
import gzip
import lzma
import shutil
import tarfile
import tempfile
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from lahja.core.errors import LahjaError
from lahja.core.files import (
    atomic_path,
    canonical_json,
    digest_of_file,
    digest_of_text,
    files_under,
    known_digests,
    link_files,
    read_json,
    write_json,
)
from lahja.core.hub import download_snapshot, record_commit, resolve_commit
from lahja.core.varieties import OTHER, VARIETIES

# What a damaged or encrypted archive raises.
_UNSOUND = (
    OSError, EOFError, ValueError, RuntimeError, tarfile.TarError, zipfile.BadZipFile, zlib.error,
    lzma.LZMAError,
)  # fmt: skip
# What the system says of names that no file can have here.
_OF_NAMES = (errno.ENAMETOOLONG, errno.EISDIR, errno.ENOTDIR, errno.EEXIST, errno.EINVAL)
_ARCHIVES = (".zip", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2", ".tar")
# What a file or folder takes of a disk, however small it is.
_LEAST = 4096
# Members of archives that say more of the next one: their bytes are read as a whole.
_HEADERS, _MAX_HEADER = (b"L", b"K", b"x", b"g", b"X"), 1 << 20
# What readers without options that tell it can read.
_READS = {"doda": {"mar", "eng"}, "iwslt": {"syr", "eng"}, "dial2msa": {"egy", "msa"}}


def retrieve_corpus(
    name: str, corpus: dict[str, Any], corpora_dir: Path, lock: Path, output: Path, wanted: str = ""
) -> None:
    """Fill the folder `output` with the corpus's files, all at once or not at all.

    `corpus` is its entry in the config, `corpora_dir` where corpora of access `local` and `manual`
    are, `lock` the file of the hub's commits, `wanted` what `wanted_commit` gave. Raises
    `LahjaError` on what is missing and how to get it.
    """
    with atomic_path(output) as draft:
        match corpus["access"]:
            case "local" | "manual":
                link_files(_local_files(name, corpus, corpora_dir), draft)
            case "hub":
                commit = _link_hub_files(name, corpus, lock, draft)
                record_commit(output, commit, wanted)
            case "download":
                digest = _download(name, corpus, draft)
                facts = {"url": corpus["url"], "sha256": digest}
                write_json(output.with_name(f"{output.name}.download.json"), facts)


def missing_files(name: str, corpus: dict[str, Any], corpora_dir: Path) -> str:
    """Return what a corpus of access `local` or `manual` lacks and how to get it, or ""."""
    if corpus["access"] in ("local", "manual"):
        try:
            _local_files(name, corpus, corpora_dir)
        except LahjaError as error:
            return str(error).removeprefix(f"corpus {name}: ")
    return ""


def leave_out_missing(config: dict[str, Any], started: Path | None = None) -> dict[str, Any]:
    """Return a resolved configuration without absent corpora, listed in `corpora_left_out`.

    It is the same where `missing_corpora` is `stop`. `started` is the configuration of the run's
    start, whose decision stands. Raises `LahjaError` where nothing would be left of a role, of what
    is evaluated or asked, or of a variety that is trained.
    """
    if config["missing_corpora"] == "stop":
        return config
    corpora, folder = config["corpora"], Path(config["corpora_dir"])
    absent = [n for n in config["corpora_in_use"] if missing_files(n, corpora[n], folder)]
    if started is not None:
        absent = read_json(started)["corpora_left_out"]
    for key, names in _needed(config):
        if names and {*absent} >= {*names}:
            told = f"{', '.join(names)} are absent (`lahja check` tells how to get them)"
            raise LahjaError(f"missing_corpora: leave-out leaves nothing of {key}: {told}")
    evaluation, left_out = config["evaluation"], config["corpora_left_out"]
    kept = {key: _without(evaluation[key], absent) for key in ("translation", "prompts")}
    return config | {
        "corpora_in_use": _without(config["corpora_in_use"], absent),
        "corpora_left_out": [*left_out, *_without(absent, left_out)],
        "evaluation": evaluation | kept,
    }


def _without(names: list[str], absent: list[str]) -> list[str]:
    return [name for name in names if name not in absent]


def _needed(config: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Yield what a run cannot be without, each with the corpora that give it."""
    corpora = {name: config["corpora"][name] for name in config["corpora_in_use"]}
    for key in ("translation", "prompts"):
        yield f"evaluation.{key}", config["evaluation"][key]
    yield "prompts.templates", [config["prompts"]["templates"]]
    yield "preferences.gold_corpus", [*filter(None, [config["preferences"].get("gold_corpus")])]
    yield "evaluation.few_shot", [*filter(None, [config["evaluation"]["few_shot"]["corpus"]])]
    for name, entry in config["generators"].items():
        if entry["backend"] == "recorded":
            yield f"generators.{name}.corpus", [entry["corpus"]]
    for role in dict.fromkeys(corpus["role"] for corpus in corpora.values()):
        yield f"the corpora of role {role}", [n for n, c in corpora.items() if c["role"] == role]
    trained = {name: _varieties(c) for name, c in corpora.items() if c["role"] == "train"}
    for code in (*config["dialects"], "msa"):
        yield f"the corpora that train {code}", [n for n, own in trained.items() if code in own]


def _varieties(corpus: dict[str, Any]) -> set[str]:
    """Return the varieties that a corpus's rows can be of, as far as its entry tells."""
    options = corpus["options"]
    told = [options.get("variety"), *(options.get("labels") or {}).values()]
    for key in ("columns", "files"):
        told += options[key] if isinstance(options.get(key), dict) else []
    own = _READS.get(corpus["reader"]) or {OTHER, *VARIETIES} & {*told}
    return {*own} or {*(options.get("varieties") or VARIETIES)}


def source_identity(name: str, corpus: dict[str, Any], corpora_dir: Path, digests: Path) -> str:
    """Return what a corpus's files are, as a rule's parameter: it changes where they do.

    Of access `local` and `manual` that is a digest of their names and contents, in whatever folder
    they are, and "" where one is missing; else it is where they come from. `digests` is the file
    that keeps the digests of contents (`known_digests`).
    """
    if corpus["access"] not in ("local", "manual"):
        place = [corpus.get(key) for key in ("access", "url", "hub", "revision", "path")]
        return canonical_json([*place, *corpus["files"]])
    try:
        files = _local_files(name, corpus, corpora_dir)
    except LahjaError:
        return ""
    contents = known_digests(files.values(), digests)
    return digest_of_text(canonical_json(dict(zip(files, contents, strict=True))))


def _local_files(name: str, corpus: dict[str, Any], corpora_dir: Path) -> dict[str, Path]:
    root = corpora_dir / corpus["path"]
    remedy = ": set corpora_dir to the folder of your corpora"
    if corpus["access"] == "manual":
        expected = ", ".join(corpus["files"]) or "its files"
        page = corpus["homepage"] or "its home page"
        remedy = f": it needs a licence or a login: get it at {page} (licence: {corpus['licence']})"
        remedy += f" and put {expected} into {root}"
    return _expected_files(name, corpus, root, remedy)


def _expected_files(name: str, corpus: dict[str, Any], root: Path, remedy: str) -> dict[str, Path]:
    """Return the corpus's files by their paths within its folder; a single file by its name."""
    if not root.exists():
        raise LahjaError(f"corpus {name}: {root} does not exist{remedy}")
    if root.is_file():
        return {root.name: root}
    if not corpus["files"]:
        if not (found := files_under(root)):
            raise LahjaError(f"corpus {name}: {root} is empty{remedy}")
        return found
    matches = {one: sorted(filter(Path.is_file, root.glob(one))) for one in corpus["files"]}
    if missing := [pattern for pattern, files in matches.items() if not files]:
        raise LahjaError(f"corpus {name}: {root} has no file {', '.join(missing)}{remedy}")
    every = (file for files in matches.values() for file in files)
    return {file.relative_to(root).as_posix(): file for file in every}


def _link_hub_files(name: str, corpus: dict[str, Any], lock: Path, draft: Path) -> str:
    if not corpus.get("hub"):
        raise LahjaError(f"corpora.{name}.hub: expected the name of a hub dataset")
    commit = resolve_commit("dataset", corpus["hub"], lock, corpus["revision"])
    prefix = "" if corpus["path"] == "." else f"{corpus['path'].rstrip('/')}/"
    patterns = [prefix + pattern for pattern in corpus["files"] or (["*"] if prefix else [])]
    folder = download_snapshot("dataset", corpus["hub"], commit, patterns)
    remedy = f" at commit {commit} of {corpus['hub']}"
    link_files(_expected_files(name, corpus, folder / corpus["path"], remedy), draft)
    return commit


def _download(name: str, corpus: dict[str, Any], draft: Path) -> str:
    """Fill a folder with the corpus's files, and return the SHA-256 of what was downloaded."""
    url, limit = corpus.get("url"), int(corpus["max_gib"] * 2**30)
    if not url:
        raise LahjaError(f"corpora.{name}.url: expected the address to download")
    with tempfile.TemporaryDirectory(dir=draft.parent) as folder:
        root = Path(folder) / (Path(url.split("?")[0]).name or "download")
        try:
            with urllib.request.urlopen(url, timeout=60) as answer, root.open("wb") as sink:
                if not answer.url.startswith(("https:", "file:")):
                    raise ValueError("it leads to an address without TLS")
                _copy(answer, sink, limit)
        except (urllib.error.URLError, ValueError, TimeoutError) as error:
            raise LahjaError(f"corpus {name}: {url} cannot be downloaded ({error})") from None
        digest = digest_of_file(root)
        if digest != (wanted := corpus.get("sha256", digest)):
            told = f"expected a file of the SHA-256 {wanted}, not {digest}"
            raise LahjaError(f"corpora.{name}.sha256: {told}")
        if root.name.endswith(_ARCHIVES):
            root = _unpacked(name, url, root, limit) / corpus["path"]
        for place, found in _expected_files(name, corpus, root, f" in what {url} gave").items():
            target = draft / place
            target.parent.mkdir(parents=True, exist_ok=True)
            found.replace(target)
    return digest


def _copy(source: BinaryIO, sink: BinaryIO | None, limit: int) -> None:
    """Read all, and write it where there is a sink; raise `ValueError` above a limit in bytes."""
    for part in _limited(iter(partial(source.read, 1 << 20), b""), limit, len):
        if sink:
            sink.write(part)


def _limited(parts: Iterable[Any], limit: int, size: Callable[[Any], int]) -> Iterator[Any]:
    total = 0
    for part in parts:
        if (total := total + size(part)) > limit:
            told = f"it has more than {limit / 2**30:g} GiB; raise max_gib if that is right"
            raise ValueError(told)
        yield part


def _unpacked(name: str, url: str, archive: Path, limit: int) -> Path:
    folder = archive.parent / "unpacked"
    try:
        if archive.name.endswith("gz"):
            # tarfile stops before the checksum, which stands at the end.
            with gzip.open(archive) as content:
                _copy(content, None, limit)
        if archive.name.endswith(".zip"):
            with zipfile.ZipFile(archive) as content:
                [*_limited(content.infolist(), limit, lambda member: _LEAST + member.file_size)]
            shutil.unpack_archive(archive, folder)
        else:
            with tarfile.open(archive, tarinfo=_Member) as content:
                [*_limited(content, limit, lambda member: _LEAST + member.size)]
                content.extractall(folder, filter=_without_links)
    except _UNSOUND as error:
        if getattr(error, "errno", None) not in (None, *_OF_NAMES):
            raise  # The disk is at fault, not the archive.
        raise LahjaError(f"corpus {name}: {url} is not a sound archive ({error})") from None
    # Archives of repositories wrap everything in one folder.
    members = list(folder.iterdir())
    return members[0] if len(members) == 1 and members[0].is_dir() else folder


class _Member(tarfile.TarInfo):
    """A member of an archive; one that would fill the memory is refused."""

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        if self.type in _HEADERS and self.size > _MAX_HEADER:
            raise tarfile.ReadError(f"a name or header of {self.size} bytes")
        return super()._proc_member(archive)


def _without_links(member: tarfile.TarInfo, folder: str) -> tarfile.TarInfo | None:
    """Leave links out, by which files elsewhere could be read or written; refuse other places."""
    is_link = member.issym() or member.islnk()
    return None if is_link else tarfile.data_filter(member, folder)
