from pathlib import Path

import pytest

from lahja.models.folder import load_tokenizer
from lahja.prompts.chat import chat_texts, example_tokens, prompt_tokens

pytestmark = pytest.mark.model


def test_a_prompt_ends_where_the_assistant_begins(small_root: Path) -> None:
    tokenizer = load_tokenizer(small_root)
    assert chat_texts(tokenizer, ["hi"]) == ["<|user|>hi<|end|><|assistant|>"]


def test_the_completion_begins_after_the_prompt_and_ends_the_turn(small_root: Path) -> None:
    tokenizer = load_tokenizer(small_root)
    ((ids, head),) = example_tokens(tokenizer, ["شلونك؟"], ["تمام"])
    assert ids[:head] == prompt_tokens(tokenizer, ["شلونك؟"])[0]
    assert tokenizer.decode(ids[head:]) == "تمام<|end|>"


def test_no_prompts_give_no_tokens(small_root: Path) -> None:
    assert prompt_tokens(load_tokenizer(small_root), []) == []
