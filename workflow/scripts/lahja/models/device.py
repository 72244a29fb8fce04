"""Where models run, and in which number format."""

import os
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from lahja.errors import LahjaError

if TYPE_CHECKING:
    import torch


def use_device(threads: int | None = None) -> str:
    """Return "cuda" where there is a GPU, else "cpu"; on the CPU use so many threads.

    Of several processes each uses the GPU of its own number.
    """
    import torch
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    if threads:
        torch.set_num_threads(threads)
    if not torch.cuda.is_available():
        return "cpu"
    torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    return "cuda"


def pick_precision(precision: str | None, device: str) -> str:
    """Return "bf16" or "fp32"; where None, bf16 on a GPU and fp32 on the CPU.

    On the CPU bf16 is slower than fp32 for models of a few million weights (measured).
    """
    known = ("bf16", "fp32")
    if precision is None:
        return "bf16" if device == "cuda" else "fp32"
    if precision not in known:
        raise LahjaError(f"unknown precision {precision!r}: expected {' or '.join(known)}")
    return precision


def pick_dtype(precision: str | None, device: str) -> "torch.dtype":
    """Return the dtype that weights are loaded in."""
    import torch

    return torch.bfloat16 if pick_precision(precision, device) == "bf16" else torch.float32


def autocast(precision: str | None, device: str) -> AbstractContextManager[None]:
    """Return the context in which a training step computes."""
    import torch

    enabled = pick_precision(precision, device) == "bf16"
    return torch.autocast(device, torch.bfloat16, enabled=enabled)
