"""Where models run, in which number format their weights are, and in which batches they read."""

import os
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from lahja.core.errors import LahjaError

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

# Tokens of a batch that is read in one pass. On a CPU more of them leave its cache: a batch of
# 2,048 takes twice as long a token as one of 512 (bench/scoring.py).
BATCH_TOKENS = {"cpu": 512, "cuda": 32768}
_MIN_PACKED = 50_000_000


def use_device() -> str:
    """Return "cuda" where there is a GPU, else "cpu", on as many threads as OMP_NUM_THREADS says.

    Snakemake sets it for each job. Of several processes each uses the GPU of its own number.
    """
    import torch
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    if not torch.cuda.is_available():
        return "cpu"
    torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    return "cuda"


def pick_precision(precision: str | None, device: str) -> str:
    """Return "bf16" or "fp32"; where None, bf16 on a GPU and fp32, which is faster, on the CPU."""
    return precision or ("bf16" if device == "cuda" else "fp32")


def pick_dtype(precision: str | None, device: str) -> "torch.dtype":
    """Return the dtype that weights are loaded in."""
    import torch

    return torch.bfloat16 if pick_precision(precision, device) == "bf16" else torch.float32


def sorted_batches(
    lengths: Sequence[int], size: float, max_tokens: float = float("inf")
) -> Iterator[list[int]]:
    """Yield row numbers, the longest rows first, in batches of up to `size` rows.

    Padded to its longest row a batch has no more than `max_tokens` tokens, or one row.
    """
    order = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    while order:
        fitting = max_tokens // max(lengths[order[0]], 1)
        count = int(max(1, min(size, fitting)))
        yield order[:count]
        order = order[count:]


def packed(model: "PreTrainedModel") -> "PreTrainedModel":
    """Return a model for use with its float32 linear layers in oneDNN's layout, on a CPU.

    Products of large matrices then take a fifth less time; small models gain nothing.
    """
    import torch

    is_float32 = model.device.type == "cpu" and model.dtype is torch.float32
    if not is_float32 or model.num_parameters() < _MIN_PACKED:
        return model
    from torch.utils.mkldnn import to_mkldnn

    return to_mkldnn(model)


def quantised(dtype: "torch.dtype", device: str) -> dict[str, Any]:
    """Return the arguments of `from_pretrained` that quantise weights while they are loaded.

    NF4 with double quantisation, as in the QLoRA paper (https://arxiv.org/abs/2305.14314);
    products are computed in `dtype`. Raises `LahjaError` where bitsandbytes is missing.
    """
    if find_spec("bitsandbytes") is None:
        raise LahjaError(
            "quantisation: nf4 needs bitsandbytes; install it with pip install -r envs/qlora.txt"
        )
    import torch
    from transformers import BitsAndBytesConfig

    nf4 = {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4", "bnb_4bit_use_double_quant": True}
    # What is quantised cannot be moved, so it is loaded where it stays.
    place = torch.cuda.current_device() if device == "cuda" else device
    config = BitsAndBytesConfig(**nf4, bnb_4bit_compute_dtype=dtype)
    return {"quantization_config": config, "device_map": {"": place}}
