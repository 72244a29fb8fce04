"""A JSON Lines file that only grows, safe under kill -9 and under several writers."""

import fcntl
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lahja.errors import LahjaError


class Journal:
    """Rows in a file that processes append to in turn, each while it holds the lock.

    A last line that a crash left unfinished is dropped by the next one to read.
    """

    def __init__(self, path: Path):
        """Open the file, making it where it is not there yet."""
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        is_new = not path.exists()
        self._file = path.open("a+b", buffering=0)
        if is_new:
            _sync_folder(path.parent)
        self._read_to = 0
        self._n_lines = 0

    def lock(self, *, wait: bool) -> None:
        """Take the lock; raise `LahjaError` where another holds it and `wait` is false."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise LahjaError(f"{self.path}: another process is writing to it") from None

    def unlock(self) -> None:
        """Let others take the lock."""
        fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the file, which also unlocks it."""
        self._file.close()

    def read(self) -> list[tuple[int, dict[str, Any]]]:
        """Return the rows added since the last reading, with their line numbers.

        To be called under the lock, for it takes an unfinished last line away. Raises
        `LahjaError` naming a line that is no JSON object.
        """
        self._file.seek(self._read_to)
        content = self._file.readall() or b""
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            self._file.truncate(self._read_to + whole)
        self._read_to += whole
        return [self._parse(line) for line in content[:whole].split(b"\n")[:-1]]

    def append(self, rows: Iterable[dict[str, Any]], *, durable: bool = True) -> None:
        """Add rows; they outlive this process, and if `durable` the machine, when this returns.

        To be called under the lock. Where the disk is full, the file stays as it was.
        """
        lines = [json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows]
        end = self._file.seek(0, os.SEEK_END)
        rest = memoryview(b"".join(lines))
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError:
            self._file.truncate(end)
            raise
        if durable:
            os.fdatasync(self._file.fileno())

    def _parse(self, line: bytes) -> tuple[int, dict[str, Any]]:
        self._n_lines += 1
        try:
            row = json.loads(line)
        except (UnicodeDecodeError, json.JSONDecodeError):
            row = None
        if not isinstance(row, dict):
            raise LahjaError(f"{self.path}:{self._n_lines}: not a JSON object")
        return self._n_lines, row


def _sync_folder(folder: Path) -> None:
    """Put a new file's name on disk; its own bytes alone would not bring it back."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
