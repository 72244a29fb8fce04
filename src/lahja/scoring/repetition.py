"""Texts that a model did not end but went round in."""

import re

# Two to twenty letters five times in a row ("little little little little little", "hahahahaha"),
# or one letter sixteen times. Speakers repeat themselves and draw out letters, but not so.
_LOOP = re.compile(r"(.{2,20}?)\1{4,}", re.DOTALL)
_DRAWN_OUT = re.compile(r"(\w)\1{15,}")


def is_looping(text: str) -> bool:
    """Whether a piece of a text is repeated five times or more in a row."""
    # With a space at the end the last word is a piece like those before it.
    loops = _LOOP.finditer(f"{text} ")
    return bool(_DRAWN_OUT.search(text)) or any(len(set(loop[1])) > 1 for loop in loops)
