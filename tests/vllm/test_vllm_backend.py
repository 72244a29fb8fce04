"""The vllm backend, run as the rules run it, in an interpreter that has vLLM."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from lahja.core.tables import PROMPTS, WEIGHED_GENERATIONS, read_table, write_table
from tests.vllm.conftest import DRAWN, GREEDY, PENALISED, by_transformers, responses

pytestmark = pytest.mark.vllm


def test_greedy_answers_are_those_of_transformers(
    command, prompts: Path, small_root: Path, tmp_path: Path
) -> None:
    found = responses(command(tmp_path, GREEDY))
    expected = by_transformers(prompts, small_root)
    pd.testing.assert_frame_equal(found, expected)
    assert set(expected["finish_reason"]) == {"stop", "length"}


def test_greedy_answers_with_an_adapter_are_those_of_transformers(
    command, prompts: Path, small_root: Path, adapter: Path, tmp_path: Path
) -> None:
    found = responses(command(tmp_path, GREEDY, adapter))
    expected = by_transformers(prompts, small_root, adapter)
    pd.testing.assert_frame_equal(found, expected)
    base = by_transformers(prompts, small_root)
    assert (base["response"] != expected["response"]).mean() > 0.8


@pytest.mark.parametrize("further", [{}, {"no_repeat_ngrams": 2}, {"repetition_penalty": 20}])
def test_penalties_on_repetition_are_those_of_transformers(
    command, prompts: Path, small_root: Path, tmp_path: Path, further: dict, monkeypatch
) -> None:
    sampling = PENALISED | further
    if "no_repeat_ngrams" in further:
        # As on a GPU, whose model runner would refuse the processor.
        monkeypatch.setenv("VLLM_USE_V2_MODEL_RUNNER", "1")
    found = responses(command(tmp_path, sampling))
    expected = by_transformers(prompts, small_root, sampling=sampling)
    pd.testing.assert_frame_equal(found, expected)
    plain = by_transformers(prompts, small_root, sampling=PENALISED if further else GREEDY)
    assert (plain["response"] != expected["response"]).mean() > 0.5


@pytest.mark.parametrize("sampling", [GREEDY, PENALISED | {"no_repeat_ngrams": 2}])
def test_probabilities_are_those_of_transformers(
    command, prompts: Path, small_root: Path, tmp_path: Path, sampling: dict
) -> None:
    asked = sampling | {"with_probability": True}
    found = responses(command(tmp_path, asked), WEIGHED_GENERATIONS)
    expected = by_transformers(prompts, small_root, sampling=asked)
    assert found["mean_log_probability"].nunique() > 50
    pd.testing.assert_frame_equal(found, expected, atol=1e-3)


def test_an_exported_whole_model_answers_as_the_adapter_does(
    command, prompts: Path, small_root: Path, adapter: Path, exported: Path, tmp_path: Path
) -> None:
    line = command(tmp_path, GREEDY)
    line[line.index(str(small_root))] = str(exported / "merged")
    expected = by_transformers(prompts, small_root, adapter)
    pd.testing.assert_frame_equal(responses(line), expected)


def test_a_killed_job_goes_on_and_ends_with_the_same_table(command, tmp_path: Path) -> None:
    whole = responses(command(tmp_path / "whole", DRAWN))
    store = tmp_path / "killed" / "store.jsonl"
    again = command(tmp_path / "killed", DRAWN)
    answered = _kill_half_way(again, store)
    assert 0 < answered < len(whole)
    pd.testing.assert_frame_equal(responses(again), whole)
    assert store.read_bytes().count(b"\n") == len(whole)
    assert whole["response"].nunique() > len(whole) / 2


def test_more_prompt_tokens_than_a_step_takes_are_drawn_for(
    command, prompts: Path, questions: tuple, tmp_path: Path
) -> None:
    rows = read_table(prompts, PROMPTS).head(40)
    texts = [" ".join([prompt] * 12) for _, prompt, _ in questions]
    rows["prompt"] = [f"{texts[n % len(texts)]} {n}" for n in range(len(rows))]
    write_table(tmp_path / "long.parquet", rows, PROMPTS)
    line = command(tmp_path, DRAWN)
    line[line.index(str(prompts))] = str(tmp_path / "long.parquet")
    found = responses(line)
    assert len(found) == len(rows)
    assert found["response"].notna().all()


def _kill_half_way(command: list[str], store: Path) -> int:
    """Start a job, kill it once it has answered something, return how many answers are kept."""
    job = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not (store.is_file() and store.stat().st_size):
        assert job.poll() is None and time.monotonic() < deadline, "the job answered nothing"
        time.sleep(0.002)
    job.kill()
    assert job.wait() == -signal.SIGKILL
    return store.read_bytes().count(b"\n")


def test_an_interpreter_without_vllm_says_so_in_one_line(command, tmp_path: Path) -> None:
    elsewhere = [sys.executable, *command(tmp_path, GREEDY)[1:]]
    done = subprocess.run(elsewhere, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "needs an interpreter that has vLLM" in line
    assert "make vllm-env" in line
