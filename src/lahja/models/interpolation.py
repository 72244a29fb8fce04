"""A LoRA adapter between two others, exact in the weights that they make.

An adapter adds s·B·A to a weight of the base model (s = alpha / rank; A: rank × inputs). Between a
start and an end that continues it the wanted sum is (1 - w)·s₀·B₀·A₀ + w·s₁·B₁·A₁. Mixing A with A
and B with B would give cross terms; the factors are put side by side instead:

    [ (1 - w)·s₀·B₀ | w·s₁·B₁ ] · [ A₀ ; A₁ ]

The rank is the sum of both. From the bare base model, which adds nothing, B₁ is scaled.
"""

from pathlib import Path

from lahja.core.errors import LahjaError
from lahja.core.files import read_json, write_json

_CONFIG, _WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
_B = ".lora_B.weight"


def interpolate_adapters(start: Path | None, end: Path, weight: float, output: Path) -> None:
    """Write the adapter `weight` of the way from the start (none: the bare base model) to the end.

    Both are plain LoRA. Raises `LahjaError` where the two change other weights.
    """
    import torch
    from safetensors.torch import load_file, save_file

    config, last = read_json(end / _CONFIG), load_file(end / _WEIGHTS)
    if start is None:
        tensors = {name: _scaled(weight, w) if name.endswith(_B) else w for name, w in last.items()}
    else:
        first_config, first = read_json(start / _CONFIG), load_file(start / _WEIGHTS)
        if first.keys() != last.keys():
            raise LahjaError(f"{end}: changes other weights than {start}; expected the same")
        before = (1 - weight) * first_config["lora_alpha"] / first_config["r"]
        after = weight * config["lora_alpha"] / config["r"]
        tensors = {
            name: torch.cat([_scaled(before, first[name]), _scaled(after, w)], dim=1)
            if name.endswith(_B)
            else torch.cat([first[name], w])
            for name, w in last.items()
        }
        rank = first_config["r"] + config["r"]
        config |= {"r": rank, "lora_alpha": rank}
    output.mkdir(parents=True)
    contiguous = {name: w.contiguous() for name, w in tensors.items()}
    save_file(contiguous, output / _WEIGHTS, metadata={"format": "pt"})
    write_json(output / _CONFIG, config)


def _scaled(factor: float, b):
    return (factor * b.float()).to(b.dtype)
