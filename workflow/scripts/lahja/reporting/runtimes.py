"""Run times per rule, from the benchmark files that Snakemake writes."""

from pathlib import Path

import pandas as pd

from lahja.errors import LahjaError
from lahja.reporting.artifacts import Column, Table

_COLUMNS = [
    Column("rule", "Rule"),
    Column("jobs", "Jobs", 0),
    Column("minutes", "Minutes", 2),
    Column("cpu_minutes", "CPU minutes", 2),
    Column("longest", "Longest job, minutes", 2),
    Column("memory", "Largest memory, MB", 0),
]


def runtimes_table(folder: Path) -> Table:
    """Return jobs, time and memory of each rule with benchmark files under `folder`.

    The files are `<rule>.tsv` or `<rule>/<wildcards>.tsv`. They are read as they are at the time:
    a job that another run did keeps that run's time, and the page's own job is not among them.
    """
    jobs = [_read_job(path, folder) for path in sorted(folder.rglob("*.tsv"))]
    frame = pd.DataFrame(jobs, columns=["rule", "s", "cpu_time", "max_rss"])
    rules = frame.groupby("rule", sort=False)
    rows = pd.DataFrame(
        {
            "jobs": rules.size(),
            "minutes": rules["s"].sum() / 60,
            "cpu_minutes": rules["cpu_time"].sum(min_count=1) / 60,
            "longest": rules["s"].max() / 60,
            "memory": rules["max_rss"].max(),
        }
    )
    rows = rows.reset_index().sort_values("minutes", ascending=False, ignore_index=True)
    notes = [
        "Wall-clock time summed over a rule's jobs, from Snakemake's benchmark files as they were "
        "when this page was built; a job that was not run again keeps its earlier time."
    ]
    return Table("runtimes", _caption(rows), _COLUMNS, rows, notes)


def _caption(rows: pd.DataFrame) -> str:
    if rows.empty:
        return "Run times per rule: no benchmark files."
    hours = rows["minutes"].sum() / 60
    return f"Run times per rule: {rows['jobs'].sum()} jobs, {hours:.1f} hours in all."


def _read_job(path: Path, folder: Path) -> dict[str, object]:
    rule = path.relative_to(folder).parts[0].removesuffix(".tsv")
    try:
        found = pd.read_csv(path, sep="\t", na_values=["-", "NA"])
        measures = found[["s", "cpu_time", "max_rss"]].astype(float).mean()
    except (KeyError, ValueError, pd.errors.ParserError) as error:
        raise LahjaError(f"{path}: not a benchmark file of Snakemake ({error})") from None
    return {"rule": rule, **measures}
