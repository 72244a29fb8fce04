"""Micro-batches by tokens: their cut, their gradients against TRL's one at a time, and memory."""

from itertools import chain
from pathlib import Path

import pandas as pd
import pytest

from lahja.core.config.training import DpoSettings, SftSettings
from lahja.core.errors import LahjaError
from lahja.core.tables import EXAMPLES, PAIRS, read_table
from lahja.models.device import sorted_batches
from lahja.models.folder import load_model, load_tokenizer
from lahja.prompts.chat import assistant_turn, user_turn
from lahja.training import dpo, sft
from lahja.training.adapters import trainer_arguments
from lahja.training.batches import TokenBudget, Updates


@pytest.mark.parametrize(
    ("budget", "expected"),
    [
        (1, [[3], [0], [1], [2]]),
        (12, [[3, 0], [1, 2]]),
        (15, [[3, 0], [1, 2]]),
        (18, [[3, 0, 1], [2]]),
        (24, [[3, 0, 1, 2]]),
    ],
)
def test_rows_of_like_length_fill_the_budget(budget: int, expected: list[list[int]]) -> None:
    assert [*sorted_batches([5, 4, 2, 6], 4, budget)] == expected


@pytest.mark.parametrize("is_grouped", [True, False])
@pytest.mark.parametrize("world", [1, 2, 3])
def test_processes_share_each_update_evenly(world: int, is_grouped: bool) -> None:
    lengths = [7, 3, 9, 1, 4, 4, 8, 2, 6, 5, 2]
    settings = SftSettings(batch=2, accumulation=2, group_by_length=is_grouped)
    shares = [[*Updates(lengths, settings, 1, rank, world)] for rank in range(world)]
    alone = [*Updates(lengths, settings, 1, 0, 1)]
    assert [sorted(chain(*parts)) for parts in zip(*shares, strict=True)] == [
        sorted(update) for update in alone
    ]
    assert sorted(chain(*alone)) == [*range(len(lengths))]
    assert [len(update) for update in alone] == [4, 4, 3]


LORA = {"rank": 4, "alpha": 8, "max_grad_norm": 0.0, "epochs": 1, "batch": 1, "accumulation": 6}


def _gradients(trainer, settings, tokens: int | None) -> tuple[dict, float]:
    """Return the gradients of the first update, and its loss as it is logged."""
    import torch
    from transformers import TrainerCallback

    found = {}

    class Keep(TrainerCallback):
        def on_pre_optimizer_step(self, args, state, control, model=None, **kwargs):
            for name, weight in model.named_parameters():
                if weight.grad is not None:
                    found[name] = weight.grad.clone()

    # Away from the initial model, where half of the gradients are 0.
    torch.manual_seed(0)
    for weight in trainer.model.parameters():
        if weight.requires_grad:
            weight.data += 0.05 * torch.randn_like(weight)
    if tokens is not None:
        settings = settings.model_copy(update={"micro_batch_tokens": tokens})
        trainer.read_by(settings, TokenBudget(Path(trainer.args.output_dir), settings, "cpu"))
    trainer.add_callback(Keep())
    trainer.train()
    return found, trainer.state.log_history[0]["loss"]


def _same(trainers: list, settings, budgets: list[int | None]) -> None:
    import torch

    (expected, loss), *others = (
        _gradients(trainer, settings, tokens)
        for trainer, tokens in zip(trainers, budgets, strict=True)
    )
    assert len(expected) > 8
    assert all(gradient.abs().max() > 1e-6 for gradient in expected.values())
    for found, other in others:
        assert other == pytest.approx(loss, rel=1e-5)
        assert found.keys() == expected.keys()
        for name, gradient in found.items():
            assert torch.allclose(gradient, expected[name], atol=1e-6, rtol=1e-5), name


def _lora():
    from peft import LoraConfig

    return LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", task_type="CAUSAL_LM")


def _load(root: Path):
    import torch

    model = load_model(root, dtype=torch.float32, device="cpu", trainable=True)
    return model, load_tokenizer(root)


def conversations(rows: pd.DataFrame, *answers: str) -> list[dict]:
    """Return rows as TRL's own, which it renders by itself."""
    return [
        {"prompt": user_turn(row.prompt)}
        | {name: assistant_turn(getattr(row, name)) for name in answers}
        for row in rows.itertuples()
    ]


@pytest.mark.model
def test_the_gradients_of_fine_tuning_are_trl_s_one_at_a_time(
    examples: Path, small_root: Path, tmp_path: Path
) -> None:
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    settings, rows = SftSettings(**LORA), read_table(examples, EXAMPLES)[:6]
    arguments = trainer_arguments(settings, tmp_path, "cpu")
    model, tokenizer = _load(small_root)
    one_at_a_time = {"per_device_train_batch_size": 1, "gradient_accumulation_steps": 6}
    plain = SFTTrainer(
        model=model, args=SFTConfig(**arguments | one_at_a_time, completion_only_loss=True),
        train_dataset=Dataset.from_list(conversations(rows, "completion")), processing_class=tokenizer,
        peft_config=_lora(),
    )  # fmt: skip
    ours = [sft.build_trainer(rows, *_load(small_root), arguments, _lora()) for _ in range(3)]
    _same([plain, *ours], settings, [None, 1, 60, 4096])


@pytest.mark.model
@pytest.mark.parametrize(
    ("objective", "budgets"),
    [("sigmoid", [1, 200, 4096]), ("sigmoid+sft", [200]), ("ipo", [200]), ("apo_zero", [200])],
)
def test_the_gradients_of_preferences_are_trl_s_one_at_a_time(
    objective: str, budgets: list[int], questions: tuple, small_root: Path, tmp_path: Path
) -> None:
    from datasets import Dataset
    from trl import DPOConfig, DPOTrainer

    settings = DpoSettings(**LORA, objective=objective)
    pairs = pd.DataFrame(
        {**dict.fromkeys(PAIRS.names, "x"), "prompt": prompt, "chosen": answer}
        | {"rejected": f"{questions[n - 1][2]} x{'x' * n}"}
        for n, (_, prompt, answer) in enumerate(questions[:6])
    )
    arguments = trainer_arguments(settings, tmp_path, "cpu")
    one_at_a_time = {"per_device_train_batch_size": 1, "gradient_accumulation_steps": 6}
    model, tokenizer = _load(small_root)
    plain = DPOTrainer(
        model=model, processing_class=tokenizer, peft_config=_lora(),
        args=DPOConfig(**arguments | one_at_a_time, beta=settings.beta, loss_type=objective.split("+")),
        train_dataset=Dataset.from_list(conversations(pairs, "chosen", "rejected")),
    )  # fmt: skip
    ours = [
        dpo.build_trainer(settings, pairs, *_load(small_root), arguments, _lora()) for _ in budgets
    ]
    _same([plain, *ours], settings, [None, *budgets])


def _budget(folder: Path, **settings) -> TokenBudget:
    budget = TokenBudget(folder, SftSettings(**settings), "cuda")
    budget.longest = 100
    return budget


def _run_out(budget: TokenBudget, message: str) -> None:
    import torch

    with pytest.raises(LahjaError, match=message), budget.halved_when_out_of_memory():
        raise torch.OutOfMemoryError("CUDA out of memory")


def test_the_budget_is_what_fits_the_free_memory(tmp_path: Path) -> None:
    budget = _budget(tmp_path)
    assert (budget.tokens, budget.checkpointing) == (None, False)
    budget.found(bytes_per_token=8.0, free=10_000.0)
    assert (budget.tokens, budget.checkpointing) == (1000, False)
    assert _budget(tmp_path).tokens == 1000


def test_activations_are_recomputed_where_the_longest_row_does_not_fit(tmp_path: Path) -> None:
    budget = _budget(tmp_path)
    budget.found(bytes_per_token=8.0, free=500.0)
    assert (budget.tokens, budget.checkpointing) == (None, True)
    budget.found(bytes_per_token=0.5, free=500.0)
    assert (_budget(tmp_path).tokens, _budget(tmp_path).checkpointing) == (800, True)
    held = _budget(tmp_path / "held", gradient_checkpointing=False)
    held.found(bytes_per_token=8.0, free=500.0)
    assert (held.tokens, held.checkpointing) == (50, False)


def test_running_out_of_memory_is_remembered_until_nothing_can_be_halved(tmp_path: Path) -> None:
    _run_out(_budget(tmp_path, micro_batch_tokens=150), "with 150 tokens at a time.* half as many")
    _run_out(_budget(tmp_path), "with 75 tokens at a time.*with recomputed activations")
    budget = _budget(tmp_path)
    assert (budget.tokens, budget.checkpointing) == (None, True)
    _run_out(budget, "with 100 tokens at a time, the longest example: set gradient_checkpointing")
