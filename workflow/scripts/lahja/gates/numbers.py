"""Gate: a translation keeps the numbers of its source.

Numbers in digits, of either form, are judged: each must come back as digits or in words. What is
not judged: numbers in words on both sides, and how many of a thing there are beside one number.
"""

import re

from lahja.data.text import comparison_key
from lahja.gates.asked import TRANSLATE
from lahja.gates.settings import GateSettings
from lahja.gates.verdict import Judged, Verdict, not_computed, passed, stopped

GATE = "numbers"

_NUMBER = re.compile(r"\d+(?:[.,٫٬:/]\d+)*")
_GROUPED = re.compile(r"\d{1,3}(?:[,٬.]\d{3})+")
_SEPARATORS = re.compile(r"[.,٫٬:/]")
_SCALE = re.compile(
    r"\s*[-‑]?(?:(?P<k>ألف|الف|آلاف|الاف|thousand)|(?P<m>مليون|ملايين|million))(?!\w)", re.I
)
# "1430هـ"; and what the lunar year and the beginning of its count are in Gregorian years.
_HIJRI = re.compile(r"(\d{3,4})\s*(?:هـ|ه(?!\w)|هجري)")
_HIJRI_YEAR, _HIJRA = 0.970229, 621.5774
# English, MSA and the dialects, as keys; ordinals and "once" included.
_UNITS = {
    0: "zero oh o صفر زيرو",
    1: "one first once single a an واحد واحده وحده اول اولي مره احد احدي حادي",
    2: "two second twice pair couple اثنان اثنين اثنتين اثنا اثني اثنتا اتنين تنين جوج زوج ثاني "
    "ثانيه "
    "تاني تانيه مرتين",
    3: "three third thirds ثلاث ثلاثه تلات تلاته تلت ثالث ثالثه تالت تالته",
    4: "four fourth quarter اربع اربعه ربع رابع رابعه", 5: "five fifth خمس خمسه خامس خامسه",
    6: "six sixth ست سته سادس سادسه", 7: "seven seventh سبع سبعه سابع سابعه",
    8: "eight eighth ثمان ثماني ثمانيه تمن تمان تماني تمانيه تمنيه تمنه ثامن ثامنه تامن",
    9: "nine ninth تسع تسعه تسعود تاسع تاسعه", 10: "ten tenth عشر عشره عاشر عاشره",
    11: "eleven eleventh حداشر احداشر حدعش احدعش حداش", 12: "twelve twelfth noon midnight dozen "
    "اتناشر اثناشر طناش تناش اطناعش اتنعش طنعش",
    13: "thirteen thirteenth تلتاشر تلطاش تلاتاشر تلتعش", 14: "fourteen fourteenth اربعتاشر ربعطاش "
    "اربعطاش اربعتعش",
    15: "fifteen fifteenth quarter ربع خمستاشر خمسطاش خمستعش", 16: "sixteen sixteenth ستاشر سطاش "
    "سطعش",
    17: "seventeen seventeenth سبعتاشر سبعطاش سبعتعش", 18: "eighteen eighteenth تمنتاشر تمنطاش "
    "تمنتعش",
    19: "nineteen nineteenth تسعتاشر تسعطاش تسعتعش",
}  # fmt: skip
_TENS = {
    20: "twenty twentieth عشرون عشرين", 30: "thirty thirtieth half ثلاثون ثلاثين تلاتين نص نصف",
    40: "forty fortieth اربعون اربعين", 50: "fifty fiftieth خمسون خمسين", 60: "sixty ستون ستين",
    70: "seventy سبعون سبعين", 80: "eighty eighties ثمانون ثمانين تمانين ثمانينات",
    90: "ninety nineties تسعون تسعين تسعينات",
}  # fmt: skip
_WORDS = {value: frozenset(words.split()) for value, words in (_UNITS | _TENS).items()}
_TEN = frozenset(("عشر", "عشره"))
_HUNDRED = re.compile(r"(?:hundreds?|\w*(?:مئه|مائه|ميه|مئتين|مئتان|مائتين|ميتين|مئتي|مئات))$")
_THOUSAND = frozenset(["thousand", "thousands", "الف", "الاف", "الفين", "الفان", "الفا"])
_MILLION = frozenset(["million", "millions", "مليون", "ملايين"])
_PREFIX = re.compile(r"^(?:وال|بال|فال|لل|ال|و|ب|ل|ف)(?=\w{2})")


def judge_numbers(pair: Judged, settings: GateSettings) -> Verdict:
    """Stop a translation that lacks a number of its source, or has one that is not there."""
    asked = pair.asked
    if asked.kind != TRANSLATE or asked.payload is None:
        return not_computed(GATE, "only a translation must keep numbers")
    source, answer = asked.payload, pair.chosen
    wanted, found = numbers_in(source), numbers_in(answer)
    if not wanted and not found:
        return not_computed(GATE, "no number in digits; those in words are not judged")
    # A year may change its calendar: what is written as one of the Hijra stands for both.
    years = _years_in(answer) | _years_in(source)
    wanted, found = wanted - years, found - years
    lost = [n for n in sorted(wanted - found) if not is_in_words(n, answer)]
    if lost:
        return stopped(GATE, f"the translation lacks {_listed(lost)}", len(lost), 0)
    added = [n for n in sorted(found - wanted) if not is_in_words(n, source)]
    if added:
        return stopped(GATE, f"the source has no {_listed(added)}", len(added), 0)
    return passed(GATE, "the numbers are the same", 0, 0)


def numbers_in(text: str) -> set[int]:
    """Return the numbers in digits; each part of a date, a time or a decimal is one by itself."""
    found: set[int] = set()
    for match in _NUMBER.finditer(text):
        if _GROUPED.fullmatch(match[0]):
            found.add(int(re.sub(r"\D", "", match[0])))
            continue
        parts = [int(part) for part in _SEPARATORS.split(match[0])]
        scale = _SCALE.match(text, match.end())
        if scale and len(parts) == 1:
            parts = [parts[0] * (1000 if scale["k"] else 1_000_000)]
        found.update(parts)
    return found


def _years_in(text: str) -> set[int]:
    """Return the years of the Hijra that a text writes with their mark, in both calendars."""
    years: set[int] = set()
    for match in _HIJRI.finditer(text):
        hijri = int(match[1])
        gregorian = round(hijri * _HIJRI_YEAR + _HIJRA)
        years |= {hijri, gregorian - 1, gregorian, gregorian + 1}
    return years


def is_in_words(number: int, text: str) -> bool:
    """Whether a text has the words that a number is written with, or is read out with."""
    words = set(comparison_key(text).split())
    words |= {_PREFIX.sub("", word) for word in words}
    digits = [int(digit) for digit in str(number)]
    is_read_out = len(digits) > 2 and all(_WORDS[digit] & words for digit in digits)
    return is_read_out or _has_words(number, words)


def _has_words(value: int, words: set[str]) -> bool:
    for size, names in ((1_000_000, _MILLION), (1000, _THOUSAND)):
        if value >= size:
            head, rest = divmod(value, size)
            is_there = bool(names & words) and (head <= 2 or _has_words(head, words))
            return is_there and (rest == 0 or _has_words(rest, words))
    if value >= 100:
        rest = value % 100
        is_there = any(_HUNDRED.match(word) for word in words)
        return is_there and (rest == 0 or _has_words(rest, words))
    if value in _WORDS and _WORDS[value] & words:
        return True
    unit = value % 10
    if 10 < value < 20:
        return bool(_TEN & words) and bool(_WORDS[unit] & words)
    tens = value - unit
    return value > 20 and unit > 0 and bool(_WORDS[tens] & words) and bool(_WORDS[unit] & words)


def _listed(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers))
