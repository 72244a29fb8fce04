"""A Slurm, the executor plugin, and Snakemake with profiles/slurm to use both."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.slurm.cluster import Unavailable, cluster
from tests.workflow.conftest import copy_checkout

SMALL = ("--snakefile", "tests/slurm/Snakefile")


@dataclass
class SlurmRun:
    """Snakemake at work in a folder of its own, its jobs on Slurm."""

    folder: Path
    environment: dict[str, str]
    process: subprocess.Popen = field(init=False)

    def start(self, *arguments: str) -> None:
        """Start Snakemake in the folder, apart from signals to the tests' own group."""
        command = [sys.executable, "-m", "snakemake", "--workflow-profile", "profiles/slurm"]
        command += arguments
        with (self.folder / "printed").open("w") as printed:
            self.process = subprocess.Popen(
                command, cwd=self.folder, env=self.environment, start_new_session=True,
                stdout=printed, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def finish(self, timeout: float = 600) -> str:
        """Wait for the end, which must be a good one; return what Snakemake printed."""
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            status = f"still at work after {timeout} s"
        printed = (self.folder / "printed").read_text()
        assert status == 0, f"{status}\n{printed[-4000:]}"
        return printed

    def kill(self) -> None:
        """End Snakemake if a test did not get to its end; the jobs are left to the cluster."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@pytest.fixture(scope="session")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A Slurm with two stand-in GPUs; skips the tests where this machine can have none."""
    running = cluster(tmp_path_factory.mktemp("cluster"))
    try:
        running.__enter__()
    except Unavailable as reason:
        pytest.skip(str(reason))
    try:
        yield
    finally:
        running.__exit__(None, None, None)


@pytest.fixture(scope="session")
def environment(
    slurm: None, root: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """An environment in which Snakemake finds the executor plugin, which .venv goes without."""
    # Nothing of the tests' own surroundings decides where jobs go.
    found = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SLURM", "SBATCH", "LAHJA", "SNAKEMAKE"))
    }
    if importlib.util.find_spec("snakemake_executor_plugin_slurm"):
        return found
    folder = tmp_path_factory.mktemp("plugin")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target"]
    command += [str(folder), "-r", str(root / "envs" / "slurm.txt")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        pytest.skip(f"no Slurm executor, and none to be had: {done.stderr.strip()[-300:]}")
    return found | {"PYTHONPATH": str(folder)}


def _prepare(folder: Path, root: Path, environment: dict[str, str], **values: str) -> SlurmRun:
    copy_checkout(root, folder, "tests/slurm")
    return SlurmRun(folder, environment | values)


@pytest.fixture(scope="session")
def runs(
    environment: dict[str, str], root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, SlurmRun]]:
    """Two runs at once, as most of their time goes by in waiting: small jobs, and the demo's."""
    made = {
        "small": _prepare(tmp_path_factory.mktemp("small"), root, environment),
        "demo": _prepare(
            tmp_path_factory.mktemp("demo"), root, environment, LAHJA_GPU_MODEL="a6000"
        ),
    }
    try:
        made["small"].start(*SMALL, "--set-resources", "neither:gpu_model=a6000")
        made["demo"].start(
            "--configfile", "config/demo.yaml", "tests/slurm/small.yaml", "--",
            "results/demo/scorers/aldi",
        )  # fmt: skip
        yield made
    finally:
        for run in made.values():
            run.kill()


@pytest.fixture
def another(environment: dict[str, str], root: Path, tmp_path: Path) -> Iterator[SlurmRun]:
    """A further run, not started yet."""
    made = _prepare(tmp_path, root, environment)
    yield made
    made.kill()
