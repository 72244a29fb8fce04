"""Answers that somebody else's run recorded: AL-QASIDA's output folders."""

from collections.abc import Iterator
from pathlib import Path

from lahja.errors import LahjaError
from lahja.files import digest_of_file, digest_of_text
from lahja.generation.backend import NOT_RECORDED, Answer, Request
from lahja.readers import Output, read_outputs

# What recordings say for "stop" and "length".
_REASONS = {
    "complete": "stop",
    "end_turn": "stop",
    "max_tokens": "length",
}
UNKNOWN = "unknown"


class RecordedBackend:
    """Answers from recordings, found by the prompt's text; sampling parameters do not count.

    Prompts are compared with runs of white space made one space. One that was not recorded gets
    the finish reason "not recorded" and no text.
    """

    def __init__(self, folders: list[Path]):
        """Read every `*_samples.csv` of the folders; raise `LahjaError` where there is none."""
        files = [file for folder in folders for file in _sample_files(folder)]
        self.identity = "recorded " + digest_of_text("".join(map(digest_of_file, files)))
        self._recorded: dict[str, tuple[str, str]] = {}
        for folder in folders:
            for prompt, text, reason in read_recordings(folder):
                self._recorded.setdefault(_key(prompt), (text, reason))

    def __len__(self) -> int:
        """Return how many prompts were recorded."""
        return len(self._recorded)

    def generate(self, requests: list[Request]) -> Iterator[Answer]:
        """Yield the recorded answers in the order asked."""
        for request in requests:
            text, reason = self._recorded.get(_key(request.prompt), (None, NOT_RECORDED))
            yield Answer(request.id, text, reason, None)


def read_recordings(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Yield prompt, answer and finish reason of a folder's rows that can be read.

    The reason is "unknown" where none was recorded.
    """
    for output in read_outputs(folder, {}):
        if isinstance(output, Output):
            said = output.finish_reason or UNKNOWN
            yield output.prompt, output.generation.strip(), _REASONS.get(said, said)


def _sample_files(folder: Path) -> list[Path]:
    files = sorted(folder.glob("*_samples.csv"))
    if not files:
        raise LahjaError(f"{folder}: no recorded answers there (expected *_samples.csv)")
    return files


def _key(prompt: str) -> str:
    return " ".join(prompt.split())
