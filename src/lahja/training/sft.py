"""Supervised fine-tuning of a LoRA adapter with TRL."""

from typing import TYPE_CHECKING, Any

import pandas as pd

from lahja.core.config.base import parse
from lahja.core.config.training import SftSettings
from lahja.core.tables import EXAMPLES, read_table
from lahja.prompts.chat import example_tokens
from lahja.training.adapters import AdapterRun, train_adapter
from lahja.training.batches import ByTokens, Metrics, column_lengths

if TYPE_CHECKING:
    from torch import Tensor


def train_sft(run: AdapterRun, examples: pd.DataFrame | None = None, **identity: Any) -> None:
    """Fine-tune on EXAMPLES, with the loss on the completions, and write the model folder.

    In place of the run's data they may be others, which `identity` tells from any else.
    """
    settings = parse(SftSettings, run.settings)
    examples = read_table(run.data, EXAMPLES) if examples is None else examples
    train_adapter(run, ["sft"], settings, examples, build_trainer, **identity)


def build_trainer(examples: pd.DataFrame, model, tokenizer, arguments: dict, lora) -> Any:
    """Return TRL's trainer on EXAMPLES; its loss is the mean over an update's completion tokens."""
    from datasets import Dataset
    from trl.trainer.sft_config import SFTConfig
    from trl.trainer.sft_trainer import SFTTrainer

    class ByTokensTrainer(ByTokens, SFTTrainer):
        """TRL's trainer, reading by tokens."""

        def lengths(self, rows: "Dataset | list[dict]") -> list[int]:
            """Return the tokens of each row."""
            return column_lengths(rows, "input_ids")

        def count_terms(self, rows: list[dict[str, Any]]) -> int:
            """Return the completion tokens of the rows."""
            return sum(len(row["labels"]) - row["labels"].count(-100) for row in rows)

        def summed_loss(self, model: Any, batch: dict[str, "Tensor"]) -> tuple["Tensor", Metrics]:
            """Return the completions' summed cross-entropy."""
            scored = model(**batch, use_cache=False, fused_lm_head=True)
            number = scored.label_mask.sum()
            metrics = {
                "entropy": (scored.entropy.sum(), number),
                "mean_token_accuracy": (scored.is_top1.sum(), number),
            }
            return -scored.log_probs.sum(), metrics

    tokens = example_tokens(tokenizer, [*examples["prompt"]], [*examples["completion"]])
    rows = [
        {"input_ids": ids, "completion_mask": [0] * n_asked + [1] * (len(ids) - n_asked)}
        for ids, n_asked in tokens
    ]
    return ByTokensTrainer(
        model=model, args=SFTConfig(**arguments, completion_only_loss=True),
        train_dataset=Dataset.from_list(rows), processing_class=tokenizer, peft_config=lora,
    )  # fmt: skip
