"""Lease a machine's GPUs to jobs: each job gets devices that no other job has.

Snakemake counts GPUs but does not say which one a job may use. A lease is an exclusive `flock`
on one file per device, in a folder that all workflows and users of the machine share. A job
takes all the devices it asks for or none, so that two jobs never wait for each other. The lock
is inherited by the job's own program and ends with it, however it ends.

Nothing here is heavy: every job of a rule with a GPU pays for these imports.
"""

import fcntl
import os
import random
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from lahja.errors import LahjaError

# Fixed, not $TMPDIR: all users of the machine must look into the same folder.
LOCK_FOLDER = Path("/tmp/lahja-gpu")
LOCK_FOLDER_VARIABLE = "LAHJA_GPU_LOCKS"
STAND_INS_VARIABLE = "LAHJA_GPUS"
_DRIVER = Path("/proc/driver/nvidia/gpus")
Made = TypeVar("Made")
_SHORTEST_WAIT, _LONGEST_WAIT = 0.05, 2.0


@dataclass(frozen=True)
class Device:
    """A GPU: what CUDA_VISIBLE_DEVICES calls it, and what identifies it on the machine."""

    name: str
    identity: str


def run_leased(wanted: int, command: list[str]) -> None:
    """Replace this process by the command, with CUDA_VISIBLE_DEVICES set to leased devices.

    Under Slurm, which hands out devices itself, on a machine without a GPU, and where none is
    wanted, the command runs as it is. Raises `LahjaError` where more devices are wanted than
    there are, or the command does not exist.
    """
    if wanted < 0:
        raise LahjaError(f"expected 0 GPUs or more, got {wanted}")
    if not command:
        raise LahjaError("no command to run: expected it after `--`")
    environment = dict(os.environ)
    devices = [] if "SLURM_JOB_ID" in environment else find_devices(environment)
    if wanted > 0 and devices:
        folder = Path(environment.get(LOCK_FOLDER_VARIABLE) or LOCK_FOLDER)
        leased = lease(devices, wanted, folder)
        environment["CUDA_VISIBLE_DEVICES"] = ",".join(device.name for device in leased)
        # Numbers mean what nvidia-smi shows; CUDA's own order puts the fastest card first.
        environment.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
    try:
        os.execvpe(command[0], command, environment)
    except FileNotFoundError:
        raise LahjaError(f"{command[0]}: no such command") from None


def find_devices(environment: Mapping[str, str]) -> list[Device]:
    """Return the devices that a job may use, in the order of nvidia-smi.

    LAHJA_GPUS names stand-ins (`a,b`), for tests. CUDA_VISIBLE_DEVICES, where it is set, limits
    the choice as it limits CUDA: entries after one that names no device do not count.
    """
    if STAND_INS_VARIABLE in environment:
        return [Device(name, name) for name in environment[STAND_INS_VARIABLE].split(",") if name]
    installed = _installed()
    if "CUDA_VISIBLE_DEVICES" not in environment or not installed:
        return installed
    visible = []
    for entry in environment["CUDA_VISIBLE_DEVICES"].split(","):
        device = _named(entry.strip(), installed)
        if device is None:
            break
        visible.append(device)
    return visible


def lease(devices: list[Device], wanted: int, folder: Path) -> list[Device]:
    """Wait for as many devices as are wanted, lock them for this process and what it becomes.

    Says once on standard error that it waits. While it waits it holds no device.
    """
    if wanted > len(devices):
        names = ", ".join(device.name for device in devices)
        raise LahjaError(
            f"the job asks for {wanted} GPUs, but there are only {len(devices)} here ({names})"
        )
    wait = _SHORTEST_WAIT
    is_announced = False
    while not (taken := _take(devices, wanted, folder)):
        if not is_announced:
            _announce(devices, wanted, folder)
            is_announced = True
        time.sleep(wait * random.uniform(0.5, 1.5))
        wait = min(_LONGEST_WAIT, 1.5 * wait)
    return taken


def _announce(devices: list[Device], wanted: int, folder: Path) -> None:
    names = ", ".join(device.name for device in devices)
    noun = "GPU" if wanted == 1 else "GPUs"
    print(f"lahja: waiting for {wanted} {noun} of {names} (leases: {folder})", file=sys.stderr)
    sys.stderr.flush()


def _take(devices: list[Device], wanted: int, folder: Path) -> list[Device]:
    """Return so many devices, locked, or lock none."""
    _make_folder(folder)
    taken: list[Device] = []
    locks: list[int] = []
    for device in devices:
        lock = _lock(folder / f"{device.identity.replace('/', '_')}.lock")
        if lock is None:
            continue
        taken.append(device)
        locks.append(lock)
        if len(taken) == wanted:
            for lock in locks:
                os.set_inheritable(lock, True)
            return taken
    for lock in locks:
        os.close(lock)
    return []


def _lock(path: Path) -> int | None:
    """Return a descriptor that locks the file, or None where another process holds it."""
    lock = _open(path)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # A file that was deleted meanwhile protects nothing: the next job makes a new one.
        if os.fstat(lock).st_ino == path.stat().st_ino:
            return lock
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(lock)
    return None


def _open(path: Path) -> int:
    # Not with O_CREAT at once: in a sticky folder Linux refuses that for other users' files.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    make = flags | os.O_CREAT | os.O_EXCL
    try:
        while True:
            with suppress(FileNotFoundError):
                return os.open(path, flags)
            # Another job may be quicker; then its file is opened.
            with suppress(FileExistsError):
                return _with_plain_umask(lambda: os.open(path, make, 0o644))
    except OSError as error:
        raise LahjaError(f"{path}: cannot open the GPU's lock file ({error.strerror})") from None


def _make_folder(folder: Path) -> None:
    if folder.is_dir() and not folder.is_symlink():
        return
    try:
        # Every user adds files, none removes another's.
        _with_plain_umask(lambda: folder.mkdir(0o1777))
    except FileExistsError:
        if folder.is_symlink() or not folder.is_dir():
            raise LahjaError(f"{folder}: expected a folder for the GPUs' lock files") from None
    except OSError as error:
        raise LahjaError(f"{folder}: cannot make the GPUs' folder ({error.strerror})") from None


def _with_plain_umask(make: Callable[[], Made]) -> Made:
    mask = os.umask(0)
    try:
        return make()
    finally:
        os.umask(mask)


def _named(entry: str, devices: list[Device]) -> Device | None:
    """Return the device that an entry of CUDA_VISIBLE_DEVICES names, by number or by UUID."""
    if entry.isdecimal():
        return next((device for device in devices if device.name == entry), None)
    if entry.startswith("MIG-"):
        return Device(entry, entry)
    found = [d for d in devices if entry.startswith("GPU-") and d.identity.startswith(entry)]
    return Device(entry, found[0].identity) if len(found) == 1 else None


def _installed() -> list[Device]:
    """Return the machine's devices as the driver lists them: free of torch, and of a wait."""
    if _DRIVER.is_dir():
        # Sorted by PCI address, as nvidia-smi numbers them.
        return _numbered(_uuid(folder) or folder.name for folder in sorted(_DRIVER.iterdir()))
    if not (program := shutil.which("nvidia-smi")):
        return []
    import subprocess

    done = subprocess.run([program, "-L"], capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("GPU ")]
    return _numbered(line.rpartition("UUID: ")[2].rstrip(")") for line in lines)


def _numbered(identities: Iterable[str]) -> list[Device]:
    return [Device(str(number), identity) for number, identity in enumerate(identities)]


def _uuid(folder: Path) -> str | None:
    try:
        lines = (folder / "information").read_text().splitlines()
    except OSError:
        return None
    return next((ln.split(":", 1)[1].strip() for ln in lines if ln.startswith("GPU UUID")), None)
