"""Gate: the answer is the text alone, without a wrapper, a note, a leftover or a stray script.

A free request may be answered with lists, headings and code; a translation, or an answer in one
sentence, may not. What the prompt's own text has (a quotation, a foreign word) is no artefact.
"""

import ast
import json
import re
from collections.abc import Callable

from lahja.data.text import comparison_key
from lahja.gates.asked import FREE, TRANSLATE, Asked
from lahja.gates.scripts import stray_script
from lahja.gates.settings import GateSettings
from lahja.gates.verdict import Judged, Verdict, not_computed, passed, stopped

GATE = "artefact"

_QUOTE_PAIRS = {'"': '"', "“": "”", "«": "»", "'": "'", "‘": "’", "„": "“", "”": "”"}
_QUOTE = re.compile(r"[\"“”«»„]|(?<!\w)['‘]|['’](?!\w)")
_FENCE = re.compile(r"```")
_MARKDOWN = re.compile(r"\*\*\S|^#{1,6} |^\s*(?:[-*•]|\d+[.)]) +\S", re.MULTILINE)
# TextBlock(text='…'), as an object is printed; and a structure that does not parse.
_CALL = re.compile(r"\w+\(\w+ *= *['\"]")
_BROKEN_STRUCTURE = re.compile(r"[\[{]\s*['\"]\w+['\"]\s*[:,]")
_ASKS_FOR_FORM = re.compile(
    r"\b(?:json|csv|tsv|xml|html|code|function|script|program|python|java\w*|sql|table|markdown"
    r"|latex|array|dictionary|list)\b|كود|برنامج|دالة|جدول|قائمة|لستة|بايثون",
    re.IGNORECASE,
)
_LEFTOVER = re.compile(
    r"<\|?/?[a-z_]+\|?>|\[/?INST\]|^\s*#{2,} *(?:instruction|input|response|output)\b"
    r"|^\s*(?:input|output|translation|response|answer|assistant|user|human|prompt|chosen|rejected)"
    r" *[:=]|^\s*(?:الترجمة|ترجمة|الإجابة|الاجابة|الجواب|الرد|المدخل|المخرج|النص المترجم) *[:=]",
    re.IGNORECASE | re.MULTILINE,
)
_PLACEHOLDER = re.compile(
    r"\{\w*\}|\[(?:your|insert|name|اسم|أدخل|ادخل)[^\]]*\]|<[A-Z_ ]{3,}>|_{3,}"
)
_NOTE = re.compile(
    r"(?:^|[\n(.!؟?])\s*\**\(?(?:ملاحظ[ةه]|ملحوظ[ةه]|تنبيه|توضيح|note|n\.b\.|explanation|p\.s\.)\**\s*[:：]",
    re.IGNORECASE,
)
# Words for the task itself, as keys; an answer has no call to speak of them.
_TASK_TALK = re.compile(
    r"(?<!\w)(?:translat\w*|dialects?|[يتنا]?(?:ال|لل|بال)?ترجم\w*|\w{0,3}لهجه|\w{0,2}لهجات"
    r"|(?:ال)?عربيه (?:ال)?(?:فصحي|موحده|معاصره)|(?:ال)?نص (?:ال)?(?:محدد|مترجم|معطي|مذكور|اصلي)"
    r"|(?:ال)?جمله (?:ال)?(?:معطاه|مذكوره|اصليه)|(?:ال|بال|لل)?عاميه"
    r"|language model|نموذج لغوي)(?!\w)"
)
_ANNOUNCED = re.compile(
    r"(?<!\w)(?:translations?|sentences?|texts?|answers?|reply|response|jokes?|story|version|essay"
    r"|(?:و|ف)?(?:ال|لل|بال|ل|ب)?(?:ترجم[هت]\w*|جمله|نص|اجاب[هت]\w*|جواب\w?|رد[كي]?|نكته|نكت|قصه"
    r"|صياغه|سؤال|مثال|مقال|مقاله|لهجه|عربيه?|عاميه|دارجه))(?!\w)"
)
# "Sure! Here is the joke:", "إليك نكتة:", "الترجمة هي:": the answer begins after the colon.
_ANNOUNCEMENT = re.compile(
    r"\A[^\n:]{0,120}\b(?:here(?: is| are|'s|’s)"
    r"|(?<!\w)(?:اليك|اليكم|هذا|هذه|هذي|ده|دي|هاي|هاد|هادي|ها هي|ها هو|هنا|هاك|تفضل|هي|هو))"
    r"(?!\w)[^\n:]{0,80}:"
)  # fmt: skip
# "Saudi joke:"; a longer heading of a free answer belongs to it.
_LONGEST_HEAD = (10, 3)
_HEAD = re.compile(r"\A([^\n:]{2,100}):\s*(?:\n|\Z|[\"“«])")
_CONTINUES = re.compile(r"\A\s*[.,،؛;:)\]}»”؟?!]+(?:\s|\Z)")


def judge_artefacts(pair: Judged, settings: GateSettings) -> Verdict:
    """Stop an answer with anything about it that is not the answer."""
    text, asked = pair.chosen, pair.asked
    if not text.strip():
        return not_computed(GATE, "the answer is empty")
    for check in _CHECKS:
        reason = check(text, asked)
        if reason is not None:
            return stopped(GATE, reason)
    return passed(GATE, "nothing but the answer")


def unwrapped(text: str) -> str:
    """Return what is left of a text without a data structure, a fence or quotes around it."""
    inner = text.strip().strip("`").strip()
    value = _structure(inner)
    if isinstance(value, dict):
        strings = [item for item in value.values() if isinstance(item, str)]
        inner = max(strings, key=len, default=inner)
    quoted = _inside_quotes(inner)
    return quoted if quoted is not None else inner


def _wrapper(text: str, asked: Asked) -> str | None:
    if _asks_for_form(asked):
        return None
    if _structure(text.strip()) is not None:
        return "the answer is wrapped in a data structure"
    has_fence = _FENCE.search(text) is not None
    return "the answer stands in a code fence" if has_fence else None


def _markdown(text: str, asked: Asked) -> str | None:
    if asked.is_one_sentence and _MARKDOWN.search(text) and not _MARKDOWN.search(asked.text):
        return "one sentence was asked for, the answer is laid out as Markdown"
    return None


def _quotes(text: str, asked: Asked) -> str | None:
    if _inside_quotes(text) is None or _QUOTE.search(asked.text):
        return None
    return "the whole answer stands in quotation marks"


def _unbalanced_quote(text: str, asked: Asked) -> str | None:
    stripped = text.strip().rstrip(".!?؟،,")
    at_end = stripped[:1] == '"' or stripped[-1:] == '"'
    if at_end and asked.kind != FREE and text.count('"') % 2 and asked.text.count('"') % 2 == 0:
        return "a quotation mark at its end has no partner"
    return None


def _leftover(text: str, asked: Asked) -> str | None:
    match = _LEFTOVER.search(text)
    if match is None or match[0].strip().lower() in asked.text.lower():
        return None
    if asked.kind == FREE and _asks_for_form(asked):
        return None
    return f"a leftover of a template: {match[0].strip()}"


def _placeholder(text: str, asked: Asked) -> str | None:
    match = _PLACEHOLDER.search(text)
    if match is None or match[0] in asked.text or _asks_for_form(asked):
        return None
    # A letter or a form may well have a gap for a name.
    return f"a placeholder: {match[0]}" if asked.kind != FREE else None


def _announcement(text: str, asked: Asked) -> str | None:
    head = re.sub(r"[أإآ]", "ا", text.strip()[:200].lower()).replace("ة", "ه")
    match = _ANNOUNCEMENT.match(head)
    first = match[0] if match else None
    if first is None and (match := _HEAD.match(head)):
        first = match[1] if len(match[1].split()) <= _LONGEST_HEAD[asked.kind == FREE] else None
    if first is None or not _ANNOUNCED.search(comparison_key(first)):
        return None
    if comparison_key(first) in comparison_key(asked.text):
        return None
    return f"the answer is announced before it begins: {text.strip()[: len(first)]}"


def _note(text: str, asked: Asked) -> str | None:
    match = _NOTE.search(text)
    if match is None or match[0].strip() in asked.text:
        return None
    rest = comparison_key(text[match.end() :])
    if asked.kind == FREE and not _TASK_TALK.search(rest):
        return None
    return f"a note about the answer: {text[match.start() :].strip()[:60]}"


def _task_talk(text: str, asked: Asked) -> str | None:
    if asked.kind == FREE:
        return None
    key, source = comparison_key(text), comparison_key(asked.text)
    # The text to translate may itself speak of languages, in other words than its translation.
    if _TASK_TALK.search(source) or re.search(r"language|لغه|لغات|speak|linguist", source):
        return None
    match = _TASK_TALK.search(key)
    return f"the answer speaks of the task: {match[0]}" if match else None


def _more_lines(text: str, asked: Asked) -> str | None:
    if not asked.is_one_sentence or asked.payload is None:
        return None
    n, there = (sum(bool(line.strip()) for line in t.split("\n")) for t in (text, asked.payload))
    return f"one line was asked for, the answer has {n}" if n > max(there, 1) else None


def _continuation(text: str, asked: Asked) -> str | None:
    if _CONTINUES.match(text) and not _CONTINUES.match(asked.text):
        return "the answer begins as the rest of a sentence"
    return None


def _script(text: str, asked: Asked) -> str | None:
    return stray_script(text, asked)


_CHECKS: tuple[Callable[[str, Asked], str | None], ...] = (
    _wrapper, _quotes, _unbalanced_quote, _leftover, _placeholder, _announcement, _note, _task_talk,
    _markdown, _more_lines, _continuation, _script,
)  # fmt: skip


def _asks_for_form(asked: Asked) -> bool:
    return asked.kind != TRANSLATE and _ASKS_FOR_FORM.search(asked.instruction) is not None


def _structure(text: str) -> object | None:
    """Return the object that a text writes out (JSON, or Python's own form), if it is one."""
    if _CALL.match(text):
        return text
    if not text or text[0] not in "{[" or text[-1] not in "}]":
        return None
    for parse in (json.loads, ast.literal_eval):
        try:
            value = parse(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
            continue
        return value if isinstance(value, dict | list) and value else None
    # Broken, but of that form: a key in quotes, or quoted items.
    return text if _BROKEN_STRUCTURE.match(text) else None


def _inside_quotes(text: str) -> str | None:
    """Return what stands within the one pair of quotation marks around a whole text."""
    stripped = text.strip().rstrip(".!?؟،, ")
    closing = _QUOTE_PAIRS.get(stripped[:1])
    if closing is None or len(stripped) < 3 or stripped[-1] != closing:
        return None
    inner = stripped[1:-1]
    # Two quotations, one at each end, do not enclose what is between them.
    return None if stripped[0] in inner or closing in inner else inner.strip()
