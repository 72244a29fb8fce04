import math
from pathlib import Path

import pandas as pd
import pytest

from lahja.core.errors import LahjaError
from lahja.core.tables import PAIRS, read_table, write_table
from lahja.training import dpo
from lahja.training.adapters import AdapterRun
from lahja.training.dpo import train_dpo
from lahja.training.tracking import CURVE_FILE, check_step

SETTINGS = {"epochs": 3, "batch": 4, "accumulation": 2, "learning_rate": 0.02, "rank": 4}


@pytest.fixture(scope="module")
def pairs(questions: tuple, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pairs") / "pairs.parquet"
    rows = [
        {**dict.fromkeys(PAIRS.names, "x"), "prompt": f"{prompt} {n}", "chosen": answer}
        | {"rejected": questions[-1][2]}
        for n in range(4)
        for _, prompt, answer in questions[:5]
    ]
    write_table(path, pd.DataFrame(rows), PAIRS)
    return path


@pytest.fixture(scope="module")
def from_base(pairs: Path, small_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dpo")
    train_dpo(AdapterRun(small_root, None, pairs, SETTINGS, folder / "work", folder / "rl", {}))
    return folder / "rl"


@pytest.mark.model
def test_from_a_base_the_loss_starts_at_ln_2_and_falls(from_base: Path) -> None:
    curve = pd.read_csv(from_base / CURVE_FILE)
    assert curve["loss"].iloc[0] == pytest.approx(math.log(2), abs=1e-4)
    assert curve["loss"].iloc[-1] < 0.6
    assert curve["rewards/margins"].iloc[-1] > 0


@pytest.mark.model
def test_from_an_adapter_the_reference_is_that_adapter(
    from_base: Path, pairs: Path, small_root: Path, tmp_path: Path
) -> None:
    settings = {**SETTINGS, "epochs": 1, "objective": "sigmoid+sft", "sft_weight": 0.1}
    parent = from_base / "adapter"
    train_dpo(AdapterRun(small_root, parent, pairs, settings, tmp_path / "w", tmp_path / "m", {}))
    curve = pd.read_csv(tmp_path / "m" / CURVE_FILE)
    assert curve["rewards/chosen"].iloc[0] == pytest.approx(0, abs=1e-4)
    # The parent has moved from the base, so a reference of the base would have shown here.
    base = pd.read_csv(from_base / CURVE_FILE)["logps/chosen"].iloc[0]
    assert curve["logps/chosen"].iloc[0] != pytest.approx(base, rel=0.1)
    assert {path.name for path in (tmp_path / "m" / "adapter").iterdir()} == {
        "adapter_config.json",
        "adapter_model.safetensors",
    }


def test_a_reference_that_is_not_the_start_stops_the_run() -> None:
    from transformers import TrainerState

    logs = {"rewards/chosen": 0.3, "rewards/rejected": 0.0, "rewards/margins": 0.3}
    with pytest.raises(LahjaError, match="the reference is not the model"):
        check_step(Path("rl"), TrainerState(global_step=1), logs)
    check_step(Path("rl"), TrainerState(global_step=2), logs)
    check_step(Path("rl"), TrainerState(global_step=1), dict.fromkeys(logs, 1e-6))


@pytest.mark.model
def test_trainings_of_other_seeds_share_what_the_reference_says(
    pairs: Path, small_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    score = dpo.score_completions

    def counted(model, batch):
        if not model.training:
            asked.append(len(batch["input_ids"]))
        return score(model, batch)

    monkeypatch.setattr(dpo, "score_completions", counted)

    def losses(seed: int, **others) -> list[float]:
        asked.clear()
        settings = {**SETTINGS, "epochs": 1, "seed": seed, **others}
        work, output = tmp_path / f"work/{seed}", tmp_path / f"{seed}"
        train_dpo(AdapterRun(small_root, None, pairs, settings, work, output, {}))
        return pd.read_csv(output / CURVE_FILE)["loss"].tolist()

    # Both sides of 20 pairs, once for two seeds; another length is another reference.
    first, n_first = losses(1), sum(asked)
    second, n_second = losses(2), sum(asked)
    assert (n_first, n_second) == (40, 0)
    assert first[0] == pytest.approx(second[0], abs=1e-5)
    assert first != second
    losses(3, cutoff=1000)
    assert sum(asked) == 40
    assert len([*(tmp_path / "work").glob("reference-*.json")]) == 2


def test_pairs_without_a_prompt_are_refused(pairs: Path, tmp_path: Path) -> None:
    rows = read_table(pairs, PAIRS)
    rows.loc[3, "prompt"] = None
    write_table(tmp_path / "pairs", rows, PAIRS)
    run = AdapterRun(tmp_path, None, tmp_path / "pairs", SETTINGS, tmp_path, tmp_path, {})
    with pytest.raises(LahjaError, match="'prompt' has nulls; preferences need a prompt"):
        train_dpo(run)
