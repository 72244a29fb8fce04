"""Merged adapters: exact sums, thinned ones by hand and as PEFT has them."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from lahja.core.errors import LahjaError
from lahja.core.files import read_json
from lahja.models.folder import load_model, load_tokenizer
from lahja.models.merging import merge_adapters

pytestmark = pytest.mark.model

# Rank and alpha of adapters of random weights.
SHAPES = {"start": (3, 6), "end": (4, 4), "third": (2, 5)}


@pytest.fixture(scope="module")
def adapters(small_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few adapters of random weights, of different rank and scale."""
    import torch
    from peft import LoraConfig, get_peft_model

    folder = tmp_path_factory.mktemp("adapters")
    for seed, (name, (rank, alpha)) in enumerate(SHAPES.items()):
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


def merged(adapters: Path, output: Path, weights: dict[str, float], *how, **settings) -> Path:
    """Return the folder of a few adapters merged."""
    folders = [adapters / name for name in weights]
    merge_adapters(folders, [*weights.values()], output, *how, **settings)
    return output


def products(folder: Path) -> dict[str, np.ndarray]:
    """Return what an adapter adds to each weight, by plain arithmetic."""
    from safetensors.numpy import load_file

    config = read_json(folder / "adapter_config.json")
    tensors = load_file(folder / "adapter_model.safetensors")
    scale = config["lora_alpha"] / config["r"]
    return {
        name: scale * tensors[name.replace("lora_A", "lora_B")].astype(float) @ a.astype(float)
        for name, a in tensors.items()
        if "lora_A" in name
    }


def scores(root: Path, adapter: Path | None):
    """Return the model's scores of all tokens after a prompt, and its weights."""
    import torch

    model = load_model(root, adapter, dtype=torch.float32, device="cpu")
    ids = load_tokenizer(root)(["how are you?"], return_tensors="pt")["input_ids"]
    weights = {name: weight.detach().numpy() for name, weight in model.named_parameters()}
    with torch.inference_mode():
        return model(ids).logits.numpy(), weights


@pytest.mark.parametrize(
    "weights",
    [{"start": 0.5, "end": 0.5}, {"start": 0.25, "end": 0.75}, {"end": 0.5},
     {"start": 0.5, "end": 0.3, "third": 0.2}, {"start": 1, "end": 1.5, "third": -0.7}],
)  # fmt: skip
def test_the_products_are_added_up_by_weight(weights, adapters: Path, tmp_path: Path) -> None:
    found = products(merged(adapters, tmp_path / "merged", weights))
    members = {name: products(adapters / name) for name in weights}
    for name, product in found.items():
        expected = sum(weight * members[own][name] for own, weight in weights.items())
        assert np.abs(expected).max() > 0.01
        assert np.abs(product - expected).max() < 1e-7
    rank = read_json(tmp_path / "merged" / "adapter_config.json")["r"]
    assert rank == sum(SHAPES[name][0] for name in weights)


@pytest.mark.parametrize(("weight", "name"), [(0.0, "start"), (1.0, "end")])
def test_the_ends_are_the_two_models(
    weight: float, name: str, adapters: Path, small_root: Path, tmp_path: Path
) -> None:
    merged(adapters, tmp_path / "between", {"start": 1 - weight, "end": weight})
    found, _ = scores(small_root, tmp_path / "between")
    expected, _ = scores(small_root, adapters / name)
    assert found == pytest.approx(expected, abs=1e-5)
    root, _ = scores(small_root, None)
    assert abs(expected - root).max() > 0.1


def test_the_models_weights_are_interpolated(
    adapters: Path, small_root: Path, tmp_path: Path
) -> None:
    merged(adapters, tmp_path / "between", {"start": 0.7, "end": 0.3})
    folders = (tmp_path / "between", adapters / "start", adapters / "end")
    between, start, end = (scores(small_root, folder)[1] for folder in folders)
    for name, weight in between.items():
        assert weight == pytest.approx(0.7 * start[name] + 0.3 * end[name], abs=1e-6)


def test_ties_keeps_the_largest_values_of_the_majoritys_sign(
    adapters: Path, tmp_path: Path
) -> None:
    weights = {"start": 0.6, "end": 1.2, "third": 0.9}
    # The rank is the sum, 9, and the thinned sum is of a higher one: what is found is the nearest.
    found = products(merged(adapters, tmp_path / "m", weights, "ties", 0.4))
    members = {name: products(adapters / name) for name in weights}
    for name, product in found.items():
        kept = []
        for own in members.values():
            n = int(0.4 * own[name].size)
            limit = np.sort(np.abs(own[name]).ravel())[-n]
            kept.append(np.where(np.abs(own[name]) >= limit, own[name], 0))
        sign = np.where(sum(kept) >= 0, 1, -1)
        agree = [np.sign(own) == sign for own in kept]
        weighted = zip(weights.values(), kept, agree, strict=True)
        total = sum(w * own * same for w, own, same in weighted)
        expected = nearest(total / np.maximum(sum(agree), 1), 9)
        assert np.abs(product - expected).max() < 1e-5
        assert np.abs(expected).max() > 0.01


def nearest(product: np.ndarray, rank: int) -> np.ndarray:
    u, s, v = np.linalg.svd(product, full_matrices=False)
    return (u[:, :rank] * s[:rank]) @ v[:rank]


def test_ties_is_what_peft_makes_of_the_models(
    adapters: Path, small_root: Path, tmp_path: Path
) -> None:
    import torch
    from peft import PeftModel

    found = products(merged(adapters, tmp_path / "m", {"start": 0.5, "third": 2}, "ties", 0.5))
    base = load_model(small_root, dtype=torch.float32, device="cpu", trainable=True)
    model = PeftModel.from_pretrained(base, adapters / "start", "start")
    model.load_adapter(adapters / "third", "third")
    options = {"combination_type": "ties_svd", "density": 0.5, "svd_rank": 5}
    model.add_weighted_adapter(["start", "third"], [0.5, 2], "merged", **options)
    model.save_pretrained(tmp_path, selected_adapters=["merged"])
    expected = products(tmp_path / "merged")
    assert found.keys() == expected.keys()
    for name, product in found.items():
        assert product == pytest.approx(expected[name], abs=1e-5)


def test_dare_drops_at_random_and_scales_up(adapters: Path, tmp_path: Path) -> None:
    import torch

    weights = {"start": 0.5, "third": 2}
    found = products(merged(adapters, tmp_path / "m", weights, "dare", 0.8, 7))
    members = {name: products(adapters / name) for name in weights}
    torch.manual_seed(7)
    for name in sorted(found):
        kept = {
            own: torch.bernoulli(torch.full(product[name].shape, 0.8)).numpy() * product[name] / 0.8
            for own, product in members.items()
        }
        expected = nearest(sum(weights[own] * kept[own] for own in weights), 5)
        assert np.abs(found[name] - expected).max() < 1e-5
        assert np.abs(expected).max() > 0.01


def test_the_rank_is_at_most_that_of_the_smallest_weight(adapters: Path, tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    shapes = [t.shape for t in load_file(adapters / "end" / "adapter_model.safetensors").values()]
    smallest = min(max(shape) for shape in shapes)
    many = [adapters / "end"] * (smallest // 4 + 2)
    merge_adapters(many, [0.5] * len(many), tmp_path / "m", "ties", 0.5)
    assert read_json(tmp_path / "m" / "adapter_config.json")["r"] == smallest
    ranks = {min(shape) for shape in map(np.shape, products(tmp_path / "m").values())}
    assert min(ranks) == smallest


def test_dare_draws_by_its_seed(adapters: Path, tmp_path: Path) -> None:
    weights = {"start": 0.5, "end": 0.5}
    first, again, other = (
        products(merged(adapters, tmp_path / str(n), weights, "dare", 0.5, seed))
        for n, seed in enumerate((1, 1, 2))
    )
    for name, product in first.items():
        assert (product == again[name]).all()
        assert np.abs(product - other[name]).max() > 1e-3


def test_what_keeps_everything_is_the_plain_sum(adapters: Path, tmp_path: Path) -> None:
    weights = {"start": 0.5, "end": -0.25}
    plain = products(merged(adapters, tmp_path / "linear", weights))
    found = products(merged(adapters, tmp_path / "dare", weights, "dare", 1.0))
    for name, product in plain.items():
        assert found[name] == pytest.approx(product, abs=1e-6)


def test_adapters_of_other_weights_are_refused(adapters: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    shutil.copytree(adapters / "end", tmp_path / "less")
    file = tmp_path / "less" / "adapter_model.safetensors"
    save_file({k: v for k, v in load_file(file).items() if "q_proj" not in k}, file)
    with pytest.raises(LahjaError, match="less: changes other weights than"):
        merge_adapters([adapters / "start", tmp_path / "less"], [0.5, 0.5], tmp_path / "out")
