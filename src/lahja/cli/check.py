"""Say before the first job what a run still lacks: corpora, checkpoints, keys, GPUs, disk.

Run it where the Snakefile is, with the --configfile and --config of the run, and with its
--workflow-profile where jobs go to Slurm. It asks nothing of the network: what a job will download
is said to be so. --output writes check.txt and check.json into a folder. The exit code is 0 where
nothing is lacking, else 1.
"""

from pathlib import Path

import pandas as pd

from lahja.cli.plan import RATES, SIZES, open_workload
from lahja.cli.planning.jobs import planned_jobs, read_run
from lahja.cli.planning.needs import LACKING, NOTES, Need, Needs
from lahja.core.artifacts import Column, Table
from lahja.core.errors import LahjaError
from lahja.core.files import read_yaml, write_json, write_text
from lahja.corpora.missing import leave_out_missing
from lahja.report.formats import to_text


def main(
    configfile: list[Path] = [],  # noqa: B006, the command line's default, never changed
    config: list[str] = [],  # noqa: B006
    workflow_profile: Path = Path("profiles/default"),
    output: Path | None = None,
) -> None:
    """Print what there is and what is lacking and, with `output`, write it there.

    Raises `LahjaError` naming what is lacking.
    """
    resolved, arguments = read_run(configfile, config)
    executor = _executor(workflow_profile)
    jobs, faults = None, []
    try:
        resolved = leave_out_missing(resolved)
        jobs = planned_jobs([*arguments, "--cores", "1"])
    except LahjaError as error:
        faults = [Need("workflow", "dry run", LACKING, str(error))]
    workload = open_workload(resolved, RATES, SIZES)
    needs = [*faults, *Needs(workload, jobs, executor).found()]
    lacking = [f"{need.part} {need.name}" for need in needs if need.state == LACKING]
    keys = [Column("part", "part"), Column("name", "name"), Column("state", "state")]
    table = Table(
        "check", f"Run {resolved['run']} before its first job", [*keys, Column("told", "details")],
        pd.DataFrame(needs), NOTES,
    )  # fmt: skip
    print(text := to_text(table))
    if output is not None:
        write_text(output / "check.txt", text + "\n")
        rows = [need._asdict() for need in needs]
        write_json(output / "check.json", {"run": resolved["run"], "needs": rows})
    if lacking:
        raise LahjaError(f"lacking {len(lacking)} of {len(needs)}: {', '.join(lacking)}")


def _executor(profile: Path) -> str:
    """Return the executor that a profile of Snakemake's names; without one it is `local`."""
    files = sorted(profile.glob("*.yaml"))
    if not files:
        raise LahjaError(f"--workflow-profile {profile}: expected a folder with a profile (*.yaml)")
    return next(filter(None, (read_yaml(file).get("executor") for file in files)), "local")
