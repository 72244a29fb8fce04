"""A JSON Lines file that only grows, safe under kill -9, of one process at a time."""

import fcntl
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
_SEAL = ', "crc": "{:08x}"}}\n'
_LENGTH = len(_SEAL.format(0).rstrip())


class Journal:
    """Rows in a file that is locked while it is open.

    `rows` are those that were there when it was opened; a last line that a crash left unfinished
    is dropped.
    """

    def __init__(
        self, path: Path, parse: Callable = lambda row: {**row}, kind: str = "a JSON object",
        *, can_lose: bool = False,
    ):  # fmt: skip
        """Open, lock and read the file, making it where it is not there yet.

        `parse` takes a line's JSON and returns a row of some kind. Raises `LahjaError` where
        another process has the file open, or naming a line that is damaged or no such row; where
        rows can be lost, such lines are passed over, and how many is told on standard error.
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
            self.rows = self._read(parse, kind, can_lose)
        except BaseException:
            self._file.close()
            raise

    def append(self, rows: Iterable[dict[str, Any]], *, durable: bool = True) -> None:
        """Add rows; they outlive this process, and if `durable` the machine, when this returns.

        Where the disk is full, the file stays as it was.
        """
        lines = (json.dumps(row, ensure_ascii=False)[:-1].encode() for row in rows)
        content = b"".join(line + _SEAL.format(zlib.crc32(line)).encode() for line in lines)
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

    def _read(self, parse: Callable, kind: str, can_lose: bool) -> list[Any]:
        self._file.seek(0)
        content = self._file.readall() or b""
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            self._file.truncate(whole)
        rows, n_lost = [], 0
        for number, line in enumerate(content[:whole].splitlines(), start=1):
            try:
                rows.append(parse(_row_of(line)))
            # A line that is no UTF-8 raises a ValueError as well.
            except (AttributeError, KeyError, TypeError, ValueError):
                if not can_lose:
                    raise LahjaError(f"{self.path}:{number}: not {kind}") from None
                n_lost += 1
        if n_lost:
            print(f"{self.path}: {n_lost} lines are damaged and count for nothing", file=sys.stderr)
        return rows


def count_damaged(path: Path) -> int:
    """Return how many lines of a journal are not as they were written, the unfinished one apart."""
    whole, _, _ = path.read_bytes().rpartition(b"\n")
    n_damaged = 0
    for line in whole.splitlines():
        try:
            _row_of(line)
        except ValueError:
            n_damaged += 1
    return n_damaged


def _row_of(line: bytes) -> Any:
    """Return the row that a line holds; raise `ValueError` where it is not as it was written.

    A line of an older run has no checksum.
    """
    row = from_json(line)
    crc = row.pop("crc", None) if isinstance(row, dict) else None
    if crc not in (None, f"{zlib.crc32(line[:-_LENGTH]):08x}"):
        raise ValueError("the checksum differs")
    return row
