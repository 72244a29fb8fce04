"""A JSON Lines file that only grows, safe under kill -9, of one process at a time."""

import fcntl
import io
import json
import os
import sys
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from lahja.core.errors import LahjaError

# What a line ends with: a checksum of all before it.
_SEAL = b', "crc": "%08x"}\n'
_LENGTH = len(_SEAL % 0)
_AT_ONCE = 1 << 20


class Journal:
    """Rows in a file that is locked while it is open."""

    def __init__(
        self, path: Path, take: Callable[[bytes], None], kind: str = "a JSON object",
        *, can_lose: bool = False,
    ):  # fmt: skip
        """Open, lock and read the file, making it where it is not there yet.

        `take` is given each line that is there; a last one that a crash left unfinished is dropped.
        Raises `LahjaError` where another process has the file open, or naming a line of which
        `take` finds that it is damaged or no such row (`row_of`); where rows can be lost, such
        lines are passed over, and how many is told on standard error.
        """
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a+b", buffering=0)
        try:
            # The file's own bytes would not bring its name back.
            folder = os.open(path.parent, os.O_RDONLY)
            os.fsync(folder)
            os.close(folder)
            self._lock()
            self._read(take, kind, can_lose)
        except BaseException:
            self._file.close()
            raise

    def append(self, rows: Iterable[dict[str, Any]], *, durable: bool = True) -> None:
        """Add rows; they outlive this process, and if `durable` the machine, when this returns.

        Where the disk is full, the file stays as it was.
        """
        lines = (json.dumps(row, ensure_ascii=False)[:-1].encode() for row in rows)
        content = b"".join(line + _SEAL % zlib.crc32(line) for line in lines)
        end, rest = self._file.seek(0, os.SEEK_END), memoryview(content)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError:
            self._file.truncate(end)
            raise
        if durable:
            os.fdatasync(self._file.fileno())

    def close(self) -> None:
        """Close the file, which also unlocks it."""
        self._file.close()

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LahjaError(f"{self.path}: another process is writing to it") from None
        except OSError as error:
            told = f"the file system gives no locks ({error.strerror})"
            cure = "mount it with them (on Lustre: -o flock)"
            raise LahjaError(f"{self.path}: {told}; {cure}") from None

    def _read(self, take: Callable[[bytes], None], kind: str, can_lose: bool) -> None:
        self._file.seek(0)
        reader, n_lost = io.BufferedReader(self._file, _AT_ONCE), 0
        for number, line in enumerate(reader, start=1):
            if not line.endswith(b"\n"):
                self._file.truncate(reader.tell() - len(line))
                break
            try:
                take(line)
            # A line that is no UTF-8 raises a ValueError as well.
            except (AttributeError, KeyError, TypeError, ValueError):
                if not can_lose:
                    raise LahjaError(f"{self.path}:{number}: not {kind}") from None
                n_lost += 1
        reader.detach()
        if n_lost:
            print(f"{self.path}: {n_lost} lines are damaged and count for nothing", file=sys.stderr)


def count_faults(path: Path) -> tuple[int, int]:
    """Return how many lines of a journal are damaged, and how many others have no checksum.

    A last line that is unfinished does not count.
    """
    n_damaged = n_unchecked = 0
    with path.open("rb") as file:
        for line in file:
            if is_sealed(line) or not line.endswith(b"\n"):
                continue
            try:
                row_of(line)
                n_unchecked += 1
            except ValueError:
                n_damaged += 1
    return n_damaged, n_unchecked


def is_sealed(line: bytes) -> bool:
    """Return whether a line is as it was written; one of an older run has no checksum."""
    return line.endswith(_SEAL % zlib.crc32(line[:-_LENGTH]))


def row_of(line: bytes) -> Any:
    """Return the row that a line holds; raise `ValueError` where it is not as it was written."""
    row = from_json(line)
    if isinstance(row, dict) and row.pop("crc", None) is not None and not is_sealed(line):
        raise ValueError("the checksum differs")
    return row
