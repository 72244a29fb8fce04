"""Gate: a translation is about as long as what it was made from."""

from lahja.data.text import arabic_share, comparison_key
from lahja.gates.artefacts import unwrapped
from lahja.gates.asked import TRANSLATE
from lahja.gates.settings import GateSettings
from lahja.gates.verdict import Judged, Verdict, not_computed, passed, stopped

GATE = "length"

# Letters of a translation per letter of its source, by whether each is Arabic: the medians of
# FLORES-200 and MADAR (English 0.77 to 0.86 into Arabic, 1.12 to 1.17 out of it).
_EXPECTED = {(True, True): 1.0, (False, False): 1.0, (False, True): 0.8, (True, False): 1.2}


def judge_length(pair: Judged, settings: GateSettings) -> Verdict:
    """Stop a translation that is far shorter or longer than its source lets expect, in letters.

    The first `slack` letters of difference do not count: "Thanks" is long or short as it likes.
    """
    limits, asked = settings.length, pair.asked
    if asked.kind != TRANSLATE or asked.payload is None:
        return not_computed(GATE, "only the length of a translation is known beforehand")
    source, answer = asked.payload, unwrapped(pair.chosen)
    expected = _letters(source) * _EXPECTED[_is_arabic(source), _is_arabic(answer)]
    if not expected:
        return not_computed(GATE, "the text to translate has no letters")
    length = _letters(answer)
    ratio = length / expected
    if length < limits.shortest * expected - limits.slack:
        reason = "the translation is much shorter than its source"
        return stopped(GATE, reason, ratio, limits.shortest)
    if length > limits.longest * expected + 2 * limits.slack:
        return stopped(
            GATE, "the translation is much longer than its source", ratio, limits.longest
        )
    return passed(GATE, "about as long as its source", ratio, limits.longest)


def _letters(text: str) -> int:
    return sum(c.isalnum() for c in comparison_key(text))


def _is_arabic(text: str) -> bool:
    return arabic_share(text) >= 0.5
