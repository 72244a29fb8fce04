"""What scores texts and fills them in, from the hub or small: scorers, nllb."""

from typing import Literal

from lahja.core.config.base import (
    Commit,
    Count,
    NotNegative,
    Plain,
    Positive,
    Precision,
    Section,
    Share,
)
from lahja.core.config.training import LoopSettings, Seeded


class SmallScorer(LoopSettings):
    """Training of the small stand-in."""

    learning_rate: Positive = 1e-3
    vocabulary: Count = 4000
    max_sentences: Count | None = None  #: Maximum labelled sentences learnt from; null is all.
    #: Passes over labelled sentences before, to tell varieties apart.
    warm_up_epochs: NotNegative = 0.0
    hide: Share = 0.0  #: Share of the tokens that are hidden in training.


class SmallLanguage(Seeded):
    """Training of the small stand-in."""

    epochs: Count = 10  #: Passes over the data.
    learning_rate: Positive = 0.5  #: First learning rate.
    dimensions: Count = 16  #: Width.
    max_ngram: Count = 4  #: Maximum length of a character n-gram.
    bucket: Count = 20_000  #: Slots of the n-grams; bounds the file's size.
    max_sentences: Count | None = None  #: Maximum sentences; null is all.


class SmallNllb(LoopSettings):
    """Training of the small stand-in."""

    intermediate: Count = 384


class _Checkpoint(Section):
    """A model of the hub, a local one, or a small stand-in."""

    #: Repository on the Hugging Face hub, or a local folder (`./x`, `/x`, `~/x`); null trains a
    #: small stand-in.
    checkpoint: Plain | None = None
    revision: Commit | None = None  #: Commit of the repository; without one, the lock file's.


class Scorer(_Checkpoint):
    """A dialectness regressor or a country classifier."""

    settings: SmallScorer = {}


class LanguageScorer(_Checkpoint):
    """Language identifier; without this section facebook/fasttext-language-identification."""

    settings: SmallLanguage = {}


class HeldOut(Section):
    """Texts that a small stand-in does not learn from, drawn by source sentence or prompt."""

    validation_share: Share = 0.1  #: Share that settings were chosen on.
    test_share: Share = 0.15  #: Share that the reported agreement is of.


class Scorers(Section):
    """The models that score dialectness."""

    #: Sentence-ALDi regressor; without this section VARabi/Sentence-ALDi.
    aldi: Scorer = {"checkpoint": "VARabi/Sentence-ALDi"}
    #: Country classifier over NADI's 18 countries; without this section VARabi/NADI2024-baseline.
    country: Scorer = {"checkpoint": "VARabi/NADI2024-baseline"}
    language: LanguageScorer = {"checkpoint": "facebook/fasttext-language-identification"}
    #: Another regressor for pairs by reward and MBR decoding, so that what selects does not judge;
    #: null is `aldi`.
    selecting_aldi: Scorer | None = None
    selecting_country: Scorer | None = None  #: Likewise a country classifier; null is `country`.
    batch: Count = 64  #: Sentences per batch; on a CPU 512 tokens at most.
    #: Number format of ALDi and the country classifier, a part of their metrics' signature.
    precision: Literal["fp32", "bf16"] = "fp32"
    #: Number format of ALDi and the country classifier where they select; null is `precision`.
    selecting_precision: Literal["fp32", "bf16"] | None = None
    held_out: HeldOut = {}
    #: What a labelled sentence counts against a recorded answer in the small country model.
    label_weight: NotNegative = 0.3
    #: SentencePiece file of `flores200`, for spBLEU; null is the NLLB checkpoint's, if the same.
    spbleu_model: Plain | None = None


class NllbDecoding(Section):
    """How it translates."""

    batch: Count = 32  #: Sentences per batch.
    beams: Count = 4  #: Beams of the search.
    max_length: Count = 256  #: Maximum length of a sentence, in tokens.
    precision: Precision = None  #: `bf16` or `fp32`; null is bf16 on a GPU, fp32 on a CPU.


class Nllb(_Checkpoint):
    """The NLLB model that fills in a missing MSA or English side."""

    checkpoint: Plain | None = "facebook/nllb-200-3.3B"
    decoding: NllbDecoding = {}
    settings: SmallNllb = {}
