"""Gate: the answer is in the language that was asked for, and in its script."""

import re

from lahja.data.text import arabic_share, count_words
from lahja.gates.asked import ENGLISH
from lahja.gates.settings import GateSettings
from lahja.gates.verdict import Judged, Verdict, not_computed, passed, stopped

GATE = "language"

# Words that no English text of some length does without; Arabic in Latin letters has none.
# fmt: off
_ENGLISH_WORDS = frozenset((
    "the", "a", "an", "of", "to", "in", "on", "at", "for", "with", "by", "from", "is", "are", "was",
    "were", "be", "been", "am", "it", "its", "it's", "this", "that", "these", "those", "i", "i'm",
    "you", "he", "she", "we", "they", "me", "him", "her", "us", "them", "my", "your", "his", "our",
    "their", "and", "or", "but", "not", "no", "yes", "do", "does", "did", "don't", "have", "has",
    "had", "will", "would", "can", "could", "should", "may", "there", "here", "what", "where",
    "when", "who", "how", "why", "if", "as", "so", "please", "let", "all", "up", "out", "about",
))
# fmt: on
_LATIN_WORD = re.compile(r"[A-Za-zÀ-ɏ'’]+")
# Latin letters with the digits that stand for Arabic ones: 3aref, 7abibi, sha5s.
_ARABIZI_WORD = re.compile(r"\b(?=\w*[A-Za-z])\w*[A-Za-z]?[2-9][A-Za-z]\w*|\b[A-Za-z]+[2-9]+\b")


def judge_language(pair: Judged, settings: GateSettings) -> Verdict:
    """Stop an answer whose letters, or whose words, are not of the language asked for."""
    limits = settings.language
    language = pair.asked.language
    if language is None:
        return not_computed(GATE, "the prompt does not tell in which language to answer")
    if not any(c.isalpha() for c in pair.chosen):
        return not_computed(GATE, "the answer has no letters")
    share = arabic_share(pair.chosen)
    if language == ENGLISH:
        if share > limits.most_foreign_letters:
            reason = "English was asked for, the answer is in Arabic letters"
            return stopped(GATE, reason, share, limits.most_foreign_letters)
        return _judge_english(pair.chosen, share, limits.most_foreign_letters)
    needed = 1 - limits.most_foreign_letters
    if share < needed:
        reason = "Arabic was asked for, the answer is not in Arabic letters"
        return stopped(GATE, reason, share, needed)
    return passed(GATE, "the letters are Arabic", share, needed)


def _judge_english(text: str, share: float, limit: float) -> Verdict:
    words = [word.lower().replace("’", "'") for word in _LATIN_WORD.findall(text)]
    known = sum(word in _ENGLISH_WORDS for word in words)
    arabizi = len(_ARABIZI_WORD.findall(text))
    n = count_words(text)
    if n >= 4 and arabizi >= 2 and arabizi >= 0.2 * n:
        reason = "English was asked for, the answer is Arabic in Latin letters"
        return stopped(GATE, reason, arabizi / n, 0.2)
    if n >= 8 and known == 0:
        return stopped(GATE, "Latin letters, but not one common English word in it", 0.0, 1.0)
    return passed(GATE, "the letters are Latin and the words may be English", share, limit)
