"""Preference training of a LoRA adapter with TRL, by one of several objectives.

All learn from a prompt with a chosen and a rejected response, and measure the model against a
frozen reference: the model that training starts from, the bare base model where the adapter is a
fresh one, or a frozen copy of the parent's adapter. A run whose first step shows otherwise stops.
"""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from lahja.core import files
from lahja.core.config.base import parse
from lahja.core.config.training import DpoSettings
from lahja.core.errors import LahjaError
from lahja.core.stages import version
from lahja.core.tables import PAIRS, read_table
from lahja.models.device import sorted_batches
from lahja.models.folder import model_digest
from lahja.prompts.chat import example_tokens
from lahja.training.adapters import AdapterRun, train_adapter
from lahja.training.batches import ByTokens, Metrics, column_lengths
from lahja.training.distributed import is_first_process

if TYPE_CHECKING:
    from datasets import Dataset
    from torch import Tensor

_REFERENCE = "reference.json"
# Without gradients a token takes little memory: 0.1 MB of an 8B model.
_REFERENCE_TOKENS = 4096


def train_dpo(run: AdapterRun) -> None:
    """Train on PAIRS by the objective of the settings, and write the model folder."""
    settings = parse(DpoSettings, run.settings)
    if settings.sft_weight is not None and settings.objective != "sigmoid+sft":
        raise LahjaError(f"sft_weight: the objective {settings.objective} has no SFT term")
    pairs = read_table(run.data, PAIRS)
    if pairs["prompt"].isna().any():
        raise LahjaError(f"{run.data}: column 'prompt' has nulls; preferences need a prompt")
    train_adapter(run, ["dpo"], settings, pairs, partial(build_trainer, settings, run=run))


def build_trainer(
    settings: DpoSettings, pairs: pd.DataFrame, model, tokenizer, arguments: dict[str, Any], lora,
    run: AdapterRun | None = None,
) -> Any:  # fmt: skip
    """Return TRL's trainer on PAIRS; its loss is the mean of `preference_losses` over an update.

    Of a `run`, other runs from the same model on the same pairs share the log-probabilities that
    the reference gives.
    """
    import torch
    from datasets import Dataset
    from trl.trainer.dpo_config import DPOConfig
    from trl.trainer.dpo_trainer import DPOTrainer

    class ByTokensTrainer(ByTokens, DPOTrainer):
        """TRL's trainer, reading by tokens, which it is given."""

        def _prepare_dataset(self, dataset: "Dataset", *_: Any) -> "Dataset":
            return dataset.filter(lambda row: len(row["prompt_ids"]) < settings.cutoff)

        def lengths(self, rows: "Dataset | list[dict]") -> list[int]:
            """Return the tokens of both sides of each row, the shorter one padded."""
            names = ("prompt_ids", "chosen_ids", "rejected_ids")
            each = zip(*(column_lengths(rows, name) for name in names), strict=True)
            return [2 * min(settings.cutoff, p + max(c, r)) for p, c, r in each]

        def count_terms(self, rows: list[dict[str, Any]]) -> int:
            """Return the number of pairs."""
            return len(rows)

        def summed_loss(self, model: Any, batch: dict[str, "Tensor"]) -> tuple["Tensor", Metrics]:
            """Return the pairs' summed losses."""
            scored, policy, numbers = score_completions(model, batch)
            reference = torch.cat([batch["ref_chosen_logps"], batch["ref_rejected_logps"]])
            losses = preference_losses(settings, policy, reference, numbers)
            return losses.sum(), _metrics(settings.beta, scored, policy, reference, numbers)

    tokenizer.padding_side = "left"
    sides = (example_tokens(tokenizer, [*pairs["prompt"]], [*pairs[side]])
             for side in ("chosen", "rejected"))  # fmt: skip
    rows = [
        {"prompt_ids": ids[:n_asked], "chosen_ids": ids[n_asked:], "rejected_ids": other[n_asked:]}
        for (ids, n_asked), (other, _) in zip(*sides, strict=True)
    ]
    trainer = ByTokensTrainer(
        model=model, args=DPOConfig(beta=settings.beta, **arguments), processing_class=tokenizer,
        train_dataset=Dataset.from_list(rows), peft_config=lora,
    )  # fmt: skip
    _add_reference(trainer, settings, run)
    return trainer


def score_completions(model: Any, batch: dict[str, "Tensor"]) -> tuple[Any, "Tensor", "Tensor"]:
    """Return the model's output, and each response's log-probability and number of tokens.

    The chosen responses are the first half of the rows, the rejected ones the second.
    """
    ids, mask = batch["input_ids"], batch["completion_mask"]
    how = {"labels": ids.masked_fill(mask == 0, -100), "use_cache": False, "fused_lm_head": True}
    scored = model(input_ids=ids, attention_mask=batch["attention_mask"], **how)
    return scored, scored.log_probs.sum(dim=1), mask.sum(dim=1)


def preference_losses(
    settings: DpoSettings, policy: "Tensor", reference: "Tensor", numbers: "Tensor"
) -> "Tensor":
    """Return each pair's loss by the objective of the settings.

    `policy` and `reference` are log-probabilities of the chosen responses, then of the rejected
    ones, and `numbers` their tokens: shape (2 × pairs,).
    """
    from torch.nn.functional import logsigmoid

    beta, (chosen, rejected) = settings.beta, (policy - reference).chunk(2)
    match settings.objective:
        case "ipo":  # Azar et al. 2024, equation 17, of log-ratios per token
            chosen, rejected = ((policy - reference) / numbers).chunk(2)
            return (chosen - rejected - 1 / (2 * beta)) ** 2
        case "apo_zero":  # D'Oosterlinck et al. 2025, equation 7
            return 1 - (beta * chosen).sigmoid() + (beta * rejected).sigmoid()
    losses = -logsigmoid(beta * (chosen - rejected))  # Rafailov et al. 2023, equation 7
    if settings.objective == "sigmoid+sft":
        weight = 1.0 if settings.sft_weight is None else settings.sft_weight
        losses = losses - weight * (policy / numbers).chunk(2)[0]
    return losses


def _metrics(
    beta: float, scored: Any, policy: "Tensor", reference: "Tensor", numbers: "Tensor"
) -> Metrics:
    chosen, rejected = (beta * (policy - reference)).chunk(2)
    logps_chosen, logps_rejected = policy.chunk(2)
    per_pair = {
        "rewards/chosen": chosen, "rewards/rejected": rejected,
        "rewards/accuracies": (chosen > rejected).float(), "rewards/margins": chosen - rejected,
        "logps/chosen": logps_chosen, "logps/rejected": logps_rejected,
    }  # fmt: skip
    n_chosen = numbers.chunk(2)[0].sum()
    return {
        "entropy": (scored.entropy.sum(), numbers.sum()),
        "mean_token_accuracy": (scored.is_top1.chunk(2)[0].sum(), n_chosen),
    } | {name: (values.sum(), len(values)) for name, values in per_pair.items()}


def _add_reference(trainer: Any, settings: DpoSettings, run: AdapterRun | None) -> None:
    """Give each pair its log-probabilities by the initial model, which the trainer has still."""
    import torch
    from accelerate.utils import broadcast_object_list, gather_object

    rows, tokens = trainer.train_dataset, settings.micro_batch_tokens or _REFERENCE_TOKENS
    kept = Path(trainer.args.output_dir, _REFERENCE)
    if run:
        facts = {
            "data": files.digest_of_file(run.data),
            "model": model_digest(run.base_model, run.adapter),
            "version": version("chat", "models", "dpo"), "tokens": tokens,
            "processes": trainer.args.world_size, "bf16": trainer.args.bf16,
            "cutoff": settings.cutoff, "quantisation": settings.quantisation,
        }  # fmt: skip
        name = f"reference-{files.digest_of_text(files.canonical_json(facts))[:16]}.json"
        kept = run.checkpoint_dir.with_name(name)
    # Another run may write it meanwhile: all processes go by what the first has seen.
    (is_known,) = broadcast_object_list([kept.is_file()])
    if not is_known:
        rank, world = trainer.args.process_index, trainer.args.world_size
        lengths, found = trainer.lengths(rows), []
        mine = [*range(rank, len(rows), world)]
        trainer.model.eval()
        for group in sorted_batches([lengths[row] for row in mine], len(mine), tokens):
            places = [mine[place] for place in group]
            batch = trainer._prepare_inputs(trainer.data_collator([rows[row] for row in places]))
            with torch.no_grad(), trainer.accelerator.autocast():
                scores = score_completions(trainer.model, batch)[1]
            found += zip(places, *(half.tolist() for half in scores.chunk(2)), strict=True)
        found = sorted(gather_object(found))
        if is_first_process():
            files.write_json(kept, [[chosen, rejected] for _, chosen, rejected in found])
        trainer.accelerator.wait_for_everyone()
    chosen, rejected = zip(*files.read_json(kept), strict=True)
    rows = rows.add_column("ref_chosen_logps", [*chosen])
    trainer.train_dataset = rows.add_column("ref_rejected_logps", [*rejected])
