"""Two processes over gloo, as two GPUs would be over NCCL."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from lahja.core.files import read_json
from lahja.core.tables import PAIRS, write_table
from lahja.training.adapters import AdapterRun, last_checkpoint
from lahja.training.dpo import train_dpo
from lahja.training.sft import train_sft
from lahja.training.tracking import CURVE_FILE

pytestmark = pytest.mark.model
SETTINGS = {"epochs": 2, "batch": 4, "accumulation": 2, "learning_rate": 0.02, "rank": 4}
HEAD = """
import os, signal, sys, time
from pathlib import Path
sys.path.insert(0, {library!r})
from lahja.core.command import run
from lahja.core.errors import LahjaError
from lahja.training.distributed import in_processes
"""
TAIL = """
def main():
    in_processes(2, part)

if __name__ == "__main__":
    run(main)
"""
Starter = Callable[[str], subprocess.Popen]


@pytest.fixture
def start(root: Path, tmp_path: Path) -> Starter:
    """Start a command whose `part` runs in two processes."""

    def starter(part: str) -> subprocess.Popen:
        script = tmp_path / "command.py"
        script.write_text(HEAD.format(library=str(root / "workflow/scripts")) + part + TAIL)
        return subprocess.Popen(
            [sys.executable, str(script)],
            env=os.environ | {"OMP_NUM_THREADS": "1", "TMPDIR": str(tmp_path)},
            text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    return starter


@pytest.fixture
def pairs(questions: tuple, tmp_path: Path) -> Path:
    rows = [
        {**dict.fromkeys(PAIRS.names, "x"), "prompt": f"{prompt} {n}", "chosen": answer}
        | {"rejected": questions[-1][2]}
        for n in range(4)
        for _, prompt, answer in questions[:4]
    ]
    write_table(tmp_path / "pairs.parquet", pd.DataFrame(rows), PAIRS)
    return tmp_path / "pairs.parquet"


def alone(root: Path, data: Path, folder: Path, **settings) -> AdapterRun:
    return AdapterRun(root, None, data, SETTINGS | settings, folder / "w", folder / "m", {})


def curve(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / CURVE_FILE)


def wait_for(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def is_running(pid: str) -> bool:
    try:
        state = Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    # Dead, though nobody has asked after it yet.
    return state != "Z"


def said(err: str) -> list[str]:
    return [line for line in err.splitlines() if line.startswith("lahja")]


def test_two_processes_learn_as_one_does_and_stop_together(
    start: Starter, examples: Path, pairs: Path, small_root: Path, tmp_path: Path
) -> None:
    """One command, as starting it takes longer than all that it does."""
    long = {"epochs": 8, "checkpoint_steps": 2}
    started = start(f"""
from lahja.training.dpo import train_dpo
from lahja.training.adapters import AdapterRun
from lahja.training.sft import train_sft

def adapter(name, data, **settings):
    work, output = Path({str(tmp_path)!r}, name + "-work"), Path({str(tmp_path)!r}, name)
    settings = {SETTINGS!r} | settings
    return AdapterRun(Path({str(small_root)!r}), None, Path(data), settings, work, output, {{}})

def part():
    examples = {str(examples)!r}
    train_sft(adapter("sft", examples))
    train_dpo(adapter("dpo", {str(pairs)!r}))
    try:
        train_sft(adapter("wild", examples, learning_rate=1e20, max_grad_norm=0, warmup=0))
    except LahjaError as error:
        Path({str(tmp_path)!r}, "wild." + os.environ["RANK"]).write_text(str(error))
    from lahja.training.batches import ByTokens
    step = ByTokens.training_step
    def stopped(trainer, *given):
        if trainer.state.global_step == 4 and os.environ["RANK"] == "0":
            os.kill(os.getppid(), signal.SIGTERM)
        # So slow that the signal comes before the end.
        time.sleep(0.25 * (trainer.state.global_step >= 4))
        return step(trainer, *given)
    ByTokens.training_step = stopped
    train_sft(adapter("long", examples, **{long!r}))
""")
    train_sft(alone(small_root, examples, tmp_path / "one-sft"))
    train_dpo(alone(small_root, pairs, tmp_path / "one-dpo"))
    train_sft(alone(small_root, examples, tmp_path / "one-long", **long))
    _, err = started.communicate(timeout=60)
    for name in ("sft", "dpo"):
        two, one = curve(tmp_path / name), curve(tmp_path / f"one-{name}" / "m")
        assert [*two["loss"]] == pytest.approx([*one["loss"]], abs=1e-4)
        assert [*two["grad_norm"]] == pytest.approx([*one["grad_norm"]], rel=1e-3)
        assert sorted(path.name for path in (tmp_path / name).iterdir()) == [
            "adapter", "model.json", CURVE_FILE,
        ]  # fmt: skip
        assert not (tmp_path / f"{name}-work").exists()
    wild = f"{tmp_path}/wild: the loss is nan at step 2 of 6"
    assert [(tmp_path / f"wild.{rank}").read_text() for rank in (0, 1)] == [wild, wild]
    assert not (tmp_path / "wild").exists()
    assert said(err) == ["lahja: stopped by SIGTERM; run it again to resume"]
    assert started.returncode == 128 + signal.SIGTERM
    # One process goes on with what two have begun.
    state = read_json(Path(last_checkpoint(tmp_path / "long-work"), "trainer_state.json"))
    assert 4 < state["global_step"] < state["max_steps"] == 24
    settings, work = SETTINGS | long, tmp_path / "long-work"
    train_sft(AdapterRun(small_root, None, examples, settings, work, tmp_path / "long", {}))
    resumed, whole = curve(tmp_path / "long")["loss"], curve(tmp_path / "one-long" / "m")["loss"]
    assert [*resumed] == pytest.approx([*whole], abs=1e-4)


def test_an_error_that_all_processes_meet_is_said_once(start: Starter) -> None:
    started = start("""
def part():
    raise LahjaError("results/m: no preference pairs to train on")
""")
    out, err = started.communicate(timeout=60)
    assert (out, err, started.returncode) == (
        "", "lahja: results/m: no preference pairs to train on\n", 1,
    )  # fmt: skip


@pytest.mark.parametrize("victim", ["process", "command"])
def test_a_killed_process_ends_the_command_and_a_killed_command_its_processes(
    start: Starter, victim: str
) -> None:
    started = start("""
def part():
    os.write(1, f"{os.environ['RANK']} {os.getpid()}\\n".encode())
    time.sleep(60)
""")
    pids = dict(started.stdout.readline().split() for _ in range(2))
    os.kill(int(pids["1"]) if victim == "process" else started.pid, signal.SIGKILL)
    _, err = started.communicate(timeout=60)
    if victim == "process":
        assert said(err) == ["lahja: training process 1 was killed by SIGKILL"]
        assert started.returncode == 1
    wait_for(lambda: not any(is_running(pid) for pid in pids.values()))
