"""Answers that somebody else's run recorded: AL-QASIDA's output folders."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from lahja.errors import LahjaError
from lahja.files import digest_of_file, digest_of_text
from lahja.generation.backend import NOT_RECORDED, Answer, Request

# The names under which recordings say that the model ended its turn.
_STOPPED = {"stop", "COMPLETE", "STOP", "end_turn"}
_CUT = {"length", "MAX_TOKENS", "max_tokens"}


class RecordedBackend:
    """Answers from recordings, found by the prompt's text; sampling parameters do not count.

    Prompts are compared with runs of white space made one space. One that was not recorded gets
    the finish reason "not recorded" and no text.
    """

    def __init__(self, folders: list[Path]):
        """Read every `*_samples.csv` of the folders."""
        files = [file for folder in folders for file in _sample_files(folder)]
        self.identity = "recorded " + digest_of_text("".join(map(digest_of_file, files)))
        self._recorded: dict[str, tuple[str, str]] = {}
        for file in files:
            for prompt, text, reason in read_recordings(file):
                self._recorded.setdefault(_key(prompt), (text, reason))

    def __len__(self) -> int:
        """Return how many prompts were recorded."""
        return len(self._recorded)

    def generate(self, requests: list[Request]) -> Iterator[Answer]:
        """Yield the recorded answers in the order asked."""
        for request in requests:
            text, reason = self._recorded.get(_key(request.prompt), (None, NOT_RECORDED))
            yield Answer(request.id, text, reason, None)


def read_recordings(file: Path) -> Iterator[tuple[str, str, str]]:
    """Yield prompt, answer and finish reason of one AL-QASIDA sample file.

    Two layouts: `_raw_turns` with `generations` as Python literals (GPT-4o, Command R+), and
    `prompts` with `generations` as bare text (Llama). "unknown" where no reason was recorded.
    """
    try:
        frame = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise LahjaError(f"{file}: not a UTF-8 CSV file ({error})") from None
    column = next((name for name in ("_raw_turns", "prompts") if name in frame), None)
    if column is None or "generations" not in frame:
        raise LahjaError(f"{file}: expected the columns generations and _raw_turns or prompts")
    for number, row in enumerate(frame.to_dict("records"), start=2):
        try:
            yield _recording(row, column)
        except (ValueError, SyntaxError, LookupError, TypeError):
            raise LahjaError(f"{file}: row {number}: cannot read {column} or generations") from None


def _recording(row: dict[str, str], column: str) -> tuple[str, str, str]:
    if column == "prompts":
        return row["prompts"], row["generations"].strip(), "unknown"
    turns = ast.literal_eval(row["_raw_turns"])
    user = next(turn for turn in turns if str(turn.get("role", "User")).lower() == "user")
    text = ast.literal_eval(row["generations"])[0].strip()
    reasons = row.get("finish_reasons", "")
    said = ast.literal_eval(reasons)[0] if reasons.startswith("[") else "unknown"
    reason = "stop" if said in _STOPPED else "length" if said in _CUT else said
    return user["content"][0]["text"], text, reason


def _sample_files(folder: Path) -> list[Path]:
    files = sorted(folder.glob("*_samples.csv"))
    if not files:
        raise LahjaError(f"{folder}: no recorded answers there (expected *_samples.csv)")
    return files


def _key(prompt: str) -> str:
    return " ".join(prompt.split())
