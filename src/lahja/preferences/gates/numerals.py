"""The numbers of a text, in digits and in words, as two languages say the same one.

What stands in digits is a `Numeral`: a number that the other side must have, in one of its
readings (7:30 is seven and thirty, 50% is fifty or a half, 1985 may be eighty-five). It is looked
for in `values`, all that the other side's digits and words may mean: halves past an hour, decades,
an hour and a half as ninety minutes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import chain, count

from lahja.core.varieties import VARIETIES
from lahja.corpora.text import comparison_key
from lahja.prompts.wordings import number_words, unit_sizes, units

_DIGITS = re.compile(
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
_AND = frozenset(("و", "and"))
_SCALES, _DOZEN = (1e3, 1e6, 1e9), 12.0


@dataclass(frozen=True)
class Numeral:
    """A number in digits."""

    text: str  #: As it is written.
    readings: tuple[frozenset[float], ...]  #: What must all be there, by each way of reading it.


@dataclass(frozen=True)
class Numerals:
    """The numbers of a text."""

    digits: tuple[Numeral, ...]
    values: frozenset[float]  #: All numbers that its digits or its words may mean.

    def missing_from(self, other: "Numerals") -> list[str]:
        """Return the digits that another text has in no reading; one of a thing may go unsaid."""
        there = other.values | {1.0}
        return [own.text for own in self.digits if not any(r <= there for r in own.readings)]


@dataclass(frozen=True)
class _Token:
    """A word: what numbers it may be, how it is joined to the one before, or what it measures."""

    values: tuple[float, ...] = ()
    is_added: bool = False  #: Whether "and" joins it to what is before.
    is_bare: bool = True  #: Whether it has neither an article nor a preposition.
    digits: int | None = None  #: Which of the text's numbers in digits this is.
    minus: str = ""  #: The word, where it is one between an hour and what it lacks.
    unit: tuple[int, float] | None = None  #: The family, and the multiple of its first unit.
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


_WORD = _Token()


def has_digits(text: str) -> bool:
    """Whether a text has a number in digits."""
    return _DIGITS.search(text) is not None


def numbers_in_words(text: str, variety: str | None = None) -> list[float]:
    """Return the numbers of three and more that a text's words say, without fractions, in order."""
    tokens, found, start = _tokens(text, variety, []), [], 0
    while start < len(tokens):
        if tokens[start] is _WORD:
            start += 1
            continue
        end, value, _ = _compound(tokens, start)
        own, before = tokens[start], tokens[start - 1] if start else _WORD
        # After digits a word is a part of them; "in a hundred" says percent.
        is_own = own.values and own.digits is None and before.digits is None
        if is_own and value >= 3 and (own.is_bare or value != 100):
            found.append(value)
        start = end
    return found


@lru_cache(maxsize=256)
def numerals_of(text: str, variety: str | None = None, n_years: int = 2) -> Numerals:
    """Return the numbers of a text in a variety.

    A year of the Hijra is also that of the Gregorian count in which it begins, and of two
    `n_years` the one in which it ends.
    """
    written = [*_DIGITS.finditer(text)]
    readings = [_readings(match, text, n_years) for match in written]
    firsts = [
        None if len(own[0]) > 1 or ":" in match[0] else min(own[0])
        for match, own in zip(written, readings, strict=True)
    ]
    tokens, values = _tokens(text, variety, firsts), set(map(float, _IN_NAMES.findall(text)))
    for place, value in _values(tokens):
        values.add(round(value, 6))
        if place is not None:
            # "40 thousand" is that number, and no longer forty.
            readings[place] = [frozenset((round(value, 6),))]
    digits = tuple(Numeral(m[0], tuple(own)) for m, own in zip(written, readings, strict=True))
    return Numerals(digits, frozenset(values).union(*chain.from_iterable(readings)))


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


def _tokens(text: str, variety: str | None, digits: list[float | None]) -> list[_Token]:
    """Return the words of a text; what each number in digits is goes before."""
    places = count()
    marked = _DIGITS.sub(lambda _: f" n{next(places)}n ", text)
    endings, is_added = _endings(variety), False
    found: list[_Token] = []
    for word in _OF_A.sub("", comparison_key(marked)).split():
        if word in _AND:
            is_added = True
            continue
        if word[0] == word[-1] == "n" and word[1:-1].isdigit():
            n = int(word[1:-1])
            values = tuple(value for value in digits[n : n + 1] if value is not None)
            found.append(_Token(values, is_added, digits=n))
        else:
            found.append(_token(word, is_added, endings))
        is_added = False
    return found


@lru_cache(maxsize=16384)
def _token(word: str, is_added: bool, endings: tuple[str, ...]) -> _Token:
    values, joined, is_bare = _number(word)
    is_dual = len(word) > 4 and word.endswith(endings) and not (values and is_bare)
    unit = units().get(word) or units().get(_PREFIX.sub("", word))
    minus = word if word in _minus() else ""
    if values or minus or unit or is_dual:
        is_added |= joined
        return _Token(values, is_added, is_bare, None, minus, unit, is_dual, word.isascii())
    return _WORD


@cache
def _endings(variety: str | None) -> tuple[str, ...]:
    own = VARIETIES[variety].numbers.dual if variety in VARIETIES else ()
    return own or tuple({ending for v in VARIETIES.values() for ending in v.numbers.dual})


@cache
def _minus() -> frozenset[str]:
    return frozenset(word for v in VARIETIES.values() for word in v.numbers.minus)


def _number(word: str) -> tuple[tuple[float, ...], bool, bool]:
    """Return what numbers a word may be, whether "and" is joined to it, and whether it is bare."""
    known = number_words()
    if word in known:
        return known[word], False, True
    match = _PREFIX.match(word)
    joined, before = match.groups() if match else ("", "")
    for start, is_bare in ((len(joined), True), (len(joined + before), not before)):
        rest = word[start:]
        if rest in known:
            return known[rest], bool(joined), is_bare
        parts = [value for value in known.get(_OF_THEM.sub("", rest), ()) if 0 < value < 1]
        if parts:
            return tuple(parts), bool(joined), False
    return (), False, True


def _values(tokens: list[_Token]) -> Iterator[tuple[int | None, float]]:
    """Yield what words mean, with the number in digits that a word makes a larger one of."""
    start, said = 0, []
    while start < len(tokens):
        token = tokens[start]
        if token is _WORD and (start + 1 == len(tokens) or tokens[start + 1] is _WORD):
            said, start = [], start + 1
            continue
        end, value, scale = _compound(tokens, start)
        if token.digits is None and end == start + 1:
            # Added to a number, ربع is no four.
            is_part = token.is_added and token.fraction
            yield from ((None, v) for v in ((token.fraction,) if is_part else token.values))
        if token.is_dual:
            yield None, 2.0
        if token.digits is not None and scale > 1:
            yield token.digits, value
        yield from ((None, amount) for amount in _amounts(tokens, start, end, value, scale))
        # "Nineteen eighty-five", "five oh one": what is read out piece by piece.
        is_piece = value < 100 and value.is_integer() and token.values and token.digits is None
        said = [*said, f"{value:.0f}"][-10:] if is_piece and not token.is_added else []
        yield from ((None, float("".join(said[n:]))) for n in range(len(said) - 1))
        start = end


def _compound(tokens: list[_Token], start: int) -> tuple[int, float, float]:
    """Return where the number that begins here ends, its value, and of what a half of it is one.

    A word that is no number counts as one of the thing, or as two.
    """
    first, total, group, scale = tokens[start], 0.0, 0.0, 1.0
    value = _read(tokens, start)
    if value is None:
        return start + 1, 2.0 if first.is_dual else 1.0, 1.0
    if value >= 1000 and first.digits is None:
        total, scale = value, max(size for size in _SCALES if size <= value)
    else:
        group = value
    end = start + 1
    while end < len(tokens) and (value := _read(tokens, end, group)) is not None:
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
    return end, total + group, scale if not group else 1.0


def _read(tokens: list[_Token], place: int, group: float = 0) -> float | None:
    """Return a token's number; one that may be a part (ربع, third) is whole before a hundred and
    after a ten.
    """
    token = tokens[place]
    if token.fraction is None:
        return token.whole
    if token.is_added:
        return None
    following = tokens[place + 1] if place + 1 < len(tokens) else _WORD
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


def _amounts(
    tokens: list[_Token], start: int, end: int, value: float, scale: float
) -> Iterator[float]:
    """Yield a number, also with what is added or taken away after it, and in smaller units."""
    own, amounts = tokens[start], [value]
    unit, places = own.unit, [end]
    if own.values and end < len(tokens) and not tokens[end].values and not tokens[end].minus:
        # Three kilos and a half.
        unit = tokens[end].unit
        places.append(end + 1)
    if 0 < value < 1:
        yield value * 60
    if own.fraction and scale > 1:
        yield own.fraction * scale
    if own.values and end < len(tokens) and tokens[end].whole == _DOZEN:
        yield value * _DOZEN
    for part in (tokens[place : place + 3] for place in places):
        if part and part[0].is_added and part[0].fraction:
            amounts.append(value + part[0].fraction * scale)
            unit = unit or next((token.unit for token in part[1:2]), None)
        elif part and part[0].fraction:
            amounts.append(value * part[0].fraction)
        elif len(part) > 1 and part[0].minus and part[1].fraction:
            amounts.append(value - part[1].fraction * scale)
        yield from _minutes(value, part)
    yield from amounts
    if unit is not None:
        family, size = unit
        yield from (amount * size / other for amount in amounts for other in unit_sizes(family))


def _minutes(value: float, part: list[_Token]) -> Iterator[float]:
    """Yield the minutes of "and a half", "and a half and five", and hour and minutes of "to"."""
    values = [token.fraction * 60 if token.fraction else token.whole for token in part]
    if part and part[0].is_added and part[0].fraction:
        yield values[0]
        if len(part) > 1 and part[1].is_added and values[1]:
            yield values[0] + values[1]
        if len(part) > 2 and part[1].minus and values[2]:
            yield values[0] - values[2]
    elif len(part) > 1 and part[0].minus and values[1]:
        first = value * 60 if value < 1 else value
        hour, minutes = (values[1], first) if part[0].minus.isascii() else (first, values[1])
        yield from (hour - 1 or 12.0, 60 - minutes)
