"""Weights in four bits, to train an adapter beside them (QLoRA)."""

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from lahja.errors import LahjaError

if TYPE_CHECKING:
    import torch

SCHEMES = ("nf4",)


def quantised(scheme: str, dtype: "torch.dtype", device: str) -> dict[str, Any]:
    """Return the arguments of `from_pretrained` that quantise weights while they are loaded.

    NF4 with double quantisation, as in the QLoRA paper (https://arxiv.org/abs/2305.14314);
    products are computed in `dtype`. Raises `LahjaError` where bitsandbytes is missing.
    """
    if scheme not in SCHEMES:
        raise LahjaError(f"unknown quantisation {scheme!r}: expected {', '.join(SCHEMES)}")
    if find_spec("bitsandbytes") is None:
        raise LahjaError(
            "quantisation: nf4 needs bitsandbytes; install it with pip install -r envs/qlora.txt"
        )
    import torch
    from transformers import BitsAndBytesConfig

    return {
        "quantization_config": BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type=scheme,
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=dtype,
        ),
        # What is quantised cannot be moved, so it is loaded where it stays.
        "device_map": {"": torch.cuda.current_device() if device == "cuda" else device},
    }
