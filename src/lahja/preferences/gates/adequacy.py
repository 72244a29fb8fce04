"""Gates: the answer has the meaning that it was to have, and does not repeat the prompt.

A translation is about as long as its source, with its numbers and its names. Numbers in words on
both sides are judged between two languages, where each side has one.
"""

import re
from collections import Counter
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import pairwise

from lahja.core.config.evaluation import AdequacyGate, EchoGate, Gates
from lahja.corpora.text import arabic_share, comparison_key, count_words, is_arabic_script
from lahja.preferences.gates.form import ends_as_question, unwrapped
from lahja.preferences.gates.language import is_name_in, latin_consonants, reads_as_arabic
from lahja.preferences.gates.numerals import DIGITS, numbers_in_words, numerals_of
from lahja.preferences.gates.verdict import Pair, Verdict, not_computed, passed, stopped
from lahja.prompts import wordings
from lahja.prompts.intent import ANSWER, ENGLISH, FREE, TRANSLATE
from lahja.scoring.translation import chrf_plus_plus, chrf_statistics

# Under so many words two speakers may well use the same.
_MIN_WORDS = 4
# Words of such a run; an instruction with more than the latter brings a text of its own, which an
# answer may quote.
_INSTRUCTION_WORDS, _MAX_INSTRUCTION = 5, 40
# Words from which a limit holds in full, and up to which not at all: the shorter good translations
# are, the more they differ.
_MANY_TO_SCORE, _MANY_TO_SHARE, _FEW_TO_SHARE = 8, 12, 6
# A request to be told something comes back as another one: explain it, "tell me about it".
_SAY = "say"
_SAYING = frozenset(("tell", "give", "explain", "write", "list", "summarise"))
_JOINED_TO_ME = ("لي", "لنا", "ني")
_TO_ME = ("لي", "ليا", "لنا", "لينا", "me", "us")
_SENTENCE_END = re.compile(r"(?<=[.!?؟…])\s+|\n+")
# A politeness or a call may stand before a request.
_OPENING_WORDS = 3
# Letters of one text times those of the other.
_MAX_COMPARED = 1200**2
# Letters of a translation per letter of its source, by whether each is Arabic: the medians of
# FLORES-200 and MADAR (English 0.77 to 0.86 into Arabic, 1.12 to 1.17 out of it).
_EXPECTED = {(True, True): 1.0, (False, False): 1.0, (False, True): 0.8, (True, False): 1.2}

_DRAWN_OUT = re.compile(r"(\w)\1{2,}")
_WORD = re.compile(r"[A-Za-zÀ-ɏ][A-Za-zÀ-ɏ'’]*")
_SENTENCE_START = re.compile(r"(?:\A|[.!?:;\n\"“(«]\s*|[-–]\s+)$")


def judge_echo(pair: Pair, settings: Gates) -> Verdict:
    """Stop an answer that repeats or restates what it was to answer or translate."""
    intent, limits = pair.intent, settings.echo
    text = unwrapped(pair.chosen)
    if not comparison_key(intent.text) or not any(c.isalnum() for c in text):
        return not_computed("the prompt or the answer has no words")
    there = f" {comparison_key(text)} "
    if intent.payload is not None and any(run in there for run in _runs(intent.instruction)):
        return stopped("the answer repeats the wording of the request")
    if intent.kind == TRANSLATE:
        return _judge_translated(pair, text, limits)
    least = min(limits.max_similarity, limits.max_similarity_of_questions)
    similar = similarity(intent.text, text, least)
    if intent.kind == FREE and (sense := _restated(intent.instruction, text, limits)):
        reason = f"the answer is the request over again ({sense})"
        return stopped(reason, similar, limits.max_similarity)
    if intent.kind == ANSWER and similar == 1:
        return stopped("the answer repeats the prompt", 1.0, limits.max_similarity)
    if intent.is_rephrasing or (intent.kind == ANSWER and count_words(text) < _MIN_WORDS):
        return _judge_equality(intent.text, similar)
    if similar >= limits.max_similarity:
        return stopped("the answer repeats the prompt", similar, limits.max_similarity)
    is_question = ends_as_question(intent.text) and _is_only_questions(text)
    if is_question and similar >= (limit := limits.max_similarity_of_questions):
        return stopped("the answer asks the question back", similar, limit)
    return passed("the answer is not the prompt", similar, limits.max_similarity)


def _judge_translated(pair: Pair, text: str, limits: EchoGate) -> Verdict:
    source = pair.intent.payload
    if source is None:
        return not_computed("the prompt's text to translate was not found")
    was_arabic, wants_arabic = arabic_share(source) >= 0.5, pair.intent.language != ENGLISH
    if was_arabic != wants_arabic and reads_as_arabic(text, pair.intent) == was_arabic:
        limit = limits.max_similarity_in_other_language
        similar = similarity(source, text, limit)
        if similar >= limit:
            return stopped("the text came back in its own language", similar, limit)
        return passed("the answer is not the text to translate", similar, limit)
    foreign = [word for word, used in wordings.find_markers(source).items() if "msa" not in used]
    if pair.intent.variety == "msa" and not foreign:
        return not_computed("the source may be MSA already")
    return _judge_equality(source, float(comparison_key(source) == comparison_key(text)))


def _judge_equality(source: str, similar: float) -> Verdict:
    """Between varieties of Arabic a good translation may be near its source, but not the same."""
    if count_words(source) < _MIN_WORDS:
        return not_computed("too few words to tell an echo from an answer")
    if similar == 1:
        return stopped("the answer is the prompt's text, unchanged", 1.0, 1.0)
    return passed("the answer is not the prompt's text unchanged", similar, 1.0)


def _restated(instruction: str, text: str, limits: EchoGate) -> str | None:
    """Return what an answer requests that only repeats the request, if it does.

    By question words and imperatives a request is known as the same one in another variety or
    another language.
    """
    max_words = limits.max_restatement * max(count_words(instruction), 4)
    is_one = len(_sentences(text)) == 1 and count_words(text) <= max_words
    if not is_one or wordings.has_phrase("asks_for_question", instruction):
        return None
    wanted, is_question = _senses(instruction), ends_as_question(text)
    words = comparison_key(text).split()[:_OPENING_WORDS]
    opening = _senses(" ".join(words)) - {_SAY}
    for word, following in pairwise([*words, ""]):
        is_to_me = word.endswith(_JOINED_TO_ME) or following in _TO_ME
        if wordings.word_classes("requests").get(word) in _SAYING and is_to_me:
            opening.add(_SAY)
    # "lima" ("why") and "lam" ("not") are written alike; a question begins with the former.
    if is_question and words[0] in ("لم", "ولم", "فلم"):
        opening.add("why")
    anywhere = _senses(text) if is_question else set()
    return ", ".join(sorted(opening & wanted or anywhere & wanted)) or None


def _senses(text: str) -> set[str]:
    known = wordings.word_classes("requests")
    found = {known[word] for word in comparison_key(text).split() if word in known}
    return found | {_SAY} if found & _SAYING else found


def _sentences(text: str) -> list[str]:
    parts = (part.strip() for part in _SENTENCE_END.split(text))
    return [part for part in parts if any(c.isalnum() for c in part)]


def _is_only_questions(text: str) -> bool:
    sentences = _sentences(text)
    return bool(sentences) and all(map(ends_as_question, sentences))


@lru_cache(maxsize=1024)
def _runs(instruction: str) -> list[str]:
    """Return the runs of words of a request that are not in an answer by chance."""
    words = comparison_key(instruction).split()
    starts = range(len(words) - _INSTRUCTION_WORDS + 1 if len(words) <= _MAX_INSTRUCTION else 0)
    return [f" {' '.join(words[n : n + _INSTRUCTION_WORDS])} " for n in starts]


def similarity(one: str, other: str, least: float = 0.0) -> float:
    """Return how much of two texts is the same in the same order, 0 to 1 (1 for equal keys).

    The ratio of `difflib` over the characters of their comparison keys, without spaces; over the
    words of texts that take quadratic time too long. Where it cannot reach `least`, what it is at
    most is returned.
    """
    left, right = (comparison_key(text).replace(" ", "") for text in (one, other))
    if not left or left == right:
        return float(bool(left))
    shared = (Counter(left) & Counter(right)).total()
    if (bound := 2 * shared / (len(left) + len(right))) < least:
        return bound
    if len(left) * len(right) > _MAX_COMPARED:
        left, right = comparison_key(one).split(), comparison_key(other).split()
    return SequenceMatcher(None, left, right, autojunk=False).ratio()


def judge_adequacy(pair: Pair, settings: Gates) -> Verdict:
    """Stop an answer whose meaning is not that of its source, or that does not answer.

    A translation is held against a reference, a back-translation, or, between varieties of Arabic,
    its source.
    """
    text, intent, limits = unwrapped(pair.chosen), pair.intent, settings.adequacy
    if not any(c.isalnum() for c in text):
        return stopped("the answer has no words", 0.0, 1.0)
    may_decline = intent.payload and wordings.has_phrase("may_decline", intent.payload)
    if not may_decline and wordings.has_phrase("refusal", text):
        return stopped("the answer declines to answer")
    if intent.kind == TRANSLATE:
        return _judge_translation(pair, text, limits)
    if intent.kind == FREE and intent.payload is None:
        words, wanted = count_words(text), 0
        if wordings.has_phrase("long_answer", intent.instruction):
            wanted = limits.min_words
        elif wordings.has_phrase("open_question", intent.instruction):
            wanted = limits.min_words // 3
        if words < wanted:
            return stopped("too few words for what was requested", words, wanted)
        may_ask = wordings.has_phrase("asks_for_question", intent.instruction)
        if _is_only_questions(text) and not may_ask:
            return stopped("a question instead of an answer", 0.0, 1.0)
    return not_computed("what an answer must say is not known without a model")


def _judge_translation(pair: Pair, text: str, limits: AdequacyGate) -> Verdict:
    source, back, own = pair.intent.payload, pair.back_translation, pair.own_round_trip
    if pair.reference is not None:
        name = "chrF++ against the reference"
        return _by_chrf(text, pair.reference, limits.min_reference_chrf, name)
    if source is None:
        return not_computed("the prompt's text to translate was not found")
    # Only a translator that brings its own translation of this source back is believed.
    is_trusted = own is not None and _chrf(own, source) >= limits.min_own_round_trip_chrf
    if back is not None and is_trusted:
        name = "chrF++ of the translation back"
        return _by_chrf(back, source, limits.min_round_trip_chrf, name)
    if arabic_share(source) < 0.5 or arabic_share(text) < 0.5:
        by_whom = "a translator" if back is None else "a translator that can translate it"
        return not_computed(f"two languages, and neither a reference nor {by_whom}")
    words = count_words(source)
    if words <= _FEW_TO_SHARE:
        return not_computed("too few words to tell by those that are shared")
    # Character trigrams within words.
    wanted, found = (
        {f" {word} "[i : i + 3] for word in comparison_key(side).split() for i in range(len(word))}
        for side in (source, text)
    )
    share = len(wanted & found) / max(len(wanted), 1)
    part = min(1.0, (words - _FEW_TO_SHARE) / (_MANY_TO_SHARE - _FEW_TO_SHARE))
    limit = limits.min_shared_with_source * part
    if share < limit:
        return stopped("next to nothing of the source is in the translation", share, limit)
    return passed("shares as much with its source as translations do", share, limit)


def _by_chrf(text: str, reference: str, min_chrf: float, name: str) -> Verdict:
    score = _chrf(text, reference)
    limit = min_chrf * min(1.0, count_words(reference) / _MANY_TO_SCORE)
    return stopped(f"{name} is low", score, limit) if score < limit else passed(name, score, limit)


def _chrf(hypothesis: str, reference: str) -> float:
    return float(chrf_plus_plus(chrf_statistics([hypothesis], [reference]))[0])


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
    found, not_names = {}, wordings.word_list("not_names")
    for match in _WORD.finditer(text):
        word, start = match[0].removesuffix("'s").removesuffix("’s"), match.start()
        is_name = word[0].isupper() and len(word) >= 3 and word.lower() not in not_names
        is_inside = is_name and not _SENTENCE_START.search(text, max(start - 9, 0), start)
        if is_inside and len(latin_consonants(word)) >= 2:
            found[word] = None
    return [*found]
