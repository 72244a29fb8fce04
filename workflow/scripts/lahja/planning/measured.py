"""How long jobs take on this machine, from the benchmark files that Snakemake wrote."""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lahja.errors import LahjaError
from lahja.planning.jobs import Job


@dataclass(frozen=True)
class Benchmarks:
    """Seconds of the jobs of one run, by the place of their benchmark file in its folder."""

    folder: Path
    seconds: dict[str, float]

    def of(self, job: Job) -> float | None:
        """Return the seconds that were measured of a job, whatever its run is called."""
        return self.seconds.get(place_of(job)) if job.benchmark else None


def place_of(job: Job) -> str:
    """Return a job's benchmark file as `<rule>/<wildcards>.tsv`, or `<rule>.tsv`."""
    return "/".join(Path(job.benchmark or "").parts[2:])


def read_benchmarks(folder: Path) -> Benchmarks:
    """Read `benchmarks/<run>`; raise `LahjaError` where it holds no benchmark files."""
    files = sorted(folder.rglob("*.tsv"))
    if not files:
        raise LahjaError(f"{folder}: no benchmark files (*.tsv) of Snakemake there")
    return Benchmarks(folder, {f.relative_to(folder).as_posix(): _seconds(f) for f in files})


def _seconds(path: Path) -> float:
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    try:
        return sum(float(row["s"]) for row in rows) / len(rows)
    except (KeyError, ValueError, ZeroDivisionError) as error:
        raise LahjaError(f"{path}: not a benchmark file of Snakemake ({error!r})") from None


def measured_seconds(
    jobs: list[Job],
    benchmarks: Benchmarks,
    work: Callable[[Job], float],
    measured_work: Callable[[Job], float | None],
) -> dict[int, float]:
    """Return the seconds of the jobs that can be told from the benchmarks.

    A job that was measured takes that time, in proportion to its work now and then; one of a
    rule of which others were measured, their time per work. `work` may be in any unit.
    """
    totals: dict[str, list[float]] = {}
    before: dict[int, float | None] = {}
    for job in jobs:
        took = benchmarks.of(job)
        if took is None:
            continue
        before[job.number] = measured_work(job)
        total = totals.setdefault(job.rule, [0.0, 0.0, 0])
        total[0] += took
        total[1] += before[job.number] or 0.0
        total[2] += 1
    found = {}
    for job in jobs:
        took = benchmarks.of(job)
        if took is not None:
            found[job.number] = took * _ratio(work(job), before[job.number])
        elif job.rule in totals:
            seconds, amount, number = totals[job.rule]
            found[job.number] = work(job) * seconds / amount if amount else seconds / number
    return found


def _ratio(now: float, before: float | None) -> float:
    return now / before if now and before else 1.0
