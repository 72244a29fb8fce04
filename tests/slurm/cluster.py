"""A real Slurm of one node on loopback, with two stand-in GPUs.

Its daemons run in the foreground, from a folder of their own, and are ended by their process ids.
Only the configuration lies outside, in /etc/slurm, as the executor's job step strips SLURM_CONF;
what was there before comes back.
"""

import os
import shutil
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

COMMANDS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scancel", "sinfo")
SYSTEM = Path("/etc/slurm")
ASIDE = ".before-tests"
# The node claims more than the machine has, so that every rule's request can be met.
SLURM_CONF = """\
ClusterName=stand-in
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmctldPort={controller_port}
SlurmdPort={node_port}
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SlurmdParameters=config_overrides
KillWait=5
MinJobAge=7200
GresTypes=gpu
NodeName={host} NodeAddr=127.0.0.1 CPUs=16 RealMemory=200000 Gres=gpu:a6000:2 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""
GRES_CONF = "Name=gpu Type=a6000 File={folder}/gpu[0-1]\n"


class Unavailable(Exception):
    """Why this machine cannot run a Slurm for the tests."""


def check_machine() -> None:
    """Raise `Unavailable` where the daemons cannot run, or where Slurm is at work already."""
    if os.geteuid() != 0:
        raise Unavailable("Slurm's daemons need root")
    missing = [name for name in COMMANDS if not shutil.which(name)]
    if missing:
        raise Unavailable(
            f"no {missing[0]} (Debian: apt-get install slurmctld slurmd slurm-client munge)"
        )
    if subprocess.run(["sinfo"], capture_output=True, timeout=60, check=False).returncode == 0:
        raise Unavailable("this machine is part of a Slurm cluster")


@contextmanager
def cluster(folder: Path) -> Iterator[None]:
    """Run Slurm from an empty folder; at the end no job and no daemon is left."""
    check_machine()
    with ExitStack() as stack:
        _make_folder(folder)
        for name in ("slurm.conf", "gres.conf"):
            stack.enter_context(_system_file(name, folder / name))
        munge = ["munged", "--foreground", "--force", f"--key-file={folder}/munge.key"]
        names = ("socket", "pid", "seed", "log")
        munge += [
            f"--{name}{'' if name == 'socket' else '-file'}={folder}/munge.{name}" for name in names
        ]
        stack.enter_context(_daemon(munge, folder))
        _wait_for((folder / "munge.socket").exists, "munged", folder)
        stack.enter_context(_daemon(["slurmctld", "-D", "-c"], folder))
        stack.enter_context(_daemon(["slurmd", "-D"], folder))
        _wait_for(
            lambda: _output("sinfo", "-h", "-p", "main", "-o", "%T") == "idle", "slurmd", folder
        )
        stack.callback(_cancel_all, folder)
        yield


def jobs() -> list[str]:
    """Return the ids of the jobs that wait, run or are being ended."""
    return _output("squeue", "-h", "-o", "%i").split()


def _make_folder(folder: Path) -> None:
    """Write configuration and key, and make the state folders and devices."""
    values = {
        "folder": folder,
        "host": socket.gethostname().split(".")[0],
        "controller_port": _free_port(),
        "node_port": _free_port(),
    }
    (folder / "slurm.conf").write_text(SLURM_CONF.format(**values))
    (folder / "gres.conf").write_text(GRES_CONF.format(**values))
    for name in ("state", "spool"):
        (folder / name).mkdir()
    key = folder / "munge.key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o600)
    for number in range(2):
        try:
            os.mknod(folder / f"gpu{number}", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        except PermissionError:
            raise Unavailable("stand-in devices need the right to make device files") from None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def _system_file(name: str, target: Path) -> Iterator[None]:
    """Put a link in /etc/slurm in place of what is there, which comes back."""
    path, aside = SYSTEM / name, SYSTEM / (name + ASIDE)
    # A link is what a killed run of these tests left; the file that it replaced is still aside.
    if path.is_symlink():
        path.unlink()
    elif path.exists():
        path.rename(aside)
    path.symlink_to(target)
    try:
        yield
    finally:
        path.unlink()
        if aside.exists():
            aside.rename(path)


@contextmanager
def _daemon(command: list[str], folder: Path) -> Iterator[None]:
    """Run a daemon in the foreground; end it by its process id."""
    with (folder / f"{command[0]}.out").open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout.strip()


def _wait_for(condition, name: str, folder: Path, seconds: float = 60) -> None:
    """Wait until a condition holds; else fail with what the daemons said."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            said = "".join(path.read_text() for path in sorted(folder.glob("*.out")))
            raise RuntimeError(f"{name} did not come up within {seconds:.0f} s:\n{said[-3000:]}")
        time.sleep(0.2)


def _cancel_all(folder: Path) -> None:
    """Cancel what runs, and wait until its processes are gone."""
    if running := jobs():
        subprocess.run(["scancel", *running], check=True, timeout=60)
    _wait_for(lambda: not jobs(), "scancel", folder)
