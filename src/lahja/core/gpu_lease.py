"""Lease a machine's GPUs to jobs: each job gets devices that no other job has.

Nothing here is heavy: every job of a rule with a GPU pays for these imports.
"""

import fcntl
import os
import random
import re
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from itertools import chain, takewhile
from pathlib import Path
from typing import NamedTuple

from lahja.core.errors import LahjaError

# Fixed, not $TMPDIR: all users of the machine must look into the same folder.
_LOCK_FOLDER = "/tmp/lahja-gpu"
_MIN_WAIT, _MAX_WAIT = 0.05, 2.0


class Device(NamedTuple):
    """A GPU: its name in CUDA_VISIBLE_DEVICES, its identity, and of a MIG device the card's."""

    name: str
    identity: str
    card: str | None = None


def lease_devices(wanted: int) -> None:
    """Wait for devices that no other job has, and set CUDA_VISIBLE_DEVICES to them.

    To be called before CUDA is. Does nothing on a machine without a GPU, or where none is wanted.
    A lease is an exclusive `flock` on one file per device, in a folder that all users share, until
    this process, or what it becomes, ends. Says once on standard error that it waits; it holds no
    device meanwhile. Raises `LahjaError` where more devices are wanted than there are.
    """
    if wanted < 0:
        raise LahjaError(f"expected 0 GPUs or more, got {wanted}")
    devices = find_devices(os.environ) if wanted else []
    if not devices:
        return
    names = ", ".join(device.name for device in devices)
    if wanted > len(devices):
        raise LahjaError(
            f"the job asks for {wanted} GPUs, but there are only {len(devices)} here ({names})"
        )
    folder, wait = Path(os.environ.get("LAHJA_GPU_LOCKS") or _LOCK_FOLDER), _MIN_WAIT
    while not (leased := _take(devices, wanted, folder)):
        if wait == _MIN_WAIT:
            noun = f"{wanted} GPU" + "s" * (wanted > 1)
            told = f"lahja: waiting for {noun} of {names} (leases: {folder})"
            print(told, file=sys.stderr, flush=True)
        time.sleep(wait * random.uniform(0.5, 1.5))
        wait = min(_MAX_WAIT, 1.5 * wait)
    os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(device.name for device in leased)
    # Numbers mean what nvidia-smi shows; CUDA's own order puts the fastest card first.
    os.environ.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")


def _take(devices: list[Device], wanted: int, folder: Path) -> list[Device]:
    """Return so many devices, locked, or lock none: so two jobs never wait for each other."""
    held: dict[Device, list[int]] = {}
    for device in devices:
        if len(held) < wanted and (locks := _lock_device(device, folder)):
            held[device] = locks
    if len(held) == wanted:
        return [*held]
    for lock in chain.from_iterable(held.values()):
        os.close(lock)
    return []


def _lock_device(device: Device, folder: Path) -> list[int]:
    """Return descriptors that lock a device, and for a MIG device its card; or none."""
    wanted = {device.identity: fcntl.LOCK_EX}
    # Shared with the card's other MIG devices: a job that has the whole card excludes them all.
    if device.card:
        wanted[device.card] = fcntl.LOCK_SH
    files = {folder / f"{name.replace('/', '_')}.lock": kind for name, kind in wanted.items()}
    held = [lock for file, kind in files.items() if (lock := _lock(file, kind)) is not None]
    while held and len(held) < len(files):
        os.close(held.pop())
    return held


def _lock(path: Path, kind: int = fcntl.LOCK_EX) -> int | None:
    """Return a descriptor that locks the file, or None where another process holds it."""
    lock = _open(path)
    with suppress(BlockingIOError, FileNotFoundError):
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
        # A file that was deleted meanwhile protects nothing: the next job makes a new one.
        if os.fstat(lock).st_ino == path.stat().st_ino:
            os.set_inheritable(lock, True)
            return lock
    os.close(lock)
    return None


def _open(path: Path) -> int:
    """Return a descriptor of a lock file, made with its folder where there is none."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    # Other users must open the files, whatever this one's umask.
    mask = os.umask(0)
    try:
        # Every user adds files, none removes another's.
        path.parent.mkdir(0o1777, exist_ok=True)
        if path.parent.is_symlink():
            raise LahjaError(f"{path.parent}: expected a folder for the GPUs' lock files")
        # Not with O_CREAT at once: in a sticky folder Linux refuses that for other users' files.
        if not path.exists():
            # Another job may be quicker; then its file is opened.
            with suppress(FileExistsError):
                return os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o644)
        return os.open(path, flags)
    except OSError as error:
        raise LahjaError(f"{path}: cannot open the GPU's lock file ({error.strerror})") from None
    finally:
        os.umask(mask)


def find_devices(environment: Mapping[str, str]) -> list[Device]:
    """Return the devices that a job may use, in the order of nvidia-smi.

    LAHJA_GPUS names stand-ins (`a,b`), for tests. CUDA_VISIBLE_DEVICES, where it is set, limits
    the choice as it limits CUDA: entries after one that names no device do not count. Under Slurm
    it alone says which devices the job step has.
    """
    visible = [name.strip() for name in environment.get("CUDA_VISIBLE_DEVICES", "").split(",")]
    if job := environment.get("SLURM_JOB_ID"):
        # Slurm numbers a step's devices from 0, so the numbers identify none on the machine.
        step = f"slurm-{job}.{environment.get('SLURM_STEP_ID', 'batch')}"
        return [Device(name, f"{step}-{name}") for name in visible if name]
    if "LAHJA_GPUS" in environment:
        return [Device(name, name) for name in environment["LAHJA_GPUS"].split(",") if name]
    listed = _listed()
    cards = [uuid for uuid, card in listed.items() if uuid == card]
    installed = [Device(str(number), identity) for number, identity in enumerate(cards)]
    if "CUDA_VISIBLE_DEVICES" not in environment:
        return installed
    return [*takewhile(bool, (_named(name, installed, listed) for name in visible))]


def _named(entry: str, devices: list[Device], listed: dict[str, str]) -> Device | None:
    """Return the device that an entry of CUDA_VISIBLE_DEVICES names, by number or by UUID."""
    if entry.isdecimal():
        return next((device for device in devices if device.name == entry), None)
    if entry.startswith("MIG-"):
        return Device(entry, entry, listed[entry]) if entry in listed else None
    found = [d for d in devices if entry.startswith("GPU-") and d.identity.startswith(entry)]
    return Device(entry, found[0].identity) if len(found) == 1 else None


def memory_bytes(devices: list[Device]) -> list[float]:
    """Return the memory of devices as nvidia-smi has it, which knows cards, not MIG devices."""
    told = _nvidia_smi("--query-gpu=uuid,memory.total", "--format=csv,noheader,nounits")
    found = dict(re.findall(r"^(\S+), *(\d+)", told, re.MULTILINE))
    return [int(found[d.identity]) * 2.0**20 for d in devices if d.identity in found]


def _listed() -> dict[str, str]:
    """Return the machine's devices as nvidia-smi lists them, each with the card that it is of."""
    found, card = {}, ""
    for kind, uuid in re.findall(r"^ *(GPU|MIG) .*\(UUID: (.*)\)", _nvidia_smi("-L"), re.MULTILINE):
        card = uuid if kind == "GPU" else card
        found[uuid] = card
    return found


def _nvidia_smi(*arguments: str) -> str:
    import subprocess

    with suppress(OSError):
        command = ["nvidia-smi", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return ""
