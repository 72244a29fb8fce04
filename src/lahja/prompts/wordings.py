"""How prompts are worded: lahja's translation prompt, and how others name varieties and tasks.

Patterns and lists are of `comparison_key`s. What belongs to one variety is in
`resources/varieties`, what belongs to a whole language in `resources/words.yaml`.

Markers are words that tell varieties apart: a small lexicon by hand, for texts that no classifier
has seen. A word stands in the file of each variety in which it is at home; a word that all dialects
share but MSA lacks tells MSA alone. Which words could stand there was checked against counts in
MADAR, FLORES-200, NADI 2023, IWSLT and Shami; words that another variety uses with another sense
were left out (هلا, ابي, حق).
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from lahja.core.files import read_yaml
from lahja.core.varieties import FOLDER, VARIETIES, dialects_among, get_variety
from lahja.corpora.text import comparison_key, normalise_text

if TYPE_CHECKING:
    import pandas as pd

# A language or a dialect that is none of lahja's, and Arabic of which it is not said which.
OTHER, SOME_ARABIC = "other", "arabic"
_BEFORE_NAME = re.compile(r"^[وف]?[بلفك]?(?:ال|ل)?(?=\w{3})")
_VOWEL_MARKS = re.compile("[\u064b-\u065f\u0670]")


@cache
def lists() -> dict[str, Any]:
    """Return `resources/words.yaml`."""
    return read_yaml(FOLDER.parent / "words.yaml")


@cache
def word_list(name: str) -> frozenset[str]:
    """Return a word list of `resources/words.yaml`."""
    return frozenset(lists()[name].split())


@cache
def phrase(name: str) -> re.Pattern[str]:
    """Return a pattern of phrases of `resources/words.yaml`."""
    return re.compile(lists()["phrases"][name], re.IGNORECASE | re.MULTILINE | re.VERBOSE)


@lru_cache(maxsize=4096)
def has_phrase(name: str, text: str) -> bool:
    """Whether a text, as a key, has one of some phrases."""
    return phrase(name).search(comparison_key(text)) is not None


@cache
def word_classes(name: str) -> dict[str, str]:
    """Return the class of each word of a list that has several, the longest first."""
    own = {word: sign for sign, words in lists()[name].items() for word in words.split()}
    return dict(sorted(own.items(), key=lambda item: -len(item[0])))


@cache
def number_words() -> dict[str, tuple[float, ...]]:
    """Return the words of numbers, also those that are joined of two, with what they may mean."""
    found: dict[str, dict[float, None]] = defaultdict(dict)
    for variety in VARIETIES.values():
        own = {float(Fraction(value)): words for value, words in variety.numbers.words.items()}
        simple = [(word, value) for value, words in own.items() for word in words]
        if variety.is_arabic:
            simple += _joined(own, variety.numbers.teens)
        for word, value in simple:
            found[word][value] = None
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
def units() -> dict[str, tuple[float, tuple[float, ...]]]:
    """Return the words of units: how many of its family's first unit each is, and all of these."""
    return {
        word: (float(size), tuple(map(float, family)))
        for family in lists()["units"]
        for size, words in family.items()
        for word in words.split()
    }


def translation_prompt(source: str, target: str, text: str) -> str:
    """Return the request to translate a text between two varieties, given by their codes."""
    return f"{translation_instruction(source, target)}\n{text}\nTranslation:"


def translation_instruction(source: str, target: str) -> str:
    """Return the first line of the request, without the text to translate."""
    return (
        f"Translate from {get_variety(source).name} into {get_variety(target).name}. "
        "Output only the translation, do NOT output anything else before nor after it."
    )


def system_prompt(text: str, target: str) -> str:
    """Return a system prompt with the names of the dialect that is asked for, given by its code.

    A text that is about a dialect or its country is none for other varieties.
    """
    variety = get_variety(target)
    if variety.country is None:
        return "" if "{dialect}" in text or "{country}" in text else text
    named = text.replace("{dialect}", variety.name)
    return named.replace("{country}", variety.country.replace("_", " "))


def with_system_prompt(prompts: "pd.DataFrame", text: str) -> "pd.DataFrame":
    """Return PROMPTS or EVALUATION_PROMPTS with the column `system`, of the variety asked for."""
    if "target_variety" in prompts:
        targets = prompts["target_variety"]
    else:
        # Directions of PROMPTS that leave the dialect are `da-eng` and `da-msa`.
        sides = prompts["kind"].str.extract(r"^da-(.*)", expand=False)
        targets = sides.fillna(prompts["dialect"])
    return prompts.assign(system=[system_prompt(text, code) for code in targets])


@cache
def variety_names() -> list[tuple[str, re.Pattern[str]]]:
    """Return the ways of naming a variety, the longer names first: code and pattern."""
    naming = lists()["naming"]
    found = [(code, variety.names.patterns) for code, variety in VARIETIES.items()]
    found += [
        (code, [form.replace("NAMES", names) for form in forms])
        for kind, forms in naming["forms"].items()
        for code, names in _names(kind)
    ]
    found += naming["others"].items()
    every = ((code, pattern) for code, patterns in found for pattern in patterns)
    return [(code, re.compile(rf"(?<!\w)(?:{pattern})(?!\w)")) for code, pattern in every]


def _names(kind: str) -> list[tuple[str, str]]:
    """Return the alternatives of each variety that has names of a kind, `OTHER`'s at the end."""
    own = {code: getattr(variety.names, kind) for code, variety in VARIETIES.items()}
    found = [(code, "|".join(map(comparison_key, names))) for code, names in own.items() if names]
    return [*found, (OTHER, "|".join(lists()["other_varieties"][kind]))]


@cache
def _markers() -> tuple[dict[str, frozenset[str]], dict[re.Pattern[str], frozenset[str]]]:
    """Return the marker words, as `comparison_key`s, and patterns, each with who uses it."""
    words, patterns = defaultdict(set), defaultdict(set)
    for code, variety in VARIETIES.items():
        for word in variety.markers.words:
            words[comparison_key(word)].add(code)
        for word in variety.markers.words_of_dialects:
            words[comparison_key(word)].update(dialects_among(VARIETIES))
        for pattern in variety.markers.patterns:
            patterns[re.compile(pattern)].add(code)
    return tuple({x: frozenset(codes) for x, codes in found.items()} for found in (words, patterns))


def find_markers(text: str) -> dict[str, frozenset[str]]:
    """Return the marker words of a text, each with the varieties that use it."""
    (words, patterns), homographs = _markers(), lists()["homographs"]
    key = phrase("homographs").sub(" ", comparison_key(text))
    found = {word: words[word] for word in key.split() if word in words}
    if unclear := homographs.keys() & found.keys():
        written = re.findall(r"\w+", _VOWEL_MARKS.sub("", normalise_text(text)))
        for key in unclear:
            if {word for word in written if comparison_key(word) == key} <= {homographs[key]}:
                del found[key]
    for pattern, varieties in patterns.items():
        found |= {match[0]: varieties for match in pattern.finditer(text)}
    return found


def names_people(key: str) -> bool:
    """Whether an English text, as a key, names those who speak a dialect of Arabic."""
    return any(not {*key.split()}.isdisjoint(names.split("|")) for _, names in _names("english"))


@cache
def _speech_words() -> tuple[set[str], set[str]]:
    """Return the words that name varieties, and these with those that may stand beside them."""
    naming = lists()["naming"]
    alternatives = (own for kind in ("english", "arabic", "places") for _, own in _names(kind))
    names = {*naming["names"].split(), *re.findall(r"\w+", " ".join(alternatives))}
    return names, names.union(naming["beside"].split())


def is_variety_label(text: str) -> bool:
    """Whether a text is a variety's name and nothing else: "in Syrian", بالعامية المصرية."""
    names, known = _speech_words()
    words = comparison_key(text).split()
    bare = {word if word in names else _BEFORE_NAME.sub("", word) for word in words}
    return not bare.isdisjoint(names) and bare <= known


def variety_of_wording(text: str) -> str | None:
    """Return the variety that all marker words of a text have in common, where it is one."""
    found = find_markers(text)
    common = frozenset.intersection(*found.values()) if found else frozenset()
    return next(iter(common)) if len(common) == 1 else None
