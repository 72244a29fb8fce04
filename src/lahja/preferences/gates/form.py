"""Gates: the answer is the text alone and without repetition; what is rejected is not cut off.

Only a free request may be answered with lists, headings and code. What the prompt's own text has
is no artefact.
"""

import ast
import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from itertools import chain

from lahja.core.config.evaluation import Gates
from lahja.corpora.text import comparison_key, count_words
from lahja.preferences.gates.language import stray_script
from lahja.preferences.gates.verdict import Pair, Verdict, not_computed, passed, stopped
from lahja.prompts.intent import FREE, TRANSLATE, PromptIntent
from lahja.prompts.wordings import has_phrase, is_variety_label, phrase
from lahja.scoring.repetition import is_looping

_QUOTE_PAIRS = {'"': '"', "“": "”", "«": "»", "'": "'", "‘": "’", "„": "“", "”": "”"}
_QUOTE = re.compile(r"[\"“”«»„]|(?<!\w)['‘]|['’](?!\w)")
# TextBlock(text='…'), as an object is printed; and a structure that does not parse.
_CALL = re.compile(r"\w+\(\w+ *= *['\"]")
_BROKEN_STRUCTURE = re.compile(r"[\[{]\s*['\"]\w+['\"]\s*[:,]")
_BRACKETS = {"(": ")", "[": "]", "{": "}", "*": "*", "_": "_", "`": "`", "<": ">"}
_ALEF = re.compile("[أإآ]")
# "(in Syrian)" before or after the answer.
_LABEL = re.compile(r"\A\s*[(\[]([^()\[\]]{3,60})[)\]]|[(\[]([^()\[\]]{3,60})[)\]][\s.!?؟]*\Z")
_PARTS = re.compile(r"[:：\n]|\s[-–—]\s")
_DRAWN_OUT = re.compile(r"(\w)\1{3,}")
_HEAD = re.compile(r"\A([^\n:]{2,100}):\s*(?:\n|\Z|[\"“«])")
# Under so many words a refrain is no repetition.
_MIN_WORDS = 9


def judge_artefacts(pair: Pair, settings: Gates) -> Verdict:
    """Stop an answer with anything about it that is not the answer."""
    if not pair.chosen.strip():
        return not_computed("the answer is empty")
    checks = (_wrapping, _leftovers, _remarks, _layout)
    faults = chain.from_iterable(check(pair.chosen, pair.intent) for check in checks)
    return next(map(stopped, faults), passed("nothing but the answer"))


@lru_cache(maxsize=256)
def unwrapped(text: str) -> str:
    """Return a text without the data structure, the fence or the quotes around it."""
    inner = text.strip().strip("`").strip()
    value = _structure(inner)
    if isinstance(value, dict):
        strings = [item for item in value.values() if isinstance(item, str)]
        inner = max(strings, key=len, default=inner)
    return inner if (quoted := _enclosed(inner, _QUOTE_PAIRS)) is None else quoted


def _wrapping(text: str, intent: PromptIntent) -> Iterator[str]:
    is_free = intent.kind == FREE
    if not _asks_for_form(intent):
        if _structure(text.strip()) is not None:
            yield "the answer is wrapped in a data structure"
        if "```" in text:
            yield "the answer stands in a code fence"
    if _enclosed(text, _QUOTE_PAIRS) is not None and not _QUOTE.search(intent.text):
        yield "the whole answer stands in quotation marks"
    if not is_free and _enclosed(text, _BRACKETS) and not _enclosed(intent.text, _BRACKETS):
        yield "the whole answer stands in brackets"
    stripped = text.strip().rstrip(".!?؟،,")
    at_end = stripped[:1] == '"' or stripped[-1:] == '"'
    if at_end and not is_free and text.count('"') % 2 and intent.text.count('"') % 2 == 0:
        yield "a quotation mark at its end has no partner"


def _leftovers(text: str, intent: PromptIntent) -> Iterator[str]:
    is_free, asks_for_form = intent.kind == FREE, _asks_for_form(intent)
    if (broken := phrase("broken_letters").search(text)) and broken[0] not in intent.text:
        yield f"a letter that an encoding broke: {broken[0]}"
    rest = None if is_free and asks_for_form else phrase("leftover").search(text)
    own = rest and (_heads(intent, rest) or rest[0].strip().lower() in intent.text.lower())
    if rest and not own:
        yield f"a leftover of a template: {rest[0].strip()}"
    # A letter or a form may well have a gap for a name.
    gap = None if is_free or asks_for_form else phrase("placeholder").search(text)
    if gap and gap[0] not in intent.text:
        yield f"a placeholder: {gap[0]}"


def _remarks(text: str, intent: PromptIntent) -> Iterator[str]:
    is_free, source = intent.kind == FREE, comparison_key(intent.text)
    first = _announcement(text, is_free)
    key, shown = comparison_key(first), text.strip()[: len(first)]
    is_own = key in source or (not is_free and ":" in intent.text)
    if phrase("announced").search(key) and not is_own:
        yield f"the answer is announced before it begins: {shown}"
    may_speak = is_free or phrase("task").search(source) or phrase("of_languages").search(source)
    if not may_speak and (label := _label(text)):
        yield f"the answer is labelled with a variety: {label}"
    opener = phrase("opener").match(_bare(text)) if intent.kind == TRANSLATE else None
    if opener and not phrase("may_open").search(intent.text):
        yield f"something is said before the answer: {opener[0].strip()}"
    note = phrase("note").search(text)
    if note and is_free and not phrase("task").search(comparison_key(text[note.end() :])):
        note = None
    if note and note[0].strip() not in intent.text and not _heads(intent, note):
        yield f"a note about the answer: {text[note.start() :].strip()[:60]}"
    # The text to translate may itself speak of languages, in other words than its translation.
    if not may_speak and (match := phrase("task").search(comparison_key(text))):
        yield f"the answer speaks of the task: {match[0]}"


def _heads(intent: PromptIntent, found: re.Match[str]) -> bool:
    """Whether a head of the answer ("Note:") may be that of the text that it is about."""
    is_first = intent.kind != FREE and found.start() < 3
    return is_first and phrase("headed").match(intent.text) is not None


def _label(text: str) -> str | None:
    """Return the variety's name before or after an answer, None where there is none."""
    named = [*_PARTS.split(text.strip()[:60])[:-1][:1], *_PARTS.split(text)[1:][-1:]]
    named += [group for match in _LABEL.finditer(text) for group in match.groups() if group]
    return next((name.strip() for name in named if is_variety_label(name)), None)


def _enclosed(text: str, pairs: dict[str, str]) -> str | None:
    """Return what stands within one pair of marks around a whole text, None where there is none."""
    stripped = text.strip().rstrip(".!?؟،, ")
    closing = pairs.get(stripped[:1])
    if closing is None or len(stripped) < 3 or stripped[-1] != closing:
        return None
    inner = stripped[1:-1]
    # Two quotations, one at each end, do not enclose what is between them.
    return None if stripped[0] in inner or closing in inner else inner.strip()


def _bare(text: str) -> str:
    """Return the head of a text with one form of alef and teh marbuta, its punctuation kept."""
    head = _ALEF.sub("ا", text.strip()[:200].lower())
    return head.replace("ة", "ه").replace("ً", "")


def _announcement(text: str, is_free: bool) -> str:
    """Return the head of a text that may announce the rest, "" where it has none."""
    head = _bare(text)
    if match := phrase("announcement").match(head):
        return match[0]
    # "Saudi joke:"; a longer heading of a free answer belongs to it.
    match, max_words = _HEAD.match(head), 3 if is_free else 10
    return match[1] if match and len(match[1].split()) <= max_words else ""


def _layout(text: str, intent: PromptIntent) -> Iterator[str]:
    if intent.is_one_sentence:
        if phrase("markdown").search(text) and not phrase("markdown").search(intent.text):
            yield "one sentence was asked for, the answer is laid out as Markdown"
        payload = intent.payload or text
        n, there = (sum(bool(line.strip()) for line in t.split("\n")) for t in (text, payload))
        if n > max(there, 1):
            yield f"one line was asked for, the answer has {n}"
    if phrase("continues").match(text) and not phrase("continues").match(intent.text):
        yield "the answer begins as the rest of a sentence"
    if (stray := stray_script(text, intent)) is not None:
        yield stray


def _asks_for_form(intent: PromptIntent) -> bool:
    return intent.kind != TRANSLATE and phrase("form").search(intent.instruction) is not None


def _structure(text: str) -> object | None:
    """Return the object that a text writes out (JSON, or Python's own form), if it is one."""
    if _CALL.match(text):
        return text
    if not text or text[0] not in "{[" or text[-1] not in "}]":
        return None
    for parse in (json.loads, ast.literal_eval):
        with suppress(ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
            value = parse(text)
            return value if isinstance(value, dict | list) and value else None
    # Broken, but of that form: a key in quotes, or quoted items.
    return text if _BROKEN_STRUCTURE.match(text) else None


def judge_repetition(pair: Pair, settings: Gates) -> Verdict:
    """Stop an answer that loops, or too many of whose word trigrams are repetitions."""
    text, limit = pair.chosen, settings.repetition.max_repeated
    if has_phrase("song", pair.intent.instruction):
        lines = Counter(comparison_key(line) for line in text.split("\n") if line.strip())
        # A song of several lines may come back to each, rarely.
        if len(lines) >= 3 and max(lines.values()) <= 6:
            text = "\n".join(lines)
    elif is_looping(text):
        # What is laughed and drawn out does not count, if there is anything else.
        rest = phrase("laughter").sub(" ", _DRAWN_OUT.sub(r"\1\1\1", text))
        text = rest if count_words(rest) >= 2 else text
        if is_looping(text):
            reason = "a piece of the answer comes five times or more in a row"
            return stopped(reason, 1.0, limit)
    words = comparison_key(text).split()
    if not words:
        return not_computed("the answer has no words")
    trigrams = [*zip(words, words[1:], words[2:], strict=False)]
    share = (len(trigrams) - len(set(trigrams))) / max(len(trigrams), 1)
    if len(words) >= _MIN_WORDS and share > limit:
        return stopped("the answer says the same again and again", share, limit)
    return passed("no loops", share, limit)


def ends_as_question(text: str) -> bool:
    """Whether a text's last mark is a question mark."""
    return text.rstrip(" \n\t\"'”»)").endswith(("?", "؟"))


def judge_signal(pair: Pair, settings: Gates) -> Verdict:
    """Stop a pair whose rejected text is empty, or the chosen one but for marks and spaces."""
    if not pair.rejected.strip():
        return stopped("the rejected text is empty")
    chosen, rejected = (
        (comparison_key(text).replace(" ", ""), ends_as_question(text))
        for text in (pair.chosen, pair.rejected)
    )
    if chosen == rejected:
        return stopped("the rejected text is the chosen one")
    return passed("the two texts differ")


def judge_truncation(pair: Pair, settings: Gates) -> Verdict:
    """Stop a pair whose rejected text its generator's limit, or its look, shows to be cut off."""
    if pair.rejected_finish == "length":
        return stopped("the rejected text reached the generator's limit")
    if pair.rejected_finish is not None:
        return passed(f"the generator ended the rejected text itself ({pair.rejected_finish})")
    text, min_words = pair.rejected.strip(), settings.truncation.min_words
    words = count_words(text)
    if words > 2 and phrase("goes_on").search(text[-80:]):
        return stopped("the rejected text stops before a word that must follow", words, 3)
    if words < min_words:
        return not_computed("too short to tell whether its end is missing")
    if is_cut_off(text):
        return stopped("the rejected text stops in mid-sentence", words, min_words)
    return passed("the rejected text ends as its sentences do", words, min_words)


def is_cut_off(text: str) -> bool:
    """Whether a text that ends its sentences otherwise lacks the end of the last one."""
    if phrase("ended").search(text):
        return False
    lines = [line for line in text.split("\n") if line.strip()]
    # The items of a list, and the lines of a poem, need no full stop.
    others = [line for line in lines[:-1] if len(line.split()) >= 4]
    last_is_item = bool(phrase("list_line").match(lines[-1]))
    items = [line for line in others if bool(phrase("list_line").match(line)) == last_is_item]
    if items:
        return sum(bool(phrase("ended").search(line.strip())) for line in items) >= 0.5 * len(items)
    return phrase("full_stop").search(text) is not None
