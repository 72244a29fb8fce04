"""Train small scorers of the same architectures and interfaces as the hub's."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lahja.errors import LahjaError
from lahja.files import atomic_path, canonical_json, digest_of_file
from lahja.models.device import use_device
from lahja.models.folder import write_root_record
from lahja.settings import parse_settings
from lahja.tables import SENTENCES, TEACHER_SCORES, read_table
from lahja.training.batches import token_batches
from lahja.training.curve import write_curve
from lahja.training.loop import LoopSettings, train_loop
from lahja.training.scorer_data import (
    ScorerExamples,
    aldi_examples,
    country_examples,
    variety_examples,
)
from lahja.training.work import close_work, open_work
from lahja.varieties import NADI_COUNTRIES

if TYPE_CHECKING:
    import torch
    from transformers import BertForSequenceClassification, BertTokenizer

# BertWordPieceTokenizer's special tokens come first: [PAD], [UNK], [CLS], [SEP], [MASK].
_UNKNOWN = 1
_SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_FIRST_PIECE = 5
_LEAST_PROBABILITY = 1e-7


@dataclass(frozen=True)
class SmallScorerSettings(LoopSettings):
    """A small BERT's shape and how it is trained.

    `max_sentences` of each variety are learnt from, or all; the country model counts a labelled
    sentence `label_weight` against a recorded answer, the ALDi model learns to tell varieties
    apart for `warm_up_epochs` first. A share `hide` of the tokens is hidden at each step, so that
    no word alone decides.
    """

    learning_rate: float = 1e-3
    hidden: int = 128
    layers: int = 2
    heads: int = 4
    intermediate: int = 256
    vocabulary: int = 4000
    max_length: int = 128
    max_sentences: int | None = None
    label_weight: float = 0.3
    warm_up_epochs: float = 0.0
    hide: float = 0.0


@dataclass(frozen=True)
class ScorerTraining:
    """What one scorer learns, how it is judged, and sentences whose varieties it learns first."""

    target: str
    examples: ScorerExamples
    loss: "Callable[[torch.Tensor, list[int], ScorerExamples], torch.Tensor]"
    labelled: tuple[list[str], list[str]] | None = None


def train_small_aldi(
    teacher: Path,
    sentences: Path,
    settings: dict,
    work: Path,
    output: Path,
    threads: int | None = None,
) -> None:
    """Train a small regressor on TEACHER_SCORES' dialectness and write a Hugging Face folder.

    For `warm_up_epochs` before, it learns to tell the varieties of SENTENCES apart.
    """
    options = parse_settings(SmallScorerSettings, settings)
    table = read_table(teacher, TEACHER_SCORES)
    examples = aldi_examples(table, options.max_sentences, options.seed)
    if not examples.texts:
        raise LahjaError(f"{teacher}: no training text with a known dialectness")
    labelled = None
    if options.warm_up_epochs:
        rows = read_table(sentences, SENTENCES)
        labelled = variety_examples(table, rows, options.max_sentences, options.seed)
    training = ScorerTraining("aldi", examples, aldi_loss, labelled)
    _train(training, options, [teacher, sentences], settings, work, output, threads)


def train_small_country(
    teacher: Path,
    sentences: Path,
    settings: dict,
    work: Path,
    output: Path,
    threads: int | None = None,
) -> None:
    """Train a small classifier of NADI's 18 countries and write a Hugging Face folder.

    It learns the probabilities of TEACHER_SCORES and the labels of SENTENCES.
    """
    options = parse_settings(SmallScorerSettings, settings)
    examples = country_examples(
        read_table(teacher, TEACHER_SCORES),
        read_table(sentences, SENTENCES),
        options.label_weight,
        options.max_sentences,
        options.seed,
    )
    if not examples.texts:
        raise LahjaError(f"{sentences}: no training sentence of a country")
    training = ScorerTraining("country", examples, country_loss)
    _train(training, options, [teacher, sentences], settings, work, output, threads)


def aldi_loss(logits: "torch.Tensor", rows: list[int], examples: ScorerExamples) -> "torch.Tensor":
    """Return the mean squared error of dialectness, logits of shape (rows, 1).

    A teacher's 0 or 1 is clipped: a logit beyond that bound is no error.
    """
    import torch

    said = logits[:, 0].float()
    wanted = torch.tensor(examples.targets[rows], dtype=said.dtype, device=said.device)
    is_clipped = ((wanted <= 0) & (said < 0)) | ((wanted >= 1) & (said > 1))
    return torch.where(is_clipped, 0.0, (said - wanted) ** 2).mean()


def country_loss(
    logits: "torch.Tensor", rows: list[int], examples: ScorerExamples
) -> "torch.Tensor":
    """Return the mean cross-entropy of cells of countries, logits of shape (rows, 18).

    A cell's probability is the sum of its countries': -sum over cells of q(cell) ln p(cell).
    """
    import torch

    said = logits.float().softmax(dim=1)
    wanted = torch.tensor(examples.targets[rows], dtype=said.dtype, device=said.device)
    cells = torch.tensor(examples.cells[rows], device=said.device)
    weights = torch.tensor(examples.weights[rows], dtype=said.dtype, device=said.device)
    summed = torch.zeros_like(said).scatter_add(1, cells, said)
    entropy = -(wanted * summed.clamp(min=_LEAST_PROBABILITY).log()).sum(dim=1)
    return (weights * entropy).mean()


def _train(
    training: ScorerTraining,
    options: SmallScorerSettings,
    data: list[Path],
    settings: dict,
    work: Path,
    output: Path,
    threads: int | None,
) -> None:
    device = use_device(threads)
    digests = [digest_of_file(path) for path in data]
    open_work(work, settings=settings, target=training.target, data=digests)
    examples, (labelled, varieties) = training.examples, training.labelled or ([], [])
    tokenizer = train_scorer_tokenizer([*examples.texts, *labelled], options)
    model = _build(options, len(tokenizer), training.target).to(device)
    if labelled:
        _warm_up(model, tokenizer, labelled, varieties, options, work / "warm-up")
    curve = _learn(
        model,
        tokenizer(examples.texts, truncation=True, max_length=options.max_length)["input_ids"],
        lambda logits, rows: training.loss(logits, rows, examples),
        options,
        work,
    )
    with atomic_path(output) as folder:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        write_curve(folder, curve)
        write_root_record(folder, {"target": training.target, "settings": canonical_json(settings)})
    close_work(work)


def _warm_up(
    model: "BertForSequenceClassification",
    tokenizer: "BertTokenizer",
    texts: list[str],
    varieties: list[str],
    options: SmallScorerSettings,
    work: Path,
) -> None:
    """Let the model's body learn to tell varieties apart, which few scored texts teach it."""
    import torch

    names = sorted(set(varieties))
    labels = torch.tensor([names.index(name) for name in varieties], device=model.device)
    first = _build(options, len(tokenizer), names).to(model.device)
    work.mkdir(parents=True, exist_ok=True)
    _learn(
        first,
        tokenizer(texts, truncation=True, max_length=options.max_length)["input_ids"],
        lambda logits, rows: torch.nn.functional.cross_entropy(logits, labels[rows]),
        replace(options, epochs=options.warm_up_epochs),
        work,
    )
    model.bert.load_state_dict(first.bert.state_dict())


def _learn(
    model: "BertForSequenceClassification",
    ids: list[list[int]],
    loss: "Callable[[torch.Tensor, list[int]], torch.Tensor]",
    options: SmallScorerSettings,
    work: Path,
) -> list[dict[str, float]]:
    lengths = [len(row) for row in ids]
    return train_loop(
        model,
        lambda epoch: token_batches(lengths, options.batch_tokens, options.seed, epoch),
        lambda rows: loss(_logits(model, [ids[row] for row in rows], options), rows),
        options,
        work,
        model.device.type,
    )


def train_scorer_tokenizer(texts: Sequence[str], options: SmallScorerSettings) -> "BertTokenizer":
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
    return BertTokenizer(
        vocab=pieces.get_vocab(), do_lower_case=False, model_max_length=options.max_length
    )


def _build(
    options: SmallScorerSettings, vocabulary: int, target: str | list[str]
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
    if target == "aldi":
        labels = {"num_labels": 1, "problem_type": "regression"}
    else:
        names = NADI_COUNTRIES if target == "country" else target
        labels = {
            "problem_type": "single_label_classification",
            "id2label": dict(enumerate(names)),
            "label2id": {name: number for number, name in enumerate(names)},
        }
    torch.manual_seed(options.seed)
    return BertForSequenceClassification(BertConfig(**shape, **labels))


def _logits(
    model: "BertForSequenceClassification", ids: list[list[int]], options: SmallScorerSettings
) -> "torch.Tensor":
    import torch

    rows = [torch.tensor(row) for row in ids]
    # The tokenizer's pad token is its first.
    padded = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True).to(model.device)
    hidden = torch.rand(padded.shape, device=padded.device) < options.hide
    hidden &= padded >= _FIRST_PIECE
    shown = padded.masked_fill(hidden, _UNKNOWN)
    return model(input_ids=shown, attention_mask=padded.ne(0)).logits
