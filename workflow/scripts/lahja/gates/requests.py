"""What a sentence requests, by its question word or its imperative, in any of the varieties.

It makes a request that comes back in another variety or another language known as the same one.
All words are `comparison_key`s.
"""

import re

from lahja.data.text import comparison_key

_WORDS = {
    "why": "why لماذا ليه ليش علاش لاش لويش",
    "how": "how كيف ازاي كيفاش شلون وشلون كفاش كيفيه",
    "what": "what which ماذا ماهو ماهي ايه شو شنو اشنو وش ايش شنهو شناهو شناهي اشمن",
    "who": "who شكون مين",
    "where": "where اين فين وين",
    "when": "when متي امتي امتا ايمتا ايمت فوقاش وقتاش",
    "how many": "كم كام شحال قديش اديش",
    "whether": "هل واش",
    "tell": "tell احكي احكيلي احكيلنا احكولي قول قولي قوللي قولنا قوليلي قل حكي حكيلي خبرني "
    "خبريني احك",
    "give": "give اعطني اعطيني اديني عطيني عطني هات هاتلي هاتي جيبلي",
    "explain": "explain describe discuss clarify اشرح اشرحي اشرحلي شرح شرحلي فسر فسرلي وضح وضحلي "
    "اوصف اوصفلي",
    "write": "write compose create generate اكتب اكتبي اكتبلي كتب كتبلي",
    "list": "list اذكر عدد عددلي",
    "translate": "translate ترجم ترجملي ترجمي",
    "summarise": "summarize summarise لخص لخصلي",
}
_SENSES: dict[str, str] = {word: name for name, words in _WORDS.items() for word in words.split()}
# A request to be told something comes back as another one: explain it, "tell me about it".
_SAY = "say"
_SAYING = frozenset(("tell", "give", "explain", "write", "list", "summarise"))
_JOINED_TO_ME = ("لي", "لنا", "ني")
_TO_ME = ("لي", "ليا", "لنا", "لينا", "me", "us")
# What a request asks for in so many words that a single line cannot be it.
_LONG_ANSWER = re.compile(
    r"(?<!\w)(?:why|how|explain|describe|discuss|essay|article|story|stories|joke|recipe|poem|summary"
    r"|summar\w+|letter|misconceptions?|لماذا|ليه|ليش|علاش|كيف|ازاي|كيفاش|شلون|اشرح\w*|شرح|فسر|وضح"
    r"|نكته|نكت|قصه|حكايه|مقال|مقاله|وصفه|قصيده|خاطره|مغالطه)(?!\w)"
)
_ASKS_FOR_QUESTION = re.compile(r"(?<!\w)(?:questions?|سؤال|اسئله|riddle|لغز|فزوره)(?!\w)")
_SENTENCE_END = re.compile(r"(?<=[.!?؟…])\s+|\n+")
# A politeness or a call may stand before a request.
_OPENING_WORDS = 3


def is_request_word(word: str) -> bool:
    """Whether a word (a key) is one that requests are made with."""
    return word in _SENSES


def senses_in(text: str) -> set[str]:
    """Return what a prompt requests anywhere in it."""
    found = {_SENSES[word] for word in comparison_key(text).split() if word in _SENSES}
    return found | {_SAY} if found & _SAYING else found


def opening_senses(text: str) -> set[str]:
    """Return what a text requests in its first words."""
    words = comparison_key(text).split()[:_OPENING_WORDS]
    found = {_SENSES[word] for word in words if word in _SENSES}
    for word, following in zip(words, [*words[1:], ""], strict=True):
        is_to_me = word.endswith(_JOINED_TO_ME) or following in _TO_ME
        if _SENSES.get(word) in _SAYING and is_to_me:
            found.add(_SAY)
    # "lima" ("why") and "lam" ("not") are one without vowel marks; at the head of a question it
    # is the former.
    if words and words[0] in ("لم", "ولم", "فلم") and ends_as_question(text):
        found.add("why")
    return found


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
    return _LONG_ANSWER.search(comparison_key(instruction)) is not None


def wants_question(instruction: str) -> bool:
    """Whether a question is what is asked for."""
    return _ASKS_FOR_QUESTION.search(comparison_key(instruction)) is not None
