"""A job of generate_responses, in a process of its own where a test means to kill it."""

import json
import subprocess
import sys
from pathlib import Path

import generate_responses
from misbehaving_server import Server

from lahja.core.command import run
from lahja.core.tables import PROMPTS, empty_table, write_table


def write_prompts(path: Path, dialect: str, n: int) -> list[str]:
    """Write a table of n prompts of a dialect and return them."""
    texts = [f"{dialect} {n}" for n in range(n)]
    frame = empty_table(PROMPTS).reindex(range(n))
    for column in frame.columns:
        frame[column] = texts if column in ("prompt_id", "prompt") else frame[column]
    write_table(path, frame.assign(dialect=dialect, kind="reply"), PROMPTS)
    return texts


def start_job(folder: Path, server: Server, dialect: str, **options) -> subprocess.Popen:
    """Start generate_responses.py on a folder's `<dialect>.parquet`, its answers beside it."""
    arguments = _arguments(folder, server, dialect, **options)
    command = [sys.executable, generate_responses.__file__, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run_job(folder: Path, server: Server, dialect: str, **options) -> None:
    """Run such a job here; what would end its process is raised as SystemExit."""
    run(generate_responses.main, _arguments(folder, server, dialect, **options))


def _arguments(folder: Path, server: Server, dialect: str, **options) -> list[str]:
    generator = {
        "name": "g",
        "backend": "openai",
        "model": "m",
        "base_url": server.url,
        "sampling": {"max_new_tokens": 20},
    }
    asked = {
        "key": "OPENAI_API_KEY",
        "concurrency": 4,
        "deadline": 120,
        "retries": 6,
        "budget": None,
        "price": {"input": 1000.0, "output": 10_000.0},
        "costs": str(folder / "g.costs.jsonl"),
        **options,
    }
    paths = {
        "prompts": folder / f"{dialect}.parquet",
        "store": folder / f"g.{dialect}.jsonl",
        "output": folder / f"g.{dialect}.parquet",
    }
    options = [part for name, path in paths.items() for part in (f"--{name}", str(path))]
    options += ["--generator", json.dumps(generator), "--server", json.dumps(asked)]
    return [*options, "--gpus", "0"]
