"""Answers to reject: wrong in one known way, and otherwise near to the chosen one.

Each kind has a way to find or make texts and a check, by a gate where there is one, that they are
wrong in that way. A prompt for which nothing passes the check has no negative of the kind.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from lahja.data.text import comparison_key
from lahja.gates import dialect, language, numbers, repeats, truncation
from lahja.gates.likeness import likeness
from lahja.gates.settings import GateSettings
from lahja.gates.verdict import NOT_COMPUTED, PASSED, STOPPED, Judged
from lahja.preferences.changed_numbers import with_changed_number
from lahja.preferences.dress import dressed_as
from lahja.preferences.hardness import HardnessSettings, hardest
from lahja.preferences.preferred import Answer, Preferred
from lahja.varieties import DIALECTS

MSA, OTHER_DIALECT, ECHO = "msa", "other-dialect", "echo"
WRONG_LANGUAGE, LOOP, CHANGED_NUMBER, MODEL = "wrong-language", "loop", "changed-number", "model"
INADEQUATE = "inadequate"
# Where a dataset names none: what models answer by themselves.
DEFAULT_WEIGHTS = {MODEL: 1.0, MSA: 1.0, ECHO: 1.0}

# In words, the head of a loop, and how often it comes.
_HEADS, _TIMES = range(2, 6), range(2, 7)


def find_negative(
    preferred: Preferred,
    kind: str,
    gates: GateSettings,
    hardness: HardnessSettings,
    seed: int,
    taken: Iterable[str] = (),
) -> Answer | None:
    """Return an answer to reject of a kind, None where the prompt has none.

    Texts in `taken` have been rejected for this prompt before and are not again.
    """
    find, is_wrong = _KINDS[kind]
    options = [
        option
        for option in find(preferred, seed)
        if option.text not in taken
        and _is_fit(preferred, option.text, gates)
        and is_wrong(preferred, option.text, gates, hardness)
    ]
    return hardest(preferred.chosen.text, options, hardness, seed)


def kind_of(rejected_origin: str) -> str:
    """Return the kind of a negative by what PAIRS says of its origin."""
    name, colon, kind = rejected_origin.partition(":")
    return kind if colon and name == "negative" else MODEL


def _is_fit(preferred: Preferred, text: str, gates: GateSettings) -> bool:
    """Whether a text differs from the chosen one and is not merely cut off."""
    if comparison_key(text) == comparison_key(preferred.chosen.text):
        return False
    pair = Judged(preferred.asked, preferred.chosen.text, text)
    return truncation.judge_truncation(pair, gates).status != STOPPED


# --- where the texts are from -----------------------------------------------------------------


def _built(preferred: Preferred, kind: str, text: str, label: str) -> Answer:
    return Answer(text, label, preferred.chosen.generator, f"negative:{kind}")


def _sides(preferred: Preferred, kind: str, varieties: Iterable[str]) -> Iterator[Answer]:
    sentence = preferred.sentence
    for code in varieties if sentence else ():
        for text in sentence.sides.get(code, ()):
            text = dressed_as(text, preferred.chosen.text)
            yield Answer(text, code, sentence.corpus, f"negative:{kind}")


def _msa_answer(preferred: Preferred, seed: int) -> Iterable[Answer]:
    return _sides(preferred, MSA, ["msa"]) if preferred.asked.variety in DIALECTS else ()


def _other_dialects(preferred: Preferred, seed: int) -> Iterable[Answer]:
    others = [code for code in DIALECTS if code != preferred.dialect]
    is_into_dialect = preferred.asked.variety in DIALECTS
    return _sides(preferred, OTHER_DIALECT, others) if is_into_dialect else ()


def _echoes(preferred: Preferred, seed: int) -> Iterator[Answer]:
    payload = preferred.asked.payload
    if preferred.direction.startswith("da-") and payload:
        text = dressed_as(payload, preferred.chosen.text)
        yield _built(preferred, ECHO, text, preferred.dialect)


def _in_wrong_language(preferred: Preferred, seed: int) -> Iterable[Answer]:
    if preferred.asked.language != language.ENGLISH:
        return _sides(preferred, WRONG_LANGUAGE, ["eng"])
    found = _sides(preferred, WRONG_LANGUAGE, [*DIALECTS, "msa"])
    payload = comparison_key(preferred.asked.text)
    return (option for option in found if comparison_key(option.text) != payload)


def _loops(preferred: Preferred, seed: int) -> Iterator[Answer]:
    text = preferred.chosen.text.strip()
    body = text.rstrip(" .!?؟")
    words, end = body.split(), text[len(body) :]
    for length in _HEADS:
        head = words[:length]
        if len(head) == length and len({comparison_key(word) for word in head}) > 1:
            for times in _TIMES:
                looped = " ".join(head * times).rstrip(" ،,؛;:-") + end
                yield _built(preferred, LOOP, looped, preferred.chosen.label)


def _with_changed_numbers(preferred: Preferred, seed: int) -> Iterator[Answer]:
    payload = preferred.asked.payload
    if preferred.sentence is None or not payload:
        return
    for text in with_changed_number(preferred.chosen.text, payload, seed):
        yield _built(preferred, CHANGED_NUMBER, text, preferred.chosen.label)


def _of_models(preferred: Preferred, seed: int) -> Iterable[Answer]:
    return preferred.wrong


def _inadequate(preferred: Preferred, seed: int) -> Iterator[Answer]:
    # Named as a negative, so that it can be told from answers in another variety.
    for answer in preferred.inadequate:
        yield replace(answer, origin=f"negative:{INADEQUATE}")


# --- whether they are wrong -------------------------------------------------------------------


def _is_alike(preferred: Preferred, text: str, hardness: HardnessSettings) -> bool:
    return likeness(preferred.chosen.text, text) > hardness.most_likeness


def _is_no_answer_in_variety(
    preferred: Preferred, text: str, gates: GateSettings, hardness: HardnessSettings
) -> bool:
    """Whether words show a text to be of another variety, or the chosen one alone to be of this.

    Many a short sentence is the same in MSA and in a dialect, whichever corpus it is from.
    """
    status = dialect.judge_dialect(Judged(preferred.asked, text, ""), gates).status
    if status == NOT_COMPUTED:
        chosen = Judged(preferred.asked, preferred.chosen.text, "")
        is_wrong = dialect.judge_dialect(chosen, gates).status == PASSED
    else:
        is_wrong = status == STOPPED
    return is_wrong and not _is_alike(preferred, text, hardness)


def _is_in_another_dialect(
    preferred: Preferred, text: str, gates: GateSettings, hardness: HardnessSettings
) -> bool:
    """Whether words show the other dialect: without them a neighbour's sentence may be right."""
    verdict = dialect.judge_dialect(Judged(preferred.asked, text, ""), gates)
    return verdict.status == STOPPED and not _is_alike(preferred, text, hardness)


def _is_in_wrong_language(
    preferred: Preferred, text: str, gates: GateSettings, hardness: HardnessSettings
) -> bool:
    return language.judge_language(Judged(preferred.asked, text, ""), gates).status == STOPPED


def _is_wrong_echo(
    preferred: Preferred, text: str, gates: GateSettings, hardness: HardnessSettings
) -> bool:
    if preferred.asked.language == language.ENGLISH:
        return _is_in_wrong_language(preferred, text, gates, hardness)
    return _is_no_answer_in_variety(preferred, text, gates, hardness)


def _is_loop(
    preferred: Preferred, text: str, gates: GateSettings, hardness: HardnessSettings
) -> bool:
    return repeats.judge_repetition(Judged(preferred.asked, text, ""), gates).status == STOPPED


def _has_wrong_number(
    preferred: Preferred, text: str, gates: GateSettings, hardness: HardnessSettings
) -> bool:
    # Where no side has digits the gate cannot tell; the words were compared when they were changed.
    verdict = numbers.judge_numbers(Judged(preferred.asked, text, ""), gates)
    return verdict.status in (STOPPED, NOT_COMPUTED)


def _is_not_alike(
    preferred: Preferred, text: str, gates: GateSettings, hardness: HardnessSettings
) -> bool:
    return not _is_alike(preferred, text, hardness)


Find = Callable[[Preferred, int], Iterable[Answer]]
Check = Callable[[Preferred, str, GateSettings, HardnessSettings], bool]

_KINDS: dict[str, tuple[Find, Check]] = {
    MSA: (_msa_answer, _is_no_answer_in_variety),
    OTHER_DIALECT: (_other_dialects, _is_in_another_dialect),
    ECHO: (_echoes, _is_wrong_echo),
    WRONG_LANGUAGE: (_in_wrong_language, _is_in_wrong_language),
    LOOP: (_loops, _is_loop),
    CHANGED_NUMBER: (_with_changed_numbers, _has_wrong_number),
    MODEL: (_of_models, _is_not_alike),
    INADEQUATE: (_inadequate, _is_not_alike),
}
KINDS = tuple(_KINDS)
