"""Train small scorers of the same architectures and interfaces as the hub's.

Two BERTs, for dialectness and countries, and a fastText language identifier.
"""

import ctypes
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from lahja.core.config.base import NotNegative, default, parse
from lahja.core.config.scorers import Scorers, SmallLanguage, SmallScorer
from lahja.core.errors import LahjaError
from lahja.core.files import atomic_path, canonical_json
from lahja.core.seeding import shuffled
from lahja.core.tables import SENTENCES, TEACHER_SCORES, read_table
from lahja.core.varieties import NADI_COUNTRIES, NADI_REGIONS, get_variety, is_dialect
from lahja.corpora.text import comparison_key
from lahja.demo.training_loop import padded, train_loop, write_stand_in
from lahja.models.device import use_device
from lahja.models.folder import write_record
from lahja.scoring.judges import MODEL_FILE, one_line

if TYPE_CHECKING:
    import torch
    from transformers import BertTokenizer

# They come first in the vocabulary, in this order.
_SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


class ScorerSettings(SmallScorer):
    """A small BERT's shape and how it is trained; `max_sentences` is of each variety."""

    label_weight: NotNegative = default(Scorers, "label_weight")
    """What the country model counts a labelled sentence against a recorded answer."""


def aldi_examples(teacher: pd.DataFrame, options: ScorerSettings) -> tuple[pd.Series, np.ndarray]:
    """Return texts of TEACHER_SCORES of the split "train" and their dialectness, where known."""
    rows = _learnt(teacher[teacher["aldi"].notna()], options, "text")
    return rows["text"], rows["aldi"].to_numpy()


def country_examples(
    teacher: pd.DataFrame, sentences: pd.DataFrame, options: ScorerSettings
) -> tuple[pd.Series, np.ndarray, np.ndarray, np.ndarray]:
    """Return texts of the split "train", of the teacher and of the labelled SENTENCES.

    And of each the probabilities of cells of countries, shape (texts, 18), the cell that each
    country belongs to, of the same shape, and the text's weight. Where the teacher's 18
    probabilities are unknown, the cells are the wanted country, the rest of its region, and
    elsewhere. A labelled sentence is surely of its variety's country, and counts `label_weight`
    where there are teacher's rows. Those that equal a held-out text are left out.
    """
    known = teacher[teacher["p_country"].notna()]
    taught = known[known["split"] == "train"]
    dialectal = sentences[sentences["variety"].map(is_dialect).astype(bool)]
    labelled = _labelled(dialectal, known, options)
    rows = [*map(_taught_cells, taught.itertuples())]
    for code in labelled["variety"]:
        is_own = [name == get_variety(code).country for name in NADI_COUNTRIES]
        rows.append((is_own, range(len(NADI_COUNTRIES))))
    weight = options.label_weight if len(taught) else 1.0
    return (
        pd.concat([taught["text"], labelled["text"]]),
        np.array([own for own, _ in rows], dtype=float),
        np.array([cells for _, cells in rows], dtype=int),
        np.repeat([1.0, weight], [len(taught), len(labelled)]),
    )


def _labelled(
    sentences: pd.DataFrame, teacher: pd.DataFrame, options: ScorerSettings
) -> pd.DataFrame:
    """Return the SENTENCES of the split "train" that equal no held-out text of a teacher."""
    rows = _learnt(sentences, options, "sentence_id")
    held_out = set(teacher["text"][teacher["split"] != "train"].map(comparison_key))
    return rows[~rows["text"].map(comparison_key).isin(held_out)] if held_out else rows


def _learnt(rows: pd.DataFrame, options: ScorerSettings | SmallLanguage, key: str) -> pd.DataFrame:
    mixed = shuffled(rows[rows["split"] == "train"], options.seed, key)
    return mixed.groupby("variety").head(options.max_sentences or len(rows))


def _taught_cells(row: Any) -> tuple[Sequence[float], Sequence[int]]:
    if row.countries is not None:
        return row.countries, range(len(NADI_COUNTRIES))
    wanted = get_variety(row.variety)
    # Cells are numbered by one of their countries; where a region has one country, "the rest of
    # the region" is empty.
    cells = [
        0 if name == wanted.country else 1 if region == wanted.region else 2
        for name, region in sorted(NADI_REGIONS.items())
    ]
    own = (row.p_country, max(0.0, row.p_region - row.p_country), max(0.0, 1 - row.p_region))
    return [*own, *[0.0] * (len(NADI_COUNTRIES) - 3)], cells


def train_small_scorer(
    scorer: str, teacher: Path, sentences: Path, settings: dict, output: Path
) -> None:
    """Train a stand-in of "aldi" or "country" and write a Hugging Face folder.

    The first regresses TEACHER_SCORES' dialectness, after `warm_up_epochs` of telling the varieties
    of SENTENCES apart. The second learns TEACHER_SCORES' and SENTENCES' countries, NADI's 18.
    """
    options = parse(ScorerSettings, settings)
    scores, rows = read_table(teacher, TEACHER_SCORES), read_table(sentences, SENTENCES)
    first = rows.head(0)
    if scorer == "aldi":
        (texts, *known), loss, labels = aldi_examples(scores, options), aldi_loss, ()
        if options.warm_up_epochs > 0:
            first = _labelled(rows[rows["variety"] != "eng"], scores, options)
    else:
        texts, *known = country_examples(scores, rows, options)
        loss, labels = country_loss, NADI_COUNTRIES
    if texts.empty:
        raise LahjaError(f"{teacher}, {sentences}: no training text for the {scorer} scorer")
    texts, warm_up = ([*own.map(one_line)] for own in (texts, first["text"]))
    tokenizer = train_scorer_tokenizer([*texts, *warm_up], options)
    model, lengths, logits = _classifier(options, tokenizer, labels, texts)
    if warm_up:
        _warm_up(model, tokenizer, warm_up, [*first["variety"]], options)

    def loss_of(batch: list[int]) -> "torch.Tensor":
        """Return the loss of some rows."""
        return loss(logits(batch), *(column[batch] for column in known))

    curve = train_loop(model, lengths, loss_of, options, output)
    write_stand_in(output, model, tokenizer, curve, settings, target=scorer)


def _warm_up(
    model: Any, tokenizer: Any, texts: list[str], varieties: list[str], options: SmallScorer
) -> None:
    """Let the model's body learn to tell varieties apart, which few scored texts teach it."""
    import torch

    names = sorted(set(varieties))
    first, lengths, logits = _classifier(options, tokenizer, names, texts)
    labels = torch.tensor([names.index(name) for name in varieties], device=first.device)
    options = options.model_copy(update={"epochs": options.warm_up_epochs})
    loss = torch.nn.functional.cross_entropy
    train_loop(first, lengths, lambda b: loss(logits(b), labels[b]), options, Path("warm-up"))
    model.bert.load_state_dict(first.bert.state_dict())


def _classifier(
    options: SmallScorer, tokenizer: "BertTokenizer", labels: Sequence[str], texts: list[str]
) -> tuple[Any, list[int], Callable[[list[int]], "torch.Tensor"]]:
    """Return an untrained classifier, texts' lengths, and what gives the logits of a batch of them.

    Without labels it regresses. A share `hide` of the tokens is hidden at each step, so that no
    word alone decides.
    """
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=options.hidden,
        num_hidden_layers=options.layers,
        num_attention_heads=options.heads,
        intermediate_size=options.intermediate,
        max_position_embeddings=options.max_length,
        # The usual 0.02 is for wide models; narrow ones hardly leave it.
        initializer_range=0.06,
        id2label=dict(enumerate(labels or ["LABEL_0"])),
        problem_type="single_label_classification" if labels else "regression",
    )
    torch.manual_seed(options.seed)
    model = BertForSequenceClassification(config).to(use_device())
    ids = tokenizer(texts, truncation=True, max_length=options.max_length)["input_ids"]

    def logits(batch: list[int]) -> "torch.Tensor":
        """Return the logits of some rows, a share of their tokens hidden."""
        given = padded([ids[row] for row in batch], tokenizer.pad_token_id).to(model.device)
        hidden = torch.rand(given.shape, device=model.device) < options.hide
        hidden &= given >= len(_SPECIAL_TOKENS)
        shown = given.masked_fill(hidden, tokenizer.unk_token_id)
        return model(input_ids=shown, attention_mask=given.ne(tokenizer.pad_token_id)).logits

    return model, [*map(len, ids)], logits


def aldi_loss(logits: "torch.Tensor", dialectness: np.ndarray) -> "torch.Tensor":
    """Return the mean squared error of dialectness, logits of shape (rows, 1).

    A teacher's 0 or 1 is clipped: a logit beyond that bound is no error.
    """
    predicted = logits[:, 0].float()
    wanted = predicted.new_tensor(dialectness)
    is_clipped = ((wanted <= 0) & (predicted < 0)) | ((wanted >= 1) & (predicted > 1))
    return (predicted - wanted).masked_fill(is_clipped, 0.0).square().mean()


def country_loss(
    logits: "torch.Tensor", probabilities: np.ndarray, cells: np.ndarray, weights: np.ndarray
) -> "torch.Tensor":
    """Return the mean cross-entropy of cells of countries, logits of shape (rows, 18).

    A cell's probability is the sum of its countries': -sum over cells of q(cell) ln p(cell).
    """
    predicted = logits.float().softmax(dim=1)
    numbers = predicted.new_tensor(cells).long()
    summed = predicted.new_zeros(predicted.shape).scatter_add(1, numbers, predicted)
    wanted = predicted.new_tensor(probabilities) * summed.clamp(min=1e-7).log()
    return (predicted.new_tensor(weights) * -wanted.sum(dim=1)).mean()


def train_scorer_tokenizer(texts: Sequence[str], options: ScorerSettings) -> "BertTokenizer":
    """Train a WordPiece tokenizer, the same one each time."""
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertTokenizer

    pieces = BertWordPieceTokenizer(lowercase=False, strip_accents=False)
    # Letters within a word are numbered as the trainer meets them, which differs from run to run,
    # and with them the pieces of equal counts: named as special tokens they come in one order.
    letters = sorted({letter for text in texts for letter in text if not letter.isspace()})
    pieces.train_from_iterator(
        texts,
        vocab_size=options.vocabulary,
        min_frequency=1,
        show_progress=False,
        special_tokens=[*_SPECIAL_TOKENS, *(f"##{letter}" for letter in letters)],
    )
    vocabulary = pieces.get_vocab()
    return BertTokenizer(vocabulary, do_lower_case=False, model_max_length=options.max_length)


def train_small_language(sentences: Path, settings: dict, output: Path) -> None:
    """Train on SENTENCES of the split "train" and write a folder with `model.bin`."""
    import fasttext

    options = parse(SmallLanguage, settings)
    rows = _learnt(read_table(sentences, SENTENCES), options, "sentence_id")
    if rows.empty:
        raise LahjaError(f"{sentences}: no training sentences for the language identifier")
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".txt") as file:
        for row in rows.itertuples():
            file.write(f"__label__{get_variety(row.variety).flores} {one_line(row.text)}\n")
        file.flush()
        model = fasttext.train_supervised(
            input=file.name,
            epoch=options.epochs,
            lr=options.learning_rate,
            dim=options.dimensions,
            minn=1,
            maxn=options.max_ngram,
            bucket=options.bucket,
            thread=_threads(),
            seed=options.seed,
            verbose=0,
        )
    with atomic_path(output) as draft:
        draft.mkdir()
        model.save_model(str(draft / MODEL_FILE))
        write_record(draft, {"target": "language", "settings": canonical_json(settings)})


def _threads() -> int:
    """Return one thread, whose outcome is always the same, where memory comes filled with zeros.

    With one, fastText initialises a tenth of its matrix only and trains on whatever lay in the
    rest, NaN among it; glibc is told to clear it. With two it fills its memory itself.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    perturb = -6  # M_PERTURB of <malloc.h>; memory is filled with the complement of its value
    return 1 if mallopt and mallopt(perturb, 0xFF) else 2
