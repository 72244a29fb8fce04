"""The jobs of a run, read from what Snakemake's dry run prints."""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from lahja.errors import LahjaError

_HEAD = re.compile(r"^(?:local)?(?:rule|checkpoint) (\w+):$")
_FIELD = re.compile(r"^    (\w+): (.*)$")
_STAGE = re.compile(r"^rule (\w+):", re.MULTILINE)


@dataclass(frozen=True)
class Job:
    """One job: its rule and wildcards, what it needs at a time, the jobs that it waits for."""

    number: int
    rule: str
    wildcards: dict[str, str]
    outputs: tuple[str, ...]
    benchmark: str | None
    threads: int
    gpus: int
    needs: frozenset[int]


def ask_snakemake(
    root: Path, configfiles: list[Path], overrides: list[str], cores: int, remaining: bool
) -> str:
    """Return what `snakemake -n` prints of all jobs, or of those that are still to be done.

    Raises `LahjaError` with Snakemake's own words where it refuses.
    """
    command = [sys.executable, "-m", "snakemake", "-n", "--nocolor", "--cores", str(cores)]
    command += [] if remaining else ["--forceall"]
    command += ["--configfile", *map(str, configfiles)] if configfiles else []
    command += ["--config", *overrides] if overrides else []
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise LahjaError(f"snakemake -n: {' '.join(said[-3:]) or 'failed without a word'}")
    return done.stdout


def read_jobs(text: str) -> list[Job]:
    """Return the jobs of a dry run, each after those that it waits for.

    Files tie them together: a job waits for the one that writes its input. Raises `LahjaError`
    where the text is not that of a dry run.
    """
    found: dict[int, dict[str, str]] = {}
    block: dict[str, str] = {}
    for line in text.splitlines():
        if head := _HEAD.match(line):
            block = {"rule": head[1]}
        elif block and (field := _FIELD.match(line)):
            block[field[1]] = field[2]
            if field[1] == "jobid":
                found[int(field[2])] = block
        else:
            block = {}
    if not found and "Nothing to be done" not in text:
        raise LahjaError("snakemake -n: its output holds no jobs; expected blocks `rule name:`")
    writers = {
        output: number for number, block in found.items() for output in _files(block, "output")
    }
    jobs = {number: _job(number, block, writers) for number, block in found.items()}
    return _ordered(jobs)


def read_stages(folder: Path) -> dict[str, str]:
    """Return each rule's stage, the name of the rules file that it stands in."""
    return {
        rule: path.stem
        for path in sorted(folder.glob("*.smk"))
        for rule in _STAGE.findall(path.read_text(encoding="utf-8"))
    }


def _files(block: dict[str, str], key: str) -> list[str]:
    return [name for name in block.get(key, "").split(", ") if name]


def _job(number: int, block: dict[str, str], writers: dict[str, int]) -> Job:
    resources = _pairs(block.get("resources", ""))
    needs = {writers[name] for name in _files(block, "input") if name in writers}
    return Job(
        number=number,
        rule=block["rule"],
        wildcards=_pairs(block.get("wildcards", "")),
        outputs=tuple(_files(block, "output")),
        benchmark=block.get("benchmark"),
        threads=int(block.get("threads", 1)),
        gpus=int(resources.get("gpu", 0)),
        needs=frozenset(needs - {number}),
    )


def _pairs(text: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in text.split(", ") if "=" in part)


def _ordered(jobs: dict[int, Job]) -> list[Job]:
    from graphlib import CycleError, TopologicalSorter

    graph = {number: job.needs for number, job in jobs.items()}
    try:
        return [jobs[number] for number in TopologicalSorter(graph).static_order()]
    except CycleError as error:
        raise LahjaError(f"snakemake -n: its jobs wait for each other: {error.args[1]}") from None
