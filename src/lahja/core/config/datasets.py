"""What models learn from: the section datasets."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_serializer, model_validator

from lahja.core.config.base import (
    Count,
    Distinct,
    Natural,
    NotNegative,
    OneOrMore,
    OrAbsent,
    Positive,
    Section,
    Share,
    Variety,
    fault,
)
from lahja.core.config.evaluation import GateName

Direction = Literal["eng-da", "msa-da", "da-eng", "da-msa"]
_ALL_DIRECTIONS = ["eng-da", "msa-da", "da-eng", "da-msa"]


class _Dataset(Section):
    """A dataset, whatever its kind."""

    #: `classification` (dialect identification), `translation`, `text` (plain sentences),
    #: `instructions` (for small models), `best` and `mbr` (one of a model's own samples by reward
    #: or by agreement), `mixture` (of these but the first), `preferences`, or `prompts` (requests
    #: for translations, with references). `dpo` learns from preferences, `grpo` from prompts, `sft`
    #: from all others.
    kind: Literal[
        "classification", "translation", "text", "instructions", "best", "mbr", "mixture",
        "preferences", "prompts",
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


class TrainingPrompts(_OfDialects, _Dataset):
    kind: Literal["prompts"]
    per_direction: Count = 200  #: Training sentences to translate, per direction and dialect.


class Sampled(Section):
    """What a policy is asked for, and what its samples are worth."""

    #: Samples of each prompt that a `policy` draws, by `decoding` and the backend of `evaluation`.
    samples: Annotated[int, Field(ge=2)] = 4
    #: By reward: training sentences that the policy translates, per direction and dialect.
    per_direction: Count = 200
    #: By reward: what an ADI2 of 1 (by `scorers.selecting_*`) counts against a chrF++ of 100.
    dialect_weight: NotNegative = 0.6


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
    """How pairs are selected by reward."""

    #: By reward: difference of two samples' rewards below which neither is preferred.
    min_margin: NotNegative = 0.1
    #: By reward: minimum length of the shorter side, in letters per letter of the longer.
    min_length_ratio: Share = 0.75


class Selection(_OfDialects, Ranking):
    """How one candidate of a prompt is chosen and another one rejected."""

    #: `label` is the paper's way: the dialect label alone decides. `reward` prefers the best of a
    #: policy's own translations, by reference and dialectness, to the worst, in all directions.
    select: Literal["label", "reward"] = "label"
    pairs_per_prompt: Count = 1  #: Maximum preference pairs per prompt.
    #: Gates that the chosen side must pass, in order (`truncated_rejected`: the rejected side).
    gates: Annotated[list[GateName], Distinct] = []


class PreferencePairs(Selection, _Dataset):
    kind: Literal["preferences"]
    #: Model whose own samples the pairs are made of; `start` is the one that each `dpo` step on the
    #: dataset starts from. Without it, the generators' responses.
    policy: OrAbsent[str] = None

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
    | TrainingPrompts
    | PreferencePairs,
    Field(discriminator="kind"),
]
