"""How models are trained: the section training, and one model's departures from it."""

from typing import Annotated, Literal

from pydantic import Field

from lahja.core.config.base import (
    Count,
    Departures,
    Natural,
    NotNegative,
    Positive,
    Precision,
    Section,
    Share,
)


class _Optimisation(Section):
    """What LoRA training and training from scratch share."""

    epochs: Positive = 3  #: Passes over the data.
    learning_rate: Positive  #: Peak learning rate.
    warmup: Share  #: Share of the updates that warm up.
    weight_decay: NotNegative  #: Weight decay.
    precision: Precision = None  #: `bf16` or `fp32`; null is bf16 on a GPU, fp32 on a CPU.


class Lora(_Optimisation):
    """LoRA training, as LLaMA-Factory's example recipes do it; the paper trains with these."""

    rank: Count = 8  #: Rank of the adapter.
    alpha: Count = 16  #: Scale of the adapter.
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0  #: Dropout in the adapter.
    cutoff: Count = 2048  #: Maximum length of an example, in tokens.
    batch: Count = 1  #: An update is on `batch` × `accumulation` examples, which GPUs share.
    accumulation: Count = 8  #: See `batch`.
    #: Tokens at a time, padding counted; null finds what a GPU's memory holds, 4,096 on a CPU.
    micro_batch_tokens: Count | None = None
    gpu: Count = 1  #: GPUs that one model trains on, a process on each (DDP).
    #: Learning-rate schedule, one of transformers'.
    schedule: Literal[
        "cosine", "linear", "constant", "constant_with_warmup", "cosine_with_restarts",
        "inverse_sqrt", "polynomial",
    ] = "cosine"  # fmt: skip
    warmup: Share = 0.1
    weight_decay: NotNegative = 0.0
    max_grad_norm: NotNegative = 1.0  #: Norm that gradients are clipped to.
    #: `nf4` keeps the parent's weights in four bits (QLoRA; needs envs/qlora.txt).
    quantisation: Literal["nf4"] | None = None
    #: Recompute activations; null does so where the longest example does not fit otherwise.
    gradient_checkpointing: bool | None = None
    liger: bool = False  #: Use Liger's fused kernels on a GPU (pip install liger-kernel).
    checkpoint_steps: Count = 200  #: Updates between two checkpoints that a crash resumes from.
    #: What draws curves while it trains, from `results/<run>/curves`; each needs `envs/<name>.txt`.
    #: Changing it retrains nothing.
    report_to: Literal["none", "tensorboard", "trackio", "wandb", "mlflow"] = "none"


class _OfExamples(Lora):
    """LoRA training on examples that are there beforehand."""

    group_by_length: bool = True  #: Put examples of like length into an update.


class Sft(_OfExamples):
    """LoRA fine-tuning (LLaMA-Factory's defaults, as in the paper)."""

    learning_rate: Positive = 1e-4


class Dpo(_OfExamples):
    """Direct preference optimisation."""

    learning_rate: Positive = 5e-6
    beta: Positive = 0.1  #: Strength of the tie to the reference model.
    #: What is optimised. `sigmoid` is DPO, the paper's; `sigmoid+sft` adds the cross-entropy of the
    #: chosen responses; `ipo`; `apo_zero`.
    objective: Literal["sigmoid", "sigmoid+sft", "ipo", "apo_zero"] = "sigmoid"
    #: Weight of the chosen responses' cross-entropy, for `sigmoid+sft`; null is 1.
    sft_weight: NotNegative | None = None


class Grpo(Lora):
    """On-line reinforcement (GRPO): the model's own answers, by reward.

    The reward of an answer is chrF++ / 100, and where a dialect is asked for `dialect_weight` times
    its ADI2 by `scorers.selecting_*`, less `penalty` for each gate of language, echo and repetition
    that stops it. An example is a prompt.
    """

    epochs: Positive = 1
    learning_rate: Positive = 1e-5
    generations: Annotated[int, Field(ge=2)] = 8  #: Answers to each prompt, which are compared.
    temperature: Positive = 1.0  #: Temperature of the answers.
    max_new_tokens: Count = 128  #: Maximum length of an answer, in tokens.
    #: Weight of the divergence from the model that training starts from; 0 is without.
    beta: NotNegative = 0.04
    dialect_weight: NotNegative = 0.6  #: What an ADI2 of 1 counts against a chrF++ of 100.
    penalty: NotNegative = 0.5  #: What each gate that stops an answer takes off its reward.
    #: What a reward's distance from its group's mean is divided by: the standard deviation of its
    #: group, that of the whole batch, or nothing.
    scale_rewards: Literal["group", "batch", "none"] = "group"


class Shape(_Optimisation):
    """A small transformer trained from scratch: AdamW, cosine to a tenth, clipped gradients."""

    batch_tokens: Count = 4096  #: Tokens per batch.
    learning_rate: Positive = 2e-3
    warmup: Share = 0.05
    weight_decay: NotNegative = 0.01
    hidden: Count = 128  #: Width.
    layers: Count = 2  #: Layers; of an encoder-decoder, on each side.
    heads: Count = 4  #: Attention heads.
    intermediate: Count = 256  #: Width of the feed-forward layers.
    vocabulary: Count = 4096  #: Tokens of the vocabulary.
    max_length: Count = 128  #: Maximum length of an example, in tokens.


class Pretrain(Shape):
    """Pretraining of a small model from scratch."""

    threads: Count = 1  #: Cores that the training takes where there is no GPU.
    architecture: Literal["llama", "qwen2", "qwen3"] = "llama"  #: Architecture of the small model.
    hidden: Count = 192
    layers: Count = 4
    heads: Count = 6
    intermediate: Count = 512
    context: Count = 1024  #: Positions that the model knows.
    max_length: Count = 512


class Training(Section):
    """Settings of the training steps."""

    sft: Sft = {}
    dpo: Dpo = {}
    grpo: Grpo = {}
    pretrain: Pretrain = {}


class Seeded(Departures):
    """Departures with a seed of their own."""

    seed: Natural = 0  #: Seed; without it, the run's.


class SftSettings(Sft, Seeded):
    """Departures of one model from `training.sft`."""


class DpoSettings(Dpo, Seeded):
    """Departures of one model from `training.dpo`."""


class GrpoSettings(Grpo, Seeded):
    """Departures of one model from `training.grpo`."""


class LoopSettings(Shape, Seeded):
    """How one small model is trained from scratch."""


class PretrainSettings(Pretrain, LoopSettings):
    """Departures of one model from `training.pretrain`."""
