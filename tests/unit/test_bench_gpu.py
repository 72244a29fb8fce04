import sys
from collections.abc import Callable
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def bench(open_bench: Callable[[str], ModuleType]) -> ModuleType:
    """The benchmark, as a module."""
    return open_bench("gpu")


def test_without_a_gpu_nothing_is_measured(
    bench: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(sys, "argv", ["gpu.py"])
    with pytest.raises(SystemExit, match="not measured, there is no GPU here"):
        bench.main()


@pytest.mark.model
def test_each_means_is_measured_beside_plain_trl(
    bench: ModuleType, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(bench.LENGTHS, "sft", (24, 8))
    monkeypatch.setitem(bench.LENGTHS, "dpo", (24, 8))
    monkeypatch.setattr(bench, "UPDATE", 2)
    arguments = ["--device", "cpu", "--shape", "tiny", "--steps", "3"]
    monkeypatch.setattr(sys, "argv", ["gpu.py", *arguments])
    bench.main()
    lines = [line for line in capfd.readouterr().out.splitlines() if line[:4] in ("SFT ", "DPO ")]
    names = [means.name for means in bench.MEANS if not means.liger]
    assert [line[:28].strip() for line in lines] == [
        f"{kind} {name}" for kind in ("SFT", "DPO") for name in names
    ]
    assert all(float(line.split()[-2]) > 0 for line in lines)


def test_the_share_counts_what_the_examples_need(bench: ModuleType) -> None:
    import torch

    with torch.device("meta"):
        model = bench.make_model("llama-3.1-8b", "meta")
    # 6.98e9 weights of layers for 124 tokens, the head's 0.525e9 for 27, forward and backward.
    needed = 4 * (6.98e9 * 124 + 0.525e9 * 27)
    assert bench.operations(model, "sft") == pytest.approx(needed, rel=1e-3)
