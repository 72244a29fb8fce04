"""vLLM's own server on loopback, which answers what the offline engine answers."""

import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from lahja.core.errors import LahjaError
from lahja.core.tables import PROMPTS, read_table
from lahja.generation.answering import respond
from lahja.generation.generators import open_backend, parse_generator
from tests.vllm.conftest import GREEDY, by_transformers

pytestmark = pytest.mark.vllm


@pytest.fixture(scope="module")
def server(
    vllm_python: Path,
    small_root: Path,
    adapter: Path,
    exported: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """The address of a server of the tiny model (`small`) and its adapter (`tuned`, `exported`)."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [
        *(str(vllm_python), "-m", "vllm.entrypoints.openai.api_server"),
        *("--host", "127.0.0.1", "--port", port),
        *("--model", str(small_root), "--served-model-name", "small"),
        *("--enable-lora", "--max-lora-rank", "8"),
        *("--lora-modules", f"tuned={adapter / 'adapter'}"),
        f"exported={exported / 'adapter'}",
        *("--dtype", "float32", "--max-model-len", "512", "--enforce-eager"),
    ]
    settings = {
        "HF_HUB_OFFLINE": "1",
        "VLLM_NO_USAGE_STATS": "1",
        "VLLM_HOST_IP": "127.0.0.1",
        "VLLM_CPU_OMP_THREADS_BIND": "nobind",
        "VLLM_CPU_KVCACHE_SPACE": "1",
        "OMP_NUM_THREADS": "1",
    }
    log = tmp_path_factory.mktemp("server") / "log"
    with log.open("w") as file:
        job = subprocess.Popen(
            command, env=os.environ | settings, stdout=file, stderr=file, start_new_session=True
        )
    try:
        _wait_until_ready(job, f"http://127.0.0.1:{port}/health", log)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        os.killpg(job.pid, signal.SIGKILL)
        job.wait()


def _wait_until_ready(job: subprocess.Popen, address: str, log: Path) -> None:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        assert job.poll() is None, log.read_text()[-3000:]
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"the server is not ready: {log.read_text()[-3000:]}")


def _responses(server: str, model: str, prompts: Path, store: Path) -> pd.DataFrame:
    """Return what the openai backend gets from the server, as a rule's job would."""
    generator = {
        "name": model,
        "backend": "openai",
        "model": model,
        "base_url": server,
        "sampling": GREEDY,
    }
    options = {"key": None, "concurrency": 16, "deadline": 120, "retries": 0}
    options |= {"price": None, "budget": None, "costs": ""}
    settings = parse_generator(generator, options)
    rows = read_table(prompts, PROMPTS)
    return respond(rows, settings.name, settings.sampling, open_backend(settings), store)


def test_the_openai_backend_gets_from_it_what_transformers_says(
    server: str, prompts: Path, small_root: Path, adapter: Path, tmp_path: Path
) -> None:
    for model, folder in (("small", None), ("tuned", adapter), ("exported", adapter)):
        found = _responses(server, model, prompts, tmp_path / f"{model}.jsonl")
        expected = by_transformers(prompts, small_root, folder)
        for column in ("prompt_id", "response", "finish_reason"):
            assert [*found[column]] == [*expected[column]]


def test_a_model_that_is_not_served_is_named(server: str, prompts: Path, tmp_path: Path) -> None:
    with pytest.raises(LahjaError, match="another"):
        _responses(server, "another", prompts, tmp_path / "store.jsonl")
