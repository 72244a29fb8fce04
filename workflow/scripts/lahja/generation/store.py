"""A store of answers that only grows, so that no answer is asked for twice."""

import fcntl
import json
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Self

from lahja.errors import LahjaError
from lahja.files import read_jsonl
from lahja.generation.backend import Answer


class AnswerStore:
    """Answers by key, in a JSON Lines file that one process at a time may write.

    Used as a context manager. A last line that a crash left unfinished is dropped.
    """

    def __init__(self, path: Path):
        """Name the file; it is opened, locked and read on entering."""
        self.path = path
        self.answers: dict[str, Answer] = {}

    def __enter__(self) -> Self:
        """Lock the file and read it; raise `LahjaError` where another process holds it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self.path.open("a+b")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise LahjaError(f"{self.path}: another process is writing to it") from None
        self._drop_torn_line()
        for number, row in enumerate(read_jsonl(self.path), start=1):
            try:
                key = row.pop("key")
                self.answers[key] = Answer(**row)
            except (KeyError, TypeError):
                raise LahjaError(f"{self.path}:{number}: not an answer of the store") from None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Unlock and close the file."""
        self._file.close()

    def add(self, key: str, answer: Answer) -> None:
        """Append an answer; it is on disk when this returns."""
        line = json.dumps({"key": key, **asdict(answer)}, ensure_ascii=False)
        self._file.write(line.encode("utf-8") + b"\n")
        self._file.flush()
        self.answers[key] = answer

    def _drop_torn_line(self) -> None:
        self._file.seek(0)
        content = self._file.read()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            self._file.truncate(whole)
