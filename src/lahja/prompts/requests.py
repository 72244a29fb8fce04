"""What a sentence requests, by its question word or its imperative, in any of the varieties.

It makes a request that comes back in another variety or another language known as the same one.
All words are `comparison_key`s.
"""

import re
from itertools import pairwise

from lahja.corpora.text import comparison_key
from lahja.prompts.wordings import phrase, request_words

# A request to be told something comes back as another one: explain it, "tell me about it".
_SAY = "say"
_SAYING = frozenset(("tell", "give", "explain", "write", "list", "summarise"))
_JOINED_TO_ME = ("لي", "لنا", "ني")
_TO_ME = ("لي", "ليا", "لنا", "لينا", "me", "us")
_SENTENCE_END = re.compile(r"(?<=[.!?؟…])\s+|\n+")
# A politeness or a call may stand before a request.
_OPENING_WORDS = 3


def senses_in(text: str) -> set[str]:
    """Return what a prompt requests anywhere in it."""
    found = _senses(comparison_key(text).split())
    return found | {_SAY} if found & _SAYING else found


def opening_senses(text: str) -> set[str]:
    """Return what a text requests in its first words."""
    words = comparison_key(text).split()[:_OPENING_WORDS]
    found = _senses(words)
    for word, following in pairwise([*words, ""]):
        is_to_me = word.endswith(_JOINED_TO_ME) or following in _TO_ME
        if request_words().get(word) in _SAYING and is_to_me:
            found.add(_SAY)
    # "lima" ("why") and "lam" ("not") are one without vowel marks; at the head of a question it
    # is the former.
    if words and words[0] in ("لم", "ولم", "فلم") and ends_as_question(text):
        found.add("why")
    return found


def _senses(words: list[str]) -> set[str]:
    return {request_words()[word] for word in words if word in request_words()}


def ends_as_question(text: str) -> bool:
    """Whether a text's last mark is a question mark."""
    return text.rstrip(" \n\t\"'”»)").endswith(("?", "؟"))


def sentences_of(text: str) -> list[str]:
    """Return the sentences of a text: what its full stops, question marks and lines part."""
    parts = (part.strip() for part in _SENTENCE_END.split(text))
    return [part for part in parts if any(c.isalnum() for c in part)]


def is_only_questions(text: str) -> bool:
    """Whether every sentence of a text is a question."""
    sentences = sentences_of(text)
    return bool(sentences) and all(ends_as_question(sentence) for sentence in sentences)


def wants_long_answer(instruction: str) -> bool:
    """Whether a request (an explanation, a story, a joke) takes more than a few words."""
    return phrase("long_answer").search(comparison_key(instruction)) is not None


def asks_openly(instruction: str) -> bool:
    """Whether a request asks why or how, which takes a clause, not how one is or how many."""
    return phrase("open_question").search(comparison_key(instruction)) is not None


def wants_question(instruction: str) -> bool:
    """Whether a question is what is asked for."""
    return phrase("asks_for_question").search(comparison_key(instruction)) is not None
