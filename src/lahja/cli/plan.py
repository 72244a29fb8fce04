"""Estimate before a run what it takes: hours per rule, GPU hours, API dollars, disk.

Run it where the Snakefile is, with the --configfile and --config of the run. --remaining counts
only what is still to be done, and says what is stale and why. --rates is a file of a machine's
speeds (the built-in one is an A6000's, estimated, not measured), or a folder benchmarks/<run> of
this machine; --sizes is a file of what the config leaves open, as lengths of sentences. --output
writes plan.txt and plan.json into a folder.
"""

from collections import Counter
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd

from lahja.cli.planning.jobs import Job, planned_jobs, read_run, schedule, staleness
from lahja.cli.planning.work import Rates, Workload
from lahja.core.config import read_recorded
from lahja.core.errors import LahjaError
from lahja.core.files import read_yaml, write_json, write_text
from lahja.corpora.retrieval import leave_out_missing

RATES, SIZES = Path("resources/rates/a6000.yaml"), Path("resources/rates/sizes.yaml")


def main(
    configfile: list[Path] = [],  # noqa: B006, the command line's default, never changed
    config: list[str] = [],  # noqa: B006
    gpus: str = "1,2,8",
    cores: int = 16,
    rates: Path = RATES,
    sizes: Path = SIZES,
    remaining: bool = False,
    output: Path | None = None,
) -> None:
    """Print the plan and, with `output`, write it there."""
    if not all(number.isdecimal() for number in gpus.split(",")):
        raise LahjaError(f"--gpus {gpus}: expected numbers such as 1,2,8")
    resolved, arguments = read_run(configfile, config)
    resolved = leave_out_missing(resolved)
    arguments += [] if remaining else ["--forceall"]
    jobs = planned_jobs([*arguments, "--cores", str(cores)])
    workload = open_workload(resolved, rates, sizes)
    seconds, notes = _seconds(jobs, workload, rates, sizes)
    schedules = [_schedule(jobs, seconds, int(number), cores) for number in gpus.split(",")]
    plan = _hours(jobs, seconds) | {"api": workload.api_costs(jobs), "disk": workload.disk(jobs)}
    plan |= {"notes": notes, "schedules": schedules}
    print(text := plan_text(resolved["run"], plan))
    if output is not None:
        write_text(output / "plan.txt", text + "\n")
        write_json(output / "plan.json", plan)


def open_workload(config: dict[str, Any], rates: Path, sizes: Path) -> Workload:
    """Return a resolved configuration's workload at a machine's speeds."""
    speeds = Rates(**read_sourced(RATES if rates.is_dir() else rates, RATES))
    return Workload(config, SimpleNamespace(**read_sourced(sizes, SIZES)), speeds)


def read_sourced(path: Path, expected: Path) -> dict[str, Any]:
    """Return the values of a YAML file of `name: {value, source}` with the names of `expected`."""
    try:
        values = {name: one["value"] for name, one in read_yaml(path).items() if one["source"]}
    except (AttributeError, KeyError, TypeError) as error:
        raise LahjaError(f"{path}: expected `name: {{value, source}}` ({error!r})") from None
    if odd := values.keys() ^ read_yaml(expected).keys():
        raise LahjaError(f"{path}: {', '.join(sorted(odd))}: expected the names of {expected}")
    return values


def _seconds(
    jobs: list[Job], workload: Workload, rates: Path, sizes: Path
) -> tuple[dict[int, float], list[str]]:
    """Return each job's seconds, and what they rest on."""
    seconds = {job.number: sum(workload.seconds(job)) for job in jobs}
    if not rates.is_dir():
        return seconds, [f"Times are ESTIMATES from {rates}, each number with its source."]
    then, recorded = workload, Path("results", rates.name, "report", "config.yaml")
    if recorded.is_file():
        then = open_workload(read_recorded(recorded), rates, sizes)
    measured = measured_seconds(jobs, workload, then, rates)
    rest = sorted({job.rule for job in jobs if job.number not in measured})
    notes = [f"Times: measured, from {rates}, in proportion to a rule's work then and now."]
    notes += [f"Not measured there, estimated from {RATES}: {', '.join(rest)}."] if rest else []
    return seconds | measured, notes


def measured_seconds(
    jobs: list[Job], now: Workload, then: Workload, folder: Path
) -> dict[int, float]:
    """Return the seconds of the jobs whose rules the benchmarks in `benchmarks/<run>` measured.

    They are a rule's seconds there per work `then`, times the work `now`.
    """
    took, work = Counter(), Counter()
    for job in jobs:
        path = folder.joinpath(*Path(job.benchmark).parts[2:])
        # The measured run may not have had such a model, dataset or generator.
        with suppress(KeyError, LahjaError):
            if path.is_file():
                work[job.rule] += then.seconds(job)[1]
                took[job.rule] += pd.read_csv(path, sep="\t")["s"].mean()
    if not took:
        raise LahjaError(f"{folder}: no benchmark files (*.tsv) of this run's jobs there")
    known = (job for job in jobs if job.rule in took)
    return {job.number: now.seconds(job)[1] * (took[job.rule] / work[job.rule]) for job in known}


def _hours(jobs: list[Job], seconds: dict[int, float]) -> dict[str, list[dict[str, Any]]]:
    """Return the hours of each job, of each rule, and of what is stale for which reason."""
    rows = [(j.rule, j.name, staleness(j.reason), j.gpus, seconds[j.number] / 3600) for j in jobs]
    frame = pd.DataFrame(rows, columns=["rule", "job", "stale", "gpus", "hours"])
    frame["GPU_hours"] = frame["gpus"] * frame["hours"]
    amounts = {"jobs": ("hours", "size"), "hours": ("hours", "sum")}
    amounts |= {"GPU_hours": ("GPU_hours", "sum"), "longest": ("hours", "max")}
    found = {"jobs": frame.to_dict("records")}
    for name, keys in (("rules", ["rule"]), ("stale", ["rule", "stale"])):
        table = frame.groupby(keys).agg(**amounts).sort_values("hours", ascending=False)
        found[name] = table.reset_index().to_dict("records")
    return found


def _schedule(jobs: list[Job], seconds: dict[int, float], gpus: int, cores: int) -> dict[str, Any]:
    machine = {"gpus": gpus, "cores": cores}
    if 0 < gpus < (most := max((job.gpus for job in jobs), default=0)):
        return machine | {"hours": None, "chain": f"not possible: a job asks for {most} GPUs"}
    total, chain = schedule(jobs, seconds, gpus, cores)
    links = []
    for rule, group in groupby(chain, key=lambda job: job.rule):
        own = [*group]
        took = sum(seconds[job.number] for job in own)
        if took > 0.001 * total:  # what takes no time is left out
            what = f"{len(own)} jobs" if len(own) > 2 else "+".join(job.name for job in own)
            links.append(" ".join(f"{rule} {what} {took / 3600:.1f} h".split()))
    return machine | {"hours": total / 3600, "chain": " → ".join(links)}


def plan_text(run: str, plan: dict[str, Any]) -> str:
    """Return the plan as text for a terminal."""
    hours, on_gpus = (sum(job[key] for job in plan["jobs"]) for key in ("hours", "GPU_hours"))
    blocks = [f"Run {run}: {len(plan['jobs'])} jobs, {hours:,.1f} h ({on_gpus:,.1f} on GPUs)"]
    tables = [pd.DataFrame(plan[name]) for name in ("rules", "stale", "api", "disk") if plan[name]]
    blocks += [t.to_string(index=False, float_format="{:,.2f}".format) for t in tables]
    blocks += [
        f"{one['gpus']} GPUs, {one['cores']} cores: {one['hours'] or 0:,.1f} h\n  {one['chain']}"
        for one in plan["schedules"]
    ]
    return "\n\n".join([*blocks, "\n".join(plan["notes"])])
