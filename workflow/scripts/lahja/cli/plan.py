"""Say before a run what it takes: hours per stage, GPU hours, API dollars, disk.

Run it where the Snakefile is, with the --configfile (and --config key=value) that Snakemake would
get. The jobs are those of `snakemake -n`; --remaining counts only what is still to be done.
How long they take comes from --rates: a file of a machine's speeds (the built-in one is an
A6000's, estimated, not measured), or a folder benchmarks/<run> that a run on this machine left.
What the config leaves open (lengths of sentences, shares) is in resources/rates/sizes.yaml, each
number with its reason; tables of the run that are on disk are counted instead. --output writes
plan.txt and plan.json into a folder.
"""

from pathlib import Path

from lahja.configuration import merge_config, resolve
from lahja.errors import LahjaError
from lahja.files import write_json, write_text
from lahja.planning.jobs import ask_snakemake, read_jobs, read_stages
from lahja.planning.measured import read_benchmarks
from lahja.planning.plan import Basis, Plan, make_plan
from lahja.planning.rates import Rates, read_sourced
from lahja.planning.report import plan_text, plan_values
from lahja.planning.sizes import Assumptions, count_rows

_RATES = Path("resources/rates/a6000.yaml")
_SIZES = Path("resources/rates/sizes.yaml")
_CHECKPOINTS = Path("resources/rates/checkpoints.yaml")


def main(
    configfile: list[Path] = [],  # noqa: B006, the command line's default, never changed
    config: list[str] = [],  # noqa: B006
    gpus: str = "1,2,8",
    cores: int = 16,
    rates: Path = _RATES,
    sizes: Path = _SIZES,
    remaining: bool = False,
    output: Path | None = None,
) -> None:
    """Print the plan and, with `output`, write it there."""
    if not Path("Snakefile").is_file():
        raise LahjaError("no Snakefile here: run it in the folder of the workflow")
    resolved = resolve(merge_config([Path("config/config.yaml"), *configfile], config))
    text = ask_snakemake(Path(), configfile, config, cores, remaining)
    basis, words = _basis(rates, sizes)
    results = Path("results", resolved["run"])
    plan = make_plan(
        resolved,
        read_jobs(text),
        read_stages(Path("workflow/rules")),
        basis,
        count_rows(results),
        _numbers(gpus),
        cores,
    )
    words += _notes(plan, basis)
    said = plan_text(plan, words)
    print(said)
    if output is not None:
        write_text(output / "plan.txt", said + "\n")
        write_json(output / "plan.json", plan_values(plan, words))


def _numbers(text: str) -> list[int]:
    try:
        numbers = sorted({int(part) for part in text.split(",")})
    except ValueError:
        raise LahjaError(f"--gpus {text}: expected numbers such as 1,2,8") from None
    if numbers[0] < 0:
        raise LahjaError(f"--gpus {text}: expected numbers from 0 on")
    return numbers


def _basis(rates: Path, sizes: Path) -> tuple[Basis, list[str]]:
    assumed, _ = read_sourced(sizes, Assumptions)
    if not rates.is_dir():
        speeds, _ = read_sourced(rates, Rates)
        words = [f"Times: worked out from the speeds in {rates}, where each has its source."]
        if rates == _RATES:
            words = [f"Times are ESTIMATES from {rates}: no A6000 was measured."]
        return Basis(speeds, assumed, _CHECKPOINTS), words
    speeds, _ = read_sourced(_RATES, Rates)
    recorded = Path("results", rates.name, "report", "config.yaml")
    then = resolve(merge_config([recorded], [])) if recorded.is_file() else None
    words = [f"Times: measured, from {rates}; jobs with more or less work than then in proportion."]
    if then is None:
        words.append(f"{recorded} is not there: taken as measured with this very configuration.")
    return Basis(speeds, assumed, _CHECKPOINTS, read_benchmarks(rates), then), words


def _notes(plan: Plan, basis: Basis) -> list[str]:
    notes = []
    if basis.benchmarks is not None and plan.estimated:
        notes.append(f"Not measured there, estimated from {_RATES}: {', '.join(plan.estimated)}.")
    if plan.unknown:
        notes.append(
            f"Their work is not known, so their time is missing: {', '.join(plan.unknown)}"
        )
    counted = ", ".join(f"{table} {rows:,}" for table, rows in sorted(plan.counted.items()))
    notes.append(f"Counted on disk: {counted}." if counted else "Sizes: config and assumptions.")
    notes.append("Downloads of corpora are not in it: their sizes are not known beforehand.")
    return notes
