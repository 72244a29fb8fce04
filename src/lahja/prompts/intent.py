"""What a prompt asks for: which variety, which task, and of which text.

For lahja's own translation prompts the columns of their table tell (`translation_intent`). Others
are read by their wording: lahja's and AL-QASIDA's translation prompt, AL-QASIDA's
templates, the templates of the NUS-IDS team's released pairs, and free requests in English or
in a dialect. What the wording does not tell is None.
"""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from lahja.core.varieties import VARIETIES
from lahja.corpora.text import comparison_key, is_arabic_script, letters_of
from lahja.prompts import wordings
from lahja.prompts.wordings import phrase, translation_instruction, variety_of_wording

TRANSLATE, ANSWER, FREE = "translate", "answer", "free"
ARABIC, ENGLISH = "Arabic", "English"

# In words: an instruction with more brings its text along, and its first words are the request.
_MAX_INSTRUCTION, _REQUEST = 60, 25
_INPUT = re.compile(r"\bInput\s*[=:]\s*(.*)\Z", re.DOTALL)
_TRANSLATION = re.compile(r"\A([^\n]+)\n(.*?)\n?\s*Translation:\s*\Z", re.DOTALL)
_AFTER_COLON = re.compile(r"\A([^:\n]{3,}):\s*(\S.*)\Z", re.DOTALL)
_NOT_OURS = (None, wordings.OTHER, wordings.SOME_ARABIC)
_UNSAID = (None, wordings.SOME_ARABIC)
_QUOTES = [
    re.compile(pattern, re.DOTALL)
    for pattern in (r'"(.+)"', r"“(.+)”", r"«(.+)»", r"(?<!\w)['‘](.+)['’](?!\w)")
]


@dataclass(frozen=True)
class PromptIntent:
    """What a prompt asks for; None where the prompt does not tell."""

    kind: str  #: `translate`, `answer` (a reply to a sentence) or `free`.
    variety: str | None  #: Code of the variety to answer in.
    language: str | None  #: `Arabic` or `English`, also where it is not known which Arabic.
    payload: str | None  #: The sentence that the prompt is about.
    source_variety: str | None
    instruction: str  #: The prompt without its payload.
    #: Whether one sentence, or a translation alone, is all that should come back.
    is_one_sentence: bool = False
    #: Whether the payload is to be put in other words, so that similarity is no fault.
    is_rephrasing: bool = False

    @property
    def text(self) -> str:
        """What an answer must not merely repeat."""
        return self.payload or self.instruction


def translation_intent(source_variety: str, target: str, source: str) -> PromptIntent:
    """Return what the prompt to translate a text between two varieties asks for."""
    return PromptIntent(
        TRANSLATE, target, ENGLISH if target == "eng" else ARABIC, letters_of(source).strip(),
        source_variety, translation_instruction(source_variety, target), is_one_sentence=True,
    )  # fmt: skip


def parse_prompt(
    prompt: str,
    variety: str | None = None,
    payload: str | None = None,
    system: str = "",
    earlier: tuple[str, ...] = (),
) -> PromptIntent:
    """Return what a prompt asks for.

    `variety` and `payload` are known from elsewhere, such as columns of a table; a variety that the
    prompt, the user's `earlier` turns or the system's name goes before it. To a system that is to
    translate the prompt is a text to translate.
    """
    text = phrase("examples").sub("", letters_of(prompt).strip()).strip()
    told = _told_before(system, earlier) if system or earlier else None
    if told and told.kind == TRANSLATE and _request(comparison_key(text)).variety is None:
        return replace(told, payload=text)
    instruction, found = _split(text)
    if payload is None or payload.strip() == found:
        payload = found
    else:
        instruction, payload = text.replace(payload, " ").strip(), payload.strip()
    request = _request(key := comparison_key(instruction))
    target, language = request.variety, _language(request.variety, key, text)
    if target in _UNSAID and told is not None:
        target, language = told.variety or variety, told.language
    elif target in _UNSAID:
        target = variety or target or _of_wording(instruction, payload, request.kind)
    if target in _NOT_OURS:
        target = None
    else:
        language = ENGLISH if target == "eng" else ARABIC
    return replace(
        request, variety=target, language=language, payload=payload, instruction=instruction
    )


@lru_cache(maxsize=4096)
def _request(key: str) -> PromptIntent:
    """Return what an instruction says by itself; its variety may also be one that is not ours."""
    words = key.split()
    # An article to summarise may speak of translating, far from the request.
    head = " ".join(words if len(words) <= _MAX_INSTRUCTION else words[:_REQUEST])
    is_translation = phrase("translate").search(head) is not None
    is_short = len(words) <= _REQUEST and phrase("one_sentence").search(key) is not None
    is_answer = phrase("answer").search(key) is not None
    target, source = _named(key, is_translation)
    return PromptIntent(
        TRANSLATE if is_translation else ANSWER if is_answer else FREE, target, language=None,
        payload=None, source_variety=None if source in _NOT_OURS else source, instruction=key,
        is_one_sentence=is_translation or is_short,
        is_rephrasing=phrase("rephrase").search(key) is not None,
    )  # fmt: skip


def _told_before(system: str, earlier: tuple[str, ...]) -> PromptIntent | None:
    """Return what the last turn that names a language asks for; only a system's translates on."""
    for told in (*reversed(earlier), system):
        intent = parse_prompt(told)
        if _request(comparison_key(told)).variety is not None:
            kind = TRANSLATE if intent.kind == TRANSLATE and told is system else FREE
            return replace(intent, kind=kind, instruction=told, payload=None)
    return None


def _split(text: str) -> tuple[str, str | None]:
    """Part the instruction from the text that it is about."""
    if match := _TRANSLATION.match(text):
        return match[1].strip(), match[2].strip() or None
    if match := _INPUT.search(text):
        return text[: match.start()].strip(), match[1].strip() or None
    for match in filter(None, (pattern.search(text) for pattern in _QUOTES)):
        rest = f"{text[: match.start()]} {text[match.end() :]}".strip()
        is_whole = text.startswith(match[0]) or text.rstrip(" .؟?!").endswith(match[0])
        # Several short quotations are parts of the request, not one text.
        is_one = is_whole or text.count(text[match.start()]) <= 2
        if is_one and any(c.isalpha() for c in rest):
            return rest, match[1].strip()
    match = _AFTER_COLON.match(text)
    if match and phrase("translate").search(comparison_key(match[1])):
        return match[1].strip(), match[2].strip()
    return text, None


def _named(key: str, is_translation: bool) -> tuple[str | None, str | None]:
    """Return the varieties that an instruction names as its target and its source."""
    mentions = _mentions(key)
    if not is_translation:
        named = {
            code
            for code, before in mentions
            if code != "eng" or phrase("english_before").search(before) or not before.isascii()
        }
        arabic = named - {"eng", wordings.SOME_ARABIC} or named - {"eng"} or named
        return arabic.pop() if len(arabic) == 1 else wordings.OTHER if arabic else None, None
    sources = [code for code, before in mentions if phrase("source_before").search(before)]
    others = [m for m in mentions if not phrase("source_before").search(m[1])]
    marked = next((code for code, before in others if phrase("target_before").search(before)), None)
    if marked is not None:
        sources += [code for code, _ in others if code != marked]
    elif others:
        marked = others[-1][0]
    return marked, next(iter(sources), None)


def _mentions(key: str) -> list[tuple[str, str]]:
    """Return each variety that is named, with the words before it, in their order."""
    found: list[tuple[int, int, str, str]] = []
    names = wordings.variety_names()
    for code, match in ((code, match) for code, name in names for match in name.finditer(key)):
        if not any(match.start() < end and start < match.end() for start, end, *_ in found):
            # "into" may be joined to an Arabic name.
            joined = " الي" if match[0].startswith("ل") else ""
            found.append((*match.span(), code, key[: match.start()].rstrip() + joined))
    return [(code, before) for *_, code, before in sorted(found)]


def _of_wording(instruction: str, payload: str | None, kind: str) -> str | None:
    """Return the variety that a prompt which names none is itself in, where that is clear."""
    key = comparison_key(instruction)
    if not is_arabic_script(instruction):
        is_unclear = phrase("of_arabic").search(key) or (
            phrase("of_speaking").search(key) and wordings.names_people(key)
        )
        return "eng" if any(map(str.isalpha, instruction)) and not is_unclear else None
    for code, known in VARIETIES.items():
        if payload and any(comparison_key(phrase) in key for phrase in known.template_phrases):
            return code
    return None if kind == TRANSLATE else variety_of_wording(instruction)


def _language(variety: str | None, key: str, text: str) -> str | None:
    """Return the language of a prompt that does not tell which Arabic, or whether any."""
    if variety == wordings.SOME_ARABIC:
        return ARABIC
    if variety == wordings.OTHER:
        # A dialect that is not ours is Arabic all the same, another language is not.
        return ARABIC if re.search(r"arabic|dialect|لهجه|عربي|colloquial|slang", key) else None
    return ARABIC if is_arabic_script(text) else None
