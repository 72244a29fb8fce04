"""A store of answers that only grows, so that no answer is asked for twice."""

from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Self

from lahja.errors import LahjaError
from lahja.generation.backend import Answer
from lahja.journal import Journal


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
        self._journal = Journal(self.path)
        try:
            self._journal.lock(wait=False)
            for number, row in self._journal.read():
                try:
                    key = row.pop("key")
                    self.answers[key] = Answer(**row)
                except (KeyError, TypeError):
                    raise LahjaError(f"{self.path}:{number}: not an answer of the store") from None
        except BaseException:
            self._journal.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Unlock and close the file."""
        self._journal.close()

    def add(self, key: str, answer: Answer) -> None:
        """Append an answer; it is on disk when this returns."""
        self.add_all({key: answer})

    def add_all(self, answers: dict[str, Answer]) -> None:
        """Append several answers by their keys; they are on disk when this returns."""
        self._journal.append({"key": key, **asdict(answer)} for key, answer in answers.items())
        self.answers.update(answers)
