"""Gate: the rejected text is not merely cut off, for nothing but its end is then learnt."""

import re

from lahja.data.text import count_words
from lahja.gates.settings import GateSettings
from lahja.gates.verdict import Judged, Verdict, not_computed, passed, stopped

GATE = "truncated_rejected"

_ENDED = re.compile(
    r"(?:[.!?؟…][\"'”»’)\]*_`]*|[\U0001f300-\U0001faff\u2600-\u27bf]\ufe0f?|```)\s*\Z"
)
_FULL_STOP = re.compile(r"[.!?؟…][\"'”»’)\]*]*(?=\s)")
_LIST_LINE = re.compile(r"^\s*(?:[-*•|]|\d+[.)])\s*\S|^\s*\*\*|^\s*#")


def judge_truncation(pair: Judged, settings: GateSettings) -> Verdict:
    """Stop a pair whose rejected text stops in mid-sentence.

    That shows where the generator's limit ended it, or in a text of some length that otherwise
    ends its sentences.
    """
    finish = pair.evidence.rejected_finish
    if finish is not None:
        if finish == "length":
            return stopped(GATE, "the rejected text reached the generator's limit")
        return passed(GATE, f"the generator ended the rejected text itself ({finish})")
    text, fewest = pair.rejected.strip(), settings.truncation.fewest_words
    words = count_words(text)
    if words < fewest:
        return not_computed(GATE, "too short to tell whether its end is missing")
    if is_cut_off(text):
        return stopped(GATE, "the rejected text stops in mid-sentence", words, fewest)
    return passed(GATE, "the rejected text ends as its sentences do", words, fewest)


def is_cut_off(text: str) -> bool:
    """Whether a text that ends its sentences otherwise lacks the end of the last one."""
    if _ENDED.search(text):
        return False
    lines = [line for line in text.split("\n") if line.strip()]
    # The items of a list, and the lines of a poem, need no full stop.
    others = [line for line in lines[:-1] if len(line.split()) >= 4]
    last_is_item = _LIST_LINE.match(lines[-1]) is not None
    items = [line for line in others if (_LIST_LINE.match(line) is not None) == last_is_item]
    if items:
        return sum(_ENDED.search(line.strip()) is not None for line in items) >= 0.5 * len(items)
    return _FULL_STOP.search(text) is not None
