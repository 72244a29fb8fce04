"""Direct preference optimisation of a LoRA adapter with TRL.

The reference is always the model that training starts from: the bare root where the adapter is
a fresh one, or a frozen copy of the parent's adapter. A run whose first step shows otherwise
stops.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from lahja.chat import assistant_turn, user_turn
from lahja.errors import LahjaError
from lahja.settings import parse_settings
from lahja.tables import PAIRS, read_table
from lahja.training.lora import AdapterRun, LoraSettings, train_adapter
from lahja.training.sampler import grouped_by_length

if TYPE_CHECKING:
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import PreTrainedModel, PreTrainedTokenizerBase, TrainerCallback
    from trl import DPOTrainer

# How far from 0 the rewards of the first step may be. The policy has not moved then, so they
# are 0 up to rounding, and the sigmoid loss is ln 2.
_REWARD_TOLERANCE = 0.01


@dataclass(frozen=True)
class DpoSettings(LoraSettings):
    """LLaMA-Factory's `llama3_lora_dpo` recipe; `loss_weights` none is 1 for each loss."""

    learning_rate: float = 5e-6
    beta: float = 0.1
    loss_type: tuple[str, ...] = ("sigmoid",)
    loss_weights: tuple[float, ...] | None = None
    label_smoothing: float = 0.0


def train_dpo(run: AdapterRun) -> None:
    """Train on PAIRS and write the model folder."""
    options = parse_settings(DpoSettings, run.settings)
    if options.loss_weights and len(options.loss_weights) != len(options.loss_type):
        raise LahjaError("setting 'loss_weights': expected one weight for each of 'loss_type'")
    pairs = read_table(run.data, PAIRS)
    if pairs.empty:
        raise LahjaError(f"{run.data}: no preference pairs to train on")

    def make_trainer(
        model: "PreTrainedModel",
        tokenizer: "PreTrainedTokenizerBase",
        arguments: dict[str, Any],
        fresh: "LoraConfig | None",
    ) -> "DPOTrainer":
        from datasets import Dataset
        from trl.trainer.dpo_config import DPOConfig
        from trl.trainer.dpo_trainer import DPOTrainer

        tokenizer.padding_side = "left"
        return grouped_by_length(DPOTrainer, _lengths)(
            model=model,
            args=DPOConfig(**arguments, **_objective(options)),
            train_dataset=Dataset.from_list(preferences(pairs)),
            processing_class=tokenizer,
            peft_config=fresh,
        )

    train_adapter(run, options, make_trainer, [_expect_reference(run.output)])


def preferences(pairs: pd.DataFrame) -> list[dict[str, Any]]:
    """Return pairs in TRL's conversational form."""
    return [
        {
            "prompt": user_turn(row.prompt),
            "chosen": assistant_turn(row.chosen),
            "rejected": assistant_turn(row.rejected),
        }
        for row in pairs.itertuples()
    ]


def _lengths(rows: "Dataset") -> list[int]:
    columns = (rows["prompt_ids"], rows["chosen_ids"], rows["rejected_ids"])
    return [len(p) + max(len(c), len(r)) for p, c, r in zip(*columns, strict=True)]


def _objective(options: DpoSettings) -> dict[str, Any]:
    weights = options.loss_weights
    return {
        "beta": options.beta,
        "loss_type": list(options.loss_type),
        "loss_weights": list(weights) if weights else None,
        "label_smoothing": options.label_smoothing,
    }


def _expect_reference(output: Path) -> "TrainerCallback":
    from transformers import TrainerCallback

    class ExpectReference(TrainerCallback):
        """Stop where the first step shows that the reference is not the start."""

        def on_log(self, args, state, control, logs=None, **kwargs):
            if state.global_step == 1 and "rewards/chosen" in (logs or {}):
                check_first_step(output, logs)

    return ExpectReference()


def check_first_step(output: Path, logs: dict[str, float]) -> None:
    """Raise `LahjaError` unless the first step's rewards are 0, as where policy = reference."""
    for name in ("rewards/chosen", "rewards/rejected", "rewards/margins"):
        if not abs(logs[name]) < _REWARD_TOLERANCE:
            raise LahjaError(
                f"{output}: {name} is {logs[name]:.4f} at the first step, expected 0: the "
                "reference is not the model that training starts from"
            )
