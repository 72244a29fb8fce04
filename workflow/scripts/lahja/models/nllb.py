"""NLLB-200: the model that fills in the missing side of a translation pair.

Any checkpoint of the family is loaded alike; `build_small_nllb` makes an untrained one of the
same architecture and with the same language codes.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lahja.models.device import pick_dtype, use_device
from lahja.progress import counted
from lahja.training.batches import sorted_batches
from lahja.varieties import VARIETIES, get_variety

if TYPE_CHECKING:
    from transformers import M2M100ForConditionalGeneration, NllbTokenizer


@dataclass(frozen=True)
class NllbSettings:
    """How NLLB translates: beam search over batches of like length."""

    batch: int = 32
    beams: int = 4
    max_length: int = 256
    precision: str | None = None


@dataclass(frozen=True)
class SmallNllb:
    """Size and shape of a small model of NLLB's architecture."""

    hidden: int = 128
    layers: int = 2
    heads: int = 4
    intermediate: int = 384
    vocabulary: int = 4096


class NllbTranslator:
    """An NLLB checkpoint that translates between varieties, given by their codes."""

    def __init__(self, folder: Path, settings: NllbSettings, threads: int | None = None):
        """Load the checkpoint."""
        from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

        device = use_device(threads)
        self.settings = settings
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        dtype = pick_dtype(settings.precision, device)
        self.model = AutoModelForSeq2SeqLM.from_pretrained(folder, dtype=dtype).to(device).eval()

    def translate(
        self, texts: list[str], source: str, target: str
    ) -> Iterator[tuple[list[int], list[str | None]]]:
        """Yield batches of row numbers and their translations, the longest texts first.

        A translation that did not end within the limit is None.
        """
        import torch

        self.tokenizer.src_lang = get_variety(source).flores
        start = self.tokenizer.convert_tokens_to_ids(get_variety(target).flores)
        limit = self.settings.max_length
        batches = sorted_batches([len(text) for text in texts], self.settings.batch)
        for rows in counted(batches, len(texts), "sentences"):
            inputs = self.tokenizer(
                [texts[row] for row in rows],
                padding=True,
                truncation=True,
                max_length=limit,
                return_tensors="pt",
            ).to(self.model.device)
            with torch.inference_mode():
                outputs = self.model.generate(
                    **inputs,
                    forced_bos_token_id=start,
                    num_beams=self.settings.beams,
                    max_new_tokens=limit,
                )
            decoded = self.tokenizer.batch_decode(outputs, skip_special_tokens=True)
            # The first token is the decoder's start, which in this family is the end's.
            ended = (outputs[:, 1:] == self.model.config.eos_token_id).any(dim=1).tolist()
            yield (
                rows,
                [text.strip() if end else None for text, end in zip(decoded, ended, strict=True)],
            )


def train_nllb_tokenizer(texts: Iterable[str], vocabulary: int) -> "NllbTokenizer":
    """Train NLLB's kind of tokenizer (BPE over words, language codes) on texts.

    Letters that the texts lack are unknown to it, as to the original.
    """
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    from transformers import NllbTokenizer

    special = ["<s>", "<pad>", "</s>", "<unk>"]
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer.train_from_iterator(
        texts,
        trainers.BpeTrainer(vocab_size=vocabulary, special_tokens=special, show_progress=False),
    )
    bpe = tokenizer.model
    with_merges = _vocabulary_and_merges(bpe)
    codes = [variety.flores for variety in VARIETIES.values()]
    return NllbTokenizer(*with_merges, extra_special_tokens=codes, src_lang="eng_Latn")


def build_small_nllb(
    settings: SmallNllb, tokenizer: "NllbTokenizer", seed: int
) -> "M2M100ForConditionalGeneration":
    """Return an untrained small model of NLLB's architecture."""
    import torch
    from transformers import M2M100Config, M2M100ForConditionalGeneration

    config = M2M100Config(
        vocab_size=len(tokenizer),
        d_model=settings.hidden,
        encoder_layers=settings.layers,
        decoder_layers=settings.layers,
        encoder_attention_heads=settings.heads,
        decoder_attention_heads=settings.heads,
        encoder_ffn_dim=settings.intermediate,
        decoder_ffn_dim=settings.intermediate,
        # The original's initial spread fits a width of 1,024; its dropout, millions of sentences.
        init_std=settings.hidden**-0.5,
        dropout=0.0,
        attention_dropout=0.0,
        encoder_layerdrop=0.0,
        decoder_layerdrop=0.0,
        max_position_embeddings=512,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        decoder_start_token_id=tokenizer.eos_token_id,
    )
    torch.manual_seed(seed)
    return M2M100ForConditionalGeneration(config)


def _vocabulary_and_merges(bpe) -> tuple[dict[str, int], list[tuple[str, str]]]:
    import json
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        files = [Path(file) for file in bpe.save(folder)]
        vocabulary = json.loads(files[0].read_text(encoding="utf-8"))
        lines = files[1].read_text(encoding="utf-8").splitlines()
    merges = [tuple(line.split(" ")) for line in lines if line and not line.startswith("#version")]
    return vocabulary, merges
