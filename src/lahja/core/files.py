"""Atomic writing, and the file forms that every stage shares."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from lahja.core.errors import LahjaError


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path` that takes its place when the block ends well.

    Works for a file and for a folder (make it at the path given). A failure leaves what was
    there before.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        draft = Path(folder) / path.name
        yield draft
        if path.is_dir():
            shutil.rmtree(path)
        draft.replace(path)


def set_aside(path: Path) -> Path:
    """Rename a damaged file or folder, so that it is made anew, and return where it is now."""
    aside = path.with_name(f"{path.name}.damaged")
    if aside.is_dir():
        shutil.rmtree(aside)
    return path.replace(aside)


def nearest_existing(path: Path) -> Path:
    """Return a path, or the nearest folder above it that exists."""
    return next(place for place in (path, *path.absolute().parents) if place.exists())


def expect_writable(folder: Path) -> None:
    """Raise `LahjaError` where a folder, which need not exist yet, cannot be written to."""
    place = nearest_existing(folder)
    try:
        tempfile.TemporaryFile(dir=place).close()
    except OSError as error:
        told = f"{place}: {error.strerror}"
        raise LahjaError(f"{folder}: expected a folder that can be written to ({told})") from None


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text atomically."""
    with atomic_path(path) as draft:
        draft.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write a value as indented JSON, Arabic letters as they are, atomically."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file; a fault names the file and the place in it."""
    return _read(path, parse_json, "UTF-8 JSON")


def parse_json(text: str | bytes) -> Any:
    """Return the value of a JSON text; raise `ValueError` also for one that nests too deeply."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def read_yaml(path: Path) -> Any:
    """Read a YAML file, in which "on" and "no" are booleans; a fault names the file and place."""
    return _read(path, lambda text: yaml.load(text, yaml.CSafeLoader), "YAML")


def _read(path: Path, parse: Callable[[str], Any], form: str) -> Any:
    try:
        return parse(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise LahjaError(f"{path}: no such file") from None
    # JSON's own error is a ValueError, and so is one of decoding.
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        raise LahjaError(f"{path}: not {form} ({' '.join(str(error).split())})") from None


def write_jsonl(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write one JSON object per line, atomically."""
    write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def files_under(root: Path) -> dict[str, Path]:
    """Return the files in a folder by their paths within it, but for caches and repositories."""
    hidden = (".cache", ".git")
    return {
        file.relative_to(root).as_posix(): file
        for file in sorted(root.rglob("*"))
        if file.is_file() and file.relative_to(root).parts[0] not in hidden
    }


def link_files(files: dict[str, Path], folder: Path) -> None:
    """Make a folder of links, by their paths within it."""
    folder.mkdir(parents=True)
    for name, file in files.items():
        link = folder / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(file.resolve())


def canonical_json(value: Any) -> str:
    """Return JSON with sorted keys and no spaces, the form that digests and params use."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest_of_text(text: str) -> str:
    """Return the SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def digest_of_folder(folder: Path, leave_out: str = "") -> str:
    """Return one SHA-256 over names and bytes of a folder's files but those named `leave_out`."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != leave_out)
    found = [(path.relative_to(folder).as_posix(), digest_of_file(path)) for path in files]
    return digest_of_text(canonical_json(found))


def known_digests(files: Iterable[Path], store: Path) -> list[str]:
    """Return the SHA-256 of files; one of the size and age that `store` knows is not read again.

    `store` is a JSON file that lives as long as nobody deletes it, and is written where it grows.
    """
    known = read_json(store) if store.is_file() else {}
    stats = ((file, file.stat()) for file in files)
    names = {file: f"{file.resolve()} {s.st_size} {s.st_mtime_ns}" for file, s in stats}
    if new := {name: digest_of_file(f) for f, name in names.items() if name not in known}:
        known |= new
        write_json(store, known)
    return [known[name] for name in names.values()]


def digest_of_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
