"""Read filled rating sheets: means, agreement between annotators, correlation with the scores.

SHEETS are filled sheets (CSV or Excel) or folders of them, one file per annotator and dialect,
named <dialect>-<annotator> or in a folder of the annotator's name; a column `annotator` in a
sheet goes before both. They need the key that was written with them. Files in the layout of
AL-QASIDA's humevals/results are known by their columns and need no key.
"""

from pathlib import Path

from lahja.core.artifacts import write_artifact
from lahja.core.statistics import Resampling
from lahja.evaluation.human.ratings import read_ratings
from lahja.evaluation.human.results import (
    agreement_table,
    annotators_table,
    correlation_table,
    means_table,
    rated_items,
)
from lahja.report.formats import to_text

# Longer tables are cut on the terminal, never in the files.
_MAX_ROWS = 60


def main(
    sheets: list[Path],
    /,
    *,
    key: Path | None = None,
    judged: Path | None = None,
    output: Path | None = None,
    resamples: int = 1000,
    confidence: float = 0.95,
    seed: int = 42,
) -> None:
    """Print the tables and, with `output`, write each as CSV and Parquet into that folder.

    `judged` is evaluation/judge/<generator>.parquet of the run, whose ratings are compared too.
    """
    ratings, notes = read_ratings(sheets, key, judged)
    items = rated_items(ratings)
    resampling = Resampling(resamples, seed)
    for table in (
        annotators_table(ratings),
        means_table(items, resampling, confidence),
        agreement_table(ratings, resampling, confidence),
        correlation_table(items, resampling, confidence),
    ):
        print(to_text(table, _MAX_ROWS), end="\n\n")
        if output is not None:
            write_artifact(table, output)
    print(*notes, sep="\n", end="\n" if notes else "")
