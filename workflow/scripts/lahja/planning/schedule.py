"""When all jobs are done on so many GPUs and cores, and which chain of jobs decides that.

List scheduling: whenever something is free, the ready job with the longest way to the end starts.
Snakemake's own scheduler takes ready jobs in another order, so a real run may differ a little.
"""

import heapq
from dataclasses import dataclass, replace

from lahja.errors import LahjaError
from lahja.planning.jobs import Job

# Differences below this are the arithmetic's (seconds).
_INSTANT = 1e-6


@dataclass(frozen=True)
class Schedule:
    """The hours of a run, in seconds, and the chain of jobs that fills them to the end.

    Each job of `chain` starts when the one before it ends: because it waits for its files, or
    for its GPU or core.
    """

    gpus: int
    cores: int
    makespan: float
    starts: dict[int, float]
    chain: list[int]


def critical_path(jobs: list[Job], seconds: dict[int, float]) -> list[Job]:
    """Return the longest chain of jobs that wait for each other's files, the first one first."""
    tails = _tails(jobs, seconds)
    by_number = {job.number: job for job in jobs}
    users: dict[int, list[int]] = {job.number: [] for job in jobs}
    for job in jobs:
        for needed in job.needs:
            users[needed].append(job.number)
    path: list[Job] = []
    nearest = [job.number for job in jobs if not job.needs]
    while nearest:
        number = max(nearest, key=lambda n: (tails[n], -n))
        path.append(by_number[number])
        nearest = users[number]
    return path


def schedule(jobs: list[Job], seconds: dict[int, float], gpus: int, cores: int) -> Schedule:
    """Return the schedule on GPUs and cores; jobs take fewer threads where there are fewer cores.

    List scheduling can be slower with more (Graham's anomalies); as nothing forces a run to use
    all it has, the best schedule on up to so many GPUs counts. On 0 GPUs only cores count, as in a
    Snakemake without `--resources gpu`. Raises `LahjaError` where a job asks for more GPUs than
    there are.
    """
    if gpus == 0:
        return _list_schedule([replace(job, gpus=0) for job in jobs], seconds, 0, cores)
    greedy = [job for job in jobs if job.gpus > gpus]
    if greedy:
        raise LahjaError(f"{greedy[0].rule} asks for {greedy[0].gpus} GPUs, more than {gpus}")
    least = max((job.gpus for job in jobs), default=1) or 1
    found = [_list_schedule(jobs, seconds, n, cores) for n in range(least, gpus + 1)]
    best = min(found, key=lambda one: (one.makespan, -one.gpus))
    return Schedule(gpus, cores, best.makespan, best.starts, best.chain)


def _tails(jobs: list[Job], seconds: dict[int, float]) -> dict[int, float]:
    """Return each job's seconds with those of the longest chain behind it."""
    after: dict[int, float] = {job.number: 0.0 for job in jobs}
    tails: dict[int, float] = {}
    for job in reversed(jobs):
        tails[job.number] = seconds[job.number] + after[job.number]
        for needed in job.needs:
            after[needed] = max(after[needed], tails[job.number])
    return tails


def _list_schedule(jobs: list[Job], seconds: dict[int, float], gpus: int, cores: int) -> Schedule:
    machine = _Machine(jobs, seconds, gpus, cores)
    while machine.ready or machine.running:
        machine.start_ready()
        machine.finish_next()
    return Schedule(gpus, cores, machine.now, machine.starts, _chain(machine.ends, machine.before))


class _Machine:
    """GPUs and cores at one moment of a run: what is ready, what runs, what is done."""

    def __init__(self, jobs: list[Job], seconds: dict[int, float], gpus: int, cores: int):
        self.seconds, self.cores = seconds, cores
        self.free_gpus, self.free_cores = gpus, cores
        self.tails = _tails(jobs, seconds)
        self.waiting = {job.number: set(job.needs) for job in jobs}
        self.users: dict[int, list[Job]] = {job.number: [] for job in jobs}
        for job in jobs:
            for needed in job.needs:
                self.users[needed].append(job)
        self.ready = [job for job in jobs if not job.needs]
        self.running: list[tuple[float, int, Job]] = []
        self.now = 0.0
        self.starts: dict[int, float] = {}
        self.ends: dict[int, float] = {}
        self.before: dict[int, int | None] = {}
        self.last: int | None = None

    def start_ready(self) -> None:
        """Start what fits, the job with the longest way to the end first."""
        self.ready.sort(key=lambda job: (-self.tails[job.number], job.number))
        left = []
        for job in self.ready:
            threads = min(job.threads, self.cores)
            if job.gpus > self.free_gpus or threads > self.free_cores:
                left.append(job)
                continue
            self.free_gpus -= job.gpus
            self.free_cores -= threads
            self.starts[job.number] = self.now
            self.before[job.number] = _decisive(job, self.now, self.ends, self.last)
            end = self.now + self.seconds[job.number]
            heapq.heappush(self.running, (end, job.number, job))
        self.ready = left

    def finish_next(self) -> None:
        """Go on to the next moment at which jobs end, and free what they held."""
        self.now = self.running[0][0]
        while self.running and self.running[0][0] <= self.now + _INSTANT:
            _, number, job = heapq.heappop(self.running)
            self.ends[number], self.last = self.now, number
            self.free_gpus += job.gpus
            self.free_cores += min(job.threads, self.cores)
            for user in self.users[number]:
                self.waiting[user.number].discard(number)
                if not self.waiting[user.number]:
                    self.ready.append(user)


def _decisive(job: Job, now: float, ends: dict[int, float], last: int | None) -> int | None:
    """Return the job whose end let this one start: one that it waits for, else what made room."""
    if now == 0:
        return None
    needed = [number for number in job.needs if abs(ends[number] - now) < _INSTANT]
    return min(needed, default=last)


def _chain(ends: dict[int, float], before: dict[int, int | None]) -> list[int]:
    if not ends:
        return []
    number: int | None = max(ends, key=lambda n: (ends[n], n))
    chain: list[int] = []
    while number is not None:
        chain.append(number)
        number = before[number]
    return chain[::-1]
