"""Check lahja's metrics against the scores that AL-QASIDA's output files record.

FOLDER is searched for `…_samples.csv` and `…_metrics.csv` at any depth, the published ones
(`eng_to_egy`, `generations`) and those that its evaluator writes (`eng-egy`, `text`). Each gets one
line: its rows, the metrics that could be checked, the largest difference, and whether a column
called chrF holds chrF2 or chrF++. A file that is not AL-QASIDA's is named and passed over.

The exit code is 1 if a difference is above its tolerance: 1e-4 for chrF and spBLEU (0 to 100), 1e-9
for ADI2 and means (0 to 1), 1e-6 for probabilities recorded in single precision, none for the rules
of zero. A recorded mean that the file's own rows do not give is said in words and does not count.
"""

from collections import defaultdict
from pathlib import Path

import pandas as pd

from lahja.core.errors import LahjaError
from lahja.corpora.readers.alqasida import CORPUS_COLUMNS, RecordedFile, read_folder
from lahja.corpora.readers.rows import Reject
from lahja.evaluation.alqasida import Check, check_file, largest
from lahja.scoring.translation import load_spbleu

# Of a summary alone.
_SHOWN = ("score", "dialectid_score", "macro_score", *CORPUS_COLUMNS)
_ODD = "recorded mean is not that of its rows"


def main(
    folder: Path, /, *, spbleu_model: Path | None = None, spbleu_download: bool = False
) -> None:
    """Print one line per file and one per metric; exit with 1 where they part.

    spBLEU is checked where its SentencePiece model is given or may be downloaded.
    """
    spbleu = load_spbleu(spbleu_model, spbleu_download)
    tables: list[pd.DataFrame] = []
    sizes: list[int | None] = []
    told: dict[str, list[str]] = defaultdict(list)
    for file in read_folder(folder):
        if isinstance(file, Reject):
            print(f"passed over: {file.reason}")
            told["passed over, not AL-QASIDA's"].append(file.file)
            continue
        check = check_file(file, spbleu)
        tables.append(check.values.assign(file=file.shown))
        sizes.append(None if file.rows is None else len(file.rows))
        print(f"{file.shown:<60}  {sizes[-1] or 0:>5} rows  {_verdict(check, file)}")
        for column, metric in check.chrf.items():
            told[f"{column} is {metric}"].append(file.shown)
        if check.odd_means:
            told[f"{_ODD}, not counted"].append(file.shown)
    without = f"; {sizes.count(None)} files hold only a summary" if None in sizes else ""
    print(f"{len(sizes)} files, {sum(filter(None, sizes)):,} rows{without}\n")
    values = pd.concat(tables, ignore_index=True)
    print(_metrics(values))
    for words, files in told.items():
        print(f"{words}: {len(files)} files ({', '.join(files[:2])}{' …' if files[2:] else ''})")
    if spbleu.metric is None:
        print(f"spBLEU is not checked: {spbleu.reason}")
    if values.empty and any(sizes):
        raise LahjaError(f"{folder}: its {len(sizes)} files record no scores to check")
    _expect_agreement(values)


def _expect_agreement(values: pd.DataFrame) -> None:
    for worst in values.sort_values("severity").tail(1).itertuples():
        if worst.difference > worst.tolerance:
            raise LahjaError(
                f"{worst.file}: {worst.metric} differs by {worst.difference:.1e} ({worst.place}), "
                f"above the tolerance of {worst.tolerance:.0e}"
            )


def _verdict(check: Check, file: RecordedFile) -> str:
    words = [f"{column} is {metric}" for column, metric in check.chrf.items()]
    words += [f"{_ODD} ({', '.join(check.odd_means)})"] if check.odd_means else []
    if check.values.empty:
        nothing = "records no scores to check"
        if file.rows is None:
            known = (f"{c} {file.summary[c]:.4f}" for c in _SHOWN if c in file.summary)
            nothing = f"only a summary, without texts to check it: {', '.join(known)}"
        return "; ".join([nothing, *words])
    checks = largest(check.values)
    worst = checks.sort_values(["severity", "difference"], ascending=False).iloc[0]
    names = [metric for metric in checks["metric"] if not metric.startswith("mean-")]
    n_means = len(checks) - len(names)
    names += [f"{n_means} means"] if n_means else []
    verdict = "ok" if worst.difference <= worst.tolerance else "DIFFERS"
    where = f"{worst.metric}, {worst.place}" if worst.difference else worst.metric
    difference = f"largest difference {worst.difference:.1e} ({where})"
    return "; ".join([f"{verdict}  {difference}  {' '.join(names)}", *words])


def _metrics(values: pd.DataFrame) -> str:
    """Return a table of the largest difference of each metric, and where it is."""
    lines = [f"{'metric':<18}{'values':>8}{'largest difference':>20}{'tolerance':>11}  in"]
    lines += [
        f"{worst.metric:<18}{worst.n:>8,}{worst.difference:>20.1e}{worst.tolerance:>11.0e}  "
        + (f"{worst.file} {worst.place}" if worst.difference else "")
        for worst in largest(values).itertuples()
    ]
    return "\n".join(lines)
