"""A user's prompt as the text that a chat model reads."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def user_turn(prompt: str) -> list[dict[str, str]]:
    """Return a conversation of one user message."""
    return [{"role": "user", "content": prompt}]


def assistant_turn(answer: str) -> list[dict[str, str]]:
    """Return one assistant message, the form in which TRL reads a completion."""
    return [{"role": "assistant", "content": answer}]


def chat_texts(tokenizer: "PreTrainedTokenizerBase", prompts: list[str]) -> list[str]:
    """Return each prompt's text up to where the assistant begins to speak."""
    if not prompts:
        return []
    turns = [user_turn(prompt) for prompt in prompts]
    return tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)


def prompt_tokens(tokenizer: "PreTrainedTokenizerBase", prompts: list[str]) -> list[list[int]]:
    """Return the token ids of each prompt up to where the assistant begins to speak."""
    texts = chat_texts(tokenizer, prompts)
    return tokenizer(texts, add_special_tokens=False)["input_ids"] if texts else []


def example_tokens(
    tokenizer: "PreTrainedTokenizerBase", prompts: list[str], completions: list[str]
) -> list[tuple[list[int], int]]:
    """Return the token ids of whole conversations, and where each completion begins."""
    if not prompts:
        return []
    turns = [
        user_turn(prompt) + assistant_turn(answer)
        for prompt, answer in zip(prompts, completions, strict=True)
    ]
    texts = tokenizer.apply_chat_template(turns, tokenize=False)
    whole = tokenizer(texts, add_special_tokens=False)["input_ids"]
    heads = prompt_tokens(tokenizer, prompts)
    return [(ids, len(head)) for ids, head in zip(whole, heads, strict=True)]
