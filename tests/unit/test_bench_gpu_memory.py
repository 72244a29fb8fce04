import sys
from collections.abc import Callable
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def bench(open_bench: Callable[[str], ModuleType]) -> ModuleType:
    """The benchmark, as a module."""
    return open_bench("gpu_memory")


def test_without_a_gpu_the_benchmark_says_that_nothing_was_measured(
    bench: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(sys, "argv", ["gpu_memory.py"])
    with pytest.raises(SystemExit, match="not measured, there is no GPU here"):
        bench.main()


@pytest.mark.model
def test_the_benchmark_measures_both_kinds_of_training(
    bench: ModuleType, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(bench, "alone", lambda function, *arguments: function(*arguments))
    arguments = ["--device", "cpu", "--shape", "tiny", "--steps", "3"]
    monkeypatch.setattr(sys, "argv", ["gpu_memory.py", *arguments])
    bench.main()
    lines = [line.split() for line in capfd.readouterr().out.splitlines()]
    rows = {line[0]: line[1:] for line in lines if line and line[0] in ("SFT", "DPO")}
    (one, _, sft_seconds, *_), (pair, _, dpo_seconds, *_) = rows["SFT"], rows["DPO"]
    # A pair is two sequences, and each has its activations.
    assert 1.5 < float(pair) / float(one) < 2.5
    assert float(sft_seconds) > 0 and float(dpo_seconds) > 0
