"""Check lahja's metrics against the scores that AL-QASIDA's output files record.

FOLDER is searched for `…_samples.csv` at any depth. Each file gets one line: its rows, the metrics
that could be checked, and the largest difference. The exit code is 1 if a difference is above
its tolerance: 1e-4 for chrF++ and spBLEU (0 to 100), 1e-9 for ADI2 and means (0 to 1), 1e-6 for
probabilities recorded in single precision, none for the rules of zero.
"""

from pathlib import Path

import pandas as pd

from lahja.core.errors import LahjaError
from lahja.corpora.readers.recorded import find_recorded, read_recorded
from lahja.evaluation.alqasida import check_file, largest
from lahja.scoring.translation import load_spbleu


def main(
    folder: Path, /, *, spbleu_model: Path | None = None, spbleu_download: bool = False
) -> None:
    """Print one line per file and one per metric; exit with 1 where they part.

    spBLEU is checked where its SentencePiece model is given or may be downloaded.
    """
    spbleu = load_spbleu(spbleu_model, spbleu_download)
    stems = {stem.relative_to(folder).as_posix(): stem for stem in find_recorded(folder)}
    tables: list[pd.DataFrame] = []
    sizes: list[int | None] = []
    for name, stem in stems.items():
        file = read_recorded(stem)
        tables.append(check_file(file, spbleu).assign(file=name))
        sizes.append(None if file.rows is None else len(file.rows))
        shown = f"{name:<{max(map(len, stems))}}  {sizes[-1] or 0:>5} rows"
        print(f"{shown}  {_verdict(tables[-1], file.rows is None)}", flush=True)
    without = f"; {sizes.count(None)} files hold only a summary" if None in sizes else ""
    print(f"{len(stems)} files, {sum(filter(None, sizes)):,} rows{without}\n")
    values = pd.concat(tables, ignore_index=True)
    print(_metrics(values))
    if spbleu.metric is None:
        print(f"spBLEU is not checked: {spbleu.reason}")
    if values.empty:
        raise LahjaError(f"{folder}: its {len(stems)} files record no scores to check")
    worst = values.loc[values["severity"].idxmax()]
    if worst.difference > worst.tolerance:
        raise LahjaError(
            f"{worst.file}: {worst.metric} differs by {worst.difference:.1e} ({worst.place}), "
            f"above the tolerance of {worst.tolerance:.0e}"
        )


def _verdict(values: pd.DataFrame, has_no_texts: bool) -> str:
    if values.empty:
        return "only a summary: no texts to check" if has_no_texts else "records no scores to check"
    checks = largest(values)
    worst = checks.sort_values(["severity", "difference"], ascending=False).iloc[0]
    names = [metric for metric in checks["metric"] if not metric.startswith("mean-")]
    n_means = len(checks) - len(names)
    names += [f"{n_means} means"] if n_means else []
    verdict = "ok" if worst.difference <= worst.tolerance else "DIFFERS"
    where = f"{worst.metric}, {worst.place}" if worst.difference else worst.metric
    return f"{verdict}  largest difference {worst.difference:.1e} ({where})  {' '.join(names)}"


def _metrics(values: pd.DataFrame) -> str:
    """Return a table of the largest difference of each metric, and where it is."""
    lines = [f"{'metric':<18}{'values':>8}{'largest difference':>20}{'tolerance':>11}  in"]
    lines += [
        f"{worst.metric:<18}{worst.n:>8,}{worst.difference:>20.1e}{worst.tolerance:>11.0e}  "
        + (f"{worst.file} {worst.place}" if worst.difference else "")
        for worst in largest(values).itertuples()
    ]
    return "\n".join(lines)
