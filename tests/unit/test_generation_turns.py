from types import SimpleNamespace

import pytest

from lahja.generation.backend import Answer
from lahja.generation.transformers_backend import answer_of_tokens, end_tokens


class Words:
    """A tokenizer whose tokens are the numbers of their words."""

    eos_token_id = 9

    def decode(self, tokens: list[int], skip_special_tokens: bool) -> str:
        return " " + " ".join(map(str, tokens))


@pytest.mark.parametrize(
    ("listed", "expected"), [(None, {9}), (9, {9}), (7, {7, 9}), ([7, 8], {7, 8, 9})]
)
def test_a_turn_ends_where_either_says_so(listed, expected: set[int]) -> None:
    assert end_tokens(SimpleNamespace(eos_token_id=listed), Words()) == expected


@pytest.mark.parametrize(
    ("tokens", "answer"),
    [
        ([1, 2, 9, 3, 9], Answer("a", "1 2", "stop", 2)),
        ([1, 2, 3], Answer("a", "1 2 3", "length", 3)),
        ([9], Answer("a", "", "stop", 0)),
    ],
)
def test_what_follows_the_first_end_is_no_part(tokens: list[int], answer: Answer) -> None:
    assert answer_of_tokens("a", tokens, {9}, Words()) == answer


@pytest.mark.parametrize(
    ("tokens", "answer"),
    [
        (["<think>", 1, "</think>", 2, 9], Answer("a", "2", "stop", 4)),
        (["<think>", 1, 2], Answer("a", None, "length", 3)),
        (["<think>", 1, "</think>", 9], Answer("a", None, "empty", 3)),
    ],
)
def test_thoughts_are_no_part_either(tokens: list, answer: Answer) -> None:
    assert answer_of_tokens("a", tokens, {9}, Words()) == answer
