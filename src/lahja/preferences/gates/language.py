"""Gates: the answer is in the language, the script and the variety of the prompt's intent."""

import re
import unicodedata
from functools import lru_cache
from itertools import groupby

from lahja.core.config.evaluation import Gates
from lahja.core.varieties import VARIETIES, dialects_among, get_variety
from lahja.corpora.text import arabic_share, comparison_key, count_words
from lahja.preferences.gates.verdict import Pair, Verdict, not_computed, passed, stopped
from lahja.prompts.intent import ENGLISH, FREE, TRANSLATE, PromptIntent
from lahja.prompts.wordings import find_markers, lists, phrase, word_classes, word_list

_LATIN_OR_APOSTROPHE = re.compile(r"[A-Za-zÀ-ɏ0-9'’]+")
_LATIN_WORD = re.compile(r"[A-Za-zÀ-ɏ]+(?:['’][A-Za-zÀ-ɏ]+)*")
_LATIN_RUN = re.compile(r"[A-Za-zÀ-ɏ][A-Za-zÀ-ɏ0-9 .,&'’:-]*")
_ARABIC_LETTER = re.compile(r"[\u0620-\u064a]")
_OTHER_LETTERS = ("LATIN", "ARABIC", "MODIFIER", "FEMININE", "MASCULINE", "GREEK", "MICRO")
_MAX_RUN = 4
# One small word may be part of a name (de, van).
_MAX_UNTRANSLATED = 1


def judge_language(pair: Pair, settings: Gates) -> Verdict:
    """Stop an answer whose letters, or whose words, are not of the language asked for."""
    limit, language = settings.language.max_foreign_letters, pair.intent.language
    if language is None:
        return not_computed("the prompt does not tell in which language to answer")
    if not any(c.isalpha() for c in pair.chosen):
        return not_computed("the answer has no letters")
    text, share, n = pair.chosen, arabic_share(pair.chosen), count_words(pair.chosen)
    if language != ENGLISH:
        if share < 1 - limit and (pair.intent.variety == "msa" or not mixes_into_arabic(text)):
            reason = "Arabic was asked for, the answer is not in Arabic letters"
            return stopped(reason, share, 1 - limit)
        return passed("the letters are Arabic", share, 1 - limit)
    if share > limit:
        return stopped("English was asked for, the answer is in Arabic letters", share, limit)
    words = [w.lower().replace("’", "'") for w in _LATIN_OR_APOSTROPHE.findall(text)]
    english, arabizi = word_list("english"), word_list("arabizi")
    n_english = sum(w in english for w in words)
    n_digits = sum(phrase("arabizi_word").fullmatch(w) is not None for w in words)
    n_arabizi = n_digits + sum(w in arabizi and w not in english for w in words)
    if not n_english and n > 1 and pair.intent.kind == TRANSLATE:
        # Words of the source, spelled out; those of several letters, and names have capitals.
        n_arabizi += sum(
            word.islower() and word not in arabizi and len(latin_consonants(word)) > 2
            and is_name_in(word, pair.intent.payload or "")
            for word in _LATIN_WORD.findall(text)
        )  # fmt: skip
    if n_arabizi > n_english and n_arabizi >= 0.2 * n and (n_digits >= 2 or n_arabizi >= 0.4 * n):
        reason = "English was asked for, the answer is Arabic in Latin letters"
        return stopped(reason, n_arabizi / n, 0.2)
    if n >= 8 and not n_english:
        return stopped("Latin letters, but not one common English word in it", 0.0, 1.0)
    return passed("the letters are Latin and the words may be English", share, limit)


def mixes_into_arabic(text: str) -> bool:
    """Whether an Arabic text takes over words: up to four ("un place de parking") count as one."""
    is_arabic = [_ARABIC_LETTER.search(word) is not None for word in text.split()]
    runs = [len([*run]) for arabic, run in groupby(is_arabic) if not arabic]
    return sum(is_arabic) >= len(runs) and max(runs, default=0) <= _MAX_RUN


def judge_dialect(pair: Pair, settings: Gates) -> Verdict:
    """Stop an answer in another variety, by a classifier's label or by its marker words."""
    wanted = pair.intent.variety
    if wanted is None:
        return not_computed("the prompt does not tell which variety was asked for")
    if wanted == "eng":
        return not_computed("English was asked for: see the language gate")
    markers, min_margin = find_markers(pair.chosen), settings.dialect.min_margin
    foreign = [word for word, used in markers.items() if wanted not in used]
    if wanted == "msa" and len(foreign) == 1 and foreign[0] in word_list("homographs_of_msa"):
        foreign = []
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


def reads_as_arabic(text: str, intent: PromptIntent) -> bool:
    """Whether a text is Arabic, also one that takes over words, unless English is asked for."""
    may_mix = intent.language != ENGLISH
    return arabic_share(text) >= 0.5 or (may_mix and mixes_into_arabic(text))


def stray_script(text: str, intent: PromptIntent) -> str | None:
    """Return what is wrong with the scripts of an answer, None if nothing is."""
    prompt = f"{intent.instruction} {intent.payload or ''}"
    for letter in filter(str.isalpha, dict.fromkeys(text)):
        is_expected = unicodedata.name(letter, "").startswith(_OTHER_LETTERS)
        if not is_expected and letter not in prompt:
            return f"a letter of another script: {letter}"
    for reason, pattern in lists()["stray_letters"].items():
        if (match := re.search(pattern, text)) and match[0] not in prompt:
            return f"{reason}: {match[0]}"
    is_arabic = reads_as_arabic(text, intent)
    if intent.kind == FREE or is_arabic == (intent.language == ENGLISH):
        # An answer that is wholly in the other script is for the language gate.
        return None
    if is_arabic:
        return _latin_in_arabic(text, intent, intent.payload or prompt)
    has_arabic = intent.kind == TRANSLATE and _ARABIC_LETTER.search(text)
    return "Arabic letters in an English translation" if has_arabic else None


def _latin_in_arabic(text: str, intent: PromptIntent, source: str) -> str | None:
    """Return what is wrong with the Latin words of an Arabic answer.

    Names may be written as they are at home. Who speaks a dialect may take over words for things
    from English or French, but no grammar; MSA does not.
    """
    known = {_folded(word) for word in _LATIN_WORD.findall(source)}
    from_english, is_mixing = arabic_share(source) < 0.5, intent.variety not in ("msa", None)
    grammar, untranslated = word_list("english_grammar"), []
    for run in _LATIN_RUN.findall(text):
        words = [word for word in _LATIN_WORD.findall(run) if len(word) > 1]
        in_title = any(not word.islower() and _folded(word) not in grammar for word in words)
        for word in words:
            is_known, is_grammar = _folded(word) in known, _folded(word) in grammar
            if not word.islower() and (in_title or not is_grammar):
                continue
            if not (in_title and is_mixing) and (is_grammar or not (is_known or is_mixing)):
                what = "left untranslated" if is_known else "that the prompt has not"
                return f"a Latin word {what}: {word}"
            if from_english and is_known and intent.kind == TRANSLATE:
                untranslated.append(word)
    if len(untranslated) > _MAX_UNTRANSLATED + is_mixing:
        return f"words left untranslated: {' '.join(untranslated)}"
    return None


@lru_cache(maxsize=4096)
def _folded(word: str) -> str:
    """Return a word in small letters without accents."""
    parts = unicodedata.normalize("NFKD", word.casefold())
    return "".join(c for c in parts if not unicodedata.combining(c))


def is_name_in(name: str, text: str) -> bool:
    """Whether a word of an Arabic text has a Latin name's consonants (Singapore: سنغافورة)."""
    classes, key = word_classes("consonants"), re.sub("[!-~]", "", comparison_key(text))
    own = (c if c == " " else classes.get(c, "") for c in key)
    # Doubles are made single.
    sides = (re.sub(r"(.)\1+", r"\1", side) for side in (latin_consonants(name), "".join(own)))
    return next(sides) in next(sides)


def latin_consonants(name: str) -> str:
    """Return the classes of a Latin name's consonants."""
    classes = word_classes("consonants")
    return "".join(map(classes.get, re.findall("|".join(classes), name.lower())))
