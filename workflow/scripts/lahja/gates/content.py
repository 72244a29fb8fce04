"""The words of a request that an answer to it must mention."""

from lahja.data.text import comparison_key, is_arabic_script
from lahja.gates.likeness import likeness
from lahja.gates.names import is_name_in, names_in
from lahja.gates.requests import is_request_word
from lahja.gates.wordings import VARIETY_NAMES

# Two forms of one word, in one dialect or in two: السنغفوريين, السنغافوريين.
_SAME_WORD = 0.7
_SHORTEST = 4
_CONJUNCTIONS = ("وال", "بال", "فال", "كال", "لل", "ال", "و", "ب", "ل", "ف", "ك")
# Words of requests that say nothing of their subject.
_FUNCTION_WORDS = frozenset(
    word
    for line in (
        "الذي التي الذين اللي بتاع ديال حول علي الي عن من في عند عندي هذا هذه هاد هادي هذي دي",
        "ده هدا هاي يكون تكون بشكل بطريقه باستخدام كثير كثيرا كتير بزاف جدا اوي شوي شويه بعض",
        "كل جميع اكثر اكتر اشهر احسن افضل اهم شائع شائعه بسيط بسيطه قصير قصيره مختصر بالتفصيل",
        "واحد واحده ممكن فضلك عافاك لوسمحت سمحت استعمل استعملي استخدم بدي عايز بغيت اريد",
        "بنعمل يعني معني المعني كتعني كيعني مثل بيقول لهجه باللهجه عربيه بالعربيه العربي نكته",
        "نكت قصه حكايه سؤال جواب جمله كلام مقال مقاله نقدر اقدر استطيع",
    )
    for word in line.split()
)


def content_words(instruction: str) -> list[str]:
    """Return the words of a request that name its subject, without those that say what to do.

    Of an English request only the names, for no other word is known again in Arabic.
    """
    if not is_arabic_script(instruction):
        return [name for name in names_in(instruction) if not _is_variety(name)]
    key = comparison_key(instruction)
    for _, pattern in VARIETY_NAMES:
        key = pattern.sub(" ", key)
    words = [word for word in key.split() if not is_request_word(word)]
    bare = {word: _bare(word) for word in words}
    return [w for w, b in bare.items() if len(b) >= _SHORTEST and not {w, b} & _FUNCTION_WORDS]


def covered(words: list[str], text: str) -> float | None:
    """Return the share of a request's words that an answer has; None across two languages."""
    is_latin = all(word.isascii() for word in words)
    if is_arabic_script(text):
        if is_latin:
            return sum(is_name_in(word, text) for word in words) / len(words) or None
        there = [_bare(word) for word in comparison_key(text).split()]
        return sum(_is_in(_bare(word), there) for word in words) / len(words)
    return None


def _is_in(word: str, there: list[str]) -> bool:
    near = (other for other in there if abs(len(other) - len(word)) <= 4)
    return any(likeness(word, other) >= _SAME_WORD for other in near)


def _bare(word: str) -> str:
    for prefix in _CONJUNCTIONS:
        if word.startswith(prefix) and len(word) - len(prefix) >= 3:
            return word[len(prefix) :]
    return word


def _is_variety(name: str) -> bool:
    return any(pattern.search(f"in {name.lower()} arabic") for _, pattern in VARIETY_NAMES)
