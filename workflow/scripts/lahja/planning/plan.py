"""A run's plan: jobs with their seconds, schedules, costs."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lahja.errors import LahjaError
from lahja.planning.checkpoints import Shape, checkpoint_shape, read_checkpoints
from lahja.planning.costs import ApiCost, DiskUse, api_costs, disk_uses
from lahja.planning.jobs import Job
from lahja.planning.measured import Benchmarks, measured_seconds
from lahja.planning.rates import Rates, start_seconds, work_seconds
from lahja.planning.rules import Workload
from lahja.planning.schedule import Schedule, critical_path, schedule
from lahja.planning.sizes import Assumptions, Sizes


@dataclass(frozen=True)
class Basis:
    """What the seconds rest on: assumed rates, this machine's benchmarks if given, sizes."""

    rates: Rates
    assumed: Assumptions
    checkpoints: Path
    benchmarks: Benchmarks | None = None
    measured_config: dict[str, Any] | None = None


@dataclass(frozen=True)
class StageTime:
    """The jobs of one rule: their hours in all, on GPUs, and of the longest one."""

    stage: str
    rule: str
    jobs: int
    hours: float
    gpu_hours: float
    longest: float


@dataclass(frozen=True)
class Plan:
    """What a run takes."""

    run: str
    jobs: list[Job]
    seconds: dict[int, float]
    stages: list[StageTime]
    path: list[Job]
    schedules: list[Schedule]
    impossible: dict[int, str]
    costs: list[ApiCost]
    disk: list[DiskUse]
    counted: dict[str, int]
    estimated: list[str]
    unknown: list[str]


def make_plan(
    config: dict[str, Any],
    jobs: list[Job],
    stages: dict[str, str],
    basis: Basis,
    counted: dict[str, int],
    gpus: Iterable[int],
    cores: int,
) -> Plan:
    """Return the plan of a resolved configuration's jobs on each number of GPUs."""
    workload = _workload(config, basis, counted)
    seconds, estimated = _times(jobs, workload, basis, counted)
    schedules, impossible = [], {}
    for number in gpus:
        try:
            schedules.append(schedule(jobs, seconds, number, cores))
        except LahjaError as error:
            impossible[number] = str(error)
    return Plan(
        run=config["run"],
        jobs=jobs,
        seconds=seconds,
        stages=_stage_times(jobs, seconds, stages),
        path=critical_path(jobs, seconds),
        schedules=schedules,
        impossible=impossible,
        costs=api_costs(jobs, workload),
        disk=disk_uses(jobs, workload),
        counted=counted,
        estimated=estimated,
        unknown=sorted({job.rule for job in jobs if job.gpus and not workload.knows(job.rule)}),
    )


def _workload(config: dict[str, Any], basis: Basis, counted: dict[str, int]) -> Workload:
    known = read_checkpoints(basis.checkpoints)

    def shape_of(name: str) -> Shape:
        """Return the shape of a checkpoint, of a local folder or of the hub."""
        folder = Path(name) if Path(name).is_dir() else Path("results/hub", name.replace("/", "--"))
        return checkpoint_shape(name, known, folder, basis.checkpoints)

    return Workload(config, Sizes(config, basis.assumed, counted), shape_of)


def _times(
    jobs: list[Job], workload: Workload, basis: Basis, counted: dict[str, int]
) -> tuple[dict[int, float], list[str]]:
    """Return each job's seconds, and the rules whose seconds no benchmark gives."""
    # The target `all` is no work.
    real = [job for job in jobs if job.outputs]
    works = {job.number: workload.of(job) for job in real}
    found = {job.number: 0.0 for job in jobs}
    measured: dict[int, float] = {}
    if basis.benchmarks is not None:
        then = workload
        if basis.measured_config is not None:
            then = _workload(basis.measured_config, basis, counted)

        def work_then(job: Job) -> float | None:
            """Return the seconds estimated of a job in the measured run, None if it had none."""
            try:
                return work_seconds(then.of(job), basis.rates)
            except (KeyError, LahjaError):
                # The measured run had no such model, dataset or generator.
                return None

        measured = measured_seconds(
            real,
            basis.benchmarks,
            lambda job: work_seconds(works[job.number], basis.rates),
            work_then,
        )
    for job in real:
        work = works[job.number]
        estimate = start_seconds(work, basis.rates) + work_seconds(work, basis.rates)
        found[job.number] = measured.get(job.number, estimate)
    estimated = sorted({job.rule for job in real if job.number not in measured})
    return found, estimated


def _stage_times(
    jobs: list[Job], seconds: dict[int, float], stages: dict[str, str]
) -> list[StageTime]:
    grouped: dict[str, list[Job]] = {}
    for job in jobs:
        if job.outputs:
            grouped.setdefault(job.rule, []).append(job)
    order = {stage: place for place, stage in enumerate(dict.fromkeys(stages.values()))}
    found = [
        StageTime(
            stage=stages.get(rule, rule),
            rule=rule,
            jobs=len(members),
            hours=sum(seconds[job.number] for job in members) / 3600,
            gpu_hours=sum(seconds[job.number] * job.gpus for job in members) / 3600,
            longest=max(seconds[job.number] for job in members) / 3600,
        )
        for rule, members in grouped.items()
    ]
    return sorted(found, key=lambda one: (order.get(one.stage, len(order)), one.rule))
