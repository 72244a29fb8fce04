"""Where models run, and in which number format."""

import os
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from lahja.errors import LahjaError

if TYPE_CHECKING:
    import torch


def use_device(threads: int | None = None) -> str:
    """Return "cuda" where there is a GPU, else "cpu"; on the CPU use so many threads."""
    import torch

    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    if threads:
        torch.set_num_threads(threads)
    return "cuda" if torch.cuda.is_available() else "cpu"


def pick_dtype(precision: str | None, device: str) -> "torch.dtype":
    """Return the dtype that weights are loaded in: "bf16", "fp32", or by device where None."""
    import torch

    known = {"bf16": torch.bfloat16, "fp32": torch.float32}
    if precision is None:
        return torch.bfloat16 if device == "cuda" else torch.float32
    if precision not in known:
        raise LahjaError(f"unknown precision {precision!r}: expected {' or '.join(known)}")
    return known[precision]


def autocast(precision: str, device: str) -> AbstractContextManager[None]:
    """Return the context in which a training step computes."""
    import torch

    return torch.autocast(device, torch.bfloat16, enabled=precision == "bf16")
