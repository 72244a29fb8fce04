"""What is done to the letters of a text, and the two forms that come of it.

`normalise_text` gives the text that is stored and trained on: it mends what encodings and
web pages did to a text and leaves the author's spelling alone. `comparison_key` gives the form
in which two texts are called the same; it is never stored in place of a text.
"""

import html
import re
import unicodedata
from collections.abc import Callable
from functools import cache

_ARABIC_LETTER = re.compile(r"[\u0620-\u063f\u0641-\u064a\u066e-\u06d3\u06fa-\u06ff\u0750-\u077f]")
# Ligatures and positional forms that old encodings wrote instead of the letters.
_PRESENTATION_FORMS = re.compile(r"[\ufb50-\ufdff\ufe70-\ufefc]+")
# Direction marks, zero-width spaces, byte-order marks, soft hyphens, tatweel, and joiners beside
# a letter or digit (between emoji a joiner carries meaning).
_INVISIBLE = re.compile(
    r"[\u00ad\u0640\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]"
    r"|(?<=\w)[\u200c\u200d]|[\u200c\u200d](?=\w)"
)
# Links, mentions and the tokens that corpora of tweets put for them say nothing of the script.
_WEB_TOKEN = re.compile(r"https?://\S+|@\w+|\b(?:USER|URL|NUM|EMOJI)\b")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_NOT_WORD = re.compile(r"[\W_]+")


def normalise_text(text: str) -> str:
    """Return the text as it is stored: the author's letters without the marks of its transport.

    HTML entities are unescaped, Unicode is composed (NFC), presentation forms become letters,
    tatweel, invisible and control characters go, white space collapses. Letters, diacritics,
    digits and punctuation stay as they were written.
    """
    if "&" in text:
        # Twice, for tweets were often escaped before they were stored escaped.
        text = html.unescape(html.unescape(text))
    compose, *_ = _camel_tools()
    text = compose(text, compatibility=False)
    text = _PRESENTATION_FORMS.sub(lambda match: compose(match[0]), text)
    text = _CONTROL.sub(" ", _INVISIBLE.sub("", text))
    return " ".join(text.split())


def comparison_key(text: str) -> str:
    """Return the form in which texts are compared, equal for texts that differ only in dress.

    Case, diacritics, the forms of alef, yeh and teh marbuta, the forms of digits, punctuation,
    symbols and spacing make no difference. A text of symbols alone keeps them as its key.
    """
    compose, *steps = _camel_tools()
    key = compose(normalise_text(text)).casefold()
    for step in steps:
        key = step(key)
    key = "".join(_plain_digit(c) if c.isdigit() else c for c in key)
    return _NOT_WORD.sub(" ", key).strip() or normalise_text(text)


def count_words(text: str) -> int:
    """Return how many space-separated tokens of a text hold a letter or a digit."""
    return sum(any(c.isalnum() for c in token) for token in text.split())


def arabic_share(text: str) -> float:
    """Return the share of a text's letters that are Arabic, 0 for a text without letters.

    Links, mentions and the placeholders of anonymised tweets (`USER`, `URL` …) do not count.
    """
    text = _WEB_TOKEN.sub(" ", text)
    letters = sum(c.isalpha() for c in text)
    return len(_ARABIC_LETTER.findall(text)) / letters if letters else 0.0


def is_arabic_script(text: str, share: float = 0.5) -> bool:
    """Return whether a text has letters and at least this share of them is Arabic."""
    return arabic_share(text) >= share and _ARABIC_LETTER.search(text) is not None


def _plain_digit(character: str) -> str:
    return str(unicodedata.digit(character))


@cache
def _camel_tools() -> tuple[Callable[..., str], ...]:
    # Composition first, then the folds of the comparison key.
    from camel_tools.utils import normalize
    from camel_tools.utils.dediac import dediac_ar

    return (
        normalize.normalize_unicode,
        dediac_ar,
        normalize.normalize_alef_ar,
        normalize.normalize_alef_maksura_ar,
        normalize.normalize_teh_marbuta_ar,
    )
