"""How prompts are worded: lahja's translation prompt, and how others name varieties and tasks.

All patterns and lists are of `comparison_key`s: small letters, no punctuation, one form of alef,
yeh and teh marbuta. What belongs to one variety is in `resources/varieties`, the word lists of a
whole language are in `resources/words.yaml`.

Markers are words that tell varieties apart: who uses each, so that others do not. It is a small
lexicon by hand, for texts that no classifier has seen. A word stands in the file of each variety
in which it is at home; a word that all dialects share but MSA lacks tells MSA alone. Which words
could stand there was checked against counts in MADAR, FLORES-200, NADI 2023, IWSLT and Shami;
words that another variety uses with another sense were left out (هلا, ابي, حق).
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from typing import Any

from lahja.core.files import read_yaml
from lahja.core.varieties import FOLDER, VARIETIES, get_variety
from lahja.corpora.text import comparison_key, normalise_text

OTHER = "other"
"""A language or a dialect that is none of lahja's."""
SOME_ARABIC = "arabic"
"""Arabic, of which it is not said which."""

_ENGLISH_IN_ARABIC = r"(?:انجليزي|انجليزيه|انكليزي|انكليزيه|نجليزيه|نكليزيه|نجليزي|نكليزي|نگليزيه)"
_OTHER_IN_ARABIC = r"(?:فرنسي|فرنسيه|اسباني|اسبانيه|الماني|المانيه|تركي|تركيه|عبري|عبريه)"
# "in the … of", "the Arabic …": the words that make an adjective the name of a variety.
_KIND_OF_SPEECH = r"(?:لهجه|لهجات|عربيه|عربي|عاميه|دارجه|لغه|كلام|لسان)"
_SPEAK = r"احكي?|[تا]?تكلم\w?|رد|جاوب\w?|هضر\w?|دوي|سولف\w?|اكتب\w?"
_ARTICLE = r"(?:(?:و|ف)?(?:ب|ل|ف|ك)?(?:ال|ل)?)"
_WORD = r"(?<!\w){}(?!\w)"
_BEFORE_NAME = re.compile(rf"^{_ARTICLE}(?=\w{{3}})")
_VOWEL_MARKS = re.compile("[\u064b-\u065f\u0670]")


@cache
def _lists() -> dict[str, Any]:
    return read_yaml(FOLDER.parent / "words.yaml")


@cache
def word_list(name: str) -> frozenset[str]:
    """Return a word list of `resources/words.yaml`."""
    return frozenset(_lists()[name].split())


@cache
def phrase(name: str) -> re.Pattern[str]:
    """Return a pattern of phrases of `resources/words.yaml`."""
    return re.compile(_lists()["phrases"][name], re.IGNORECASE | re.MULTILINE | re.VERBOSE)


@cache
def consonant_classes() -> dict[str, str]:
    """Return the class of each consonant in Latin and in Arabic letters, the longest first."""
    groups = _lists()["consonants"].items()
    classes = {letters: sign for sign, group in groups for letters in group.split()}
    return dict(sorted(classes.items(), key=lambda item: -len(item[0])))


@cache
def number_words() -> dict[str, tuple[float, ...]]:
    """Return the words of numbers, also those that are joined of two, with what they may mean."""
    found: dict[str, dict[float, None]] = {}
    for variety in VARIETIES.values():
        own = {float(Fraction(value)): words for value, words in variety.numbers.words.items()}
        simple = [(word, value) for value, words in own.items() for word in words]
        if variety.is_arabic:
            simple += [*_joined(own, variety.numbers.teens)]
        for word, value in simple:
            found.setdefault(word, {})[value] = None
    return {word: tuple(values) for word, values in found.items()}


def _joined(
    words: dict[float, tuple[str, ...]], teens: tuple[str, ...]
) -> Iterator[tuple[str, float]]:
    for value in map(float, range(3, 11)):
        for stem in {word.removesuffix("ه") for word in words.get(value, ())}:
            yield f"{stem}ت", value
            yield from ((stem + end, 10.0 + value) for end in teens if value < 10)
            for scale in (100, 1000):
                yield from ((stem + end, value * scale) for end in words.get(float(scale), ()))
    for value in map(float, range(20, 100, 10)):
        for word in words.get(value, ()):
            stem = word.removesuffix("ون").removesuffix("ين")
            yield from ((f"{stem}ين{end}", value) for end in ("ات", "يات", "يه"))


@cache
def units() -> dict[str, tuple[int, float]]:
    """Return the words of units, each with its family and how many of the first unit it is."""
    return {
        word: (family, float(size))
        for family, sizes in enumerate(_lists()["units"])
        for size, words in sizes.items()
        for word in words.split()
    }


@cache
def unit_sizes(family: int) -> tuple[float, ...]:
    """Return how many of the first unit of a family each of its units is."""
    return tuple(map(float, _lists()["units"][family]))


@cache
def request_words() -> dict[str, str]:
    """Return the words that requests are made with, each with what it requests."""
    return {word: name for name, words in _lists()["requests"].items() for word in words.split()}


def translation_prompt(source: str, target: str, text: str) -> str:
    """Return the request to translate a text between two varieties, given by their codes."""
    return f"{translation_instruction(source, target)}\n{text}\nTranslation:"


def translation_instruction(source: str, target: str) -> str:
    """Return the first line of the request, without the text to translate."""
    return (
        f"Translate from {get_variety(source).name} into {get_variety(target).name}. "
        "Output only the translation, do NOT output anything else before nor after it."
    )


@cache
def variety_names() -> list[tuple[str, tuple[str, ...], list[re.Pattern[str]]]]:
    """Return the ways of naming a variety, the longer names first: code, names and patterns.

    Where there are names, a text that the patterns match has one of them.
    """
    msa = r"(?:modern )?standard arabic|(?:formal|literary|classical) arabic|msa|fus[h7]a"
    fusha = rf"(?:{_ARTICLE}{_KIND_OF_SPEECH} )?(?:{_ARTICLE})(?:فصحي|فصيحه)"
    found = [("msa", "", [msa, fusha])]
    found += [(code, "", v.names.patterns) for code, v in VARIETIES.items()]
    # Joined to "in" or "into", an adjective alone is enough: بالمصري, للسوري.
    arabic = [
        rf"{_ARTICLE}{_KIND_OF_SPEECH}(?: {_ARTICLE}عاميه)? {_ARTICLE}(?:NAMES)",
        r"(?:بال|لل)(?:NAMES)",
        rf"(?:{_SPEAK})(?: (?:معي|معايا|معاي|معنا|لي|علي|وياي))? (?:NAMES)",
    ]
    for kind, forms in (*_lists()["naming"]["forms"].items(), ("arabic", arabic)):
        found += [
            (code, names, [form.replace("NAMES", names) for form in forms])
            for code, names in _names(kind)
        ]
    english = rf"english|{_ARTICLE}(?:لغه )?{_ARTICLE}{_ENGLISH_IN_ARABIC}"
    others = r"(?<=in |to )(?:french|spanish|german|turkish|hebrew|chinese|russian|italian)"
    in_arabic = r"(?:in|into|to|use|using|speak|with) (?:\w+ ){0,2}arabic"
    found += [
        ("eng", "", [english]),
        (OTHER, "", [others, rf"(?:بال|لل)(?:لغه )?(?:ال)?{_OTHER_IN_ARABIC}"]),
        (SOME_ARABIC, "arabic", [in_arabic]),
    ]
    return [
        (
            code,
            tuple(filter(None, names.split("|"))),
            [re.compile(_WORD.format(f"(?:{p})")) for p in own],
        )
        for code, names, own in found
    ]


def _names(kind: str) -> list[tuple[str, str]]:
    """Return the alternatives of each variety that has names of a kind, `OTHER`'s at the end."""
    own = {code: getattr(variety.names, kind) for code, variety in VARIETIES.items()}
    found = [(code, "|".join(map(comparison_key, names))) for code, names in own.items() if names]
    return [*found, (OTHER, "|".join(_lists()["other_varieties"][kind]))]


@cache
def example_line() -> re.Pattern[str]:
    """Return the pattern of a line that shows a greeting: a country and a colon begin it."""
    places = [place for variety in VARIETIES.values() for place in variety.names.places]
    names = "|".join(map(re.escape, [*places, "msa", "modern standard arabic"]))
    return re.compile(rf"^\s*(?:{names})\s*:", re.I)


@cache
def _markers() -> tuple[dict[str, frozenset[str]], dict[re.Pattern[str], frozenset[str]]]:
    """Return the marker words, as `comparison_key`s, and patterns, each with who uses it."""
    dialects = {code for code, variety in VARIETIES.items() if variety.is_dialect}
    words, patterns = defaultdict(set), defaultdict(set)
    for code, variety in VARIETIES.items():
        for word in variety.markers.words:
            words[comparison_key(word)].add(code)
        for word in variety.markers.words_of_dialects:
            words[comparison_key(word)] |= dialects
        for pattern in variety.markers.patterns:
            patterns[re.compile(pattern)].add(code)
    return tuple({x: frozenset(codes) for x, codes in found.items()} for found in (words, patterns))


@cache
def _homographs() -> tuple[dict[str, frozenset[str]], re.Pattern[str]]:
    """Return how words that are no markers are written, by their keys, and phrases of such."""
    found = defaultdict(set)
    for word in _lists()["homographs"]["spelled"].split():
        found[comparison_key(word)].add(_VOWEL_MARKS.sub("", word))
    spelled = {key: frozenset(words) for key, words in found.items()}
    return spelled, re.compile(_lists()["homographs"]["phrases"], re.VERBOSE)


@cache
def homographs_of_msa() -> frozenset[str]:
    """Return the markers, as keys, that are words of MSA as well."""
    return frozenset(_lists()["homographs"]["msa"].split())


def find_markers(text: str) -> dict[str, frozenset[str]]:
    """Return the marker words of a text, each with the varieties that use it."""
    words, patterns = _markers()
    spelled, phrases = _homographs()
    key = phrases.sub(" ", comparison_key(text))
    found = {word: words[word] for word in key.split() if word in words}
    if unclear := spelled.keys() & found.keys():
        written = re.findall(r"\w+", _VOWEL_MARKS.sub("", normalise_text(text)))
        for key in unclear:
            own = {word for word in written if comparison_key(word) == key}
            if own <= spelled[key]:
                del found[key]
    for pattern, varieties in patterns.items():
        found |= {match[0]: varieties for match in pattern.finditer(text)}
    return found


@cache
def _speech_words() -> tuple[frozenset[str], frozenset[str]]:
    """Return the words that name varieties, and those that may stand beside them."""
    kinds = ("english", "arabic", "places")
    names = {word for kind in kinds for _, own in _names(kind) for word in re.findall(r"\w+", own)}
    names |= set(_lists()["naming"]["names"].split())
    return frozenset(names), frozenset(_lists()["naming"]["beside"].split())


@cache
def _people() -> frozenset[str]:
    return frozenset(name for _, names in _names("english") for name in names.split("|"))


def names_people(key: str) -> bool:
    """Whether an English text, as a key, names those who speak a dialect of Arabic."""
    return not _people().isdisjoint(key.split())


def is_variety_label(text: str) -> bool:
    """Whether a text is a variety's name and nothing else: "in Syrian", بالعامية المصرية."""
    names, beside = _speech_words()
    words = comparison_key(text).split()
    bare = [word if word in names else _BEFORE_NAME.sub("", word) for word in words]
    return any(word in names for word in bare) and all(
        word in names or word in beside for word in bare
    )


def variety_of_wording(text: str) -> str | None:
    """Return the variety that all marker words of a text have in common, where it is one."""
    found = find_markers(text)
    common = frozenset.intersection(*found.values()) if found else frozenset()
    return next(iter(common)) if len(common) == 1 else None
