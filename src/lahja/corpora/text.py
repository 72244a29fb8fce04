"""What is done to the letters of a text, and the two forms that come of it.

`normalise_text` gives the text that is stored and trained on: it undoes what encodings and
web pages did to a text and leaves the author's spelling alone. `comparison_key` gives the form
in which two texts are called the same; it is never stored in place of a text.
"""

import html
import re
import unicodedata
from functools import lru_cache

_ARABIC_LETTERS = re.compile(
    r"[\u0620-\u063f\u0641-\u064a\u066e-\u06d3\u06fa-\u06ff\u0750-\u077f]+"
)
# Ligatures and positional forms that old encodings wrote instead of the letters.
_PRESENTATION_FORMS = re.compile(r"[\ufb50-\ufdff\ufe70-\ufefc]+")
# Direction marks, zero-width spaces, byte-order marks, soft hyphens, tatweel, and joiners beside
# a letter or digit (between emoji a joiner carries meaning).
_INVISIBLE = re.compile(
    r"[\u00ad\u0640\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]"
    r"|(?<=\w)[\u200c\u200d]|[\u200c\u200d](?=\w)"
)
# Links, mentions and the tokens that corpora of tweets put for them are no evidence of the script.
_WEB_TOKEN = re.compile(r"https?://\S+|@\w+|\b(?:USER|URL|NUM|EMOJI)\b")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# What the first two can match at all: one quick look spares most texts the slow ones.
_UNUSUAL = re.compile(r"[\u00ad\u0640\u061c\u180e\u200b-\u206f\ufb50-\ufdff\ufe70-\ufefc\ufeff]")
_WEB_LETTER = re.compile("[@ENUh]")
# A text of Arabic letters and marks alone, of which nothing needs counting.
_PLAIN_ARABIC = re.compile(
    r"[ -?،؛؟\u0660-\u0669]*[\u0620-\u063f\u0641-\u064a]"
    r"[ -?،؛؟\u0620-\u063f\u0641-\u066f\u0671-\u06d3\u06fa-\u06fc]*"
)
# From its first letter or digit on; what stands before it is no word of its own.
_WORD = re.compile(r"[^\W_]\S*")


def normalise_text(text: str) -> str:
    """Return the text as it is stored: the author's letters without the marks of its transport.

    HTML entities are unescaped, Unicode is composed (NFC), presentation forms become letters,
    tatweel, invisible and control characters go, white space collapses. Letters, diacritics,
    digits and punctuation stay as they were written.
    """
    if "&" in text:
        # Twice, for tweets were often escaped before they were stored escaped.
        text = html.unescape(html.unescape(text))
    text = letters_of(text)
    return " ".join((text if text.isprintable() else _CONTROL.sub(" ", text)).split())


def letters_of(text: str) -> str:
    """Return a text with letters for presentation forms, without tatweel and what is not seen."""
    text = unicodedata.normalize("NFC", text)
    if _UNUSUAL.search(text):
        text = _INVISIBLE.sub("", _PRESENTATION_FORMS.sub(_letters_of, text))
    return text


@lru_cache(maxsize=512)
def comparison_key(text: str) -> str:
    """Return the form in which texts are compared, equal for texts that differ only in formatting.

    Case, diacritics, the forms of alef, yeh and teh marbuta, the forms of digits, punctuation,
    symbols and spacing make no difference. A text of symbols alone keeps them as its key.
    """
    text = normalise_text(text)
    folded = unicodedata.normalize("NFKC", text).translate(_FOLDS)
    return " ".join(folded.split()) or text


class _Folds(dict[int, str]):
    """What each character becomes in a comparison key, worked out when it first occurs."""

    def __missing__(self, code: int) -> str:
        from camel_tools.utils import dediac, normalize

        folded = dediac.dediac_ar(chr(code).casefold())
        folded = normalize.normalize_alef_maksura_ar(normalize.normalize_alef_ar(folded))
        folded = normalize.normalize_teh_marbuta_ar(folded)
        self[code] = "".join(
            str(unicodedata.digit(c)) if c.isdigit() else c if c.isalnum() else " " for c in folded
        )
        return self[code]


_FOLDS = _Folds()


def count_words(text: str) -> int:
    """Return how many space-separated tokens of a text hold a letter or a digit."""
    return len(_WORD.findall(text))


@lru_cache(maxsize=512)
def arabic_share(text: str) -> float:
    """Return the share of a text's letters that are Arabic, 0 for a text without letters.

    Links, mentions and the placeholders of anonymised tweets (`USER`, `URL` …) do not count.
    """
    if _PLAIN_ARABIC.fullmatch(text):
        return 1.0
    if _WEB_LETTER.search(text):
        text = _WEB_TOKEN.sub(" ", text)
    letters = sum(map(str.isalpha, text))
    return (len(text) - len(_ARABIC_LETTERS.sub("", text))) / letters if letters else 0.0


def is_arabic_script(text: str) -> bool:
    """Return whether a text has letters and at least half of them are Arabic."""
    return arabic_share(text) >= 0.5 and _ARABIC_LETTERS.search(text) is not None


def _letters_of(match: re.Match[str]) -> str:
    from camel_tools.utils.normalize import normalize_unicode

    return normalize_unicode(match[0])
