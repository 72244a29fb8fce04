"""A user's prompt as the text that a chat model reads, and an answer as it is learnt.

Both are one rendering: what is learnt begins with the very tokens that are asked with. Models that
can think are asked not to, as what they learn from are answers alone.
"""

import re
from typing import TYPE_CHECKING

from lahja.core.errors import LahjaError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase as Tokenizer

Turns = list[dict[str, str]]
# The token ids of a text, and where in it what is learnt begins.
Example = tuple[list[int], int]
# By the names that templates have for it. The date is the one that Llama 3.1's template has by
# itself: 3.2's asks the clock, so that a prompt would have another text every day.
_OPTIONS = {"enable_thinking": False, "thinking": False, "date_string": "26 Jul 2024"}
_QUESTION, _ANSWER = "⟦question⟧", "⟦answer⟧"
_NAME = r"(?:seed:)?think(?:ing)?|thought|reasoning"
_OPENED = re.compile(rf"([<\[])({_NAME})([>\]])\s*$", re.IGNORECASE)
# Others mark thoughts in other ways: gpt-oss, Gemma 4, Command A, Kimi.
_BEGINS = re.compile(
    rf"[<\[](?:{_NAME})[>\]]|<\|channel\|>analysis|<\|channel>thought|<\|START_THINKING\|>"
    "|◁think▷",
    re.IGNORECASE,
)
_ENDS = re.compile(
    rf"[<\[]/(?:{_NAME})[>\]]|<\|channel\|>final<\|message\|>|<channel\|>|<\|END_THINKING\|>"
    "|◁/think▷",
    re.IGNORECASE,
)


def user_turn(prompt: str) -> Turns:
    """Return a conversation of one user message."""
    return [{"role": "user", "content": prompt}]


def assistant_turn(answer: str) -> Turns:
    """Return one assistant message."""
    return [{"role": "assistant", "content": answer}]


def chat_texts(tokenizer: "Tokenizer", prompts: list[str | Turns]) -> list[str]:
    """Return each prompt's text up to where the answer begins, after an empty block of thoughts.

    A prompt is the user's text, or all turns up to it. Where the template has no system turn, a
    system prompt goes before the first user's text, as Gemma's template has it.
    Raises `LahjaError` where the chat template is none for a prompt and its answer.
    """
    if not prompts:
        return []
    block, _, _ = _around_answer(tokenizer)
    turns = [user_turn(each) if isinstance(each, str) else each for each in prompts]
    led = [place for place, each in enumerate(turns) if each[0]["role"] == "system"]
    if led and not _takes_system(tokenizer):
        for place in led:
            system, user, *others = turns[place]
            text = f"{system['content']}\n\n{user['content']}"
            turns[place] = [{**user, "content": text}, *others]
    return [text + block for text in _rendered(tokenizer, turns, add_generation_prompt=True)]


def prompt_tokens(tokenizer: "Tokenizer", prompts: list[str | Turns]) -> list[list[int]]:
    """Return the token ids of each prompt up to where the answer begins."""
    texts = chat_texts(tokenizer, prompts)
    return tokenizer(texts, add_special_tokens=False)["input_ids"] if texts else []


def plain_tokens(tokenizer: "Tokenizer", prompts: list[Turns]) -> list[list[int]]:
    """Return the token ids of each prompt as the plain text that a base model goes on with.

    That is what its turns say, on lines of their own, after what the tokenizer begins texts with.
    """
    texts = ["\n".join(turn["content"] for turn in turns) for turns in prompts]
    return tokenizer(texts)["input_ids"]


def example_tokens(
    tokenizer: "Tokenizer", prompts: list[str | None], completions: list[str]
) -> list[Example]:
    """Return the token ids of whole examples, and where in each what is learnt begins.

    Those with a prompt are conversations. They begin with the prompts' own tokens, also where the
    whole text would have another token across the end of the prompt (`: "` after a prompt that
    ends with a colon). One without is plain text between the tokens that begin and end a text.
    """
    rows = [*zip(prompts, completions, strict=True)]
    talks = iter(_conversations(tokenizer, [row for row in rows if row[0] is not None]))
    texts = iter(_text_tokens(tokenizer, [text for prompt, text in rows if prompt is None]))
    return [next(texts if prompt is None else talks) for prompt in prompts]


def _conversations(tokenizer: "Tokenizer", examples: list[tuple[str, str]]) -> list[Example]:
    if not examples:
        return []
    _, before, after = _around_answer(tokenizer)
    asked = chat_texts(tokenizer, [prompt for prompt, _ in examples])
    answers = [f"{before}{completion.strip()}{after}" for _, completion in examples]
    wholes = [head + answer for head, answer in zip(asked, answers, strict=True)]
    # After a line feed a text has the tokens that it has within another, with no space before it.
    texts = (asked, wholes, [f"\n{answer}" for answer in answers], ["\n"])
    heads, wholes, alone, (feed,) = (
        tokenizer(each, add_special_tokens=False)["input_ids"] for each in texts
    )
    return [
        (whole if whole[: len(head)] == head else head + rest[len(feed) :], len(head))
        for head, whole, rest in zip(heads, wholes, alone, strict=True)
    ]


def _text_tokens(tokenizer: "Tokenizer", texts: list[str]) -> list[Example]:
    """Return each text's token ids; nothing predicts the first, so what is learnt begins after."""
    if not texts:
        return []
    # With what the tokenizer begins texts with, and, where it does so, ends them.
    found, end = tokenizer([text.strip() for text in texts])["input_ids"], tokenizer.eos_token_id
    return [(ids if ids[-1:] == [end] else [*ids, end], 1) for ids in found]


def without_thoughts(text: str) -> str | None:
    """Return an answer without blocks of thoughts; None where there is nothing else."""
    answer = _BEGINS.split(_ENDS.split(text)[-1])[0].strip()
    return answer if answer or not text.strip() else None


def _around_answer(tokenizer: "Tokenizer") -> tuple[str, str, str]:
    """Return what stands between the rendered prompt and the answer, and what after the answer.

    The first part belongs to the prompt (a block without thoughts, a channel), the second, white
    space, to the answer.
    """
    turns = user_turn(_QUESTION)
    (head,) = _rendered(tokenizer, [turns], add_generation_prompt=True)
    (whole,) = _rendered(tokenizer, [turns + assistant_turn(_ANSWER)])
    lead, found, after = whole.rpartition(_ANSWER)
    if not found or _QUESTION not in head or _QUESTION not in lead:
        raise _unfit(tokenizer, "a prompt or its answer is left out")
    # Without a turn's end, nothing would teach when to stop.
    after = after or tokenizer.eos_token
    if opened := _OPENED.search(head):
        left, name, right = opened.groups()
        line = "\n" if head.endswith("\n") else "\n\n"
        return f"{line}{left}/{name}{right}\n\n", "", after
    between = lead.removeprefix(head) if lead.startswith(head) else ""
    return (between, "", after) if between.strip() else ("", between, after)


def _takes_system(tokenizer: "Tokenizer") -> bool:
    """Whether the template knows a system turn: some refuse it, leave it out, or take it for one
    of the others."""

    def shown(role: str) -> str:
        """Return the prompt with a turn of that role before the question, or ""."""
        turns = [{"role": role, "content": _ANSWER}, *user_turn(_QUESTION)]
        try:
            return _rendered(tokenizer, [turns], add_generation_prompt=True)[0]
        except LahjaError:
            return ""

    text = shown("system")
    return _ANSWER in text and _QUESTION in text and text not in map(shown, ("user", "assistant"))


def _rendered(tokenizer: "Tokenizer", turns: list[Turns], **how: bool) -> list[str]:
    from jinja2 import TemplateError

    if not tokenizer.chat_template:
        raise _unfit(tokenizer, "there is none, as in a base model that was not trained to chat")
    try:
        return tokenizer.apply_chat_template(turns, tokenize=False, **_OPTIONS, **how)
    except (TemplateError, TypeError, ValueError) as error:
        raise _unfit(tokenizer, " ".join(str(error).split())[:200]) from None


def _unfit(tokenizer: "Tokenizer", told: str) -> LahjaError:
    wanted = "expected one for a user's prompt and the assistant's answer"
    return LahjaError(f"{tokenizer.name_or_path}: chat template: {told}; {wanted}")
