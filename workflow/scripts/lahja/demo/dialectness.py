"""Label sentences with how dialectal they are, to train the demo's small ALDi regressor."""

import re

from lahja.demo.expansion import TRAIN, Parallel, Settings, shuffled_sentences
from lahja.seeding import unit_draw
from lahja.varieties import DIALECTS

_WORD = re.compile(r"\w+")


def dialect_share(sentence: str, msa: str) -> float:
    """Return the share of a sentence's words that its MSA counterpart does not have."""
    words, standard = _WORD.findall(sentence), set(_WORD.findall(msa))
    return sum(word not in standard for word in words) / len(words)


def labelled_sentences(sentences: list[Parallel], settings: Settings) -> list[tuple[str, float]]:
    """Return training sentences with their dialectness in [0, 1].

    A quarter is MSA, with 0; a fifth mixes an MSA clause with a dialect one, in either order.
    """
    train = [s for s in sentences if s.part == TRAIN]
    rows: dict[str, float] = {}
    for turn in range(len(DIALECTS)):
        mixed = shuffled_sentences(train, settings.seed, "aldi", str(turn))
        for sentence, other in zip(mixed, mixed[1:] + mixed[:1], strict=True):
            if len(rows) == settings.aldi_rows:
                return list(rows.items())
            text, msa = _variant(sentence, other, turn, settings.seed)
            rows[text] = round(dialect_share(text, msa), 4)
    return list(rows.items())


def _variant(sentence: Parallel, other: Parallel, turn: int, seed: int) -> tuple[str, str]:
    """Return a sentence to label and its MSA counterpart."""
    draw = unit_draw(seed, "variant", str(turn), sentence.name)
    dialect = DIALECTS[int(unit_draw(seed, "dialect", str(turn), sentence.name) * len(DIALECTS))]
    msa = sentence.texts["msa"]
    if draw < 0.25:
        return msa, msa
    if draw < 0.8:
        return sentence.texts[dialect], msa
    both = f"{msa} {other.texts['msa']}"
    if draw < 0.9:
        return f"{msa} {other.texts[dialect]}", both
    return f"{sentence.texts[dialect]} {other.texts['msa']}", both
