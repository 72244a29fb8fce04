"""Say what of a run is whole, damaged, stale, foreign or still due.

RESULTS is a run's folder, results/<run>. Damaged is what does not hold what was written, by the
checksums of tables, models and stores; unchecked what has none, as an older lahja wrote it, or
others; stale what the next run of the same configuration would make again; foreign what no rule of
that configuration makes. Files that never have checksums, such as CSV and pictures, are only there
or not. --configfile takes the place of the configuration that the run was started with. --set-aside
renames what is damaged, so that the next run makes it anew. The exit code is 1 where anything is
damaged.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from lahja.cli.planning.jobs import planned_jobs, read_run, recorded_run, staleness
from lahja.core import files
from lahja.core.errors import DamagedError, LahjaError
from lahja.core.hub import MODEL_FILE
from lahja.core.journal import count_faults
from lahja.core.parquet import check_parquet, has_checksum
from lahja.models.folder import expect_whole

KINDS = ("whole", "unchecked", "damaged", "stale", "foreign", "due")
_UNCHECKED = "no checksum (of an older lahja, or of others)"
_WEIGHTS = (".safetensors", ".bin")
# What rules keep beside their outputs: interrupted work, and what trackers draw.
_STATE, _RECORDS = ("work", "curves"), (".commit.json", ".download.json")


def main(
    results: Path, /, *, set_aside: bool = False,
    configfile: list[Path] = [],  # noqa: B006, the command line's default, never changed
) -> None:  # fmt: skip
    """Print a line for each artifact that is not whole, and how many there are of each kind."""
    given = read_run(configfile, [])[1] if configfile else recorded_run(results)
    arguments = ["--cores", "1", *given]
    made = {path: "" for job in planned_jobs([*arguments, "--forceall"]) for path in job.outputs}
    due = {path: job.reason for job in planned_jobs(arguments) for path in job.outputs}
    found = [*inspect(results, [*made], due)]
    for kind, path, told in found:
        if kind != "whole":
            print(f"{kind:<9} {path}{told and f': {told}'}")
        if kind == "damaged" and set_aside and path.suffix != ".jsonl":
            print(f"{'':<9} is {files.set_aside(path)} now")
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
            continue
        kind, told = inspect_artifact(path)
        if kind != "damaged" and str(path) in due:
            kind, told = "stale", staleness(due[str(path)]) or ""
        yield kind, path, told
    for path in sorted((results / "work").rglob("*.jsonl")):
        n_damaged, n_unchecked = count_faults(path)
        if n_damaged:
            yield "damaged", path, f"{n_damaged} lines"
        elif n_unchecked:
            yield "unchecked", path, f"{n_unchecked} lines have {_UNCHECKED}"
    known = {*map(Path, made), *(results / name for name in _STATE)}
    for path in sorted(results.rglob("*")):
        is_known = not known.isdisjoint((path, *path.parents))
        # Beside downloads stands what they were; hidden are Snakemake's marks, and drafts.
        is_ours = path.name.startswith(".") or path.name.endswith(_RECORDS)
        if path.is_file() and not is_known and not is_ours:
            yield "foreign", path, ""


def inspect_artifact(path: Path) -> tuple[str, str]:
    """Return whether an artifact is whole, unchecked or damaged, by its checksums, and why."""
    held = [path, *sorted(path.rglob("*"))]
    tables = [each for each in held if each.suffix == ".parquet"]
    try:
        checked = [has_checksum(check_parquet(table, with_pages=True)) for table in tables]
        if any(each.name == MODEL_FILE or each.suffix in _WEIGHTS for each in held):
            checked.append(expect_whole(path))
    except DamagedError as error:
        return "damaged", str(error).removeprefix(f"{path}: ")
    return ("whole", "") if all(checked) else ("unchecked", _UNCHECKED)
