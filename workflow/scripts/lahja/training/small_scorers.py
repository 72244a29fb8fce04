"""Train small scorers of the same architectures and interfaces as the hub's."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from lahja.errors import LahjaError
from lahja.files import atomic_path, canonical_json, digest_of_file
from lahja.models.device import use_device
from lahja.models.folder import write_root_record
from lahja.scorers.sequence import one_line
from lahja.settings import parse_settings
from lahja.tables import SENTENCES, read_table
from lahja.training.batches import token_batches
from lahja.training.curve import write_curve
from lahja.training.loop import LoopSettings, train_loop
from lahja.training.work import close_work, open_work
from lahja.varieties import NADI_COUNTRIES, get_variety

if TYPE_CHECKING:
    import torch
    from transformers import BertForSequenceClassification, BertTokenizer

TARGETS = ("aldi", "country")


@dataclass(frozen=True)
class SmallScorerSettings(LoopSettings):
    """A small BERT's shape and how it is trained; `max_sentences` of each variety, or all."""

    learning_rate: float = 1e-3
    hidden: int = 128
    layers: int = 2
    heads: int = 4
    intermediate: int = 256
    vocabulary: int = 4000
    max_length: int = 128
    max_sentences: int | None = None


def train_small_scorer(
    sentences: Path,
    target: str,
    settings: dict,
    work: Path,
    output: Path,
    threads: int | None = None,
) -> None:
    """Train a small BERT on SENTENCES of the split "train" and write a Hugging Face folder.

    `target` is "aldi" (regression on the column `aldi`) or "country" (18 classes, by variety).
    """
    options = parse_settings(SmallScorerSettings, settings)
    texts, targets = scorer_data(read_table(sentences, SENTENCES), target, options)
    if not texts:
        raise LahjaError(f"{sentences}: no training sentences for the {target} scorer")
    device = use_device(threads)
    open_work(work, settings=settings, target=target, data=digest_of_file(sentences))
    tokenizer = _train_tokenizer(texts, options)
    model = _build(options, len(tokenizer), target).to(device)
    ids = tokenizer(texts, truncation=True, max_length=options.max_length)["input_ids"]
    lengths = [len(row) for row in ids]
    curve = train_loop(
        model,
        lambda epoch: token_batches(lengths, options.batch_tokens, options.seed, epoch),
        lambda rows: _loss(model, [ids[row] for row in rows], [targets[row] for row in rows]),
        options,
        work,
        device,
    )
    with atomic_path(output) as folder:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        write_curve(folder, curve)
        write_root_record(folder, {"target": target, "settings": canonical_json(settings)})
    close_work(work)


def scorer_data(
    sentences: pd.DataFrame, target: str, options: SmallScorerSettings
) -> tuple[list[str], list[float] | list[int]]:
    """Return the texts to learn and what is to be said of each."""
    from lahja.seeding import shuffled

    rows = sentences[sentences["split"] == "train"]
    if target == "aldi":
        rows = rows[rows["aldi"].notna()]
    else:
        rows = rows[[get_variety(code).country is not None for code in rows["variety"]]]
    if options.max_sentences is not None:
        mixed = shuffled(rows, options.seed, "sentence_id")
        rows = mixed.groupby("variety").head(options.max_sentences)
    texts = [one_line(text) for text in rows["text"]]
    if target == "aldi":
        return texts, [float(value) for value in rows["aldi"]]
    return texts, [NADI_COUNTRIES.index(get_variety(code).country) for code in rows["variety"]]


def _train_tokenizer(texts: Sequence[str], options: SmallScorerSettings) -> "BertTokenizer":
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertTokenizer

    pieces = BertWordPieceTokenizer(lowercase=False, strip_accents=False)
    pieces.train_from_iterator(
        texts, vocab_size=options.vocabulary, min_frequency=1, show_progress=False
    )
    return BertTokenizer(
        vocab=pieces.get_vocab(), do_lower_case=False, model_max_length=options.max_length
    )


def _build(
    options: SmallScorerSettings, vocabulary: int, target: str
) -> "BertForSequenceClassification":
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    shape = {
        "vocab_size": vocabulary,
        "hidden_size": options.hidden,
        "num_hidden_layers": options.layers,
        "num_attention_heads": options.heads,
        "intermediate_size": options.intermediate,
        "max_position_embeddings": options.max_length,
        # The usual 0.02 is for wide models; narrow ones hardly leave it.
        "initializer_range": 0.06,
    }
    labels = (
        {"num_labels": 1, "problem_type": "regression"}
        if target == "aldi"
        else {
            "problem_type": "single_label_classification",
            "id2label": dict(enumerate(NADI_COUNTRIES)),
            "label2id": {name: number for number, name in enumerate(NADI_COUNTRIES)},
        }
    )
    torch.manual_seed(options.seed)
    return BertForSequenceClassification(BertConfig(**shape, **labels))


def _loss(
    model: "BertForSequenceClassification", ids: list[list[int]], targets: list[float] | list[int]
) -> "torch.Tensor":
    import torch

    rows = [torch.tensor(row) for row in ids]
    # The tokenizer's pad token is its first.
    padded = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True).to(model.device)
    labels = torch.tensor(targets, device=model.device)
    return model(input_ids=padded, attention_mask=padded.ne(0), labels=labels).loss
