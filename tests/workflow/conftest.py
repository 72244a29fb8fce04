"""The demo, run once in the checkout, and copies of it to try changes on."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

DEMO = "config/demo.yaml"
# What a workflow reads, besides its results.
SOURCES = ("Snakefile", "src", "workflow", "config", "profiles", "envs", "resources", "README.md")


@dataclass(frozen=True)
class Job:
    """A job that a dry run plans."""

    rule: str
    wildcards: str


@dataclass(frozen=True)
class Checkout:
    """A folder with the workflow in it, and Snakemake to run there."""

    folder: Path

    def snakemake(self, *arguments: str, timeout: int = 300) -> subprocess.CompletedProcess[str]:
        """Run Snakemake in the folder; what it prints comes back as text."""
        command = [sys.executable, "-m", "snakemake", *arguments]
        return subprocess.run(
            command, cwd=self.folder, text=True, timeout=timeout, env=dict(os.environ),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip

    def planned(self, *arguments: str) -> list[Job]:
        """Return the jobs that a dry run of the demo would run."""
        done = self.snakemake("--dry-run", "--configfile", DEMO, "--cores", "2", *arguments)
        assert done.returncode == 0, done.stdout
        blocks = re.split(r"\n(?=rule \w+:)", done.stdout)[1:]
        jobs = []
        for block in blocks:
            wildcards = re.search(r"wildcards: (.*)", block)
            jobs.append(Job(re.match(r"rule (\w+):", block)[1], wildcards[1] if wildcards else ""))
        return [job for job in jobs if job.rule != "all"]

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace a piece of text in a file, which must be there."""
        file = self.folder / path
        text = file.read_text(encoding="utf-8")
        assert old in text, f"{path} no longer holds {old!r}"
        file.write_text(text.replace(old, new), encoding="utf-8")


def copy_checkout(source: Path, target: Path, *extra: str) -> Checkout:
    """Copy the workflow and further folders, with their time stamps."""
    for name in (*SOURCES, *extra):
        if (source / name).is_dir():
            shutil.copytree(source / name, target / name, symlinks=True)
        elif (source / name).is_file():
            shutil.copy2(source / name, target / name)
    return Checkout(target)


@pytest.fixture(scope="session")
def demo(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """The checkout after a whole demo run (six minutes and more unless it was run before)."""
    checkout = Checkout(root)
    # Of the processes that share the tests one runs it.
    with FileLock(tmp_path_factory.getbasetemp().parent / "demo.lock"):
        done = checkout.snakemake("--configfile", DEMO, "--cores", "2", timeout=2400)
    assert done.returncode == 0, done.stdout[-4000:]
    return checkout


@pytest.fixture
def copy(demo: Checkout, tmp_path: Path) -> Checkout:
    """A copy of the checkout with the demo's results and Snakemake's memory of them."""
    return copy_checkout(demo.folder, tmp_path, "results/demo", ".snakemake/metadata")


@pytest.fixture
def fresh(root: Path, tmp_path: Path) -> Checkout:
    """A copy of the checkout without any results."""
    return copy_checkout(root, tmp_path)
