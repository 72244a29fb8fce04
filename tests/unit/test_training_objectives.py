"""Each objective's loss against numbers worked out by hand, and a short training by each.

One pair throughout: the chosen response has two tokens of log-probability -1 and -2, the rejected
two of -1.5 and -2.5; in the reference they add up to -2.5 and -3.8.
"""

from math import exp, log
from pathlib import Path

import pandas as pd
import pytest

from lahja.core.config.training import Dpo, DpoSettings
from lahja.core.errors import LahjaError
from lahja.core.tables import PAIRS, write_table
from lahja.models.folder import load_model, load_tokenizer
from lahja.prompts.chat import example_tokens
from lahja.training.adapters import AdapterRun, trainer_arguments
from lahja.training.dpo import build_trainer, preference_losses, train_dpo
from lahja.training.tracking import CURVE_FILE

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
    arguments = trainer_arguments(options, work, "cpu")
    fresh = LoraConfig(r=2, target_modules="all-linear", task_type="CAUSAL_LM")
    return build_trainer(options, pairs, model, load_tokenizer(root), arguments, fresh)


@pytest.mark.parametrize("name", LOSSES)
def test_the_loss_is_the_formula_s(name: str) -> None:
    import torch

    policy, reference = torch.tensor([sum(CHOSEN), sum(REJECTED)]), torch.tensor(REFERENCE)
    settings = DpoSettings(objective=name, beta=0.5)
    losses = preference_losses(settings, policy, reference, torch.tensor([2, 2]))
    assert losses.tolist() == pytest.approx([LOSSES[name]], rel=1e-5)


@pytest.mark.model
@pytest.mark.parametrize("name", LOSSES)
def test_a_short_training_lowers_the_loss(
    name: str, questions: tuple, small_root: Path, tmp_path: Path
) -> None:
    settings = {"epochs": 3, "batch": 4, "accumulation": 2, "learning_rate": 0.005, "rank": 4}
    write_table(tmp_path / "pairs.parquet", _pairs(questions), PAIRS)
    run = AdapterRun(
        *(small_root, None, tmp_path / "pairs.parquet", {**settings, "objective": name}),
        *(tmp_path / "work", tmp_path / "rl", {}),
    )
    train_dpo(run)
    curve = pd.read_csv(tmp_path / "rl" / CURVE_FILE)
    assert curve["loss"].iloc[-1] < curve["loss"].iloc[0]
    assert curve["rewards/margins"].iloc[-1] > curve["rewards/margins"].iloc[0]
    assert curve[["logps/chosen", "logps/rejected"]].notna().all(axis=None)


@pytest.mark.model
def test_both_sides_are_tokens_of_the_chat_template(
    questions: tuple, small_root: Path, tmp_path: Path
) -> None:
    pairs, tokenizer = _pairs(questions)[:3], load_tokenizer(small_root)
    rows = _trainer(DpoSettings(), pairs, small_root, tmp_path).train_dataset
    for side in ("chosen", "rejected"):
        whole = example_tokens(tokenizer, [*pairs["prompt"]], [*pairs[side]])
        assert [row["prompt_ids"] + row[f"{side}_ids"] for row in rows] == [ids for ids, _ in whole]


@pytest.mark.model
def test_a_prompt_that_fills_the_window_is_left_out(
    questions: tuple, small_root: Path, tmp_path: Path
) -> None:
    pairs = _pairs(questions)[:3]
    pairs.loc[1, "prompt"] = "how are you? " * 60
    options = DpoSettings(cutoff=100)
    assert len(_trainer(options, pairs, small_root, tmp_path).train_dataset) == 2


def test_a_weight_of_a_term_that_the_objective_lacks_is_refused(tmp_path: Path) -> None:
    settings = {"objective": "ipo", "sft_weight": 0.1}
    run = AdapterRun(tmp_path, None, tmp_path / "pairs.parquet", settings, tmp_path, tmp_path, {})
    with pytest.raises(LahjaError, match="sft_weight: the objective ipo has no SFT term"):
        train_dpo(run)


def test_the_config_names_every_objective() -> None:
    described = Dpo.model_json_schema()["properties"]["objective"]
    assert sorted(described["enum"]) == sorted(LOSSES)
