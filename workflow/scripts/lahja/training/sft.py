"""Supervised fine-tuning of a LoRA adapter with TRL."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from lahja.chat import assistant_turn, user_turn
from lahja.errors import LahjaError
from lahja.settings import parse_settings
from lahja.tables import EXAMPLES, read_table
from lahja.training.lora import AdapterRun, LoraSettings, train_adapter
from lahja.training.sampler import grouped_by_length

if TYPE_CHECKING:
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import PreTrainedModel, PreTrainedTokenizerBase
    from trl import SFTTrainer


@dataclass(frozen=True)
class SftSettings(LoraSettings):
    """LLaMA-Factory's `llama3_lora_sft` recipe."""

    learning_rate: float = 1e-4


def train_sft(run: AdapterRun) -> None:
    """Fine-tune on EXAMPLES, with the loss on the completions, and write the model folder."""
    options = parse_settings(SftSettings, run.settings)
    examples = read_table(run.data, EXAMPLES)
    if examples.empty:
        raise LahjaError(f"{run.data}: no examples to train on")
    if examples["prompt"].isna().any():
        raise LahjaError(f"{run.data}: column 'prompt' has nulls; fine-tuning needs a prompt")

    def make_trainer(
        model: "PreTrainedModel",
        tokenizer: "PreTrainedTokenizerBase",
        arguments: dict[str, Any],
        fresh: "LoraConfig | None",
    ) -> "SFTTrainer":
        """Return TRL's trainer on the examples."""
        from datasets import Dataset
        from trl.trainer.sft_config import SFTConfig
        from trl.trainer.sft_trainer import SFTTrainer

        return grouped_by_length(SFTTrainer, _lengths)(
            model=model,
            args=SFTConfig(**arguments, completion_only_loss=True),
            train_dataset=Dataset.from_list(conversations(examples)),
            processing_class=tokenizer,
            peft_config=fresh,
        )

    train_adapter(run, options, make_trainer, [])


def conversations(examples: pd.DataFrame) -> list[dict[str, list[dict[str, str]]]]:
    """Return examples in TRL's conversational prompt-completion form."""
    return [
        {"prompt": user_turn(row.prompt), "completion": assistant_turn(row.completion)}
        for row in examples.itertuples()
    ]


def _lengths(rows: "Dataset") -> list[int]:
    return [len(ids) for ids in rows["input_ids"]]
