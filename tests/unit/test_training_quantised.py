import math
from pathlib import Path

import pandas as pd
import pytest

from lahja.core.errors import LahjaError
from lahja.core.tables import PAIRS, write_table
from lahja.models import device
from lahja.training.adapters import AdapterRun
from lahja.training.dpo import train_dpo
from lahja.training.sft import train_sft
from lahja.training.tracking import CURVE_FILE

SETTINGS = {"epochs": 6, "batch": 8, "accumulation": 1, "learning_rate": 0.02, "rank": 4}


def test_without_bitsandbytes_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(device, "find_spec", lambda name: None)
    with pytest.raises(LahjaError, match=r"pip install -r envs/qlora\.txt"):
        device.quantised(torch.float32, "cpu")


@pytest.mark.model
def test_an_adapter_beside_weights_in_four_bits_learns(
    examples: Path, questions: tuple, small_root: Path, tmp_path: Path
) -> None:
    pytest.importorskip("bitsandbytes", reason="envs/qlora.txt is not installed")
    from safetensors.torch import load_file

    settings = SETTINGS | {"quantisation": "nf4"}
    run = AdapterRun(small_root, None, examples, settings, tmp_path / "w", tmp_path / "sft", {})
    train_sft(run)
    loss = pd.read_csv(tmp_path / "sft" / CURVE_FILE)["loss"]
    assert loss[-3:].mean() < 0.9 * loss[:3].mean()
    weights = load_file(tmp_path / "sft" / "adapter" / "adapter_model.safetensors")
    assert {str(weight.dtype) for weight in weights.values()} == {"torch.float32"}
    rows = [
        dict.fromkeys(PAIRS.names, "x") | {"prompt": prompt, "chosen": answer, "rejected": "لا"}
        for _, prompt, answer in questions
    ]
    write_table(tmp_path / "pairs.parquet", pd.DataFrame(rows), PAIRS)
    train_dpo(
        AdapterRun(
            small_root, tmp_path / "sft", tmp_path / "pairs.parquet", settings,
            tmp_path / "w", tmp_path / "rl", {},
        )
    )  # fmt: skip
    curve = pd.read_csv(tmp_path / "rl" / CURVE_FILE)
    assert curve["loss"].iloc[0] == pytest.approx(math.log(2), abs=1e-2)
    assert curve["loss"].iloc[-1] < 0.6
