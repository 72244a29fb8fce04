"""The one error that is meant for the user's eyes."""

import re
from collections.abc import Collection
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


# What moves a terminal's cursor, or the letters beside it.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

_MAX_LINE = 4000


class LahjaError(Exception):
    """A fault that the user can fix, told in one line.

    The message names the file, the row or the key at fault and what was expected there.
    """

    def __init__(self, message: str):
        """Take a message, of which others' words may have several lines and control characters."""
        line = " ".join(filter(None, map(str.strip, message.splitlines())))
        line = line if len(line) <= _MAX_LINE else f"{line[:_MAX_LINE]}…"
        super().__init__(_CONTROL.sub("\ufffd", line))


class DamagedError(LahjaError):
    """A file of a run that does not hold what was written."""

    def __init__(self, message: str, path: Path):
        """Take a message that names the file, and the file or folder to be made anew."""
        super().__init__(message)
        self.path = path


def hint(name: object, known: Collection[str]) -> str:
    """Return what an unknown name was probably meant to be, or all that it could be."""
    if near := get_close_matches(str(name), known, n=1):
        return f"did you mean {near[0]}?"
    return f"expected one of {', '.join(known)}" if known else "nothing is known here"


def refuse_rows(place: str, is_faulty: "pd.Series", told: str, values: "pd.Series") -> None:
    """Raise `LahjaError` for the first faulty row of a table, if there is one.

    `place` goes before the row's index, and the row's value takes the place of {} in `told`.
    """
    for row in is_faulty.index[is_faulty]:
        raise LahjaError(f"{place}{row}: {told.format(values[row])}")
