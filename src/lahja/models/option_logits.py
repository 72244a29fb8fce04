"""Name a text's variety by comparing the logits of a question's options, in one forward pass.

The instruction that all questions begin with is read once: its keys and values go before each.
"""

from collections.abc import Sequence
from copy import deepcopy
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from lahja.core.errors import LahjaError
from lahja.core.progress import counted
from lahja.models.device import BATCH_TOKENS, packed, pick_dtype, sorted_batches, use_device
from lahja.models.folder import load_model, load_tokenizer
from lahja.prompts.chat import example_tokens, prompt_tokens
from lahja.prompts.classification import make_question

if TYPE_CHECKING:
    import torch


class Labeller:
    """The dialect classifier: a language model that gives a question's options probabilities."""

    def __init__(
        self, base_model: Path, adapter: Path | None, *, varieties: Sequence[str] | None = None,
        wording: str = "letters", batch: int = 64, precision: str | None = None,
        max_length: int = 1024,
    ):  # fmt: skip
        """Load the model, which chooses from `varieties`, None being all of Arabic."""
        import torch

        self.question = make_question(varieties, wording)
        self.batch, self.max_length = batch, max_length
        self.device = use_device()
        self.tokenizer = load_tokenizer(base_model)
        dtype = pick_dtype(precision, self.device)
        model = load_model(base_model, adapter, dtype=dtype, device=self.device)
        # The layer over the whole vocabulary, in whose place the model gets one of the options.
        self.head = model.get_output_embeddings()
        model.set_output_embeddings(torch.nn.Identity())
        self.model = packed(model)

    def label(self, texts: list[str]) -> tuple[tuple[str, ...], list[list[float]]]:
        """Return the options, and of each text their probabilities."""
        asked = [self.question.prompt(text) for text in texts]
        return self.question.options, self.probabilities(asked, self.question.answers)

    def probabilities(self, prompts: list[str], answers: tuple[str, ...]) -> list[list[float]]:
        """Return the probability of each answer if the model may give these alone.

        Where answers part, it is the softmax over the logits of the tokens by which they go on, and
        an answer's probability is the product over the places where it parts from others: of
        letters over one place. One row per prompt, in the order of the answers, which does not
        depend on the batch. Prompts over `max_length` tokens lose their middle: the question and
        the answer's start remain.
        """
        if not prompts:
            return []
        limit, tail = self.max_length, self.max_length // 4
        ids = [
            row if len(row) <= limit else row[: limit - tail] + row[-tail:]
            for row in prompt_tokens(self.tokenizer, prompts)
        ]
        paths, forks = answer_forks(self.tokenizer, answers)
        found = [[1.0] * len(answers) for _ in prompts]
        for said, tokens in forks.items():
            ways = {
                place: tokens.index(path[len(said)])
                for place, path in enumerate(paths)
                if path[: len(said)] == said
            }
            nexts = self._next_token([[*row, *said] for row in ids], tokens)
            for row, values in zip(found, nexts, strict=True):
                for place, way in ways.items():
                    row[place] *= values[way]
        return found

    def _next_token(self, ids: list[list[int]], tokens: list[int]) -> list[list[float]]:
        """Return the probability that each of some tokens, and no other, follows each row."""
        import torch

        self.model.set_output_embeddings(_rows_of(self.head, tokens))
        # The last token is every question's own: its logits are what is asked for.
        columns = zip(*(row[:-1] for row in ids), strict=False)
        shared = [own[0] for own in takewhile(lambda column: len({*column}) == 1, columns)]
        rests = [row[len(shared) :] for row in ids]
        found: list[list[float]] = [[] for _ in ids]
        lengths = [len(row) for row in rests]
        with torch.inference_mode():
            start = torch.tensor([shared], device=self.device)
            past = self.model(start, logits_to_keep=1).past_key_values if shared else None
            batches = sorted_batches(lengths, self.batch, BATCH_TOKENS[self.device])
            for rows in counted(batches, len(ids), "texts"):
                logits = self._last_logits([rests[row] for row in rows], past)
                for row, values in zip(rows, logits.softmax(-1).tolist(), strict=True):
                    found[row] = values
        return found

    def _last_logits(self, ids: list[list[int]], past):
        """Return the logits after each row, which the prefix of `past` precedes."""
        import torch

        # Padding on the right comes after all that a token sees, so that nothing is to be masked.
        inputs = self.tokenizer.pad({"input_ids": ids}, padding_side="right", return_tensors="pt")
        last, place = torch.tensor([len(row) - 1 for row in ids]).unique(return_inverse=True)
        cache = deepcopy(past)
        if cache is not None:
            cache.batch_repeat_interleave(len(ids))
        how = {"past_key_values": cache, "use_cache": cache is not None}
        ids_there = inputs["input_ids"].to(self.device)
        outputs = self.model(input_ids=ids_there, logits_to_keep=last.to(self.device), **how)
        return outputs.logits[torch.arange(len(ids)), place].float()


def _rows_of(head: "torch.nn.Linear", rows: list[int]) -> "torch.nn.Linear":
    """Return the layer that computes some of a layer's outputs."""
    import torch

    has_bias, n_inputs = head.bias is not None, head.weight.shape[1]
    part = torch.nn.utils.skip_init(torch.nn.Linear, n_inputs, len(rows), bias=has_bias)
    part.weight.data = head.weight.data[rows]
    if has_bias:
        part.bias.data = head.bias.data[rows]
    return part


def answer_forks(
    tokenizer, answers: tuple[str, ...]
) -> tuple[list[tuple[int, ...]], dict[tuple[int, ...], list[int]]]:
    """Return the tokens of each answer, and after which of them answers part, with what follows.

    Letters part once: at the start, or after the space in a vocabulary without " a". Raises
    `LahjaError` where the tokenizer does not tell two answers apart.
    """
    examples = example_tokens(tokenizer, ["?"] * len(answers), [*answers])
    paths = [tuple(ids[n_asked:]) for ids, n_asked in examples]
    following: dict[tuple[int, ...], dict[int, None]] = {}
    for path in paths:
        for place, token in enumerate(path):
            following.setdefault(path[:place], {})[token] = None
    if len({*paths} - following.keys()) < len(answers):
        told = ", ".join(answers)
        raise LahjaError(f"the tokenizer does not tell the answers apart: {told}")
    return paths, {said: [*tokens] for said, tokens in following.items() if len(tokens) > 1}
