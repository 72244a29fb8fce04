"""Answers that somebody else's run recorded: AL-QASIDA's output folders."""

import sys
from collections.abc import Iterator
from pathlib import Path

from lahja.core.errors import LahjaError
from lahja.core.files import digest_of_file, digest_of_text
from lahja.core.stages import version
from lahja.corpora.readers import Output, read_outputs
from lahja.generation.backend import NOT_RECORDED, Answer, Request
from lahja.prompts.chat import without_thoughts

# What recordings say for "stop" and "length".
_REASONS = {"complete": "stop", "end_turn": "stop", "max_tokens": "length"}


class RecordedBackend:
    """Answers from recordings, found by the prompt's text; sampling parameters do not count.

    Prompts are compared with runs of white space made one space. One that was not recorded gets
    the finish reason "not recorded" and no text.
    """

    def __init__(self, folders: list[Path]):
        """Read every `*_samples.csv` of the folders; raise `LahjaError` where there is none."""
        digests = []
        self._recorded: dict[str, tuple[str | None, str]] = {}
        for folder in folders:
            files = sorted(folder.glob("*_samples.csv"))
            if not files:
                raise LahjaError(f"{folder}: no recorded answers there (expected *_samples.csv)")
            digests += map(digest_of_file, files)
            for prompt, said, reason in read_recordings(folder):
                self._recorded.setdefault(_key(prompt), (without_thoughts(said), reason))
        if not self._recorded:
            raise LahjaError(f"{folders[0]}: no recorded answers with their prompts there")
        code = version("generation", "corpora")
        self.identity = f"recorded {digest_of_text(''.join(digests))} {code}"

    def generate(self, requests: list[Request]) -> Iterator[Answer]:
        """Yield the recorded answers in the order asked."""
        for request in requests:
            text, reason = self._recorded.get(_key(request.prompt), (None, NOT_RECORDED))
            yield Answer(request.id, text, reason, None)


def read_recordings(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Yield prompt, answer and finish reason of a folder's rows that can be read and have a prompt.

    The reason is "unknown" where none was recorded. Other rows are named on standard error.
    """
    for output in read_outputs(folder, {}):
        if not isinstance(output, Output):
            print(f"{output.file}:{output.line}: {output.reason}", file=sys.stderr)
        elif output.prompt:
            reason = output.finish_reason or "unknown"
            yield output.prompt, output.response.strip(), _REASONS.get(reason, reason)


def _key(prompt: str) -> str:
    return " ".join(prompt.split())
