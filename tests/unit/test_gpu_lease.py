import fcntl
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from lahja.core import gpu_lease
from lahja.core.errors import LahjaError
from lahja.core.gpu_lease import Device, find_devices

# What a job does: it says which devices it has and from when to when.
# What a script does before its work, and then the work of the test.
LEASED = (
    "import os, sys; from lahja.core.command import run; command = sys.argv[2:];"
    "run(lambda: os.execvp(command[0], command), ['--gpus', sys.argv[1]])"
)
JOB = (
    "import json, os, sys, time; start = time.monotonic(); time.sleep(float(sys.argv[1]));"
    "has = os.environ['CUDA_VISIBLE_DEVICES'].split(',');"
    "print(json.dumps([has, start, time.monotonic()]))"
)
Starter = Callable[..., subprocess.Popen]


@pytest.fixture
def start(root: Path, tmp_path: Path) -> Starter:
    """Start a command under the lease, on two stand-in devices of this test's own."""

    def starter(gpu: int, *command: str, **environment: str) -> subprocess.Popen:
        clean = {
            key: value
            for key, value in os.environ.items()
            if key not in ("SLURM_JOB_ID", "CUDA_VISIBLE_DEVICES")
        }
        given = {"LAHJA_GPUS": "a,b", "LAHJA_GPU_LOCKS": str(tmp_path / "locks"), **environment}
        prefix = [sys.executable, "-c", LEASED, str(gpu)]
        return subprocess.Popen(
            [*prefix, *command],
            cwd=root, env=clean | given, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    return starter


def job(seconds: float) -> tuple[str, ...]:
    return sys.executable, "-c", JOB, str(seconds)


def is_locked(path: Path) -> bool:
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def ask(started: subprocess.Popen) -> tuple[str, str, int]:
    out, err = started.communicate(timeout=30)
    return out.strip(), err, started.returncode


def test_eight_jobs_one_of_them_wanting_two_never_share_a_device(start: Starter) -> None:
    wanted = [1, 1, 1, 2, 1, 1, 1, 1]
    jobs = [start(gpu, *job(0.15)) for gpu in wanted]
    spans = [json.loads(ask(started)[0]) for started in jobs]
    assert [len(devices) for devices, *_ in spans] == wanted
    assert {device for devices, *_ in spans for device in devices} == {"a", "b"}
    for device in ("a", "b"):
        held = sorted((begin, end) for devices, begin, end in spans if device in devices)
        assert all(end <= begin for (_, end), (begin, _) in pairwise(held))


def test_jobs_that_all_want_both_devices_end(start: Starter) -> None:
    """What waits holds nothing, so that none can wait for another for ever."""
    jobs = [start(2, *job(0.02), LAHJA_GPUS=order) for order in ("a,b", "b,a") * 3]
    spans = sorted(json.loads(ask(started)[0])[1:] for started in jobs)
    assert all(end <= begin for (_, end), (begin, _) in pairwise(spans))


def test_a_job_that_gets_too_few_devices_holds_none_while_it_waits(
    start: Starter, tmp_path: Path
) -> None:
    lock = tmp_path / "locks" / "b.lock"
    lock.parent.mkdir()
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        waiting = start(2, *job(0))
        assert waiting.stderr.readline() == (
            f"lahja: waiting for 2 GPUs of a, b (leases: {tmp_path / 'locks'})\n"
        )
        # The waiting job takes and gives back the first device for an instant at a time.
        took = json.loads(ask(start(1, *job(0), LAHJA_GPUS="a"))[0])
        assert took[0] == ["a"]
        assert waiting.poll() is None
    out, err, code = ask(waiting)
    assert (json.loads(out)[0], err, code) == (["a", "b"], "", 0)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_death_frees_the_devices(start: Starter, tmp_path: Path, how: signal.Signals) -> None:
    holder = start(2, *job(60))
    locks = [tmp_path / "locks" / f"{name}.lock" for name in "ab"]
    wait_for(lambda: all(lock.exists() and is_locked(lock) for lock in locks))
    # The job is the very process that was started: a signal reaches it.
    holder.send_signal(how)
    assert ask(holder)[2] == -how
    assert not any(is_locked(lock) for lock in locks)
    assert json.loads(ask(start(2, *job(0)))[0])[0] == ["a", "b"]


def test_the_lock_lives_in_what_the_job_becomes(start: Starter, tmp_path: Path) -> None:
    again = "import os, sys; os.execv(sys.executable, [sys.executable, '-c', 'import time; time.sleep(60)'])"
    holder = start(1, sys.executable, "-c", again)
    lock = tmp_path / "locks" / "a.lock"
    wait_for(lambda: lock.exists() and is_locked(lock))
    time.sleep(0.1)
    assert is_locked(lock)
    holder.kill()
    ask(holder)


def test_the_lock_files_serve_every_user(start: Starter, tmp_path: Path) -> None:
    mask = os.umask(0o077)
    try:
        ask(start(2, *job(0)))
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "locks").stat().st_mode) == 0o1777
    assert stat.S_IMODE((tmp_path / "locks" / "a.lock").stat().st_mode) == 0o644


def test_a_lock_file_that_is_deleted_protects_nothing_and_is_made_anew(tmp_path: Path) -> None:
    lock = gpu_lease._lock(tmp_path / "a.lock")
    os.close(lock)
    (tmp_path / "a.lock").unlink()
    fresh = gpu_lease._lock(tmp_path / "a.lock")
    assert is_locked(tmp_path / "a.lock")
    os.close(fresh)


SLURM = {"SLURM_JOB_ID": "7", "CUDA_VISIBLE_DEVICES": "0,1"}


def test_jobs_inside_one_slurm_allocation_do_not_share_a_device(start: Starter) -> None:
    """As the local jobs of a Snakemake that runs inside `salloc`."""
    spans = [
        json.loads(ask(started)[0]) for started in [start(1, *job(0.3), **SLURM) for _ in "abc"]
    ]
    for device in ("0", "1"):
        held = sorted((begin, end) for devices, begin, end in spans if devices == [device])
        assert held
        assert all(end <= begin for (_, end), (begin, _) in pairwise(held))


@pytest.mark.parametrize("other", [{"SLURM_JOB_ID": "8"}, {"SLURM_STEP_ID": "1"}])
def test_slurm_s_jobs_and_steps_do_not_wait_for_one_another(
    start: Starter, tmp_path: Path, other: dict[str, str]
) -> None:
    """Slurm gave each its own devices and numbers them from 0."""
    holder = start(2, *job(60), **SLURM, SLURM_STEP_ID="0")
    locks = tmp_path / "locks"
    wait_for(lambda: len([*locks.glob("*.lock")]) == 2 and all(map(is_locked, locks.iterdir())))
    out, err, code = ask(start(2, *job(0), **{**SLURM, "SLURM_STEP_ID": "0", **other}))
    assert (json.loads(out)[0], err, code) == (["0", "1"], "", 0)
    holder.kill()
    ask(holder)


def test_a_whole_card_and_its_mig_devices_exclude_one_another(tmp_path: Path) -> None:
    card = Device("1", "GPU-22bb")
    parts = [Device(f"MIG-{n}", f"MIG-{n}", "GPU-22bb") for n in "cd"]

    def take(device: Device) -> list[int]:
        return gpu_lease._lock_device(device, tmp_path)

    first, second = map(take, parts)
    assert first and second
    assert not take(parts[0])
    assert not take(card)
    for lock in first:
        os.close(lock)
    assert not take(card)
    for lock in second:
        os.close(lock)
    whole = take(card)
    assert whole
    assert not take(parts[0])
    for lock in whole:
        os.close(lock)


@pytest.mark.parametrize(
    ("gpu", "environment"),
    [(0, {}), (0, SLURM | {"CUDA_VISIBLE_DEVICES": "5"}), (2, {"LAHJA_GPUS": ""})],
)
def test_without_a_lease_the_command_runs_as_it_is(
    start: Starter, tmp_path: Path, gpu: int, environment: dict[str, str]
) -> None:
    shown = "import os, sys; print(os.environ.get('CUDA_VISIBLE_DEVICES'), sys.argv[1:])"
    given = {"CUDA_VISIBLE_DEVICES": "5", **environment}
    out, err, code = ask(start(gpu, sys.executable, "-c", shown, "--gpu", "-x", **given))
    assert (out, err, code) == ("5 ['--gpu', '-x']", "", 0)
    assert not (tmp_path / "locks").exists()


@pytest.mark.parametrize(
    ("gpu", "command", "message"),
    [
        (3, ("true",), "lahja: the job asks for 3 GPUs, but there are only 2 here (a, b)\n"),
        (-1, ("true",), "lahja: expected 0 GPUs or more, got -1\n"),
    ],
)
def test_what_cannot_be_is_one_line(
    start: Starter, gpu: int, command: tuple[str, ...], message: str
) -> None:
    assert ask(start(gpu, *command)) == ("", message, 1)


def test_a_link_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "locks").symlink_to(tmp_path)
    with pytest.raises(LahjaError, match="expected a folder"):
        gpu_lease._lock(tmp_path / "locks" / "a.lock")


@pytest.fixture
def two_cards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `nvidia-smi -L` list two cards, the second of them split in two."""
    program = tmp_path / "nvidia-smi"
    program.write_text(
        "#!/bin/sh\n[ $1 = -L ] && echo 'GPU 0: NVIDIA RTX A6000 (UUID: GPU-11aa)' &&"
        " echo 'GPU 1: NVIDIA RTX A6000 (UUID: GPU-22bb)' &&"
        " echo '  MIG 1g.5gb     Device  0: (UUID: MIG-5c)' &&"
        " echo '  MIG 1g.5gb     Device  1: (UUID: MIG-5d)'\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")


FIRST, SECOND = Device("0", "GPU-11aa"), Device("1", "GPU-22bb")


@pytest.mark.parametrize(
    ("visible", "expected"),
    [
        (None, [FIRST, SECOND]),
        ("1,0", [SECOND, FIRST]),
        ("1", [SECOND]),
        ("GPU-22", [Device("GPU-22", "GPU-22bb")]),
        ("0,7,1", [FIRST]),
        ("MIG-5c", [Device("MIG-5c", "MIG-5c", "GPU-22bb")]),
        ("MIG-6d", []),
        ("", []),
        ("-1", []),
    ],
)
def test_visible_devices_limit_the_choice(
    two_cards: None, visible: str | None, expected: list[Device]
) -> None:
    given = {} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}
    assert find_devices(given) == expected


def test_without_nvidia_smi_there_are_no_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert find_devices({}) == []


def test_every_rule_with_a_gpu_leases_it(root: Path) -> None:
    """The option is part of each rule's shell; a rule that forgets it would share a device."""
    for path in (root / "workflow" / "rules").glob("*.smk"):
        for text in path.read_text().split("\nrule ")[1:]:
            has_gpu = "\n        gpu=" in text
            has_lease = "--gpus {resources.gpu}" in text
            assert has_gpu == has_lease, f"{path.name}: {text.splitlines()[0]}"
