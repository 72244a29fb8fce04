"""A LoRA adapter between two others, exact in the weights that they make.

An adapter adds s·B·A to a weight of the root (s = alpha / rank). Between a start and an end that
continues it the wanted sum is (1 - w)·s₀·B₀·A₀ + w·s₁·B₁·A₁. Mixing A with A and B with B would
give cross terms; the factors are put side by side instead:

    [ (1 - w)·s₀·B₀ | w·s₁·B₁ ] · [ A₀ ; A₁ ]

The rank is the sum of both. From a bare root, which adds nothing, B₁ is scaled.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lahja.errors import LahjaError
from lahja.files import read_json, write_json

if TYPE_CHECKING:
    from torch import Tensor

_CONFIG, _WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
_A, _B = ".lora_A.weight", ".lora_B.weight"
# Forms of LoRA whose sum is another than s·B·A.
_OTHER_FORMS = ("use_dora", "rank_pattern", "alpha_pattern", "modules_to_save", "lora_bias")


@dataclass(frozen=True)
class _Adapter:
    config: dict[str, Any]
    # Shapes: A is (rank, inputs), B is (outputs, rank), by the name of the weight they add to.
    factors: "dict[str, tuple[Tensor, Tensor]]"

    @property
    def scale(self) -> float:
        """Return the factor of the adapter's product, of LoRA or rank-stabilised LoRA."""
        rank = self.config["r"]
        return self.config["lora_alpha"] / (rank**0.5 if self.config.get("use_rslora") else rank)


def interpolate_adapters(start: Path | None, end: Path, weight: float, output: Path) -> None:
    """Write the adapter `weight` of the way from the start (none: the bare root) to the end.

    Raises `LahjaError` where an adapter is not plain LoRA, or the two change other weights.
    """
    from safetensors.torch import save_file

    last = _read(end)
    if start is None:
        config = last.config
        factors = {name: (a, _scaled(weight, b)) for name, (a, b) in last.factors.items()}
    else:
        first = _read(start)
        if first.factors.keys() != last.factors.keys():
            raise LahjaError(f"{end}: changes other weights than {start}; expected the same")
        rank = first.config["r"] + last.config["r"]
        config = last.config | {"r": rank, "lora_alpha": rank, "use_rslora": False}
        factors = {
            name: _side_by_side(
                ((1 - weight) * first.scale, first.factors[name]), (weight * last.scale, found)
            )
            for name, found in last.factors.items()
        }
    tensors = {}
    for name, (a, b) in factors.items():
        tensors |= {f"{name}{_A}": a.contiguous(), f"{name}{_B}": b.contiguous()}
    output.mkdir(parents=True)
    save_file(tensors, output / _WEIGHTS, metadata={"format": "pt"})
    write_json(output / _CONFIG, config)


def _side_by_side(
    first: "tuple[float, tuple[Tensor, Tensor]]", last: "tuple[float, tuple[Tensor, Tensor]]"
) -> "tuple[Tensor, Tensor]":
    import torch

    (scale, (a, b)), (other_scale, (other_a, other_b)) = first, last
    scaled = [_scaled(scale, b), _scaled(other_scale, other_b)]
    return torch.cat([a, other_a]), torch.cat(scaled, dim=1)


def _scaled(factor: float, b: "Tensor") -> "Tensor":
    return (factor * b.float()).to(b.dtype)


def _read(folder: Path) -> _Adapter:
    from safetensors.torch import load_file

    config, weights = read_json(folder / _CONFIG), load_file(folder / _WEIGHTS)
    others = [key for key in _OTHER_FORMS if config.get(key)]
    if others or config.get("bias", "none") != "none":
        raise LahjaError(f"{folder}: not plain LoRA ({', '.join(others) or 'bias'})")
    names = [key.removesuffix(_A) for key in weights if key.endswith(_A)]
    known = {f"{name}{part}" for name in names for part in (_A, _B)}
    if known != weights.keys():
        raise LahjaError(f"{folder}: not plain LoRA ({min(known ^ weights.keys())})")
    return _Adapter(config, {n: (weights[f"{n}{_A}"], weights[f"{n}{_B}"]) for n in names})
