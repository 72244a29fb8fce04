"""A finished run that is disturbed, one job at a time, and must come out as it was.

A fault takes a job's outputs away, lets Snakemake make them again, and does harm meanwhile; then
`lahja resume` must bring the run back, every table and weight of it byte for byte.
"""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import psutil
import pytest

from tests.workflow.conftest import copy_checkout

RESULTS = Path("results/demo")
# A run: its results, what Snakemake knows of them, and the corpora that it is made of.
RUN = (str(RESULTS), "benchmarks/demo", ".snakemake/metadata", "corpora")
# What is compared: tables, weights, tokenizers, stores and records. The page, its provenance and the
# costs of a study tell when and how fast things were made.
_COMPARED = (".parquet", ".csv", ".safetensors", ".bin", ".json", ".svg", ".tex")
_LEFT_OUT = ("report/", "study/costs.", "work/")
_SCRIPTS = "workflow/scripts/"
DAMAGES = ("a flipped bit", "a file cut short", "an empty file")

Moment = Callable[[], object]
Harm = Callable[[subprocess.Popen, psutil.Process], object]


@dataclass(frozen=True)
class Job:
    """A job of the finished run: what it wrote, what it was made of, how long it took."""

    rule: str
    name: str
    outputs: tuple[str, ...]
    inputs: tuple[str, ...]
    seconds: float


def digests(results: Path) -> dict[str, str]:
    """Return the SHA-256 of every file that is compared, by its path within the results."""
    found = {}
    for path in sorted(results.rglob("*")):
        name = path.relative_to(results).as_posix()
        is_compared = path.suffix in _COMPARED and not name.startswith(_LEFT_OUT)
        # What is damaged is set aside under a name of its own.
        if path.is_file() and is_compared and ".damaged" not in name:
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


class Disturbed:
    """A copy of a finished run, and another that stays whole."""

    def __init__(self, source: Path, folder: Path):
        """Copy the checkout, its results and Snakemake's memory of them."""
        self.folder, self.kept = folder / "run", folder / "kept"
        for place in (self.folder, self.kept):
            place.mkdir()
            copy_checkout(source, place, *RUN)
        self.whole, self.stamps = digests(self.kept / RESULTS), self._stamps()
        self.jobs = self._jobs()

    def differences(self) -> list[str]:
        """Return the files that are not as they were."""
        now = digests(self.folder / RESULTS)
        return sorted({name for name, _ in self.whole.items() ^ now.items()})

    def job(self, rule: str, made_of: str | None = None) -> Job:
        """Return the shortest job of a rule, of those that were made of files of this name."""
        jobs = [job for job in self.jobs if job.rule == rule]
        found = [job for job in jobs if made_of is None or self.inputs(job, made_of)]
        return min(found, key=lambda job: job.seconds)

    def inputs(self, job: Job, name: str) -> list[Path]:
        """Return the files of this name (a pattern) in the results that a job was made of."""
        places = {self.folder / own for own in job.inputs}
        files = sorted((self.folder / RESULTS).glob(name))
        return [path for path in files if places & {path, *path.parents}]

    def restore(self) -> None:
        """Put back whatever was touched, with its times, so that nothing is stale."""
        found = self._stamps()
        for path in found.keys() - self.stamps.keys():
            path.unlink()
        for path in (path for path, stamp in self.stamps.items() if found.get(path) != stamp):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            kept = self.kept / path.relative_to(self.folder)
            shutil.copy2(kept, path, follow_symlinks=False)
        for place in ("incomplete", "locks"):
            shutil.rmtree(self.folder / ".snakemake" / place, ignore_errors=True)
        self.stamps = self._stamps()

    def take_away(self, job: Job) -> None:
        """Remove a job's outputs, as if it had not run."""
        for output in job.outputs:
            path = self.folder / output
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)

    def make(self, job: Job) -> tuple[int, str]:
        """Make a job's outputs; return Snakemake's exit code and what it printed."""
        with self.snakemake(job) as process:
            said, _ = process.communicate(timeout=900)
        return process.returncode, said

    def disturb(self, job: Job, moment: Moment, harm: Harm) -> str:
        """Make a job's outputs anew, do harm at a moment of the job; return what was printed.

        A Snakemake that the harm has ended printed nothing; its job goes on.
        """
        self.take_away(job)
        with self.snakemake(job) as process:
            if script := self.script_of(process):
                moment()
                with _vanishing():
                    harm(process, script)
            return "" if process.poll() is not None else process.communicate(timeout=900)[0]

    def resume(self, job: Job, *arguments: str) -> None:
        """Go on with the run by lahja's own command.

        The job's outputs are asked for by name: what is made of them is there, and Snakemake makes
        nothing anew that nothing needs.
        """
        command = [sys.executable, "-m", "lahja", "resume", str(RESULTS), "--cores", "2", "--"]
        done = subprocess.run([*command, *job.outputs, *arguments], timeout=600, **self.how())
        assert done.returncode == 0, done.stdout[-4000:]

    @contextmanager
    def snakemake(self, job: Job) -> Iterator[subprocess.Popen]:
        """Let Snakemake make a job's outputs; at the end it is gone."""
        command = [sys.executable, "-m", "snakemake", *_AS_STARTED, "--", *job.outputs]
        process = subprocess.Popen(command, start_new_session=True, **self.how())
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def script_of(self, process: subprocess.Popen, timeout: float = 60) -> psutil.Process | None:
        """Return the running script of a Snakemake, once it has started one; None if it ended."""
        end = time.monotonic() + timeout
        while time.monotonic() < end and process.poll() is None:
            for child in _children(process.pid):
                with _vanishing():
                    words = child.cmdline()
                    if words and "python" in words[0] and any(_SCRIPTS in w for w in words[1:2]):
                        return child
            time.sleep(0.02)
        return None

    def how(self) -> dict[str, Any]:
        """Return how a process of this run is started: in its folder, with its own library."""
        environment = os.environ | {"PYTHONPATH": "src", "NO_PROXY": "127.0.0.1"}
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        return {"cwd": self.folder, "env": environment, **streams}

    def _stamps(self) -> dict[Path, int]:
        """Return when each file of the run was last touched, which nobody can set back."""
        paths = (path for place in RUN for path in (self.folder / place).rglob("*"))
        return {p: p.lstat().st_ctime_ns for p in paths if p.is_symlink() or p.is_file()}

    def _jobs(self) -> list[Job]:
        code = (
            "import json, sys; from lahja.cli.planning.jobs import planned_jobs;"
            f"jobs = planned_jobs([*{_AS_STARTED}, '--forceall']);"
            "by = {job.number: job for job in jobs};"
            "json.dump([[j.rule, j.name, j.outputs, [o for n in sorted(j.needs) if n in by"
            " for o in by[n].outputs], j.benchmark] for j in jobs], sys.stdout)"
        )
        how = self.how() | {"stderr": subprocess.PIPE}
        done = subprocess.run([sys.executable, "-c", code], check=True, **how)
        jobs = []
        for rule, name, outputs, inputs, benchmark in json.loads(done.stdout):
            if (self.folder / benchmark).is_file():
                _, row, *_ = (self.folder / benchmark).read_text(encoding="utf-8").splitlines()
                seconds = float(row.split("\t")[0])
                jobs.append(Job(rule, name, tuple(outputs), tuple(inputs), seconds))
        return jobs


_AS_STARTED = [
    "--configfile", str(RESULTS / "work/config.json"), "--replace-workflow-config", "--cores", "2",
]  # fmt: skip


@contextmanager
def survived(run: Disturbed, faults: Counter, kind: str, job: Job) -> Iterator[None]:
    """Count a fault, resume after it, and expect the run as it was, byte for byte."""
    faults[kind, "all"] += 1
    try:
        yield
        run.resume(job)
        differing = run.differences()
        assert not differing, differing
        faults[kind, "survived"] += 1
    finally:
        run.restore()


def read_damaged(run: Disturbed, job: Job, path: Path, kind: str, rng: Random) -> None:
    """Damage an input of a job and expect that it is named, or else that it is no matter.

    A bit of a Parquet table's statistics says nothing of its rows.
    """
    content = path.read_bytes()
    damage(path, kind, rng)
    run.take_away(job)
    code, said = run.make(job)
    if code == 0 and kind == "a flipped bit":
        path.write_bytes(content)
        return
    told = [line for line in said.splitlines() if line.lstrip().startswith("lahja: ")]
    assert code != 0 and path.name in told[-1], said
    assert "Traceback" not in said, said


def damage(path: Path, kind: str, rng: Random) -> None:
    """Damage a file of an artifact, and leave its time as it was, as a failing disk does."""
    if kind == "half an adapter":
        path.unlink()
        return
    times, content = path.stat(), bytearray(path.read_bytes())
    match kind:
        case "a flipped bit":
            content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        case "a file cut short":
            del content[rng.randrange(len(content)) :]
        case "an empty file":
            content.clear()
    path.write_bytes(content)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def fill_disk(run: Disturbed, faults: Counter, job: Job) -> None:
    """Let a job meet a full disk, which it says in one line, and go on when there is space."""
    with _small_disk(run, job) as free, survived(run, faults, "a full disk", job):
        try:
            code, said = run.make(job)
        finally:
            # What is put back needs space too.
            free()
        assert code != 0 and "lahja: " in said and "No space left on device" in said, said
        assert "Traceback" not in said, said


@contextmanager
def _small_disk(run: Disturbed, job: Job) -> Iterator[Callable[[], object]]:
    """Put the results, but a job's, on a file system with half of what it writes left.

    Yield what makes it large.
    """
    results, aside = run.folder / "results", run.folder / "results-aside"

    def mount(*options: str) -> int:
        """Mount a file system of a size, or one that is there again; return the exit code."""
        command = ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(results)]
        return subprocess.run(command, capture_output=True, check=False).returncode

    results.rename(aside)
    results.mkdir()
    try:
        if mount("size=1g"):
            pytest.skip("mounting a file system needs more rights")
        try:
            subprocess.run(["cp", "-a", f"{aside}/.", str(results)], check=True)
            full = shutil.disk_usage(results).used
            run.take_away(job)
            size = (full + shutil.disk_usage(results).used) // 2
            assert mount("remount", f"size={size}") == 0
            yield lambda: mount("remount", "size=1g")
        finally:
            subprocess.run(["umount", str(results)], check=True)
    finally:
        results.rmdir()
        aside.rename(results)


def within(job: Job, rng: Random) -> Moment:
    """Return what waits for a random moment of a job."""
    seconds = rng.uniform(0, job.seconds)
    return lambda: time.sleep(seconds)


def kill_job(number: int) -> Harm:
    """Return what kills the job's own process by a signal."""
    return lambda _, script: script.send_signal(number)


def kill_snakemake(number: int) -> Harm:
    """Return what kills Snakemake by a signal: of SIGKILL its job knows nothing, and goes on."""

    def kill(process: subprocess.Popen, _: psutil.Process) -> None:
        """Kill it and wait for its end."""
        process.send_signal(number)
        process.wait(timeout=900)

    return kill


def kill_all(process: subprocess.Popen, _: psutil.Process) -> None:
    """Kill Snakemake and all that it started at once, as a power cut does."""
    family = _children(process.pid)
    process.kill()
    for child in family:
        with _vanishing():
            child.kill()
    process.wait()


KILLS = {
    "kill -9 of the job": kill_job(signal.SIGKILL),
    "kill -15 of the job": kill_job(signal.SIGTERM),
    "kill -9 of Snakemake": kill_snakemake(signal.SIGKILL),
    "kill -15 of Snakemake": kill_snakemake(signal.SIGTERM),
    "kill -9 of all at once": kill_all,
}


def _children(pid: int) -> list[psutil.Process]:
    with _vanishing():
        return psutil.Process(pid).children(recursive=True)
    return []


def _vanishing() -> suppress:
    return suppress(psutil.NoSuchProcess, psutil.ZombieProcess)
