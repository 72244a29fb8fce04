"""LoRA adapters of one base model, merged into one.

An adapter adds s·B·A to a weight of the base model (s = alpha / rank; A: rank × inputs). `linear`
adds up w₁·s₁·B₁·A₁ + w₂·s₂·B₂·A₂ + … exactly. To mix A with A and B with B would give cross terms;
the factors are put side by side instead, so that the rank is the sum of all:

    [ w₁·s₁·B₁ | w₂·s₂·B₂ | … ] · [ A₁ ; A₂ ; … ]

`ties` (https://arxiv.org/abs/2306.01708) and `dare` (https://arxiv.org/abs/2311.03099) are PEFT's
`ties_svd` and `dare_linear_svd`. Each product is thinned out: `ties` keeps its largest values,
`dare` random ones, scaled up in turn. What is left is added up by weight; `ties` takes the mean of
the values that have the sign of the majority. The result is rounded to the sum of the ranks.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lahja.core.errors import LahjaError
from lahja.core.files import read_json, write_json
from lahja.core.model_graph import LINEAR

if TYPE_CHECKING:
    from torch import Tensor

_CONFIG, _WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
_A, _B = ".lora_A.weight", ".lora_B.weight"


def merge_adapters(
    adapters: Sequence[Path],
    weights: Sequence[float],
    output: Path,
    method: str = LINEAR,
    density: float | None = None,
    seed: int = 0,
) -> None:
    """Write the adapter that adds what the adapters add by their weights.

    All are plain LoRA. `density` is the share of values that `ties` and `dare` keep. Raises
    `LahjaError` where the adapters change other weights.
    """
    import torch
    from safetensors.torch import load_file, save_file

    configs = [read_json(folder / _CONFIG) for folder in adapters]
    loaded = [load_file(folder / _WEIGHTS) for folder in adapters]
    for folder, tensors in zip(adapters, loaded, strict=True):
        if tensors.keys() != loaded[0].keys():
            raise LahjaError(
                f"{folder}: changes other weights than {adapters[0]}; expected the same"
            )
    rank, merged = sum(config["r"] for config in configs), {}
    if method != LINEAR:
        from peft.utils.merge_utils import dare_linear, ties

        merge = {"ties": ties, "dare": dare_linear}[method]
        # The decomposition has no more columns than the smallest weight has rows or columns.
        rank = min([rank, *(t.shape[key.endswith(_A)] for own in loaded for key, t in own.items())])
    torch.manual_seed(seed)
    for name in sorted(key.removesuffix(_B) for key in loaded[0] if key.endswith(_B)):
        a, b = ([tensors[name + side].float() for tensors in loaded] for side in (_A, _B))
        scales = [config["lora_alpha"] / config["r"] for config in configs]
        if method == LINEAR:
            factors = [w * s for w, s in zip(weights, scales, strict=True)]
            first = torch.cat(a)
            second = torch.cat([f * own for f, own in zip(factors, b, strict=True)], dim=1)
        else:
            products = [s * (own_b @ own_a) for s, own_a, own_b in zip(scales, a, b, strict=True)]
            # On the CPU, so that the same is drawn on every machine.
            first, second = _factors(merge(products, torch.tensor(weights), density), rank)
        kind = loaded[0][name + _B].dtype
        merged |= {name + _A: first.to(kind).contiguous(), name + _B: second.to(kind).contiguous()}
    output.mkdir(parents=True)
    save_file(merged, output / _WEIGHTS, metadata={"format": "pt"})
    write_json(output / _CONFIG, configs[0] | {"r": rank, "lora_alpha": rank})


def _factors(product: "Tensor", rank: int) -> tuple["Tensor", "Tensor"]:
    """Return A and B of that rank whose product is nearest."""
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    u, s, v = (t.cpu() for t in torch.linalg.svd(product.to(device), full_matrices=False))
    return v[:rank], u[:, :rank] * s[:rank]
