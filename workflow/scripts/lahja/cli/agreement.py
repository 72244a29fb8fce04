"""Check lahja's metrics against the scores that AL-QASIDA's output files record.

FOLDER is searched for `…_samples.csv` at any depth. Each file gets one line: its rows, the metrics
that could be checked, and the largest difference. The exit code is 1 if a difference is above
its tolerance: 1e-4 for chrF++ and spBLEU (0 to 100), 1e-9 for ADI2 and means (0 to 1), 1e-6 for
probabilities recorded in single precision, none for the rules of zero.
"""

from pathlib import Path

from lahja.alqasida.agreement import Check, check_file
from lahja.errors import LahjaError
from lahja.metrics.translation import SpBleu, load_spbleu
from lahja.readers.recorded import find_recorded, read_recorded


def main(
    folder: Path, /, *, spbleu_model: Path | None = None, spbleu_download: bool = False
) -> None:
    """Print one line per file and one per metric; exit with 1 where they part.

    spBLEU is checked where its SentencePiece model is given or may be downloaded.
    """
    spbleu = load_spbleu(spbleu_model, spbleu_download)
    stems = find_recorded(folder)
    width = max(len(_shown(folder, stem)) for stem in stems)
    everything: list[tuple[str, Check]] = []
    n_rows = n_without_texts = 0
    for stem in stems:
        file = read_recorded(stem)
        checks = check_file(file, spbleu)
        name = _shown(folder, stem)
        rows = 0 if file.rows is None else len(file.rows)
        print(f"{name:<{width}}  {rows:>5} rows  {_verdict(checks, file.rows is None)}", flush=True)
        everything += [(name, check) for check in checks]
        n_rows += rows
        n_without_texts += file.rows is None
    print(_summary(everything, len(stems), n_rows, n_without_texts, spbleu))
    if not everything:
        raise LahjaError(f"{folder}: its {len(stems)} files record no scores to check")
    parted = [(name, check) for name, check in everything if not check.agrees]
    if parted:
        raise LahjaError(_complaint(*max(parted, key=lambda item: item[1].severity)))


def _shown(folder: Path, stem: Path) -> str:
    return stem.relative_to(folder).as_posix()


def _verdict(checks: list[Check], has_no_texts: bool) -> str:
    if not checks:
        return "only a summary: no texts to check" if has_no_texts else "records no scores to check"
    worst = max(checks, key=lambda check: (check.severity, check.difference))
    means = [check for check in checks if check.metric.startswith("mean-")]
    names = [check.metric for check in checks if check not in means]
    names += [f"{len(means)} means"] if means else []
    verdict = "ok" if all(check.agrees for check in checks) else "DIFFERS"
    where = f"{worst.metric}, {worst.place}" if worst.difference else worst.metric
    return f"{verdict}  largest difference {worst.difference:.1e} ({where})  {' '.join(names)}"


def _summary(
    everything: list[tuple[str, Check]], files: int, rows: int, without_texts: int, spbleu: SpBleu
) -> str:
    lines = [f"{files} files, {rows:,} rows", ""]
    if without_texts:
        lines[0] += f"; {without_texts} files hold only a summary"
    lines.append(f"{'metric':<18}{'values':>8}{'largest difference':>20}{'tolerance':>11}  in")
    for metric in dict.fromkeys(check.metric for _, check in everything):
        found = [(name, check) for name, check in everything if check.metric == metric]
        name, worst = max(found, key=lambda item: item[1].difference)
        values = sum(check.values for _, check in found)
        where = f"{name} {worst.place}" if worst.difference else ""
        lines.append(
            f"{metric:<18}{values:>8,}{worst.difference:>20.1e}{worst.tolerance:>11.0e}  {where}"
        )
    if spbleu.metric is None:
        lines.append(f"spBLEU is not checked: {spbleu.reason}")
    return "\n".join(lines)


def _complaint(name: str, check: Check) -> str:
    return (
        f"{name}: {check.metric} differs by {check.difference:.1e} ({check.place}), "
        f"above the tolerance of {check.tolerance:.0e}"
    )
