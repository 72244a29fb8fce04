"""Gates: the answer has the meaning that it was to have, and does not repeat the prompt."""

from collections import Counter
from difflib import SequenceMatcher
from functools import lru_cache

from lahja.core.config.evaluation import AdequacyGate, EchoGate, Gates
from lahja.corpora.text import arabic_share, comparison_key, count_words
from lahja.preferences.gates.form import unwrapped
from lahja.preferences.gates.language import mixes_into_arabic
from lahja.preferences.gates.verdict import Pair, Verdict, not_computed, passed, stopped
from lahja.prompts import requests, wordings
from lahja.prompts.intent import ANSWER, ENGLISH, FREE, TRANSLATE
from lahja.scoring.translation import chrf_plus_plus, chrf_statistics

# Under so many words two speakers may well use the same.
_MIN_WORDS = 4
# So many words of the instruction in a row are not in an answer by chance.
_INSTRUCTION_WORDS = 5
# With more, the instruction brings a text of its own, which an answer may quote.
_MAX_INSTRUCTION = 40
# From the second number of words on a limit holds in full, below the first not at all: the shorter
# good translations are, the more they differ.
_WORDS_TO_SHARE = (6, 12)
_WORDS_TO_SCORE = (0, 8)
# Letters of one text times those of the other.
_MAX_COMPARED = 1200**2


def judge_echo(pair: Pair, settings: Gates) -> Verdict:
    """Stop an answer that repeats or restates what it was to answer or translate."""
    intent, limits = pair.intent, settings.echo
    text = unwrapped(pair.chosen)
    if not comparison_key(intent.text) or not any(c.isalnum() for c in text):
        return not_computed("the prompt or the answer has no words")
    if intent.payload is not None and _repeats_instruction(intent.instruction, text):
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
    is_question = requests.ends_as_question(intent.text) and requests.is_only_questions(text)
    if is_question and similar >= (limit := limits.max_similarity_of_questions):
        return stopped("the answer asks the question back", similar, limit)
    return passed("the answer is not the prompt", similar, limits.max_similarity)


def _judge_translated(pair: Pair, text: str, limits: EchoGate) -> Verdict:
    source = pair.intent.payload
    if source is None:
        return not_computed("the prompt's text to translate was not found")
    is_arabic = arabic_share(text) >= 0.5 or (
        pair.intent.variety != "eng" and mixes_into_arabic(text)
    )
    was_arabic = arabic_share(source) >= 0.5
    wants_arabic = pair.intent.language != ENGLISH
    if was_arabic != wants_arabic and is_arabic == was_arabic:
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
    """Return what an answer requests that only repeats the request, if it does."""
    if requests.wants_question(instruction) or len(requests.sentences_of(text)) != 1:
        return None
    if count_words(text) > limits.max_restatement * max(count_words(instruction), 4):
        return None
    wanted = requests.senses_in(instruction)
    anywhere = requests.senses_in(text) if requests.ends_as_question(text) else set()
    return ", ".join(sorted(requests.opening_senses(text) & wanted or anywhere & wanted)) or None


def _repeats_instruction(instruction: str, text: str) -> bool:
    """Whether a run of words of the request stands in the answer."""
    there = f" {comparison_key(text)} "
    return any(run in there for run in _runs(instruction))


@lru_cache(maxsize=1024)
def _runs(instruction: str) -> list[str]:
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


def _grams(text: str) -> set[str]:
    """Return the character trigrams within a text's words."""
    words = (f" {word} " for word in comparison_key(text).split())
    return {word[i : i + 3] for word in words for i in range(len(word) - 2)}


def judge_adequacy(pair: Pair, settings: Gates) -> Verdict:
    """Stop an answer whose meaning is not that of its source, or that does not answer.

    A translation is held against a reference, a back-translation, or, between varieties of Arabic,
    its source.
    """
    text, intent, limits = unwrapped(pair.chosen), pair.intent, settings.adequacy
    if not any(c.isalnum() for c in text):
        return stopped("the answer has no words", 0.0, 1.0)
    may_decline = intent.payload and wordings.phrase("may_decline").search(
        comparison_key(intent.payload)
    )
    if not may_decline and wordings.phrase("refusal").search(comparison_key(text)):
        return stopped("the answer declines to answer")
    if intent.kind == TRANSLATE:
        return _judge_translation(pair, text, limits)
    if intent.kind == FREE and intent.payload is None:
        words, wanted = count_words(text), 0
        if requests.wants_long_answer(intent.instruction):
            wanted = limits.min_words
        elif requests.asks_openly(intent.instruction):
            wanted = limits.min_words // 3
        if words < wanted:
            return stopped("too few words for what was requested", words, wanted)
        if requests.is_only_questions(text) and not requests.wants_question(intent.instruction):
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
    if words <= _WORDS_TO_SHARE[0]:
        return not_computed("too few words to tell by those that are shared")
    wanted = _grams(source)
    share = len(wanted & _grams(text)) / max(len(wanted), 1)
    limit = limits.min_shared_with_source * _ramp(words, _WORDS_TO_SHARE)
    if share < limit:
        return stopped("next to nothing of the source is in the translation", share, limit)
    return passed("shares as much with its source as translations do", share, limit)


def _by_chrf(text: str, reference: str, min_chrf: float, name: str) -> Verdict:
    score = _chrf(text, reference)
    limit = min_chrf * _ramp(count_words(reference), _WORDS_TO_SCORE)
    if score < limit:
        return stopped(f"{name} is low", score, limit)
    return passed(name, score, limit)


def _ramp(words: int, span: tuple[int, int]) -> float:
    """Return which part of a limit holds for a text of so many words."""
    start, enough = span
    return min(1.0, max(0.0, (words - start) / (enough - start)))


def _chrf(hypothesis: str, reference: str) -> float:
    return float(chrf_plus_plus(chrf_statistics([hypothesis], [reference]))[0])
