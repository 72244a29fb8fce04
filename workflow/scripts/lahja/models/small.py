"""Small chat models of the real architectures, to be pretrained by the workflow itself."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lahja.chat import ASSISTANT, CHAT_TEMPLATE, END, PAD, USER
from lahja.errors import LahjaError

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

# The usual 0.02 is for wide models; at these widths a wider spread learns sooner (measured: a
# loss of 4.72 for 5.06 after 257 steps on MADAR).
_INITIAL_SPREAD = 0.06

ARCHITECTURES = ("llama", "qwen2", "qwen3")


@dataclass(frozen=True)
class SmallModel:
    """Size and shape of a small chat model."""

    architecture: str = "llama"
    hidden: int = 192
    layers: int = 4
    heads: int = 6
    intermediate: int = 512
    vocabulary: int = 4096
    context: int = 1024


def recurring_lines(prompts: Iterable[str], share: float = 0.005) -> list[str]:
    """Return the lines of several words that two prompts and at least this share of them have.

    They are the fixed wording of requests. As one token each they halve the length of a
    translation request, and with it the time that a small model takes to learn it.
    """
    prompts = list(prompts)
    counts = Counter(line for prompt in prompts for line in set(prompt.split("\n")))
    often = max(2, share * len(prompts))
    return sorted(line for line, n in counts.items() if n >= often and len(line.split()) > 3)


def train_tokenizer(
    texts: Iterable[str], vocabulary: int, phrases: Iterable[str] = ()
) -> "PreTrainedTokenizerFast":
    """Train a byte-level BPE tokenizer with the small models' chat template.

    Bytes are its alphabet, so no text is unknown to it. Every digit is a token of its own, and
    a text's first word is split as if a space stood before it, so that a word has one form.
    Each of `phrases` is one token.
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
            special_tokens=[PAD, USER, ASSISTANT, END],
            initial_alphabet=pre.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    tokenizer.add_tokens([AddedToken(phrase, normalized=False) for phrase in phrases])
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token=PAD, eos_token=END)
    fast.add_special_tokens({"additional_special_tokens": [USER, ASSISTANT]})
    fast.chat_template = CHAT_TEMPLATE
    return fast


def build_small_model(
    settings: SmallModel, tokenizer: "PreTrainedTokenizerFast", seed: int
) -> "PreTrainedModel":
    """Return an untrained model of the wanted architecture for the tokenizer's vocabulary."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    if settings.architecture not in ARCHITECTURES:
        raise LahjaError(
            f"unknown architecture {settings.architecture!r}: expected {', '.join(ARCHITECTURES)}"
        )
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
        initializer_range=_INITIAL_SPREAD,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    torch.manual_seed(seed)
    return AutoModelForCausalLM.from_config(config, dtype=torch.float32)
