"""Gate: the answer says what was to be said.

A translation is held against a reference, a back-translation, or, between varieties of Arabic, its
source; a free answer against the words of the request. Where none of these can be had the gate says
so: it does not take silence for adequacy.
"""

import re

from lahja.data.text import arabic_share, comparison_key, count_words
from lahja.gates.artefacts import unwrapped
from lahja.gates.asked import FREE, TRANSLATE
from lahja.gates.content import content_words, covered
from lahja.gates.likeness import shared_grams
from lahja.gates.requests import is_only_questions, wants_long_answer, wants_question
from lahja.gates.settings import AdequacySettings, GateSettings
from lahja.gates.verdict import Evidence, Judged, Verdict, not_computed, passed, stopped
from lahja.metrics.translation import chrf_plus_plus, chrf_statistics

GATE = "adequacy"

# From the second number of words on a limit holds in full, below the first not at all: the shorter
# good translations are, the more they differ.
_WORDS_TO_SHARE = (6, 12)
_WORDS_TO_SCORE = (0, 8)
# In words: a longer request brings its own material.
_LONGEST_REQUEST = 30

# An answer that declines, as keys.
_REFUSAL = re.compile(
    r"\A(?:i m )?(?:sorry )?(?:i )?(?:can t|cannot|can not|am unable to|m unable to)"
    r" (?:help|assist|do)"
    r"|\A(?:عذرا |اسف |اعتذر |للاسف |معليش |سمح لي )*(?:انا )?"
    r"(?:لا (?:استطيع|يمكنني|اقدر)|ما (?:اقدر|بقدر|نقدر)|مش (?:هقدر|قادر)|مقدرش|مانقدرش)"
    r" (?:ان )?(?:ا?ساعد|نعاون|نساعد|اعطي|تقديم|مساعد|القيام)"
    r"|\A(?:\w+ ){0,3}(?:as an ai|as a language model|كنموذج|انا نموذج|بصفتي نموذج|كوني نموذج)"
)


def judge_adequacy(pair: Judged, settings: GateSettings) -> Verdict:
    """Stop an answer whose meaning is not that of its source, or that does not answer."""
    text = unwrapped(pair.chosen)
    if not any(c.isalnum() for c in text):
        return stopped(GATE, "the answer has no words", 0.0, 1.0)
    if _REFUSAL.search(comparison_key(text)):
        return stopped(GATE, "the answer declines to answer")
    if pair.asked.kind == TRANSLATE:
        return _judge_translation(pair, text, settings.adequacy)
    if pair.asked.kind == FREE and pair.asked.payload is None:
        return _judge_free(pair, text, settings.adequacy)
    return not_computed(GATE, "what a reply must say is not known without a model")


def _judge_translation(pair: Judged, text: str, limits: AdequacySettings) -> Verdict:
    evidence, source = pair.evidence, pair.asked.payload
    if evidence.reference is not None:
        ramp = _ramp(count_words(evidence.reference), _WORDS_TO_SCORE)
        score, limit = _chrf(text, evidence.reference), limits.least_reference_chrf * ramp
        if score < limit:
            return stopped(GATE, "chrF++ against the reference is low", score, limit)
        return passed(GATE, "chrF++ against the reference", score, limit)
    if source is None:
        return not_computed(GATE, "the prompt's text to translate was not found")
    if evidence.back_translation is not None and _can_translate(evidence, source, limits):
        ramp = _ramp(count_words(source), _WORDS_TO_SCORE)
        score, limit = _chrf(evidence.back_translation, source), limits.least_round_trip_chrf * ramp
        if score < limit:
            return stopped(GATE, "chrF++ of the translation back is low", score, limit)
        return passed(GATE, "chrF++ of the translation back", score, limit)
    return _by_shared_letters(source, text, limits, evidence.back_translation is not None)


def _can_translate(evidence: Evidence, source: str, limits: AdequacySettings) -> bool:
    """Whether the translator brings its own translation of this source back."""
    own = evidence.own_round_trip
    return own is not None and _chrf(own, source) >= limits.least_own_round_trip_chrf


def _by_shared_letters(
    source: str, text: str, limits: AdequacySettings, was_translated: bool
) -> Verdict:
    if arabic_share(source) < 0.5 or arabic_share(text) < 0.5:
        by_whom = "a translator that can translate it" if was_translated else "a translator"
        return not_computed(GATE, f"two languages, and neither a reference nor {by_whom}")
    words = count_words(source)
    if words <= _WORDS_TO_SHARE[0]:
        return not_computed(GATE, "too few words to tell by those that are shared")
    share = shared_grams(source, text)
    limit = limits.least_shared_with_source * _ramp(words, _WORDS_TO_SHARE)
    if share < limit:
        return stopped(GATE, "next to nothing of the source is in the translation", share, limit)
    return passed(GATE, "shares as much with its source as translations do", share, limit)


def _judge_free(pair: Judged, text: str, limits: AdequacySettings) -> Verdict:
    instruction = pair.asked.instruction
    words = count_words(text)
    if wants_long_answer(instruction) and words < limits.fewest_words:
        reason = "too few words for what was requested"
        return stopped(GATE, reason, words, limits.fewest_words)
    if is_only_questions(text) and not wants_question(instruction):
        return stopped(GATE, "a question instead of an answer", 0.0, 1.0)
    wanted = content_words(instruction)
    if count_words(instruction) > _LONGEST_REQUEST:
        return not_computed(GATE, "a long request: what an answer must mention is not known")
    if not wanted:
        return not_computed(GATE, "the request names nothing that an answer must mention")
    share = covered(wanted, text)
    if share is None:
        return not_computed(GATE, "request and answer are in two languages and share no name")
    if share == 0:
        reason = f"mentions nothing of the request: {', '.join(wanted)}"
        return stopped(GATE, reason, share, 1 / len(wanted))
    return passed(GATE, "mentions what was requested", share, 1 / len(wanted))


def _ramp(words: int, span: tuple[int, int]) -> float:
    start, enough = span
    return min(1.0, max(0.0, (words - start) / (enough - start)))


def _chrf(hypothesis: str, reference: str) -> float:
    return float(chrf_plus_plus(chrf_statistics([hypothesis], [reference]))[0])
