"""Pretrain a small chat model from scratch, on examples as its chat template renders them."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from lahja.chat import example_tokens
from lahja.errors import LahjaError
from lahja.files import atomic_path, canonical_json, digest_of_file
from lahja.models.device import use_device
from lahja.models.folder import write_root_record
from lahja.models.small import (
    SmallModel,
    build_small_model,
    recurring_lines,
    train_tokenizer,
)
from lahja.settings import parse_settings
from lahja.tables import EXAMPLES, read_table
from lahja.training.batches import token_batches
from lahja.training.curve import write_curve
from lahja.training.loop import LoopSettings, train_loop
from lahja.training.work import close_work, open_work

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

IGNORED = -100


@dataclass(frozen=True)
class PretrainSettings(SmallModel, LoopSettings):
    """A small model's shape and how it is trained."""

    max_length: int = 512
    phrases: tuple[str, ...] = ()
    """Wording that later training steps use, each to be one token."""


def pretrain(
    examples: Path,
    settings: dict,
    work: Path,
    output: Path,
    record: dict | None = None,
    threads: int | None = None,
) -> None:
    """Train a tokenizer and a small model on EXAMPLES and write the model folder.

    The loss is on completions; a row without a prompt is plain text, learnt whole.
    """
    options = parse_settings(PretrainSettings, settings)
    rows = read_table(examples, EXAMPLES)
    if rows.empty:
        raise LahjaError(f"{examples}: no examples to pretrain on")
    device = use_device(threads)
    open_work(work, settings=settings, examples=digest_of_file(examples))
    prompts = rows["prompt"].dropna()
    phrases = [*recurring_lines(prompts), *options.phrases]
    texts = sorted({*prompts, *rows["completion"]})
    tokenizer = train_tokenizer(texts, options.vocabulary, phrases)
    model = build_small_model(options, tokenizer, options.seed).to(device)
    curve = _train(model, encode_examples(tokenizer, rows, options.max_length), options, work)
    with atomic_path(output) as folder:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        write_curve(folder, curve)
        facts = {"settings": canonical_json(settings), "n_parameters": model.num_parameters()}
        write_root_record(folder, {**(record or {}), **facts})
    close_work(work)


def encode_examples(
    tokenizer: "PreTrainedTokenizerFast", rows: pd.DataFrame, max_length: int
) -> list[tuple[list[int], int]]:
    """Return each example's tokens, and how many at its head bear no loss.

    Examples are cut at `max_length` tokens; those cut before their completion are dropped.
    """
    asked = rows["prompt"].notna()
    pairs = example_tokens(tokenizer, [*rows["prompt"][asked]], [*rows["completion"][asked]])
    plain = [*rows["completion"][~asked]]
    end = [tokenizer.eos_token_id]
    if plain:
        ids = tokenizer(plain, add_special_tokens=False)["input_ids"]
        pairs += [(tokens + end, 1) for tokens in ids]
    cut = [(tokens[:max_length], head) for tokens, head in pairs]
    return [(tokens, head) for tokens, head in cut if head < len(tokens)]


def _train(
    model: "PreTrainedModel",
    encoded: list[tuple[list[int], int]],
    options: PretrainSettings,
    work: Path,
) -> list[dict[str, float]]:
    lengths = [len(tokens) for tokens, _ in encoded]
    return train_loop(
        model,
        lambda epoch: token_batches(lengths, options.batch_tokens, options.seed, epoch),
        lambda rows: completion_loss(model, [encoded[row] for row in rows]),
        options,
        work,
        model.device.type,
    )


def completion_loss(
    model: "PreTrainedModel", encoded: list[tuple[list[int], int]]
) -> "torch.Tensor":
    """Return the mean cross-entropy of a batch's completion tokens.

    Rows are padded on the right, where causal attention never looks, so no mask is needed; the
    output layer is computed only where a completion token is predicted.
    """
    import torch
    from torch.nn.functional import cross_entropy

    width = max(len(tokens) for tokens, _ in encoded)
    ids = torch.zeros(len(encoded), width, dtype=torch.long)
    labels = torch.full_like(ids, IGNORED)
    for row, (tokens, head) in enumerate(encoded):
        ids[row, : len(tokens)] = torch.tensor(tokens)
        labels[row, head : len(tokens)] = torch.tensor(tokens[head:])
    ids, labels = ids.to(model.device), labels.to(model.device)
    hidden = model.model(input_ids=ids, use_cache=False).last_hidden_state[:, :-1]
    targets = labels[:, 1:]
    learnt = targets != IGNORED
    return cross_entropy(model.lm_head(hidden[learnt]).float(), targets[learnt])
