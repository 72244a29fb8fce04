"""The numbers of a text, in digits and in words, as two languages say the same one.

A number in digits must be on the other side, in one of its readings (7:30 is seven and thirty, 50%
is fifty or a half, 1985 may be eighty-five): among all that the digits and words there may mean,
halves past an hour, decades, an hour and a half as ninety minutes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain, count, pairwise
from typing import NamedTuple

from lahja.core.varieties import VARIETIES
from lahja.corpora.text import comparison_key
from lahja.prompts.wordings import number_words, units

DIGITS = re.compile(
    r"(?<![A-Za-z\d])(?<![A-Za-z][-‑])"
    r"(?:\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?!\d)|\d+(?:[.,٫٬:/]\d+)*)"
)
# M16, B-52: what a name may well be spelled out for.
_IN_NAMES = re.compile(r"[A-Za-z][-‑]?(\d+)")
_GROUPED = re.compile(r"\d{1,3}(?:[,٬. \u00a0\u202f]\d{3})+")
_PERCENT = re.compile(r"\s*(?:[%٪]|per ?cent)", re.I)
_HIJRI = re.compile(r"\s*(?:هـ|ه(?!\w)|هجري|AH\b|hijri)", re.I)
# When the lunar year begins, in Gregorian years, and how long it is.
_HIJRI_YEAR, _HIJRA = 0.970229, 621.5774
_OF_A = re.compile(r"(?<!\w)(?:(?:of )?an? (?=\w)|ديال (?=ال(?:ملاي|الاف|مليون)))")
_PREFIX = re.compile(r"^([وف]?)((?:هال|[بلكعد]?(?:ال|ل)|[بلكعده])?)(?=\w{2})")
_OF_THEM = re.compile(r"(?:هم|ها|هن|كم|كن|نا|ه)$")
_AND, _SCALES, _DOZEN = frozenset(("و", "and")), (1e3, 1e6, 1e9), 12.0


class Numerals(NamedTuple):
    """The numbers of a text."""

    #: What is written in digits, with what must all be there, by each way of reading it.
    digits: list[tuple[str, list[frozenset[float]]]]
    values: frozenset[float]  #: All numbers that its digits or its words may mean.

    def missing_from(self, other: "Numerals") -> list[str]:
        """Return the digits that another text has in no reading; one of a thing may go unsaid."""
        there = other.values | {1.0}
        return [text for text, readings in self.digits if not any(r <= there for r in readings)]


@dataclass(frozen=True)
class _Token:
    """A word: what numbers it may be, how it is joined to the one before, or what it measures."""

    values: tuple[float, ...] = ()
    is_added: bool = False  #: Whether "and" joins it to what is before.
    is_bare: bool = True  #: Whether it has neither an article nor a preposition.
    digits: int | None = None  #: Which of the text's numbers in digits this is.
    is_minus: bool = False  #: Whether it stands between an hour and what it lacks.
    unit: tuple[float, tuple[float, ...]] | None = None  #: As in `units`.
    is_dual: bool = False
    is_latin: bool = False

    @cached_property
    def fraction(self) -> float | None:
        """The first of its values that lies between 0 and 1."""
        return next((value for value in self.values if 0 < value < 1), None)

    @cached_property
    def whole(self) -> float | None:
        """The first of its other values."""
        return next((value for value in self.values if not 0 < value < 1), None)


# A word that says no number; so many follow a text's words, so that there are some to look at.
_WORD = _Token()
_END = [_WORD] * 4


def numbers_in_words(text: str, variety: str | None = None) -> list[float]:
    """Return the numbers of three and more that a text's words say, without fractions, in order."""
    tokens, found = _tokens(text, variety, []), []
    for start, _, value, _ in _compounds(tokens):
        own, before = tokens[start], tokens[start - 1]
        # After digits a word is a part of them; "in a hundred" says percent.
        is_own = own.values and own.digits is before.digits is None
        if is_own and value >= 3 and (own.is_bare or value != 100):
            found.append(value)
    return found


@lru_cache(maxsize=256)
def numerals_of(text: str, variety: str | None = None, n_years: int = 2) -> Numerals:
    """Return the numbers of a text in a variety.

    A year of the Hijra is also that of the Gregorian count in which it begins, and of two
    `n_years` the one in which it ends.
    """
    digits = [(match[0], _readings(match, text, n_years)) for match in DIGITS.finditer(text)]
    firsts = [() if len(own[0]) > 1 or ":" in word else (*own[0],) for word, own in digits]
    tokens, values = _tokens(text, variety, firsts), {*map(float, _IN_NAMES.findall(text))}
    said, last = [], 0
    for start, end, value, scale in _compounds(tokens):
        token = tokens[start]
        if token.digits is None and end == start + 1:
            # Added to a number, ربع is no four.
            is_part = token.is_added and token.fraction
            values.update((token.fraction,) if is_part else token.values)
        if token.digits is not None and scale > 1:
            # "40 thousand" is that number, and no longer forty.
            digits[token.digits] = (digits[token.digits][0], [frozenset((round(value, 6),))])
        values.update(_amounts(token, tokens[end : end + 4], value, scale))
        said, last = (said if start == last else []), end
        # "Nineteen eighty-five", "five oh one": what is read out piece by piece.
        is_piece = value < 100 and value.is_integer() and token.values and token.digits is None
        said = [*said[-9:], f"{value:.0f}"] if is_piece and not token.is_added else []
        values.update(float("".join(said[n:])) for n in range(len(said) - 1))
    rounded = frozenset(round(value, 6) for value in values)
    return Numerals(digits, rounded.union(*chain.from_iterable(own for _, own in digits)))


def _readings(match: re.Match[str], text: str, n_years: int) -> list[frozenset[float]]:
    parts = [float(part) for part in re.split(r"\D", match[0])]
    found = [{*parts}]
    if ":" in match[0]:
        hours = {parts[0], (parts[0] - 12) % 24 or 12.0} if parts[0] < 25 else {parts[0]}
        found = [{hour, *filter(None, parts[1:])} for hour in sorted(hours, reverse=True)]
    elif len(parts) == 2:
        is_ratio = "/" in match[0] and parts[1]
        found.insert(0, {parts[0] / parts[1] if is_ratio else float(re.sub(r"\D", ".", match[0]))})
    if _GROUPED.fullmatch(match[0]):
        found.insert(0, {float(re.sub(r"\D", "", match[0]))})
    if len(parts) == 1:
        after = match.end()
        if 1100 <= parts[0] < 2000:
            found.append({parts[0] % 100})
        if text[after : after + 2].rstrip(" .,") in ("k", "K"):
            found.append({parts[0] * 1000})
        if _PERCENT.match(text, after):
            found.append({parts[0] / 100})
        if _HIJRI.match(text, after):
            begins = parts[0] * _HIJRI_YEAR + _HIJRA
            found += [{float(int(year))} for year in (begins, begins + _HIJRI_YEAR)[:n_years]]
    return [frozenset(round(value, 6) for value in own) for own in found]


def _tokens(text: str, variety: str | None, digits: list[tuple[float, ...]]) -> list[_Token]:
    """Return the words of a text; what each number in digits is goes before."""
    places = count()
    marked = DIGITS.sub(lambda _: f" n{next(places)}n ", text)
    own = VARIETIES[variety].numbers.dual if variety in VARIETIES else ()
    dual = own or tuple({ending for v in VARIETIES.values() for ending in v.numbers.dual})
    found = []
    for before, word in pairwise(["", *_OF_A.sub("", comparison_key(marked)).split()]):
        is_added = before in _AND
        if word[0] == word[-1] == "n" and word[1:-1].isdigit():
            n = int(word[1:-1])
            found.append(_Token(digits[n] if digits else (), is_added, digits=n))
        elif word not in _AND:
            found.append(_token(word, is_added, dual))
    return found + _END


@lru_cache(maxsize=16384)
def _token(word: str, is_added: bool, dual: tuple[str, ...]) -> _Token:
    values, joined, is_bare = _number(word)
    is_dual = len(word) > 4 and word.endswith(dual) and not (values and is_bare)
    unit = units().get(word) or units().get(_PREFIX.sub("", word))
    is_minus = any(word in variety.numbers.minus for variety in VARIETIES.values())
    if not (values or is_minus or unit or is_dual):
        return _WORD
    is_added |= joined
    return _Token(values, is_added, is_bare, None, is_minus, unit, is_dual, word.isascii())


def _number(word: str) -> tuple[tuple[float, ...], bool, bool]:
    """Return what numbers a word may be, whether "and" is joined to it, and whether it is bare."""
    known, match = number_words(), _PREFIX.match(word)
    if word in known or not match:
        return known.get(word, ()), False, True
    joined, before = match.groups()
    for start, is_bare in ((len(joined), True), (len(joined + before), not before)):
        rest = word[start:]
        if rest in known:
            return known[rest], bool(joined), is_bare
        if parts := [value for value in known.get(_OF_THEM.sub("", rest), ()) if 0 < value < 1]:
            return tuple(parts), bool(joined), False
    return (), False, True


def _compounds(tokens: list[_Token]) -> Iterator[tuple[int, int, float, float]]:
    """Yield where each number begins and ends, its value, and of what a half of it is one."""
    end = 0
    while (start := end) < len(tokens) - len(_END):
        first, end = tokens[start], start + 1
        if first is _WORD and tokens[end] is _WORD:
            continue
        # A thing that a number follows counts as one, or as two.
        if (value := _read(tokens, start)) is None:
            yield start, end, 2.0 if first.is_dual else 1.0, 1.0
            continue
        total, group, scale = 0.0, value, 1.0
        if value >= 1000 and first.digits is None:
            total, group, scale = value, 0.0, max(size for size in _SCALES if size <= value)
        while (value := _read(tokens, end, group)) is not None:
            token = tokens[end]
            if token.digits is not None or (first.digits is not None and value not in _SCALES):
                break
            if value in _SCALES and not token.is_added and group:
                total, group, scale = total + group * value, 0.0, value
            elif value >= 1000 and token.is_added and total > value and not group:
                total, scale = total + value, 1e3
            elif value == 100 and token.is_bare and not token.is_added and 1 < group < 10:
                group *= 100
            elif _continues(token, value, total, group):
                group += value
            else:
                break
            end += 1
        yield start, end, total + group, scale if not group else 1.0


def _read(tokens: list[_Token], place: int, group: float = 0) -> float | None:
    """Return a token's number; what may be a part (ربع) is whole before 100 and after a ten."""
    token = tokens[place]
    if token.fraction is None:
        return token.whole
    if token.is_added:
        return None
    following = tokens[place + 1]
    is_multiplied = (following.whole or 0) >= 100 and not following.is_added
    is_whole = is_multiplied or (group % 100 >= 20 and not group % 10)
    return token.whole if is_whole and token.whole is not None else token.fraction


def _continues(token: _Token, value: float, total: float, group: float) -> bool:
    """Whether a value is added to what the words before it make of a number under a thousand."""
    last = group % 100
    if value >= 100:
        return value < 1000 and not group and total > 0
    if not value or not value.is_integer():
        return False
    if 0 < last < 10 and value >= 20:
        return token.is_added
    if not token.is_bare:
        return False
    if not last:
        return bool(total or group)
    if last < 10:
        # Fifteen in Arabic, which says five ten.
        return value == 10 and not token.is_added
    return last >= 20 and not last % 10 and value < 10 and token.is_latin and not token.is_added


def _amounts(own: _Token, following: list[_Token], value: float, scale: float) -> Iterator[float]:
    """Yield a number, also with what is added or taken away after it, and in smaller units."""
    after, amounts = following[0], [value]
    unit, places = own.unit, [0]
    if own.values and not after.values and not after.is_minus:
        # Three kilos and a half.
        unit, places = after.unit, [0, 1]
    if own.is_dual:
        yield 2.0
    if 0 < value < 1:
        yield value * 60
    if own.fraction and scale > 1:
        yield own.fraction * scale
    if own.values and after.whole == _DOZEN:
        yield value * _DOZEN
    for first, second, third in (following[place : place + 3] for place in places):
        if first.is_added and first.fraction:
            amounts.append(value + first.fraction * scale)
            unit = unit or second.unit
        elif first.fraction:
            amounts.append(value * first.fraction)
        elif first.is_minus and second.fraction:
            amounts.append(value - second.fraction * scale)
        yield from _minutes(value, first, second, third)
    yield from amounts
    if unit is not None:
        size, sizes = unit
        yield from (amount * size / other for amount in amounts for other in sizes)


def _minutes(value: float, first: _Token, second: _Token, third: _Token) -> Iterator[float]:
    """Yield the minutes of "and a half", "and a half and five", and hour and minutes of "to"."""
    more, less = (t.fraction * 60 if t.fraction else t.whole for t in (second, third))
    if first.is_added and first.fraction:
        yield first.fraction * 60
        if second.is_added and more:
            yield first.fraction * 60 + more
        if second.is_minus and less:
            yield first.fraction * 60 - less
    elif first.is_minus and more:
        sides = value * 60 if value < 1 else value, more
        minutes, hour = sides if first.is_latin else sides[::-1]
        yield from (hour - 1 or 12.0, 60 - minutes)
