"""The jobs of a run, from Snakemake's dry run, and their schedule on GPUs and cores."""

import heapq
import logging
import re
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter
from io import StringIO
from logging.handlers import BufferingHandler
from pathlib import Path
from typing import Any

from lahja.core.config import merge_config, read_recorded, resolve
from lahja.core.errors import LahjaError
from lahja.core.stages import STAGES


@dataclass(frozen=True)
class Job:
    """One job: what it is, what it needs at a time, the jobs that it waits for."""

    number: int
    rule: str
    wildcards: dict[str, str]
    benchmark: str
    threads: int
    gpus: int
    needs: frozenset[int]
    reason: str
    outputs: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The job's wildcards, as its files are named."""
        return ".".join(self.wildcards.values())


def read_run(configfile: list[Path], config: list[str]) -> tuple[dict[str, Any], list[str]]:
    """Return a run's resolved configuration, and the arguments that give it to Snakemake."""
    arguments = ["--configfile", *map(str, configfile)] if configfile else []
    arguments += ["--config", *config] if config else []
    return resolve(merge_config([Path("config/config.yaml"), *configfile], config)), arguments


def recorded_run(results: Path) -> list[str]:
    """Return the arguments that give Snakemake the configuration that a run was started with."""
    config = results / "work" / "config.json"
    if not config.is_file():
        raise LahjaError(f"{results}: no run there, for {config} of its start is missing")
    read_recorded(config)
    return ["--configfile", str(config), "--replace-workflow-config"]


def planned_jobs(arguments: list[str]) -> list[Job]:
    """Return the jobs of Snakemake's dry run with these arguments, each after those it waits for.

    Profiles count as they do for `snakemake`. Raises `LahjaError` with Snakemake's own words.
    """
    from snakemake.cli import args_to_api, parse_args

    # What Snakemake gives its logger plugins: records of jobs and errors, with their fields.
    events, logger = BufferingHandler(capacity=sys.maxsize), logging.getLogger("snakemake")
    logger.addHandler(events)
    try:
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            parser, parsed = parse_args(["--dry-run", *arguments])
            succeeded = args_to_api(parsed, parser)
    finally:
        logger.removeHandler(events)
    if not succeeded:
        errors = [e.getMessage() for e in events.buffer if getattr(e, "event", "") == "error"]
        raise LahjaError(f"snakemake --dry-run: {' '.join(' '.join(errors).split())}")
    return jobs_of([e for e in events.buffer if getattr(e, "event", "") == "job_info"])


def jobs_of(records: list[logging.LogRecord]) -> list[Job]:
    """Return the jobs of Snakemake's events that write files, targets being no work."""
    writers = {name: record.jobid for record in records for name in record.output}
    jobs = {
        record.jobid: Job(
            record.jobid, record.rule_name, dict(record.wildcards), record.benchmark or "",
            record.threads, int(record.resources.get("gpu") or 0),
            frozenset(writers[name] for name in record.input if name in writers) - {record.jobid},
            record.reason, tuple(record.output),
        )
        for record in sorted(records, key=lambda record: record.jobid)
    }  # fmt: skip
    order = TopologicalSorter({number: sorted(job.needs) for number, job in jobs.items()})
    return [jobs[number] for number in order.static_order() if number in writers.values()]


def staleness(reason: str) -> str | None:
    """Return why a job's results are stale, as `sft version 1 → 2`; None where it has none yet."""
    # Snakemake's reason quotes the parameters before and now, the versions of stages among them.
    old, _, new = (dict(re.findall(r'"([^"]+)":(\d+)', t)) for t in reason.partition(" now: "))
    stages = [name for name in old if name in STAGES and old[name] != new.get(name, old[name])]
    if stages:
        return ", ".join(f"{name} version {old[name]} → {new[name]}" for name in stages)
    return None if reason.startswith(("Missing", "Forced")) else reason.partition(":")[0].lower()


def schedule(
    jobs: list[Job], seconds: dict[int, float], gpus: int, cores: int
) -> tuple[float, list[Job]]:
    """Return the seconds until all is done on so many GPUs and cores, and the jobs that fill them.

    List scheduling: whenever something is free, the ready job with the longest way to the end
    starts. Each job of a chain starts when the one before it ends. On 0 GPUs only cores count.
    """
    # A job takes fewer threads where there are fewer cores.
    jobs = [replace(j, gpus=j.gpus if gpus else 0, threads=min(j.threads, cores)) for j in jobs]
    tails: dict[int, float] = {}
    for job in reversed(jobs):
        after = (tails[user.number] for user in jobs if job.number in user.needs)
        tails[job.number] = seconds[job.number] + max(after, default=0.0)
    waiting = sorted(jobs, key=lambda job: (-tails[job.number], job.number))
    running: list[tuple[float, int, list[Job]]] = []
    done: dict[int, tuple[float, list[Job]]] = {}
    now, chain = 0.0, []
    while waiting or running:
        for job in [job for job in waiting if job.needs <= done.keys()]:
            if job.gpus <= gpus and job.threads <= cores:
                gpus, cores = gpus - job.gpus, cores - job.threads
                waiting.remove(job)
                awaited = [done[need][1] for need in sorted(job.needs) if done[need][0] == now]
                own = [*(awaited[0] if awaited else chain), job]
                heapq.heappush(running, (now + seconds[job.number], job.number, own))
        now = running[0][0]
        while running and running[0][0] <= now + 1e-6:  # less is a rounding error
            _, number, chain = heapq.heappop(running)
            done[number] = now, chain
            gpus, cores = gpus + chain[-1].gpus, cores + chain[-1].threads
    return now, chain
