"""Go on with a run that was cut off, by kill -9 or a power cut too: one command, whatever happened.

RESULTS is the run's folder, results/<run>; its configuration is the one that it was started with.
It refuses to start beside another Snakemake in this folder, waits for jobs that outlived theirs,
takes drafts of killed jobs and the lock away and lets Snakemake make what is missing, stale or
unfinished. What follows `--` goes to Snakemake, a profile for instance.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil

from lahja.cli.planning.jobs import recorded_run
from lahja.core.errors import LahjaError

# What `atomic_path` writes into, left by a process that was killed.
_DRAFT = re.compile(r"\..+\.[a-z0-9_]{8}")


def main(results: Path, arguments: list[str], /, *, cores: str = "all") -> None:
    """Run Snakemake on RESULTS until all is made."""
    config = recorded_run(results)
    for process, name in processes(Path.cwd()):
        if name == "snakemake":
            raise LahjaError(f"process {process.pid} is a Snakemake that runs here; end it first")
        print(f"waiting for process {process.pid}, {name}: it outlived its Snakemake", flush=True)
        process.wait()
    for draft in [path for path in results.rglob(".*") if _DRAFT.fullmatch(path.name)]:
        shutil.rmtree(draft, ignore_errors=True)
    command = [sys.executable, "-m", "snakemake", *config, "--cores", cores, *arguments]
    unlocked = subprocess.run([*command, "--unlock"], capture_output=True, text=True, check=False)
    if unlocked.returncode:
        raise LahjaError(f"snakemake --unlock: {unlocked.stdout} {unlocked.stderr}")
    if code := subprocess.run([*command, "--rerun-incomplete"], check=False).returncode:
        sys.exit(code)


def processes(checkout: Path) -> Iterator[tuple[psutil.Process, str]]:
    """Yield the processes of workflows in a checkout, with their names: `snakemake`, or a script.

    Snakemake comes first. Those above this process do not count.
    """
    found = []
    above = {psutil.Process().pid, *(process.pid for process in psutil.Process().parents())}
    for process in psutil.process_iter(["cmdline", "cwd"]):
        words = process.info["cmdline"] or []
        if process.info["cwd"] != str(checkout.resolve()) or process.pid in above:
            continue
        names = [Path(word).stem for word in words[:3] if "workflow/scripts/" in word]
        if "snakemake" in [Path(word).name for word in words[:3]]:
            # A job lets Snakemake draw the graph of rules.
            names = ["record_run" if "--rulegraph" in words else "snakemake"]
        found += [(process, name) for name in names]
    return iter(sorted(found, key=lambda own: (own[1] != "snakemake", own[0].pid)))
