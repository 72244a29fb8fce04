"""Measure what training Llama-3.1-8B with LoRA takes: memory, seconds a step, tokens a second.

python bench/gpu_memory.py [--limit 46] [--steps 6] [--device cpu --shape tiny]

The model has Llama-3.1-8B's shape and random weights, so nothing is downloaded (it is written to
a temporary folder, 16 GB, and read back). From there on it is the workflow's own training: LoRA of
rank 8 on all linear layers, bf16, one example of 2,048 tokens at a time, gradient checkpointing;
SFT, DPO, and both with NF4 weights where bitsandbytes is installed. The process may use `--limit`
GiB, as a card of 48 GB leaves them. Prints one table. On the CPU weights are mapped from their file
and not counted.
"""

import argparse
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from lahja.core.tables import EXAMPLES, PAIRS, write_table

sys.path.insert(0, str(Path(__file__).resolve().parent))

from gpu import GIB, SHAPES, expect_device, make_model

_LENGTHS = {"llama-3.1-8b": 2048, "tiny": 512}
_RANK = 8
Result = TypeVar("Result")


@dataclass(frozen=True)
class Measured:
    """What a training took: bytes, and seconds a step after the first."""

    chip: str
    allocated: int
    reserved: int | None
    seconds: float


def main() -> None:
    """Measure each kind of training in a process of its own and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--shape", choices=[*SHAPES], default="llama-3.1-8b")
    parser.add_argument("--limit", type=float, default=46.0, help="GiB that the process may use")
    parser.add_argument("--steps", type=int, default=6)
    options = parser.parse_args()
    expect_device("gpu_memory", options.device, options.shape)
    length = _LENGTHS[options.shape]
    trainings = [(kind, None) for kind in ("sft", "dpo")]
    if options.device == "cuda" and find_spec("bitsandbytes"):
        trainings += [("sft", "nf4"), ("dpo", "nf4")]
    print(f"{options.shape}, LoRA of rank {_RANK}, {length:,} tokens, one example at a time")
    print(f"{'training':<12}{'allocated':>11}{'reserved':>10}{'s/step':>8}", end="")
    print(f"{'tokens/s':>10}  chip (memory in GiB)")
    with tempfile.TemporaryDirectory(prefix="lahja-gpu-memory-") as name:
        folder = Path(name)
        alone(make_inputs, folder, options.shape, options.device, length, options.steps)
        for kind, quantisation in trainings:
            found = alone(measure, folder, kind, quantisation, options, length)
            print_row(kind, quantisation, length, found)


def alone(function: Callable[..., Result], *arguments: Any) -> Result:
    """Call a function in a process of its own, as only its end gives back all memory."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def make_inputs(folder: Path, shape: str, device: str, length: int, steps: int) -> None:
    """Write a model folder with random weights, and examples longer than the cutoff."""
    from lahja.demo.language_models import train_tokenizer
    from lahja.models.device import use_device

    use_device()
    words = " ".join(["كلمة"] * length)
    tokenizer = train_tokenizer([words, "answer"], 300)
    model = make_model(shape, device)
    model.config.bos_token_id = None
    model.config.eos_token_id = tokenizer.eos_token_id
    model.config.pad_token_id = tokenizer.pad_token_id
    model.save_pretrained(folder / "root")
    tokenizer.save_pretrained(folder / "root")
    example = dict.fromkeys(EXAMPLES.names, "x") | {"prompt": "answer", "completion": words}
    write_table(folder / "sft.parquet", pd.DataFrame(steps * [example]), EXAMPLES)
    pair = dict.fromkeys(PAIRS.names, "x") | {"prompt": "answer", "chosen": words}
    pair["rejected"] = f"{words} {words}"
    write_table(folder / "dpo.parquet", pd.DataFrame(steps * [pair]), PAIRS)


def measure(
    folder: Path, kind: str, quantisation: str | None, options: argparse.Namespace, length: int
) -> Measured:
    """Train for some steps and return the peak of memory and the time."""
    import torch

    from lahja.training.adapters import AdapterRun
    from lahja.training.dpo import train_dpo
    from lahja.training.sft import train_sft

    if options.device == "cuda":
        whole = torch.cuda.get_device_properties(0).total_memory
        torch.cuda.set_per_process_memory_fraction(min(1.0, options.limit * GIB / whole))
    settings = {
        "rank": _RANK, "cutoff": length, "batch": 1, "accumulation": 1, "epochs": 1,
        "gradient_checkpointing": True, "quantisation": quantisation, "micro_batch_tokens": length,
    }  # fmt: skip
    name = f"{kind}-{quantisation}"
    run = AdapterRun(
        folder / "root", None, folder / f"{kind}.parquet", settings, folder / f"{name}-work",
        folder / name, {},
    )  # fmt: skip
    with starts_of_steps() as starts, cpu_peak(options.device) as peak:
        (train_sft if kind == "sft" else train_dpo)(run)
    seconds = (starts[-1] - starts[1]) / (len(starts) - 2)
    if options.device == "cpu":
        return Measured(platform.processor() or platform.machine(), peak[0], None, seconds)
    return Measured(
        torch.cuda.get_device_name(),
        torch.cuda.max_memory_allocated(),
        torch.cuda.max_memory_reserved(),
        seconds,
    )


@contextmanager
def starts_of_steps() -> Iterator[list[float]]:
    """Note when each training step begins, and the last one's end."""
    from lahja.training.batches import ByTokens

    starts: list[float] = []
    step = ByTokens.training_step

    def noted(*arguments, **options):
        starts.append(time.perf_counter())
        return step(*arguments, **options)

    ByTokens.training_step = noted
    try:
        yield starts
    finally:
        ByTokens.training_step = step


@contextmanager
def cpu_peak(device: str) -> Iterator[list[int]]:
    """Give the most bytes of tensors that lived at once on the CPU; PyTorch counts only CUDA's."""
    from torch.profiler import ProfilerActivity, profile

    peak: list[int] = []
    if device != "cpu":
        yield peak
        return
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as record:
        yield peak
    changes = [
        (event.start_ns(), event.nbytes())
        for event in record.profiler.kineto_results.events()
        if event.name() == "[memory]"
    ]
    held = most = 0
    for _, change in sorted(changes):
        held += change
        most = max(most, held)
    peak.append(most)


def print_row(kind: str, quantisation: str | None, length: int, found: Measured) -> None:
    """Print one training's line."""
    name = kind.upper() + (f" {quantisation}" if quantisation else "")
    digits = 2 if found.allocated > GIB else 4
    reserved = "-" if found.reserved is None else f"{found.reserved / GIB:.{digits}f}"
    # A preference pair is two sequences.
    speed = (2 if kind == "dpo" else 1) * length / found.seconds
    print(
        f"{name:<12}{found.allocated / GIB:>11.{digits}f}{reserved:>10}{found.seconds:>8.2f}"
        f"{speed:>10,.0f}  {found.chip}",
        flush=True,
    )


if __name__ == "__main__":
    main()
