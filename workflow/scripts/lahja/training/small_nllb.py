"""Train a small model of NLLB's architecture on MSA and English."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from lahja.errors import LahjaError
from lahja.files import atomic_path, canonical_json, digest_of_file
from lahja.models.device import use_device
from lahja.models.folder import write_root_record
from lahja.models.nllb import SmallNllb, build_small_nllb, train_nllb_tokenizer
from lahja.settings import parse_settings
from lahja.tables import PARALLEL, read_table
from lahja.training.batches import token_batches
from lahja.training.curve import write_curve
from lahja.training.loop import LoopSettings, train_loop
from lahja.training.work import close_work, open_work
from lahja.varieties import get_variety

if TYPE_CHECKING:
    import torch
    from transformers import M2M100ForConditionalGeneration, NllbTokenizer

IGNORED = -100


@dataclass(frozen=True)
class SmallNllbSettings(SmallNllb, LoopSettings):
    """The small model's shape and how it is trained."""

    max_length: int = 128


@dataclass(frozen=True)
class EncodedPair:
    """Token ids of a source sentence and of its translation, each with its language code."""

    source: list[int]
    target: list[int]


def train_small_nllb(
    parallel: Path, settings: dict, work: Path, output: Path, threads: int | None = None
) -> None:
    """Train in both directions on the pairs of PARALLEL and write a Hugging Face folder."""
    options = parse_settings(SmallNllbSettings, settings)
    pairs = known_pairs(read_table(parallel, PARALLEL))
    if not pairs:
        raise LahjaError(f"{parallel}: no training row has both MSA and English")
    device = use_device(threads)
    open_work(work, settings=settings, data=digest_of_file(parallel))
    tokenizer = train_nllb_tokenizer([text for pair in pairs for text in pair], options.vocabulary)
    model = build_small_nllb(options, tokenizer, options.seed).to(device)
    rows = _encode(tokenizer, pairs, options.max_length)
    lengths = [len(row.source) + len(row.target) for row in rows]
    curve = train_loop(
        model,
        lambda epoch: token_batches(lengths, options.batch_tokens, options.seed, epoch),
        lambda batch: _loss(model, [rows[row] for row in batch]),
        options,
        work,
        device,
    )
    with atomic_path(output) as folder:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        write_curve(folder, curve)
        write_root_record(folder, {"settings": canonical_json(settings)})
    close_work(work)


def known_pairs(parallel: pd.DataFrame) -> list[tuple[str, str]]:
    """Return the distinct (MSA, English) pairs of the split "train" that a corpus gives."""
    train = parallel[parallel["split"] == "train"]
    both = train[(train["msa_origin"] == "corpus") & (train["eng_origin"] == "corpus")]
    both = both[both["msa"].notna() & both["eng"].notna()]
    return sorted({(row.msa, row.eng) for row in both.itertuples()})


def _encode(
    tokenizer: "NllbTokenizer", pairs: list[tuple[str, str]], limit: int
) -> list[EncodedPair]:
    encoded = {}
    for place, code in enumerate(("msa", "eng")):
        tokenizer.src_lang = get_variety(code).flores
        texts = [pair[place] for pair in pairs]
        encoded[code] = tokenizer(texts, truncation=True, max_length=limit)["input_ids"]
    both = [*zip(encoded["msa"], encoded["eng"], strict=True)]
    return [EncodedPair(*pair) for pair in both] + [EncodedPair(*pair[::-1]) for pair in both]


def _loss(model: "M2M100ForConditionalGeneration", rows: list[EncodedPair]) -> "torch.Tensor":
    pad = model.config.pad_token_id
    source = _padded([row.source for row in rows], pad).to(model.device)
    labels = _padded([row.target for row in rows], IGNORED).to(model.device)
    return model(input_ids=source, attention_mask=source.ne(pad), labels=labels).loss


def _padded(rows: list[list[int]], filler: int) -> "torch.Tensor":
    import torch

    tensors = [torch.tensor(row) for row in rows]
    return torch.nn.utils.rnn.pad_sequence(tensors, batch_first=True, padding_value=filler)
