"""Say what of a run is whole, damaged, stale, foreign or still due.

RESULTS is a run's folder, results/<run>. Damaged is what does not hold what was written, by the
checksums of tables, models and stores; stale what the next run of the same configuration would make
again; foreign what no rule of that configuration makes. Files without checksums, such as CSV and
pictures, are only there or not. --set-aside renames what is damaged, so that the next run makes it
anew. The exit code is 1 where anything is damaged.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from lahja.cli.planning import planned_jobs, staleness
from lahja.core import files
from lahja.core.errors import DamagedError, LahjaError
from lahja.core.hub import MODEL_FILE
from lahja.core.journal import count_damaged
from lahja.core.parquet import check_parquet
from lahja.models.folder import expect_whole

KINDS = ("whole", "damaged", "stale", "foreign", "due")
# What rules keep beside their outputs: interrupted work, and what trackers draw.
_STATE, _RECORDS = ("work", "curves"), (".commit.json", ".download.json")


def main(results: Path, /, *, set_aside: bool = False) -> None:
    """Print a line for each artifact that is not whole, and how many there are of each kind."""
    config = results / "work" / "config.json"
    if not config.is_file():
        raise LahjaError(f"{results}: no run there, for {config} of its start is missing")
    arguments = ["--cores", "1", "--configfile", str(config), "--replace-workflow-config"]
    made = {path: "" for job in planned_jobs([*arguments, "--forceall"]) for path in job.outputs}
    due = {path: job.reason for job in planned_jobs(arguments) for path in job.outputs}
    found = [*inspect(results, [*made], due)]
    for kind, path, told in found:
        if kind != "whole":
            print(f"{kind:<8} {path}{told and f': {told}'}")
        if kind == "damaged" and set_aside and path.suffix != ".jsonl":
            print(f"{'':<8} is {files.set_aside(path)} now")
    counts = Counter(kind for kind, _, _ in found)
    told = ", ".join(f"{counts[kind]} {kind}" for kind in KINDS)
    if counts["damaged"]:
        raise LahjaError(f"{results}: {told}")
    print(f"{results}: {told}")


def inspect(results: Path, made: list[str], due: dict[str, str]) -> Iterator[tuple[str, Path, str]]:
    """Yield each artifact of a run: its kind, its path and, where it is not whole, why.

    `made` are the paths that rules make, `due` those that the next run makes, with the reasons.
    """
    for path in (Path(name) for name in sorted(made) if Path(name).is_relative_to(results)):
        if not path.exists():
            yield "due", path, ""
        elif told := damage(path):
            yield "damaged", path, told
        elif (name := str(path)) in due:
            yield "stale", path, staleness(due[name]) or ""
        else:
            yield "whole", path, ""
    for path in sorted((results / "work").rglob("*.jsonl")):
        if number := count_damaged(path):
            yield "damaged", path, f"{number} lines"
    known = {*map(Path, made), *(results / name for name in _STATE)}
    for path in sorted(results.rglob("*")):
        is_known = not known.isdisjoint((path, *path.parents))
        # Beside downloads stands what they were; hidden are Snakemake's marks, and drafts.
        is_ours = path.name.startswith(".") or path.name.endswith(_RECORDS)
        if path.is_file() and not is_known and not is_ours:
            yield "foreign", path, ""


def damage(path: Path) -> str:
    """Return what is wrong with an artifact by its checksums, nothing where it is whole."""
    folder = path if path.is_dir() else None
    try:
        if folder and (folder / MODEL_FILE).is_file():
            expect_whole(folder)
        for table in sorted(folder.rglob("*.parquet")) if folder else [path]:
            if table.suffix == ".parquet":
                check_parquet(table, with_pages=True)
    except DamagedError as error:
        return str(error).removeprefix(f"{path}: ")
    return ""
