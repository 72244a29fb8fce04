import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lahja.core.errors import LahjaError
from lahja.training.adapters import AdapterRun
from lahja.training.sft import train_sft
from lahja.training.tracking import _TRACKERS, tracker_arguments

SETTINGS = {"epochs": 1, "batch": 8, "accumulation": 1, "learning_rate": 0.01, "rank": 2}


@pytest.fixture(autouse=True)
def restored_environment(monkeypatch):
    for name in ("TENSORBOARD_LOGGING_DIR", "TRACKIO_DIR", "WANDB_DIR"):
        monkeypatch.setenv(name, "kept")
    for name in (name for own in _TRACKERS.values() for name in own):
        # Set first, so that what the test sets is taken back.
        monkeypatch.setenv(name, os.environ.get(name, ""))


def test_no_tracker_is_the_trainers_own_default():
    assert tracker_arguments("none", None) == {}


@pytest.mark.parametrize(
    ("tracker", "folder"), [("comet", Path("curves/a")), ("tensorboard", None)]
)
def test_what_cannot_be_reported_to_is_refused(tracker, folder):
    with pytest.raises(
        LahjaError,
        match="expected one of none, tensorboard, trackio, wandb, mlflow, and a folder",
    ):
        tracker_arguments(tracker, folder)


@pytest.mark.parametrize("tracker", _TRACKERS)
def test_a_tracker_that_is_not_installed_says_how_to(tracker, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(LahjaError, match=rf"pip install --no-deps -r envs/{tracker}\.txt"):
        tracker_arguments(tracker, Path("curves/a"))
    assert (Path("envs") / f"{tracker}.txt").is_file()


@pytest.mark.parametrize(
    ("tracker", "variable", "folder"),
    [
        ("tensorboard", "TENSORBOARD_LOGGING_DIR", "llama-T"),
        ("trackio", "TRACKIO_DIR", ""),
        ("wandb", "WANDB_DIR", ""),
    ],
)
def test_a_tracker_is_told_where_to_write(tracker, variable, folder, tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    arguments = tracker_arguments(tracker, tmp_path / "llama-T")
    assert (arguments["report_to"], arguments["run_name"]) == (tracker, "llama-T")
    assert Path(os.environ[variable]) == tmp_path / folder


def test_nothing_leaves_the_machine_unless_asked(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    for tracker in ("wandb", "mlflow"):
        tracker_arguments(tracker, tmp_path / "my runs" / "llama-T")
    assert os.environ["WANDB_MODE"] == "offline"
    assert os.environ["MLFLOW_TRACKING_URI"] == (tmp_path / "my runs" / "mlruns").as_uri()
    monkeypatch.setenv("WANDB_MODE", "online")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://localhost:5000")
    for tracker in ("wandb", "mlflow"):
        tracker_arguments(tracker, tmp_path / "llama-T")
    assert os.environ["WANDB_MODE"] == "online"
    assert os.environ["MLFLOW_TRACKING_URI"] == "http://localhost:5000"


@pytest.mark.model
def test_training_counts_its_steps_and_writes_curves(
    examples, small_root, tmp_path, capsys, monkeypatch
):
    monkeypatch.setenv("LAHJA_PROGRESS", str(tmp_path / "progress"))
    tracker = "tensorboard" if importlib.util.find_spec("tensorboard") else "none"
    run = AdapterRun(
        small_root, None, examples, SETTINGS, tmp_path / "work", tmp_path / "tuned", {},
        tracker, tmp_path / "curves" / "tuned",
    )  # fmt: skip
    train_sft(run)
    said = [line for line in capsys.readouterr().err.splitlines() if " steps " in line]
    assert said[0].endswith(": 0 of 3 steps (0%)")
    assert ": 3 of 3 steps (100%)" in said[-1]
    assert [*(tmp_path / "progress").iterdir()] == []
    if tracker == "tensorboard":
        assert losses(tmp_path / "curves" / "tuned") == 3


def losses(folder):
    """Return how many losses a folder of TensorBoard's holds, as TensorBoard reads them."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder))
    events.Reload()
    return len(events.Scalars("train/loss"))


@pytest.mark.model
@pytest.mark.parametrize(
    ("tracker", "written"), [("trackio", "*.db"), ("wandb", "*.wandb"), ("mlflow", "metrics/loss")]
)
def test_curves_reach_a_tracker(tracker, written, examples, small_root, tmp_path):
    if importlib.util.find_spec(tracker) is None:
        pytest.skip(f"{tracker} is not installed: envs/{tracker}.txt")
    # In a process of its own: trackers read their folder when they are imported.
    program = (
        "from pathlib import Path\nfrom lahja.training.adapters import AdapterRun\n"
        "from lahja.training.sft import train_sft\n"
        f"t = Path({str(tmp_path)!r})\n"
        f"train_sft(AdapterRun(Path({str(small_root)!r}), None, Path({str(examples)!r}), {SETTINGS!r},"
        f" t / 'work', t / 'tuned', {{}}, {tracker!r}, t / 'curves' / 'tuned'))\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", program], check=True, timeout=300, env=environment)
    assert [*(tmp_path / "curves").rglob(written)]
