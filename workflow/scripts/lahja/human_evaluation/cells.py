"""Texts as cells of a spreadsheet: what a cell can hold, and what must not become a formula.

A spreadsheet program runs a cell of a CSV file that begins with `=`, `+`, `-` or `@` as a formula.
Such a text gets an apostrophe in front, and so does one that begins with an apostrophe: taking one
leading apostrophe away gives every text back.
"""

import re

_FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "'")
# Control characters that XML, and so an Excel workbook, cannot hold.
_NO_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# Excel's limit, less the apostrophe.
_MOST_CHARACTERS = 32_766


def cell_text(text: str) -> str:
    """Return a text as a cell can hold it: line feeds only, no control characters, not too long."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return _NO_XML.sub("", plain)[:_MOST_CHARACTERS]


def guard(text: str) -> str:
    """Return a text that no spreadsheet program takes for a formula when it opens a CSV file."""
    return f"'{text}" if text.lstrip().startswith(_FORMULA_STARTS) else text


def unguard(text: str) -> str:
    """Return the text that `guard` was given."""
    return text.removeprefix("'")


def is_shown_as(text: str, cell: str) -> bool:
    """Whether a cell still shows a text, guarded or not; white space may differ.

    Spreadsheet programs change line breaks and trim cells when they save.
    """
    plain = cell_text(text)
    return _words(cell) in (_words(plain), _words(guard(plain)))


def _words(text: str) -> list[str]:
    return cell_text(text).split()
