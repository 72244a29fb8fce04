"""Small models of the real architectures, trained from scratch: chat models, and a translator."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from pydantic import Field

from lahja.core.config.base import parse
from lahja.core.config.scorers import SmallNllb
from lahja.core.config.training import Pretrain, PretrainSettings
from lahja.core.errors import LahjaError
from lahja.core.tables import EXAMPLES, PARALLEL, read_table
from lahja.core.varieties import get_variety
from lahja.demo.training_loop import IGNORED, padded, train_loop, write_stand_in
from lahja.models.device import use_device
from lahja.prompts.chat import example_tokens
from lahja.prompts.classification import make_question

if TYPE_CHECKING:
    import torch
    from transformers import NllbTokenizer
    from transformers import PreTrainedModel as Model
    from transformers import PreTrainedTokenizerFast as Tokenizer

# The special tokens and the chat template of these models.
_TOKENS = PAD, USER, ASSISTANT, END = "<|pad|>", "<|user|>", "<|assistant|>", "<|end|>"
_CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)


def recurring_lines(prompts: Iterable[str]) -> list[str]:
    """Return the lines of several words that two prompts and one in 200 of them have.

    They are the fixed wording of requests. As one token each they halve the length of a
    translation request, and with it the time that a small model takes to learn it.
    """
    prompts = list(prompts)
    counts = Counter(line for prompt in prompts for line in set(prompt.split("\n")))
    often = max(2, len(prompts) / 200)
    return sorted(line for line, n in counts.items() if n >= often and len(line.split()) > 3)


def train_tokenizer(
    texts: Iterable[str], vocabulary: int, phrases: Iterable[str] = ()
) -> "Tokenizer":
    """Train a byte-level BPE tokenizer with the small models' chat template.

    Every digit is a token of its own, and so is each of `phrases`; a text's first word is split as
    if a space stood before it, so that a word has one form.
    """
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, trainers
    from tokenizers import pre_tokenizers as pre
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Prepend(" ")
    tokenizer.pre_tokenizer = pre.Sequence(
        [pre.Split(Regex(r"\p{N}"), "isolated"), pre.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.Sequence([decoders.ByteLevel(), decoders.Strip(" ", 1, 0)])
    tokenizer.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=vocabulary,
            special_tokens=[*_TOKENS],
            initial_alphabet=pre.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    tokenizer.add_tokens([AddedToken(phrase, normalized=False) for phrase in phrases])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        eos_token=END,
        extra_special_tokens=[USER, ASSISTANT],
        chat_template=_CHAT_TEMPLATE,
    )


def build_small_model(settings: Pretrain, tokenizer: "Tokenizer", seed: int) -> "Model":
    """Return an untrained model of the wanted architecture for the tokenizer's vocabulary."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.for_model(
        settings.architecture,
        vocab_size=len(tokenizer),
        hidden_size=settings.hidden,
        intermediate_size=settings.intermediate,
        num_hidden_layers=settings.layers,
        num_attention_heads=settings.heads,
        num_key_value_heads=settings.heads,
        head_dim=settings.hidden // settings.heads,
        max_position_embeddings=settings.context,
        tie_word_embeddings=True,
        # The usual 0.02 is for wide models; narrow ones learn sooner from more (measured).
        initializer_range=0.06,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    torch.manual_seed(seed)
    return AutoModelForCausalLM.from_config(config, dtype=torch.float32)


class PretrainingSettings(PretrainSettings):
    """A small model's shape and how it is trained."""

    questions: list[list[str] | None] = Field([])
    """The options of later steps' multiple choices; the wording of each is to be one token."""


def pretrain(examples: Path, settings: dict, output: Path, record: dict | None = None) -> None:
    """Train a tokenizer and a small model on EXAMPLES and write the model folder.

    Prompts are learnt as completions are, which teaches a small model more of a pass (measured); a
    row without a prompt is plain text.
    """
    options = parse(PretrainingSettings, settings)
    rows = read_table(examples, EXAMPLES)
    if rows.empty:
        raise LahjaError(f"{examples}: no examples to pretrain on")
    prompts = rows["prompt"].dropna()
    asked = [make_question(varieties).prompt("").rstrip() for varieties in options.questions]
    texts = sorted({*prompts, *rows["completion"]})
    tokenizer = train_tokenizer(texts, options.vocabulary, [*recurring_lines(prompts), *asked])
    model = build_small_model(options, tokenizer, options.seed).to(use_device())
    found = example_tokens(tokenizer, [*rows["prompt"]], [*rows["completion"]])
    encoded = [tokens[: options.max_length] for tokens, _ in found]

    def loss(batch: list[int]) -> "torch.Tensor":
        """Return the mean cross-entropy of some rows."""
        return language_model_loss(model, [encoded[row] for row in batch])

    curve = train_loop(model, [*map(len, encoded)], loss, options, output)
    write_stand_in(output, model, tokenizer, curve, settings, **(record or {}))


def language_model_loss(model: "Model", rows: list[list[int]]) -> "torch.Tensor":
    """Return the mean cross-entropy of a batch's tokens, the first of each row excepted.

    Rows are padded on the right, where causal attention never looks, so no mask is needed; the
    output layer is computed only where a token is predicted.
    """
    from torch.nn.functional import cross_entropy

    ids = padded(rows, 0).to(model.device)
    targets = padded(rows, IGNORED)[:, 1:].to(model.device)
    hidden = model.model(input_ids=ids, use_cache=False).last_hidden_state[:, :-1]
    is_token = targets != IGNORED
    return cross_entropy(model.lm_head(hidden[is_token]).float(), targets[is_token])


def train_small_nllb(parallel: Path, settings: dict, output: Path) -> None:
    """Train in both directions on the pairs of PARALLEL and write a Hugging Face folder."""
    from transformers import NllbTokenizer

    options = parse(SmallNllb, settings)
    pairs = known_pairs(read_table(parallel, PARALLEL))
    if not pairs:
        raise LahjaError(f"{parallel}: no training row has both MSA and English")
    languages = [get_variety(code).flores for code in ("msa", "eng")]
    # Letters that the texts lack are unknown to it.
    tokenizer = NllbTokenizer(extra_special_tokens=languages).train_new_from_iterator(
        [text for pair in pairs for text in pair], options.vocabulary, show_progress=False
    )
    model = _build_nllb(options, tokenizer).to(use_device())
    sides = []
    for language, texts in zip(languages, zip(*pairs, strict=True), strict=True):
        tokenizer.src_lang = language
        cut = {"truncation": True, "max_length": options.max_length}
        sides.append(tokenizer([*texts], **cut)["input_ids"])
    # Each pair as source and target, in both directions, after their codes.
    rows = [*zip(*sides, strict=True), *zip(*reversed(sides), strict=True)]

    def loss(batch: list[int]) -> "torch.Tensor":
        """Return the mean cross-entropy of some translations."""
        source = padded([rows[row][0] for row in batch], tokenizer.pad_token_id).to(model.device)
        labels = padded([rows[row][1] for row in batch], IGNORED).to(model.device)
        mask = source.ne(tokenizer.pad_token_id)
        return model(input_ids=source, attention_mask=mask, labels=labels).loss

    curve = train_loop(model, [len(a) + len(b) for a, b in rows], loss, options, output)
    write_stand_in(output, model, tokenizer, curve, settings)


def known_pairs(parallel: pd.DataFrame) -> list[tuple[str, str]]:
    """Return the distinct (MSA, English) pairs of the split "train" that a corpus gives."""
    train = parallel[parallel["split"] == "train"]
    both = train[(train["msa_origin"] == "corpus") & (train["eng_origin"] == "corpus")]
    return sorted(set(both[["msa", "eng"]].dropna().itertuples(index=False, name=None)))


def _build_nllb(settings: SmallNllb, tokenizer: "NllbTokenizer") -> "Model":
    import torch
    from transformers import M2M100Config, M2M100ForConditionalGeneration

    sides = {"layers": settings.layers, "attention_heads": settings.heads}
    sides |= {"ffn_dim": settings.intermediate, "layerdrop": 0.0}
    config = M2M100Config(
        vocab_size=len(tokenizer),
        d_model=settings.hidden,
        **{f"{side}_{key}": n for side in ("encoder", "decoder") for key, n in sides.items()},
        # The original's initial spread fits a width of 1,024; its dropout, millions of sentences.
        init_std=settings.hidden**-0.5,
        dropout=0.0,
        attention_dropout=0.0,
    )
    torch.manual_seed(settings.seed)
    return M2M100ForConditionalGeneration(config)
