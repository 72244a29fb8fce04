"""Gates of translations: about as long as its source, with its numbers and its names.

Numbers in words on both sides are judged between two languages, where each side has one.
"""

import re

from lahja.core.config.evaluation import Gates
from lahja.corpora.text import arabic_share, comparison_key, is_arabic_script
from lahja.preferences.gates.form import unwrapped
from lahja.preferences.gates.language import is_name_in, latin_consonants
from lahja.preferences.gates.numerals import DIGITS, numbers_in_words, numerals_of
from lahja.preferences.gates.verdict import Pair, Verdict, not_computed, passed, stopped
from lahja.prompts.intent import ENGLISH, TRANSLATE
from lahja.prompts.wordings import word_list

# Letters of a translation per letter of its source, by whether each is Arabic: the medians of
# FLORES-200 and MADAR (English 0.77 to 0.86 into Arabic, 1.12 to 1.17 out of it).
_EXPECTED = {(True, True): 1.0, (False, False): 1.0, (False, True): 0.8, (True, False): 1.2}

_DRAWN_OUT = re.compile(r"(\w)\1{2,}")
_WORD = re.compile(r"[A-Za-zÀ-ɏ][A-Za-zÀ-ɏ'’]*")
_SENTENCE_START = re.compile(r"(?:\A|[.!?:;\n\"“(«]\s*|[-–]\s+)$")


def judge_length(pair: Pair, settings: Gates) -> Verdict:
    """Stop a translation that is far shorter or longer than its source lets expect, in letters.

    The first `slack` letters of difference do not count: "Thanks" is long or short as it likes.
    """
    limits, intent = settings.length, pair.intent
    if intent.kind != TRANSLATE or intent.payload is None:
        return not_computed("only the length of a translation is known beforehand")
    sides = (intent.payload, unwrapped(pair.chosen))
    keys = (_DRAWN_OUT.sub(r"\1", comparison_key(text)) for text in sides)
    # Only the key of a text without letters begins with anything else.
    source, length = (len(key.replace(" ", "")) if key[:1].isalnum() else 0 for key in keys)
    if not source:
        return not_computed("the text to translate has no letters")
    expected = source * _EXPECTED[tuple(map(is_arabic_script, sides))]
    ratio = length / expected
    if length < limits.min_ratio * expected - limits.slack:
        return stopped("the translation is much shorter than its source", ratio, limits.min_ratio)
    if length > limits.max_ratio * expected + 2 * limits.slack:
        return stopped("the translation is much longer than its source", ratio, limits.max_ratio)
    return passed("about as long as its source", ratio, limits.max_ratio)


def judge_numbers(pair: Pair, settings: Gates) -> Verdict:
    """Stop a translation that lacks a number of its source, or has one that is not there."""
    intent = pair.intent
    if intent.kind != TRANSLATE or intent.payload is None:
        return not_computed("only a translation must keep numbers")
    # With the language the calendar changes as people please, between varieties as tables have it.
    n_years = 1 if is_arabic_script(intent.payload) and intent.language != ENGLISH else 2
    sides = (intent.payload, intent.source_variety), (pair.chosen, intent.variety)
    # Numbers in words are compared between languages, where each side has one.
    said = numbers_in_words(*sides[0]) if n_years == 2 else []
    again = numbers_in_words(*sides[1]) if len(said) == 1 else []
    is_one = len(again) == 1
    if not is_one and not any(DIGITS.search(text) for text, _ in sides):
        return not_computed("no number in digits, nor one in words on both sides")
    wanted, found = (numerals_of(*side, n_years) for side in sides)
    if lost := wanted.missing_from(found):
        return stopped(f"the translation lacks {', '.join(lost)}", len(lost), 0)
    if added := found.missing_from(wanted):
        return stopped(f"the source has no {', '.join(added)}", len(added), 0)
    if is_one and said[0] not in found.values and again[0] not in wanted.values:
        return stopped(f"{again[0]:g} instead of {said[0]:g}", 1, 0)
    return passed("the numbers are the same", 0, 0)


def judge_names(pair: Pair, settings: Gates) -> Verdict:
    """Stop a translation that has none of its source's names, where the source has several.

    Names are known by the capitals of the English side. One that is missing proves nothing: the
    other language may call it differently (Germany: ألمانيا).
    """
    intent, min_names = pair.intent, settings.names.min_names
    if intent.kind != TRANSLATE or intent.payload is None:
        return not_computed("only a translation must keep names")
    sides = sorted((intent.payload, pair.chosen), key=arabic_share)
    if arabic_share(sides[0]) >= 0.5 or arabic_share(sides[1]) < 0.5:
        return not_computed("names are known by English capitals, and one side must be Arabic")
    names = names_in(sides[0])
    if len(names) < min_names:
        return not_computed(f"fewer than {min_names} names to tell by")
    n_kept, limit = sum(is_name_in(name, sides[1]) for name in names), 1 / len(names)
    if not n_kept:
        return stopped(f"none of the names is kept: {', '.join(names)}", 0.0, limit)
    return passed(f"{n_kept} of {len(names)} names are found", n_kept / len(names), limit)


def names_in(text: str) -> list[str]:
    """Return the words of an English text that are capitalised inside a sentence."""
    found, not_names = {}, word_list("not_names")
    for match in _WORD.finditer(text):
        word, start = match[0].removesuffix("'s").removesuffix("’s"), match.start()
        is_name = word[0].isupper() and len(word) >= 3 and word.lower() not in not_names
        is_inside = is_name and not _SENTENCE_START.search(text, max(start - 9, 0), start)
        if is_inside and len(latin_consonants(word)) >= 2:
            found[word] = None
    return [*found]
