"""Each objective's loss against numbers worked out by hand, and a short training by each.

One pair throughout: the chosen response has two tokens of log-probability -1 and -2, the rejected
two of -1.5 and -2.5; in the reference they add up to -2.5 and -3.8.
"""

from math import exp, log
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from lahja.chat import example_tokens
from lahja.configuration import read_schema
from lahja.errors import LahjaError
from lahja.models.folder import load_model, load_tokenizer
from lahja.tables import PAIRS, write_table
from lahja.training.curve import CURVE_FILE
from lahja.training.dpo import train_dpo
from lahja.training.lora import AdapterRun, trainer_arguments
from lahja.training.micro_batches import MicroBatches
from lahja.training.objectives import (
    OBJECTIVES,
    DpoSettings,
    build_trainer,
    find_objective,
)

CHOSEN, REJECTED = (-1.0, -2.0), (-1.5, -2.5)
REFERENCE = (-2.5, -3.8)
SFT = 1.5
# The log-ratios to the reference are -0.5 and -0.2, so that the margin is -0.3.
LOSSES = {
    "sigmoid": log(1 + exp(0.5 * 0.3)),
    "sigmoid+sft": log(1 + exp(0.5 * 0.3)) + SFT,
    # Per token; 1 / (2 beta) is 1.
    "ipo": (-0.25 + 0.1 - 1) ** 2,
    "apo_zero": (1 - 1 / (1 + exp(0.5 * 0.5))) + 1 / (1 + exp(0.5 * 0.2)),
    # Chosen has fallen by 0.5, which 10 times over counts against the margin.
    "dpo-positive": log(1 + exp(0.5 * (0.3 + 10 * 0.5))),
    "cpo": log(1 + exp(-0.5 * 1.0)) + SFT,
    # Per token, against a margin of 0.5.
    "simpo": log(1 + exp(-(0.5 * 0.5 - 0.5))),
}


def _pairs(questions: tuple) -> pd.DataFrame:
    rows = [
        {**dict.fromkeys(PAIRS.names, "x"), "prompt": f"{prompt} {n}", "chosen": answer}
        | {"rejected": questions[-1][2]}
        for n in range(4)
        for _, prompt, answer in questions[:5]
    ]
    return pd.DataFrame(rows)


def _trainer(options: DpoSettings, pairs: pd.DataFrame, root: Path, work: Path):
    import torch
    from peft import LoraConfig

    model = load_model(root, dtype=torch.float32, device="cpu", trainable=True)
    arguments = trainer_arguments(options, MicroBatches(4, 1), work, "cpu")
    fresh = LoraConfig(r=2, target_modules="all-linear", task_type="CAUSAL_LM")
    return build_trainer(options, pairs, model, load_tokenizer(root), arguments, fresh)


def _reference_batch() -> dict:
    import torch

    return {
        "input_ids": torch.tensor([[0, 1, 2], [0, 1, 2]]),
        "attention_mask": torch.ones(2, 3, dtype=torch.long),
        "completion_mask": torch.tensor([[0, 1, 1], [0, 1, 1]]),
        "ref_chosen_logps": torch.tensor([REFERENCE[0]]),
        "ref_rejected_logps": torch.tensor([REFERENCE[1]]),
    }


def _scores_like_trl(**_) -> SimpleNamespace:
    import torch

    log_probs = torch.tensor([CHOSEN, REJECTED])
    nothing = torch.zeros(2, 2)
    return SimpleNamespace(
        log_probs=log_probs, entropy=nothing, mean_logits=nothing, is_top1=nothing.bool()
    )


def _loss_with_reference(trainer) -> float:
    import torch

    trainer.precompute_ref_logps = True
    given = tuple(torch.tensor([value]) for value in REFERENCE)
    trainer.compute_ref_log_probs = lambda model, inputs: given
    return trainer._compute_loss(_scores_like_trl, _reference_batch(), False).item()


def _loss_without_reference(trainer) -> float:
    import torch

    ids, labels = torch.tensor([[0, 1, 2]]), torch.tensor([[-100, 1, 2]])
    batch = {
        f"{side}_{name}": value
        for side in ("chosen", "rejected")
        for name, value in (
            ("input_ids", ids),
            ("labels", labels),
            ("attention_mask", torch.ones_like(ids)),
        )
    }
    logits = torch.zeros(2, 3, 3)
    for row, values in enumerate((CHOSEN, REJECTED)):
        for at, value in enumerate(values):
            probabilities = torch.full((3,), (1 - exp(value)) / 2)
            probabilities[at + 1] = exp(value)
            logits[row, at] = probabilities.log()
    loss, _ = trainer.get_batch_loss_metrics(lambda *_, **__: SimpleNamespace(logits=logits), batch)
    return loss.item()


@pytest.mark.model
@pytest.mark.parametrize("name", OBJECTIVES)
def test_the_loss_is_the_formula_s(
    name: str, questions: tuple, small_root: Path, tmp_path: Path
) -> None:
    options = DpoSettings(objective=name, beta=0.5, positive_penalty=10.0)
    trainer = _trainer(options, _pairs(questions)[:2], small_root, tmp_path)
    has_reference = OBJECTIVES[name].has_reference
    found = _loss_with_reference(trainer) if has_reference else _loss_without_reference(trainer)
    assert found == pytest.approx(LOSSES[name], rel=1e-5)


@pytest.mark.model
@pytest.mark.parametrize("name", OBJECTIVES)
def test_a_short_training_lowers_the_loss(
    name: str, questions: tuple, small_root: Path, tmp_path: Path, capsys
) -> None:
    settings = {"epochs": 3, "batch": 4, "accumulation": 2, "learning_rate": 0.005, "rank": 4}
    write_table(tmp_path / "pairs.parquet", _pairs(questions), PAIRS)
    run = AdapterRun(
        *(small_root, None, tmp_path / "pairs.parquet", {**settings, "objective": name}),
        *(tmp_path / "work", tmp_path / "rl", {}, 1),
    )
    train_dpo(run)
    curve = pd.read_csv(tmp_path / "rl" / CURVE_FILE)
    assert curve["loss"].iloc[-1] < curve["loss"].iloc[0]
    assert curve["rewards/margins"].iloc[-1] > curve["rewards/margins"].iloc[0]
    assert curve[["logps/chosen", "logps/rejected"]].notna().all(axis=None)
    said = f"{name} has no reference" in capsys.readouterr().err
    assert said is not OBJECTIVES[name].has_reference


@pytest.mark.model
def test_cpo_reads_what_dpo_reads(questions: tuple, small_root: Path, tmp_path: Path) -> None:
    pairs, tokenizer = _pairs(questions)[:3], load_tokenizer(small_root)
    dpo = _trainer(DpoSettings(), pairs, small_root, tmp_path).train_dataset
    cpo = _trainer(DpoSettings(objective="cpo"), pairs, small_root, tmp_path).train_dataset
    for side in ("chosen", "rejected"):
        whole = example_tokens(tokenizer, [*pairs["prompt"]], [*pairs[side]])
        assert [row[f"{side}_input_ids"] for row in cpo] == [ids for ids, _ in whole]
        assert [row["prompt_ids"] + row[f"{side}_ids"] for row in dpo] == [ids for ids, _ in whole]
        for row, other in zip(cpo, dpo, strict=True):
            learnt = [label for label in row[f"{side}_labels"] if label != -100]
            assert learnt == other[f"{side}_ids"]


@pytest.mark.model
def test_a_prompt_that_fills_the_window_is_left_out(
    questions: tuple, small_root: Path, tmp_path: Path
) -> None:
    pairs = _pairs(questions)[:3]
    pairs.loc[1, "prompt"] = "how are you? " * 60
    for name in ("sigmoid", "simpo"):
        options = DpoSettings(objective=name, cutoff=100)
        assert len(_trainer(options, pairs, small_root, tmp_path).train_dataset) == 2


def test_dpo_positive_is_dpo_while_chosen_does_not_fall() -> None:
    import torch

    from lahja.training.dpo_positive import dpo_positive_loss

    chosen, rejected = torch.tensor([0.4, -0.4]), torch.tensor([-1.0, -1.0])
    found = dpo_positive_loss(chosen, rejected, beta=0.1, penalty=50.0)
    assert found.tolist() == pytest.approx([log(1 + exp(-0.14)), log(1 + exp(-0.06 + 2.0))])


def test_a_wrong_objective_is_refused_by_name() -> None:
    with pytest.raises(LahjaError, match="'dpo-negative' is not one of sigmoid, "):
        find_objective(DpoSettings(objective="dpo-negative"))
    with pytest.raises(LahjaError, match="ipo has no SFT term"):
        find_objective(DpoSettings(objective="ipo", sft_weight=0.1))


def test_the_schema_names_every_objective() -> None:
    described = read_schema()["properties"]["training"]["properties"]["dpo"]["properties"]
    assert sorted(described["objective"]["enum"]) == sorted(OBJECTIVES)
