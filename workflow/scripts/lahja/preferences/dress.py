"""One text in the dress of another: spaces before punctuation, and the mark at its end.

Corpora differ in these, side by side in one sentence (MADAR writes " ." in MSA and Egyptian, "."
in other dialects); a pair that differs in them would teach no more than that.
"""

import re

from lahja.data.text import arabic_share

_MARKS = ".!?؟"
_SPACED = re.compile(r"\s+(?=[.,!?:;،؛؟](?:\s|\Z))")
_CLOSE = re.compile(r"(?<=\w)(?=[.,!?:;،؛؟](?:\s|\Z))")


def dressed_as(text: str, pattern: str) -> str:
    """Return a text spaced and ended as `pattern` is; it keeps its own words and kind of mark.

    A text in another script is not mistaken for `pattern` anyhow, and comes back as it is.
    """
    if (arabic_share(text) >= 0.5) != (arabic_share(pattern) >= 0.5):
        return text
    body, pattern = text.strip(), pattern.strip()
    own_end, end = (_end_of(side) for side in (body, pattern))
    if end and not own_end:
        body += end
    elif own_end and not end:
        body = body.rstrip(_MARKS).rstrip()
    if _SPACED.search(pattern):
        return _CLOSE.sub(" ", body)
    return _SPACED.sub("", body) if _CLOSE.search(pattern) else body


def _end_of(text: str) -> str:
    return text[-1] if text and text[-1] in _MARKS else ""
