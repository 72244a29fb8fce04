"""Adapters between two others: exact at both ends and in between."""

import shutil
from pathlib import Path

import pytest

from lahja.core.errors import LahjaError
from lahja.core.files import read_json
from lahja.models.folder import load_model, load_tokenizer
from lahja.models.interpolation import interpolate_adapters

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def adapters(small_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two adapters of random weights, of different rank and scale."""
    import torch
    from peft import LoraConfig, get_peft_model

    folder = tmp_path_factory.mktemp("adapters")
    for name, rank, alpha, seed in (("start", 3, 6, 1), ("end", 4, 4, 2)):
        torch.manual_seed(seed)
        lora = LoraConfig(
            r=rank, lora_alpha=alpha, target_modules="all-linear", task_type="CAUSAL_LM"
        )
        root = load_model(small_root, dtype=torch.float32, device="cpu", trainable=True)
        model = get_peft_model(root, lora)
        for key, weight in model.named_parameters():
            if "lora_B" in key:
                torch.nn.init.normal_(weight, std=0.1)
        model.save_pretrained(folder / name)
    return folder


def scores(root: Path, adapter: Path | None):
    """Return the model's scores of all tokens after a prompt, and its weights."""
    import torch

    model = load_model(root, adapter, dtype=torch.float32, device="cpu")
    ids = load_tokenizer(root)(["how are you?"], return_tensors="pt")["input_ids"]
    weights = {name: weight.detach().numpy() for name, weight in model.named_parameters()}
    with torch.inference_mode():
        return model(ids).logits.numpy(), weights


@pytest.mark.parametrize(("weight", "name"), [(0.0, "start"), (1.0, "end")])
def test_the_ends_are_the_two_models(
    weight: float, name: str, adapters: Path, small_root: Path, tmp_path: Path
) -> None:
    interpolate_adapters(adapters / "start", adapters / "end", weight, tmp_path / "between")
    found, _ = scores(small_root, tmp_path / "between")
    expected, _ = scores(small_root, adapters / name)
    assert found == pytest.approx(expected, abs=1e-5)
    root, _ = scores(small_root, None)
    assert abs(expected - root).max() > 0.1


def test_in_between_the_weights_are_interpolated(
    adapters: Path, small_root: Path, tmp_path: Path
) -> None:
    interpolate_adapters(adapters / "start", adapters / "end", 0.3, tmp_path / "between")
    folders = (tmp_path / "between", adapters / "start", adapters / "end")
    between, start, end = (scores(small_root, folder)[1] for folder in folders)
    for name, weight in between.items():
        assert weight == pytest.approx(0.7 * start[name] + 0.3 * end[name], abs=1e-6)


def test_from_a_bare_root_the_adapter_is_scaled(
    adapters: Path, small_root: Path, tmp_path: Path
) -> None:
    found = {}
    for weight in (0.0, 0.25, 1.0):
        interpolate_adapters(None, adapters / "end", weight, tmp_path / str(weight))
        found[weight] = scores(small_root, tmp_path / str(weight))
    root_scores, root = scores(small_root, None)
    end_scores, end = scores(small_root, adapters / "end")
    assert found[0.0][0] == pytest.approx(root_scores, abs=1e-6)
    assert found[1.0][0] == pytest.approx(end_scores, abs=1e-6)
    for name, weight in found[0.25][1].items():
        assert weight == pytest.approx(0.75 * root[name] + 0.25 * end[name], abs=1e-6)
    assert read_json(tmp_path / "0.25" / "adapter_config.json")["r"] == 4


def test_adapters_of_other_weights_are_refused(adapters: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    shutil.copytree(adapters / "end", tmp_path / "less")
    file = tmp_path / "less" / "adapter_model.safetensors"
    save_file({k: v for k, v in load_file(file).items() if "q_proj" not in k}, file)
    with pytest.raises(LahjaError, match="less: changes other weights than"):
        interpolate_adapters(adapters / "start", tmp_path / "less", 0.5, tmp_path / "out")
