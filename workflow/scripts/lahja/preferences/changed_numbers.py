"""Copies of a translation in which one number is another.

A number in digits has one of its digits changed. One in words is exchanged for a word of the same
form, where that is safe: the source has the number too, in digits or words, and lacks the new one.
"""

import re
from collections.abc import Iterator

from lahja.data.text import comparison_key
from lahja.gates.numbers import is_in_words, numbers_in
from lahja.seeding import unit_draw

_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"[^\W\d_]+")
# Words of one form, as keys, that may stand for one another without a change to their neighbours.
# Words with a second sense (one, second, quarter; ست, "lady") are left out.
_ENGLISH = {
    "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12,
}  # fmt: skip
_ENGLISH_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80,
    "ninety": 90,
}  # fmt: skip
_ARABIC = {
    "ثلاثه": 3, "تلاته": 3, "اربعه": 4, "خمسه": 5, "سبعه": 7, "ثمانيه": 8, "تمانيه": 8, "تمنيه": 8,
    "تسعه": 9,
}  # fmt: skip
_ARABIC_BARE = {
    "ثلاث": 3, "تلات": 3, "اربع": 4, "خمس": 5, "سبع": 7, "ثماني": 8, "ثمان": 8, "تسع": 9,
}  # fmt: skip
_ARABIC_TENS = {
    "عشرين": 20, "ثلاثين": 30, "تلاتين": 30, "اربعين": 40, "خمسين": 50, "ستين": 60, "سبعين": 70,
    "ثمانين": 80, "تمانين": 80, "تسعين": 90,
}  # fmt: skip
_MSA_TENS = {word.removesuffix("ين") + "ون": value for word, value in _ARABIC_TENS.items()}
# As they are written; only words that all varieties of Arabic spell alike are put in.
_REPLACEMENTS: tuple[tuple[dict[str, int], tuple[str, ...]], ...] = (
    (_ENGLISH, tuple(_ENGLISH)),
    (_ENGLISH_TENS, tuple(_ENGLISH_TENS)),
    (_ARABIC, ("أربعة", "خمسة", "سبعة", "تسعة")),
    (_ARABIC_BARE, ("أربع", "خمس", "تسع")),
    (_ARABIC_TENS, ("عشرين", "أربعين", "خمسين", "ستين", "سبعين", "تسعين")),
    (_MSA_TENS, ("عشرون", "أربعون", "خمسون", "ستون", "سبعون", "تسعون")),
)
_PREFIXES = ("", "و", "ال", "ب", "ل", "وال", "بال", "لل")


def with_changed_number(text: str, source: str, seed: int) -> list[str]:
    """Return copies of a translation, in each another number changed; none where it has none."""
    return [*_in_digits(text, source, seed), *_in_words(text, source, seed)]


def _in_digits(text: str, source: str, seed: int) -> Iterator[str]:
    for match in _DIGIT.finditer(text):
        place, digit = match.start(), int(match[0])
        is_leading = not text[:place][-1:].isdigit()
        others = [d for d in range(1 if is_leading else 0, 10) if d != digit]
        other = others[int(unit_draw(seed, "digit", text, str(place)) * len(others))]
        # The ten digits of a script stand in a row.
        changed = text[:place] + chr(ord(match[0]) - digit + other) + text[place + 1 :]
        if all(_is_known(n, source) for n in numbers_in(text)) and any(
            not _is_known(n, source) for n in numbers_in(changed)
        ):
            yield changed


def _in_words(text: str, source: str, seed: int) -> Iterator[str]:
    for match in _WORD.finditer(text):
        for values, replacements in _REPLACEMENTS:
            found = _parted(match[0], values)
            if found is None or not _is_known(found[1], source):
                continue
            others = [
                word
                for word in replacements
                if not _is_known(values[comparison_key(word)], source)
                and not is_in_words(values[comparison_key(word)], text)
            ]
            if others:
                draw = unit_draw(seed, "word", text, str(match.start()))
                new = _dressed(others[int(draw * len(others))], match[0])
                yield text[: match.start()] + found[0] + new + text[match.end() :]


def _parted(word: str, values: dict[str, int]) -> tuple[str, int] | None:
    """Return what is joined to a number word's front, and its value."""
    key = comparison_key(word)
    for prefix in _PREFIXES:
        if key.startswith(prefix) and (value := values.get(key.removeprefix(prefix))) is not None:
            return word[: len(prefix)], value
    return None


def _is_known(number: int, source: str) -> bool:
    return number in numbers_in(source) or is_in_words(number, source)


def _dressed(new: str, old: str) -> str:
    """Return a word with the capital, or the final letter, of the one it stands for."""
    if old[:1].isupper():
        return new.capitalize()
    if old.endswith("ه") and new.endswith("ة"):
        return new[:-1] + "ه"
    return new
