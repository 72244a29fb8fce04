"""Gates: the answer is in the language, the script and the variety of the prompt's intent."""

import re
import unicodedata

from lahja.core.config.evaluation import Gates
from lahja.core.varieties import VARIETIES, dialects_among, get_variety
from lahja.corpora.text import arabic_share, count_words
from lahja.preferences.gates.verdict import Pair, Verdict, not_computed, passed, stopped
from lahja.prompts.intent import ENGLISH, FREE, TRANSLATE, PromptIntent
from lahja.prompts.wordings import find_markers, word_list

_LATIN_OR_APOSTROPHE = re.compile(r"[A-Za-zÀ-ɏ'’]+")
# Latin letters with the digits that stand for Arabic ones: 3aref, 7abibi, sha5s.
_ARABIZI_WORD = re.compile(r"\b(?=\w*[A-Za-z])\w*[A-Za-z]?[2-9][A-Za-z]\w*|\b[A-Za-z]+[2-9]+\b")
_LATIN_WORD = re.compile(r"[A-Za-zÀ-ɏ]+(?:['’][A-Za-zÀ-ɏ]+)*")
_ARABIC_LETTER = re.compile(r"[\u0620-\u064a]")
_FOREIGN = {
    # Letters of Urdu and Pashto; Persian keheh and yeh are typed for the Arabic ones all the time.
    "a letter that Arabic does not have": re.compile(
        r"[\u0679\u0688\u0691\u06ba\u06be\u06c1\u06d2\u06d3\u067c\u0689\u0693]"
    ),
    # Joined to a Latin word, a conjunction, a preposition or the article is no fault.
    "Arabic and Latin letters in one word": re.compile(
        r"[\u0620-\u063f\u0641-\u064a]{3,}[A-Za-zÀ-ɏ]{2,}|[A-Za-zÀ-ɏ]{2,}[\u0620-\u064a]{2,}"
        r"|(?<![\u0620-\u064a])[\u062a-\u0642\u0645\u0646\u0647\u064a][A-Za-zÀ-ɏ]{2,}"
    ),
}
_OTHER_LETTERS = ("LATIN", "ARABIC", "MODIFIER", "FEMININE", "MASCULINE", "GREEK", "MICRO")
# One small word may be part of a name (de, van).
_MAX_UNTRANSLATED = 1


def judge_language(pair: Pair, settings: Gates) -> Verdict:
    """Stop an answer whose letters, or whose words, are not of the language asked for."""
    limit, language = settings.language.max_foreign_letters, pair.intent.language
    if language is None:
        return not_computed("the prompt does not tell in which language to answer")
    if not any(c.isalpha() for c in pair.chosen):
        return not_computed("the answer has no letters")
    share, n = arabic_share(pair.chosen), count_words(pair.chosen)
    if language != ENGLISH:
        if share < 1 - limit:
            reason = "Arabic was asked for, the answer is not in Arabic letters"
            return stopped(reason, share, 1 - limit)
        return passed("the letters are Arabic", share, 1 - limit)
    if share > limit:
        return stopped("English was asked for, the answer is in Arabic letters", share, limit)
    arabizi = len(_ARABIZI_WORD.findall(pair.chosen))
    if n >= 4 and arabizi >= 2 and arabizi >= 0.2 * n:
        reason = "English was asked for, the answer is Arabic in Latin letters"
        return stopped(reason, arabizi / n, 0.2)
    words = _LATIN_OR_APOSTROPHE.findall(pair.chosen)
    if n >= 8 and word_list("english").isdisjoint(w.lower().replace("’", "'") for w in words):
        return stopped("Latin letters, but not one common English word in it", 0.0, 1.0)
    return passed("the letters are Latin and the words may be English", share, limit)


def judge_dialect(pair: Pair, settings: Gates) -> Verdict:
    """Stop an answer in another variety, by a classifier's label or by its marker words."""
    wanted = pair.intent.variety
    if wanted is None:
        return not_computed("the prompt does not tell which variety was asked for")
    if wanted == "eng":
        return not_computed("English was asked for: see the language gate")
    markers, min_margin = find_markers(pair.chosen), settings.dialect.min_margin
    foreign = [word for word, used in markers.items() if wanted not in used]
    # What all dialects share does not make up for a word of MSA.
    shared = frozenset(dialects_among(VARIETIES))
    own = sum(wanted in used and not used >= shared for used in markers.values())
    margin = len(foreign) - own
    if margin >= min_margin:
        reason = f"words that {get_variety(wanted).name} does not use: {', '.join(foreign)}"
        return stopped(reason, margin, min_margin)
    if pair.label is not None and wanted in (pair.probabilities or {wanted}):
        found, limit = pair.probabilities.get(wanted), settings.dialect.min_probability
        if pair.label == wanted:
            return passed("the classifier says so too", found, limit)
        if found is None or found < limit:
            return stopped(f"the classifier labels it {pair.label}", found, limit)
        return passed(f"labelled {pair.label}, but not surely", found, limit)
    if not markers:
        return not_computed("no marker word in the answer, and no classifier was given")
    return passed("its marker words fit", margin, min_margin)


def stray_script(text: str, intent: PromptIntent) -> str | None:
    """Return what is wrong with the scripts of an answer, None if nothing is."""
    prompt = f"{intent.instruction} {intent.payload or ''}"
    for letter in dict.fromkeys(text):
        is_expected = unicodedata.name(letter, "").startswith(_OTHER_LETTERS)
        if letter.isalpha() and not is_expected and letter not in prompt:
            return f"a letter of another script: {letter}"
    for reason, pattern in _FOREIGN.items():
        if (match := pattern.search(text)) and match[0] not in prompt:
            return f"{reason}: {match[0]}"
    is_arabic = arabic_share(text) >= 0.5
    if intent.kind == FREE or is_arabic == (intent.language == ENGLISH):
        # An answer that is wholly in the other script is for the language gate.
        return None
    if is_arabic:
        return _latin_in_arabic(text, intent, intent.payload or prompt)
    has_arabic = intent.kind == TRANSLATE and _ARABIC_LETTER.search(text)
    return "Arabic letters in an English translation" if has_arabic else None


def _latin_in_arabic(text: str, intent: PromptIntent, source: str) -> str | None:
    known = {_folded(word) for word in _LATIN_WORD.findall(source)}
    from_english = arabic_share(source) < 0.5
    untranslated = []
    for word in _LATIN_WORD.findall(text):
        # A name or an acronym may be written as it is at home; other words are to be translated.
        if len(word) < 2 or (from_english and not word.islower()):
            continue
        if _folded(word) not in known:
            return f"a Latin word that the prompt has not: {word}"
        if from_english and intent.kind == TRANSLATE:
            untranslated.append(word)
    if len(untranslated) > _MAX_UNTRANSLATED:
        return f"words left untranslated: {' '.join(untranslated)}"
    return None


def _folded(word: str) -> str:
    """Return a word in small letters without accents."""
    parts = unicodedata.normalize("NFKD", word.casefold())
    return "".join(c for c in parts if not unicodedata.combining(c))
