"""Where a model's turn ends, and the answer that its tokens make."""

from typing import TYPE_CHECKING

from lahja.generation.backend import Answer

if TYPE_CHECKING:
    from transformers import GenerationConfig, PreTrainedTokenizerBase


def end_tokens(config: "GenerationConfig", tokenizer: "PreTrainedTokenizerBase") -> set[int]:
    """Return the tokens that end a turn: the generation configuration's and the tokenizer's."""
    ends = config.eos_token_id
    listed = ends if isinstance(ends, list) else [ends]
    return {token for token in [*listed, tokenizer.eos_token_id] if token is not None}


def answer_of_tokens(
    request_id: str, tokens: list[int], ends: set[int], tokenizer: "PreTrainedTokenizerBase"
) -> Answer:
    """Return the answer that new tokens make; what follows the first end is no part of it."""
    stop = next((place for place, token in enumerate(tokens) if token in ends), None)
    said = tokens if stop is None else tokens[:stop]
    text = tokenizer.decode(said, skip_special_tokens=True).strip()
    return Answer(request_id, text, "length" if stop is None else "stop", len(said))
