"""Gate: the answer is not the prompt, or its sentence, over again."""

from lahja.data.text import arabic_share, comparison_key, count_words
from lahja.gates.artefacts import unwrapped
from lahja.gates.asked import ANSWER, ENGLISH, FREE, TRANSLATE
from lahja.gates.likeness import likeness
from lahja.gates.markers import find_markers
from lahja.gates.requests import (
    ends_as_question,
    is_only_questions,
    opening_senses,
    senses_in,
    sentences_of,
    wants_question,
)
from lahja.gates.settings import EchoSettings, GateSettings
from lahja.gates.verdict import Judged, Verdict, not_computed, passed, stopped

GATE = "echo"

# Under so many words two speakers may well say the same.
_FEWEST_WORDS = 4
# So many words of the instruction in a row are not in an answer by chance.
_INSTRUCTION_WORDS = 5
# With more, the instruction brings a text of its own, which an answer may quote.
_LONGEST_INSTRUCTION = 40


def judge_echo(pair: Judged, settings: GateSettings) -> Verdict:
    """Stop an answer that repeats or restates what it was to answer or translate."""
    asked, limits = pair.asked, settings.echo
    text = unwrapped(pair.chosen)
    if not comparison_key(asked.text) or not any(c.isalnum() for c in text):
        return not_computed(GATE, "the prompt or the answer has no words")
    if asked.payload is not None and _repeats_instruction(asked.instruction, text):
        return stopped(GATE, "the answer repeats the wording of the request")
    alike = likeness(asked.text, text)
    if asked.kind == TRANSLATE:
        return _judge_translation(pair, text, alike, limits)
    if asked.kind == FREE and (sense := _restated(pair, text, limits)):
        reason = f"the answer is the request over again ({sense})"
        return stopped(GATE, reason, alike, limits.most_likeness)
    if asked.is_rephrasing:
        return _judge_equality(asked.text, text, alike)
    if count_words(text) < _FEWEST_WORDS and asked.kind == ANSWER:
        return _judge_equality(asked.text, text, alike)
    if alike >= limits.most_likeness:
        return stopped(GATE, "the answer repeats the prompt", alike, limits.most_likeness)
    limit = limits.most_likeness_of_questions
    if alike >= limit and ends_as_question(asked.text) and is_only_questions(text):
        return stopped(GATE, "the answer asks the question back", alike, limit)
    return passed(GATE, "the answer is not the prompt", alike, limits.most_likeness)


def _judge_translation(pair: Judged, text: str, alike: float, limits: EchoSettings) -> Verdict:
    source = pair.asked.payload
    if source is None:
        return not_computed(GATE, "the prompt's text to translate was not found")
    is_arabic, was_arabic = arabic_share(text) >= 0.5, arabic_share(source) >= 0.5
    wants_arabic = pair.asked.language != ENGLISH
    if was_arabic != wants_arabic and is_arabic == was_arabic:
        limit = limits.most_likeness_in_other_language
        if alike >= limit:
            return stopped(GATE, "the text came back in its own language", alike, limit)
        return passed(GATE, "the answer is not the text to translate", alike, limit)
    foreign = [word for word, used in find_markers(source).items() if "msa" not in used]
    if pair.asked.variety == "msa" and not foreign:
        return not_computed(GATE, "the source may be MSA already")
    return _judge_equality(source, text, alike)


def _judge_equality(source: str, text: str, alike: float) -> Verdict:
    """Between varieties of Arabic a good translation may be near its source, but not the same."""
    if count_words(source) < _FEWEST_WORDS:
        return not_computed(GATE, "too few words to tell an echo from an answer")
    if comparison_key(source).replace(" ", "") == comparison_key(text).replace(" ", ""):
        return stopped(GATE, "the answer is the prompt's text, unchanged", 1.0, 1.0)
    return passed(GATE, "the answer is not the prompt's text unchanged", alike, 1.0)


def _restated(pair: Judged, text: str, limits: EchoSettings) -> str | None:
    """Return what an answer requests that only says the request again, if it does."""
    instruction = pair.asked.instruction
    if wants_question(instruction) or len(sentences_of(text)) != 1:
        return None
    if count_words(text) > limits.longest_restatement * max(count_words(instruction), 4):
        return None
    shared = opening_senses(text) & senses_in(instruction)
    if not shared and ends_as_question(text):
        shared = senses_in(text) & senses_in(instruction)
    return ", ".join(sorted(shared)) or None


def _repeats_instruction(instruction: str, text: str) -> bool:
    """Whether a run of words of the request stands in the answer."""
    words, there = comparison_key(instruction).split(), f" {comparison_key(text)} "
    if len(words) > _LONGEST_INSTRUCTION:
        return False
    runs = (words[i : i + _INSTRUCTION_WORDS] for i in range(len(words) - _INSTRUCTION_WORDS + 1))
    return any(f" {' '.join(run)} " in there for run in runs)
