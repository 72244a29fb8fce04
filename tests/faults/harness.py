"""A finished demo run that is disturbed, one job at a time, and must come out as it was.

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
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

import psutil

from tests.workflow.conftest import DEMO, copy_checkout

RESULTS = Path("results/demo")
# What is compared: tables, weights, tokenizers, stores and records. The page, its provenance and the
# costs of a study tell when and how fast things were made.
_COMPARED = (".parquet", ".csv", ".safetensors", ".bin", ".json", ".svg", ".tex")
_LEFT_OUT = ("report/", "study/costs.", "work/")
_SCRIPTS = "workflow/scripts/"


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
        if path.is_file() and path.suffix in _COMPARED and not name.startswith(_LEFT_OUT):
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


class Disturbed:
    """A copy of the finished run."""

    def __init__(self, source: Path, folder: Path):
        """Copy the checkout, its results and Snakemake's memory of them."""
        copy_checkout(source, folder, "results/demo", ".snakemake/metadata", "benchmarks/demo")
        self.source, self.folder = source, folder
        self.whole = digests(folder / RESULTS)
        self.jobs = self._jobs()

    def differences(self) -> list[str]:
        """Return the files that are not as they were, what is set aside apart."""
        now = digests(self.folder / RESULTS)
        names = {name for name, _ in self.whole.items() ^ now.items()}
        return sorted(name for name in names if ".damaged" not in name)

    def _jobs(self) -> list[Job]:
        code = (
            "import json, sys; from lahja.cli.planning import planned_jobs;"
            f"jobs = planned_jobs(['--configfile', '{DEMO}', '--cores', '2', '--forceall']);"
            "by = {job.number: job for job in jobs};"
            "json.dump([[j.rule, j.name, j.outputs, [o for n in sorted(j.needs) if n in by"
            " for o in by[n].outputs], j.benchmark] for j in jobs], sys.stdout)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=self.folder, env=self._environment(),
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        jobs = []
        for rule, name, outputs, inputs, benchmark in json.loads(done.stdout):
            rows = (self.folder / benchmark).read_text(encoding="utf-8").splitlines()
            seconds = float(rows[1].split("\t")[0])
            jobs.append(Job(rule, name, tuple(outputs), tuple(inputs), seconds))
        return jobs

    def one_of(self, rule: str, rng: Random) -> Job:
        """Return one of a rule's jobs."""
        return rng.choice([job for job in self.jobs if job.rule == rule])

    def take_away(self, job: Job) -> None:
        """Remove a job's outputs, as if it had not run."""
        for output in job.outputs:
            path = self.folder / output
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def put_back(self, outputs: Iterable[str]) -> None:
        """Put outputs back as they were, with their times, so that nothing after them is stale."""
        for output in outputs:
            old, path = self.source / output, self.folder / output
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
            shutil.copytree(old, path) if old.is_dir() else shutil.copy2(old, path)

    @staticmethod
    def _environment() -> dict[str, str]:
        # The copy's own library, not the one that the tests run with.
        return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {
            "PYTHONPATH": "src"
        }

    @contextmanager
    def snakemake(self, job: Job) -> Iterator[subprocess.Popen]:
        """Let Snakemake make a job's outputs; at the end no process of it is left."""
        command = [sys.executable, "-m", "snakemake", "--configfile", DEMO, "--cores", "2"]
        process = subprocess.Popen(
            [*command, "--", *job.outputs], cwd=self.folder, env=self._environment(), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
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

    def resume(self, job: Job) -> str:
        """Go on with the run by lahja's own command; return what it printed.

        The job's outputs are asked for by name: what is made of them is there, and Snakemake makes
        nothing anew that nothing needs.
        """
        command = [sys.executable, "-m", "lahja", "resume", str(RESULTS), "--cores", "2"]
        done = subprocess.run(
            [*command, "--", *job.outputs],
            cwd=self.folder, env=self._environment(), text=True, timeout=600,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-4000:]
        return done.stdout


def _children(pid: int) -> list[psutil.Process]:
    with _vanishing():
        return psutil.Process(pid).children(recursive=True)
    return []


def _vanishing() -> suppress:
    return suppress(psutil.NoSuchProcess, psutil.ZombieProcess)


def killed(
    run: Disturbed, job: Job, rng: Random, kill: Callable[[subprocess.Popen, psutil.Process], None]
) -> bool:
    """Take a job's outputs away, make them again, and kill at a random moment of the job.

    Returns whether something was killed before it had ended.
    """
    run.take_away(job)
    with run.snakemake(job) as process:
        script = run.script_of(process)
        if script is None:
            return False
        time.sleep(rng.uniform(0, job.seconds))
        is_hit = script.is_running() and process.poll() is None
        with _vanishing():
            kill(process, script)
        if process.poll() is None:
            process.communicate(timeout=300)
    return is_hit


def kill_job(number: int) -> Callable[[subprocess.Popen, psutil.Process], None]:
    """Return what kills the job's own process by a signal."""
    return lambda _, script: script.send_signal(number)


def kill_snakemake(number: int) -> Callable[[subprocess.Popen, psutil.Process], None]:
    """Return what kills Snakemake by a signal: of SIGKILL its job knows nothing, and goes on."""

    def kill(process: subprocess.Popen, _: psutil.Process) -> None:
        os.kill(process.pid, number)
        process.wait(timeout=300)

    return kill


def kill_all(process: subprocess.Popen, _: psutil.Process) -> None:
    """Kill Snakemake and all that it started at once, as a power cut does."""
    family = _children(process.pid)
    os.kill(process.pid, signal.SIGKILL)
    for child in family:
        with _vanishing():
            child.kill()
    process.wait()
