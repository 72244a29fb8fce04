"""How alike two texts are, apart from their dress."""

from difflib import SequenceMatcher

from lahja.data.text import comparison_key

_GRAM = 3


def likeness(one: str, other: str) -> float:
    """Return how much of two texts is the same in the same order, 0 to 1 (1 for equal keys).

    The ratio of `difflib` over the characters of their comparison keys, without spaces.
    """
    left, right = (comparison_key(text).replace(" ", "") for text in (one, other))
    if not left or not right:
        return 0.0
    return SequenceMatcher(None, left, right, autojunk=False).ratio()


def shared_grams(part: str, whole: str) -> float:
    """Return the share of a text's character trigrams (within words) that another text has."""
    wanted, there = _grams(part), _grams(whole)
    return len(wanted & there) / len(wanted) if wanted else 0.0


def _grams(text: str) -> set[str]:
    words = (f" {word} " for word in comparison_key(text).split())
    return {word[i : i + _GRAM] for word in words for i in range(len(word) - _GRAM + 1)}
