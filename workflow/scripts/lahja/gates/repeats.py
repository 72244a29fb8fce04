"""Gate: the answer does not go round in circles."""

from collections import Counter

from lahja.data.text import comparison_key
from lahja.gates.settings import GateSettings
from lahja.gates.verdict import Judged, Verdict, not_computed, passed, stopped
from lahja.repetition import is_looping

GATE = "repetition"

_GRAM = 3
# Under so many words a refrain is no loop.
_FEWEST_WORDS = 9


def judge_repetition(pair: Judged, settings: GateSettings) -> Verdict:
    """Stop an answer that loops, or of whose word trigrams too many have been there before."""
    limit = settings.repetition.most_repeated
    if is_looping(pair.chosen):
        return stopped(GATE, "a piece of the answer comes five times or more in a row", 1.0, limit)
    words = comparison_key(pair.chosen).split()
    if not words:
        return not_computed(GATE, "the answer has no words")
    share = repeated_share(words)
    if len(words) >= _FEWEST_WORDS and share > limit:
        return stopped(GATE, "the answer says the same again and again", share, limit)
    return passed(GATE, "no loops", share, limit)


def repeated_share(words: list[str]) -> float:
    """Return the share of a text's word trigrams that are repetitions of earlier ones."""
    grams = Counter(tuple(words[i : i + _GRAM]) for i in range(len(words) - _GRAM + 1))
    n = sum(grams.values())
    return (n - len(grams)) / n if n else 0.0
