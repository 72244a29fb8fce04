"""Letters and words of scripts that have no business in an answer."""

import re
import unicodedata

from lahja.data.text import arabic_share
from lahja.gates.asked import ENGLISH, FREE, TRANSLATE, Asked

# Letters of Urdu and Pashto; Persian keheh and yeh are typed for the Arabic ones all the time.
_NOT_ARABIC = re.compile(r"[\u0679\u0688\u0691\u06ba\u06be\u06c1\u06d2\u06d3\u067c\u0689\u0693]")
_LATIN_WORD = re.compile(r"[A-Za-zÀ-ɏ]+(?:['’][A-Za-zÀ-ɏ]+)*")
# One small word may be part of a name (de, van).
_MOST_UNTRANSLATED = 2
_ARABIC_LETTER = re.compile(r"[\u0620-\u064a]")
# Joined to a Latin word, a conjunction, a preposition or the article is no fault.
_MIXED = re.compile(
    r"[\u0620-\u063f\u0641-\u064a]{3,}[A-Za-zÀ-ɏ]{2,}|[A-Za-zÀ-ɏ]{2,}[\u0620-\u064a]{2,}"
    r"|(?<![\u0620-\u064a])[\u062a-\u0642\u0645\u0646\u0647\u064a][A-Za-zÀ-ɏ]{2,}"
)


def stray_script(text: str, asked: Asked) -> str | None:
    """Return what is wrong with the scripts of an answer, None if nothing is."""
    prompt = f"{asked.instruction} {asked.payload or ''}"
    for letter in text:
        if letter.isalpha() and not _is_expected(letter) and letter not in prompt:
            return f"a letter of another script: {letter}"
    match = _NOT_ARABIC.search(text)
    if match and match[0] not in prompt:
        return f"a letter that Arabic does not have: {match[0]}"
    match = _MIXED.search(text)
    if match and match[0] not in prompt:
        return f"Arabic and Latin letters in one word: {match[0]}"
    if asked.kind == FREE:
        return None
    if asked.language == ENGLISH:
        return _arabic_in_english(text, asked)
    return _latin_in_arabic(text, asked, prompt)


def _is_expected(letter: str) -> bool:
    if letter.isascii() or "\u0600" <= letter <= "\u06ff" or "\u0750" <= letter <= "\u077f":
        return True
    name = unicodedata.name(letter, "")
    return name.startswith(
        ("LATIN", "ARABIC", "MODIFIER", "FEMININE", "MASCULINE", "GREEK", "MICRO")
    )


def _arabic_in_english(text: str, asked: Asked) -> str | None:
    # Wholly Arabic answers are for the language gate.
    if asked.kind != TRANSLATE or arabic_share(text) >= 0.5:
        return None
    match = _ARABIC_LETTER.search(text)
    return "Arabic letters in an English translation" if match else None


def _latin_in_arabic(text: str, asked: Asked, prompt: str) -> str | None:
    if arabic_share(text) < 0.5:
        return None
    source = asked.payload or prompt
    known = {_folded(word) for word in _LATIN_WORD.findall(source)}
    from_english = arabic_share(source) < 0.5
    untranslated = []
    for word in _LATIN_WORD.findall(text):
        # A name or an acronym may be written as it is at home; other words are to be translated.
        if len(word) < 2 or (from_english and not word.islower()):
            continue
        if _folded(word) not in known:
            return f"a Latin word that the prompt has not: {word}"
        if from_english and asked.kind == TRANSLATE:
            untranslated.append(word)
    if len(untranslated) >= _MOST_UNTRANSLATED:
        return f"words left untranslated: {' '.join(untranslated)}"
    return None


def _folded(word: str) -> str:
    """Return a word in small letters without accents."""
    parts = unicodedata.normalize("NFKD", word.casefold())
    return "".join(c for c in parts if not unicodedata.combining(c))
