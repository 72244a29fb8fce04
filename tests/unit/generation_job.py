"""A job of generate_responses in a process of its own, so that a test can kill it."""

import json
import subprocess
import sys
from pathlib import Path

from misbehaving_server import Server

from lahja.tables import PROMPTS, empty_table, write_table

SCRIPT = Path(__file__).parents[2] / "workflow" / "scripts" / "generate_responses.py"


def write_prompts(path: Path, dialect: str, n: int) -> list[str]:
    """Write a table of n prompts of a dialect and return them."""
    texts = [f"{dialect} {n}" for n in range(n)]
    frame = empty_table(PROMPTS).reindex(range(n))
    for column in frame.columns:
        frame[column] = texts if column in ("prompt_id", "prompt") else frame[column]
    write_table(path, frame.assign(dialect=dialect, kind="reply"), PROMPTS)
    return texts


def start_job(folder: Path, server: Server, dialect: str, **service) -> subprocess.Popen:
    """Start generate_responses.py on a folder's `<dialect>.parquet`, its answers beside it."""
    generator = {
        "name": "g",
        "backend": "openai",
        "model": "m",
        "base_url": server.url,
        "sampling": {"max_new_tokens": 20},
    }
    asked = {
        "concurrency": 4,
        "backoff": 0.01,
        "price": {"input": 1000.0, "output": 10_000.0},
        "costs": str(folder / "g.costs.jsonl"),
        "batches": str(folder / f"g.{dialect}.batches"),
        **service,
    }
    paths = {
        "prompts": folder / f"{dialect}.parquet",
        "store": folder / f"g.{dialect}.jsonl",
        "output": folder / f"g.{dialect}.parquet",
    }
    options = [part for name, path in paths.items() for part in (f"--{name}", str(path))]
    command = [sys.executable, str(SCRIPT), *options]
    command += ["--generator", json.dumps(generator), "--service", json.dumps(asked)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
