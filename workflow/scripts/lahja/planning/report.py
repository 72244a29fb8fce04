"""A plan in words: tables for the terminal, plain numbers for a file."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from lahja.planning.jobs import Job
from lahja.planning.plan import Plan

# Links of a chain below this share of all time are not shown.
_LEAST = 0.0005


def plan_text(plan: Plan, basis: list[str]) -> str:
    """Return the plan as text for a terminal; `basis` says what its numbers rest on."""
    blocks = [
        f"Run {plan.run}: {len([job for job in plan.jobs if job.outputs])} jobs",
        _stages(plan),
        _schedules(plan),
        "Longest chain of jobs that wait for each other's files: "
        + chain_text(plan.path, plan.seconds),
        _costs(plan),
        _disk(plan),
        "\n".join(basis),
    ]
    return "\n\n".join(block for block in blocks if block)


def plan_values(plan: Plan, basis: list[str]) -> dict[str, Any]:
    """Return the plan as JSON values: hours, dollars, bytes, and the seconds of every job."""
    by_number = {job.number: job for job in plan.jobs}
    return {
        "run": plan.run,
        "basis": basis,
        "stages": [vars(stage) for stage in plan.stages],
        "critical_path": [_label(job) for job in plan.path],
        "schedules": [
            {
                "gpus": one.gpus,
                "cores": one.cores,
                "hours": one.makespan / 3600,
                "chain": [_label(by_number[number]) for number in one.chain],
            }
            for one in plan.schedules
        ],
        "impossible": plan.impossible,
        "api": [vars(cost) for cost in plan.costs],
        "disk": [vars(use) for use in plan.disk],
        "counted": plan.counted,
        "estimated": plan.estimated,
        "unknown": plan.unknown,
        "jobs": [
            {
                "rule": job.rule,
                **job.wildcards,
                "gpus": job.gpus,
                "seconds": plan.seconds[job.number],
            }
            for job in plan.jobs
            if job.outputs
        ],
    }


def chain_text(jobs: Iterable[Job], seconds: dict[int, float]) -> str:
    """Return a chain of jobs with their hours, neighbours of one rule taken together."""
    links = []
    for rule, members in groupby((job for job in jobs if job.outputs), key=lambda job: job.rule):
        group = list(members)
        took = sum(seconds[job.number] for job in group)
        names = "+".join(_name(job) for job in group) if len(group) < 3 else f"{len(group)} jobs"
        # What takes no time is no news.
        if took >= _LEAST * sum(seconds.values()):
            links.append(f"{rule} {names} {duration(took)}".replace("  ", " "))
    return " → ".join(links)


def duration(seconds: float) -> str:
    """Return a time in the unit that suits it."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 2 * 3600:
        return f"{seconds / 60:.0f} min"
    if seconds < 96 * 3600:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 3600:.0f} h ({seconds / 86400:.1f} days)"


def _label(job: Job) -> str:
    return f"{job.rule} {_name(job)}".strip()


def _name(job: Job) -> str:
    return ".".join(job.wildcards.values())


def _table(head: list[str], rows: list[list[str]], left: int) -> str:
    """Return rows under a head, the first `left` columns flush left, the others right."""
    columns = list(zip(head, *rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    lines = [
        "  ".join(
            cell.ljust(width) if place < left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in [head, *rows]
    ]
    return "\n".join(lines)


def _stages(plan: Plan) -> str:
    rows = [
        [
            stage.stage,
            stage.rule,
            str(stage.jobs),
            duration(stage.hours * 3600),
            duration(stage.gpu_hours * 3600) if stage.gpu_hours else "",
            duration(stage.longest * 3600),
        ]
        for stage in plan.stages
    ]
    hours = sum(stage.hours for stage in plan.stages) * 3600
    gpu_hours = sum(stage.gpu_hours for stage in plan.stages) * 3600
    jobs = sum(stage.jobs for stage in plan.stages)
    rows.append(["all", "", str(jobs), duration(hours), duration(gpu_hours), ""])
    return _table(["stage", "rule", "jobs", "time", "GPU time", "longest job"], rows, 2)


def _schedules(plan: Plan) -> str:
    by_number = {job.number: job for job in plan.jobs}
    lines = []
    for one in plan.schedules:
        chain = chain_text([by_number[number] for number in one.chain], plan.seconds)
        machine = f"{_gpus(one.gpus)} and {one.cores} cores"
        lines.append(f"On {machine}: {duration(one.makespan)}\n  {chain}")
    lines += [f"On {_gpus(number)}: not possible, {why}" for number, why in plan.impossible.items()]
    return "\n".join(lines)


def _gpus(number: int) -> str:
    return "no GPU" if number == 0 else f"{number} GPU{'' if number == 1 else 's'}"


def _costs(plan: Plan) -> str:
    if not plan.costs:
        return "API: no paid generator among the jobs"
    rows = [
        [
            cost.generator,
            f"{cost.requests:,.0f}",
            f"{cost.input_tokens / 1e6:.2f} M",
            f"{cost.output_tokens / 1e6:.2f} M",
            "no price in the config" if cost.dollars is None else f"${cost.dollars:,.2f}",
        ]
        for cost in plan.costs
    ]
    known = [cost.dollars for cost in plan.costs if cost.dollars is not None]
    if known:
        rows.append(["all", "", "", "", f"${sum(known):,.2f}"])
    return _table(["API", "requests", "tokens in", "tokens out", "dollars"], rows, 1)


def _disk(plan: Plan) -> str:
    rows = [
        [use.what, size(use.bytes), "" if use.is_kept else "while it trains"] for use in plan.disk
    ]
    kept = sum(use.bytes for use in plan.disk if use.is_kept)
    rows.append(["all that stays", size(kept), ""])
    return _table(["disk", "size", ""], rows, 1)


def size(number: float) -> str:
    """Return bytes in the unit that suits them (powers of ten, as disks are sold)."""
    if number < 1e9:
        return f"{number / 1e6:.0f} MB"
    return f"{number / 1e9:.1f} GB"
