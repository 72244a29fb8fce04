"""The objectives of preference training by name, and the trainer of each.

What they have in common is the data: a prompt with a chosen and a rejected response. All but `cpo`
and `simpo` measure the model against a frozen copy of its start.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from lahja.chat import assistant_turn, prompt_tokens, user_turn
from lahja.errors import LahjaError
from lahja.training.lora import LoraSettings
from lahja.training.sampler import grouped_by_length

if TYPE_CHECKING:
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import PreTrainedModel, PreTrainedTokenizerBase, Trainer


@dataclass(frozen=True)
class Objective:
    """What a name stands for: a loss of TRL's, and the weight of the SFT term by default.

    `sft_weight` none has no such term. `has_reference` says whether the loss knows the model that
    training starts from.
    """

    loss: str
    sft_weight: float | None = None
    has_reference: bool = True


OBJECTIVES = {
    # DPO (Rafailov et al. 2023), the paper's.
    "sigmoid": Objective("sigmoid"),
    # Its sum with the cross-entropy of the chosen responses.
    "sigmoid+sft": Objective("sigmoid", 1.0),
    # Azar et al. 2024, D'Oosterlinck et al. 2025, Pal et al. 2024.
    "ipo": Objective("ipo"),
    "apo_zero": Objective("apo_zero"),
    "dpo-positive": Objective("dpo-positive"),
    # Xu et al. 2024, Meng et al. 2024.
    "cpo": Objective("sigmoid", 1.0, has_reference=False),
    "simpo": Objective("simpo", 0.0, has_reference=False),
}


@dataclass(frozen=True)
class DpoSettings(LoraSettings):
    """LLaMA-Factory's `llama3_lora_dpo` recipe, and what single objectives know besides.

    `sft_weight` none is the objective's own. `probe` is a `ProbeSettings`, or none.
    """

    learning_rate: float = 5e-6
    objective: str = "sigmoid"
    beta: float = 0.1
    label_smoothing: float = 0.0
    sft_weight: float | None = None
    simpo_margin: float = 0.5
    positive_penalty: float = 50.0
    probe: dict[str, Any] | None = None


def find_objective(options: DpoSettings) -> Objective:
    """Return the objective that the settings name; raise `LahjaError` where it is none."""
    if options.objective not in OBJECTIVES:
        known = ", ".join(OBJECTIVES)
        raise LahjaError(f"setting 'objective': {options.objective!r} is not one of {known}")
    objective = OBJECTIVES[options.objective]
    if options.sft_weight is not None and objective.sft_weight is None:
        raise LahjaError(f"setting 'sft_weight': {options.objective} has no SFT term")
    return objective


def build_trainer(
    options: DpoSettings,
    pairs: pd.DataFrame,
    model: "PreTrainedModel",
    tokenizer: "PreTrainedTokenizerBase",
    arguments: dict[str, Any],
    fresh: "LoraConfig | None",
) -> "Trainer":
    """Return the objective's trainer on PAIRS; `arguments` are those that all trainers share."""
    from datasets import Dataset

    objective = find_objective(options)
    if objective.has_reference:
        parts = _with_reference(options, objective, pairs)
    else:
        pairs = _with_room(pairs, tokenizer, options.cutoff)
        parts = _without_reference(options, objective, pairs)
    tokenizer.padding_side = "left"
    common = {"beta": options.beta, "label_smoothing": options.label_smoothing}
    return grouped_by_length(parts.trainer, parts.lengths)(
        model=model,
        args=parts.config(**common, **arguments),
        train_dataset=Dataset.from_list(parts.rows),
        processing_class=tokenizer,
        peft_config=fresh,
    )


@dataclass(frozen=True)
class _Parts:
    """A trainer class of TRL, what makes its configuration, its rows, and how long each is."""

    trainer: "type[Trainer]"
    config: Callable[..., Any]
    rows: list[dict[str, Any]]
    lengths: "Callable[[Dataset], list[int]]"


def _with_reference(options: DpoSettings, objective: Objective, pairs: pd.DataFrame) -> _Parts:
    from trl.trainer.dpo_config import DPOConfig
    from trl.trainer.dpo_trainer import DPOTrainer

    rows = [
        {
            "prompt": user_turn(row.prompt),
            "chosen": assistant_turn(row.chosen),
            "rejected": assistant_turn(row.rejected),
        }
        for row in pairs.itertuples()
    ]
    if objective.loss == "dpo-positive":
        from lahja.training.dpo_positive import dpo_positive_trainer

        return _Parts(dpo_positive_trainer(options.positive_penalty), DPOConfig, rows, _lengths)
    terms: dict[str, Any] = {"loss_type": [objective.loss]}
    if objective.sft_weight is not None:
        weight = _sft_weight(options, objective)
        terms = {"loss_type": [objective.loss, "sft"], "loss_weights": [1.0, weight]}
    return _Parts(DPOTrainer, partial(DPOConfig, **terms), rows, _lengths)


def _without_reference(options: DpoSettings, objective: Objective, pairs: pd.DataFrame) -> _Parts:
    from trl.experimental.cpo import CPOConfig

    from lahja.training.cpo import template_cpo_trainer

    config = partial(
        CPOConfig,
        loss_type=objective.loss,
        cpo_alpha=_sft_weight(options, objective),
        simpo_gamma=options.simpo_margin,
        remove_unused_columns=False,
    )
    rows = pairs[["prompt", "chosen", "rejected"]].to_dict("records")
    return _Parts(template_cpo_trainer(), config, rows, _whole_lengths)


def _with_room(
    pairs: pd.DataFrame, tokenizer: "PreTrainedTokenizerBase", cutoff: int
) -> pd.DataFrame:
    # As TRL's DPO does: a prompt that fills the window leaves no response to learn.
    lengths = [len(ids) for ids in prompt_tokens(tokenizer, [*pairs["prompt"]])]
    return pairs[[length < cutoff for length in lengths]]


def _sft_weight(options: DpoSettings, objective: Objective) -> float:
    return objective.sft_weight if options.sft_weight is None else options.sft_weight


def _lengths(rows: "Dataset") -> list[int]:
    columns = (rows["prompt_ids"], rows["chosen_ids"], rows["rejected_ids"])
    return [len(p) + max(len(c), len(r)) for p, c, r in zip(*columns, strict=True)]


def _whole_lengths(rows: "Dataset") -> list[int]:
    sides = zip(rows["chosen_input_ids"], rows["rejected_input_ids"], strict=True)
    return [max(len(chosen), len(rejected)) for chosen, rejected in sides]
