"""What a prompt asks for: which variety, which task, and of which text.

Prompts are read by their wording: lahja's and AL-QASIDA's translation prompt, AL-QASIDA's
templates, the templates of the NUS-IDS team's released pairs, and free requests in English or
in a dialect. What the wording does not tell is None.
"""

import re
from dataclasses import dataclass

from lahja.data.text import comparison_key, is_arabic_script
from lahja.gates import wordings
from lahja.gates.markers import variety_of_wording

TRANSLATE, ANSWER, FREE = "translate", "answer", "free"
ARABIC, ENGLISH = "Arabic", "English"

# In words: an instruction with more brings its text along, and its first words are the request.
_LONG_INSTRUCTION, _REQUEST = 60, 25
_INPUT = re.compile(r"\bInput\s*[=:]\s*(.*)\Z", re.DOTALL)
_TRANSLATION = re.compile(r"\A([^\n]+)\n(.*?)\n?\s*Translation:\s*\Z", re.DOTALL)
_AFTER_COLON = re.compile(r"\A([^:\n]{3,}):\s*(\S.*)\Z", re.DOTALL)
_QUOTES = tuple(
    re.compile(pattern, re.DOTALL)
    for pattern in (r'"(.+)"', r"“(.+)”", r"«(.+)»", r"(?<!\w)['‘](.+)['’](?!\w)")
)


@dataclass(frozen=True)
class Asked:
    """What is asked for; None where the prompt does not tell."""

    kind: str
    """`translate`, `answer` (a reply to a sentence) or `free`."""
    variety: str | None
    """Code of the variety to answer in."""
    language: str | None
    """`Arabic` or `English`, also where it is not known which Arabic."""
    payload: str | None
    """The sentence that the prompt is about."""
    source_variety: str | None
    instruction: str
    """The prompt without its payload."""
    is_one_sentence: bool = False
    """Whether one sentence, or a translation alone, is all that should come back."""
    is_rephrasing: bool = False
    """Whether the payload is to be said in other words, so that likeness is no fault."""

    @property
    def text(self) -> str:
        """What an answer must not merely repeat."""
        return self.payload or self.instruction


def parse_prompt(prompt: str, variety: str | None = None) -> Asked:
    """Return what a prompt asks for.

    `variety` is what is known from elsewhere, such as a column of the file; a variety that the
    prompt names goes before it.
    """
    text = without_examples(prompt)
    instruction, payload = _split(text)
    key = comparison_key(instruction)
    is_translation = _is_translation(key)
    target, source = _named(key, is_translation)
    if target is None:
        target = variety or _of_wording(instruction, payload, is_translation)
    target = None if target == wordings.OTHER else target
    kind = FREE
    if is_translation:
        kind = TRANSLATE
    elif wordings.ANSWER.search(key):
        kind = ANSWER
    return Asked(
        kind=kind,
        variety=target,
        language=_language(target, key, text),
        payload=payload,
        source_variety=source if is_translation and source != wordings.OTHER else None,
        instruction=instruction,
        is_one_sentence=is_translation or _is_one_sentence(key),
        is_rephrasing=wordings.REPHRASE.search(key) is not None,
    )


def without_examples(prompt: str) -> str:
    """Return the prompt without the lines that show a greeting in each dialect."""
    lines = prompt.strip().split("\n")
    if not any(wordings.EXAMPLES_HEADING.match(line) for line in lines):
        return prompt.strip()
    kept = [
        line
        for line in lines
        if not wordings.EXAMPLES_HEADING.match(line) and not wordings.EXAMPLE_LINE.match(line)
    ]
    return "\n".join(kept).strip()


def _is_translation(key: str) -> bool:
    # An article to summarise may speak of translating, far from the request.
    words = key.split()
    head = " ".join(words if len(words) <= _LONG_INSTRUCTION else words[:_REQUEST])
    return wordings.TRANSLATE.search(head) is not None


def _is_one_sentence(key: str) -> bool:
    return len(key.split()) <= _REQUEST and wordings.ONE_SENTENCE.search(key) is not None


def _split(text: str) -> tuple[str, str | None]:
    """Part the instruction from the text that it is about."""
    if match := _INPUT.search(text):
        return text[: match.start()].strip(), match[1].strip() or None
    if match := _TRANSLATION.match(text):
        return match[1].strip(), match[2].strip() or None
    for pattern in _QUOTES:
        match = pattern.search(text)
        if match is None:
            continue
        rest = f"{text[: match.start()]} {text[match.end() :]}".strip()
        is_whole = text.startswith(match[0]) or text.rstrip(" .؟?!").endswith(match[0])
        # Several short quotations are parts of the request, not one text.
        is_one = is_whole or text.count(text[match.start()]) <= 2
        if is_one and any(c.isalpha() for c in rest):
            return rest, match[1].strip()
    match = _AFTER_COLON.match(text)
    if match and wordings.TRANSLATE.search(comparison_key(match[1])):
        return match[1].strip(), match[2].strip()
    return text, None


def _named(key: str, is_translation: bool) -> tuple[str | None, str | None]:
    """Return the varieties that an instruction names as its target and its source."""
    mentions = _mentions(key)
    if not is_translation:
        asked = [
            code
            for code, before in mentions
            if code != "eng" or wordings.ENGLISH_ASKED.search(before) or not before.isascii()
        ]
        arabic = {code for code in asked if code != "eng"}
        if len(arabic) == 1:
            return arabic.pop(), None
        return ("eng" if asked and not arabic else wordings.OTHER if asked else None), None
    sources = [c for c, before in mentions if _is_source(before)]
    targets = [c for c, before in mentions if not _is_source(before)]
    marked = [
        c for c, before in mentions
        if not _is_source(before) and wordings.TARGET_BEFORE.search(before)
    ]  # fmt: skip
    if marked:
        rest = sources + [c for c in targets if c != marked[0]]
        return marked[0], rest[0] if rest else None
    return (targets[-1] if targets else None), (sources[0] if sources else None)


def _is_source(before: str) -> bool:
    found = wordings.SOURCE_BEFORE.search(before) or wordings.INPUT_BEFORE.search(before)
    return found is not None


def _mentions(key: str) -> list[tuple[str, str]]:
    """Return each variety that is named, with the words before it, in their order."""
    found: list[tuple[int, int, str, str]] = []
    for code, pattern in wordings.VARIETY_NAMES:
        for match in pattern.finditer(key):
            if any(match.start() < end and start < match.end() for start, end, *_ in found):
                continue
            # "into" may be joined to an Arabic name.
            joined = " الي" if match[0].startswith(("لل", "ل")) and not match[0].isascii() else ""
            before = key[: match.start()].rstrip() + joined
            found.append((match.start(), match.end(), code, before))
    return [(code, before) for *_, code, before in sorted(found)]


def _of_wording(instruction: str, payload: str | None, is_translation: bool) -> str | None:
    """Return the variety that a prompt which names none is itself in, where that is clear."""
    if not is_arabic_script(instruction):
        return "eng" if any(c.isalpha() for c in instruction) else None
    key = comparison_key(instruction)
    for code, phrases in wordings.TEMPLATE_WORDINGS.items():
        if payload is not None and any(phrase in key for phrase in phrases):
            return code
    return None if is_translation else variety_of_wording(instruction)


def _language(variety: str | None, key: str, text: str) -> str | None:
    if variety is not None:
        return ENGLISH if variety == "eng" else ARABIC
    named = {code for code, _ in _mentions(key)}
    if wordings.OTHER in named:
        # A dialect that is not ours is Arabic all the same, another language is not.
        return ARABIC if re.search(r"arabic|dialect|لهجه|عربي", key) else None
    return ARABIC if is_arabic_script(text) else None
