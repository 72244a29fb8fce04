"""Answer multiple-choice questions by comparing the options' logits, in one forward pass."""

from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from lahja.chat import chat_texts, prompt_tokens
from lahja.errors import LahjaError
from lahja.models.device import pick_dtype, use_device
from lahja.models.folder import load_model, load_tokenizer
from lahja.progress import counted
from lahja.training.batches import sorted_batches

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


@dataclass(frozen=True)
class OptionLogitsSettings:
    """How questions are put to the model."""

    batch: int = 64
    precision: str | None = None
    max_length: int = 1024


class OptionScorer:
    """A language model that gives each option letter of a question its probability."""

    def __init__(
        self,
        root: Path,
        adapter: Path | None,
        settings: OptionLogitsSettings,
        threads: int | None = None,
    ):
        """Load the model."""
        device = use_device(threads)
        self.settings = settings
        self.tokenizer = load_tokenizer(root)
        dtype = pick_dtype(settings.precision, device)
        self.model: PreTrainedModel = load_model(root, adapter, dtype=dtype, device=device)

    def probabilities(self, prompts: list[str], letters: tuple[str, ...]) -> list[list[float]]:
        """Return the softmax over the letters' logits where the answer tells them apart.

        One row per prompt, in the order of the letters. Prompts are batched by length; what a
        prompt gets does not hang on the batch. Those over `max_length` tokens lose their middle,
        so that the question and the start of the answer remain.
        """
        import torch

        lead, tokens = letter_tokens(self.tokenizer, letters)
        options = torch.tensor(tokens, device=self.model.device)
        limit = self.settings.max_length
        ids = [_shortened(row, limit) + lead for row in prompt_tokens(self.tokenizer, prompts)]
        found: list[list[float]] = [[] for _ in prompts]
        batches = sorted_batches([len(row) for row in ids], self.settings.batch)
        for rows in counted(batches, len(ids), "texts"):
            logits = self._last_logits([ids[row] for row in rows])[:, options]
            for row, values in zip(rows, logits.softmax(-1).tolist(), strict=True):
                found[row] = values
        return found

    def _last_logits(self, ids: list[list[int]]):
        import torch

        inputs = self.tokenizer.pad({"input_ids": ids}, padding_side="left", return_tensors="pt")
        inputs = inputs.to(self.model.device)
        places = (inputs["attention_mask"].cumsum(-1) - 1).clamp(min=0)
        with torch.inference_mode():
            outputs = self.model(
                input_ids=inputs["input_ids"],
                attention_mask=inputs["attention_mask"],
                position_ids=places,
                use_cache=False,
                logits_to_keep=1,
            )
        return outputs.logits[:, -1].float()


def letter_tokens(
    tokenizer: "PreTrainedTokenizerBase", letters: tuple[str, ...]
) -> tuple[list[int], list[int]]:
    """Return the tokens that every letter begins with, and the one that tells it apart.

    The first are none but in a vocabulary without " a", where the space is a token of its own.
    """
    head = chat_texts(tokenizer, ["?"])[0]
    start = len(tokenizer(head, add_special_tokens=False)["input_ids"])
    answers = [
        tokenizer(head + letter, add_special_tokens=False)["input_ids"][start:]
        for letter in letters
    ]
    shared = takewhile(lambda column: len(set(column)) == 1, zip(*answers, strict=False))
    lead = [column[0] for column in shared]
    tokens = {tuple(answer[len(lead) : len(lead) + 1]) for answer in answers}
    if len(tokens) < len(letters) or () in tokens:
        raise LahjaError("the tokenizer does not tell the option letters apart by one token")
    return lead, [answer[len(lead)] for answer in answers]


def _shortened(ids: list[int], limit: int) -> list[int]:
    if len(ids) <= limit:
        return ids
    tail = limit // 4
    return ids[: limit - tail] + ids[-tail:]
