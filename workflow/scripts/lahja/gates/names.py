"""Gate: a translation keeps the names of its source, as far as they can be told.

Arabic has no capitals, so names are known on the English side only: capitalised words inside a
sentence. A name is found again by its consonants (Singapore: سنغافورة). Names that the other
language calls differently (Germany: ألمانيا) are not found, so one that is missing proves
nothing; the gate stops a translation in which none of several is there.
"""

import re

from lahja.data.text import arabic_share, comparison_key
from lahja.gates.asked import TRANSLATE
from lahja.gates.settings import GateSettings
from lahja.gates.verdict import Judged, Verdict, not_computed, passed, stopped

GATE = "names"

_WORD = re.compile(r"[A-Za-zÀ-ɏ][A-Za-zÀ-ɏ'’]*")
_SENTENCE_START = re.compile(r"(?:\A|[.!?:;\n\"“(«]\s*|[-–]\s+)$")
# Capitalised in English for another reason.
# fmt: off
_NOT_NAMES = frozenset((
    "i", "i'm", "i'd", "i'll", "i've", "monday", "tuesday", "wednesday", "thursday", "friday",
    "saturday", "sunday", "january", "february", "march", "april", "may", "june", "july", "august",
    "september", "october", "november", "december", "english", "french", "german", "spanish", "mr",
    "mrs", "ms", "dr", "god", "ok", "tv", "am", "pm", "the", "sir", "madam", "street", "avenue",
    "hotel", "airport", "university", "north", "south", "east", "west", "islands", "island",
    "river", "sea", "ocean", "lake", "mount", "party", "minister", "president", "united", "states",
    "kingdom", "king", "queen", "and", "of", "world", "war", "system", "report", "week", "games",
    "olympic", "golden", "great", "new", "national", "international", "declaration", "independence",
    "middle", "christmas", "christian", "christians", "christianity", "christ", "jesus", "arctic",
    "antarctic", "japan", "japanese", "germany", "germans", "greece", "greek", "greeks", "egypt",
    "egyptian", "india", "indian", "china", "chinese", "morocco", "hungary", "austria", "british",
    "americans", "american", "mediterranean", "arab", "arabs", "arabic", "jews", "jewish", "muslim",
    "muslims",
))
# fmt: on
# Consonants that are written for one another between the two scripts, as classes.
_LATIN_CLASSES = (
    ("tch", "S"),
    ("sch", "S"),
    ("sh", "S"),
    ("ch", "S"),
    ("th", "T"),
    ("ph", "F"),
    ("gh", "G"),
    ("kh", "K"),
    ("ck", "K"),
    ("x", "KS"),
    ("b", "B"),
    ("p", "B"),
    ("f", "F"),
    ("v", "F"),
    ("d", "D"),
    ("t", "T"),
    ("c", "K"),
    ("k", "K"),
    ("q", "K"),
    ("g", "G"),
    ("j", "G"),
    ("z", "S"),
    ("s", "S"),
    ("l", "L"),
    ("m", "M"),
    ("n", "N"),
    ("r", "R"),
)  # fmt: skip
_ARABIC_CLASSES = {
    **dict.fromkeys("بپ", "B"), **dict.fromkeys("فڤ", "F"), **dict.fromkeys("دضذ", "D"),
    **dict.fromkeys("تطثة", "T"), **dict.fromkeys("كقخگ", "K"), **dict.fromkeys("جغ", "G"),
    **dict.fromkeys("سصزظشچ", "S"), "ل": "L", "م": "M", "ن": "N", "ر": "R",
}  # fmt: skip
_NEAREST = {"G": "K", "D": "T", "F": "B"}


def judge_names(pair: Judged, settings: GateSettings) -> Verdict:
    """Stop a translation that has none of its source's names, where the source has several."""
    asked, fewest = pair.asked, settings.names.fewest
    if asked.kind != TRANSLATE or asked.payload is None:
        return not_computed(GATE, "only a translation must keep names")
    sides = sorted((asked.payload, pair.chosen), key=arabic_share)
    if arabic_share(sides[0]) >= 0.5 or arabic_share(sides[1]) < 0.5:
        return not_computed(
            GATE, "names are known by English capitals, and one side must be Arabic"
        )
    names = names_in(sides[0])
    if len(names) < fewest:
        return not_computed(GATE, f"fewer than {fewest} names to tell by")
    kept = [name for name in names if is_name_in(name, sides[1])]
    share = len(kept) / len(names)
    if not kept:
        return stopped(GATE, f"none of the names is kept: {', '.join(names)}", 0.0, 1 / len(names))
    return passed(GATE, f"{len(kept)} of {len(names)} names are found", share, 1 / len(names))


def names_in(text: str) -> list[str]:
    """Return the words of an English text that are capitalised inside a sentence."""
    found = []
    for match in _WORD.finditer(text):
        word = match[0].removesuffix("'s").removesuffix("’s")
        if not word[0].isupper() or len(word) < 3 or word.lower() in _NOT_NAMES:
            continue
        if not _SENTENCE_START.search(text[: match.start()]) and len(_latin_consonants(word)) >= 2:
            found.append(word)
    return list(dict.fromkeys(found))


def is_name_in(name: str, text: str) -> bool:
    """Whether the consonants of a Latin name stand in a row in a word of an Arabic text."""
    wanted = _folded(_latin_consonants(name))
    words = comparison_key(text).split()
    return any(wanted in _folded(_arabic_consonants(word)) for word in words)


def _latin_consonants(name: str) -> str:
    rest, found = name.lower(), ""
    while rest:
        for letters, sign in _LATIN_CLASSES:
            if rest.startswith(letters):
                found, rest = found + sign, rest[len(letters) :]
                break
        else:
            rest = rest[1:]
    return found


def _arabic_consonants(word: str) -> str:
    return "".join(_ARABIC_CLASSES.get(letter, "") for letter in word)


def _folded(consonants: str) -> str:
    """Return the classes with neighbours that are often confused made one, doubles single."""
    plain = "".join(_NEAREST.get(sign, sign) for sign in consonants)
    return re.sub(r"(.)\1+", r"\1", plain)
