"""Read filled rating sheets: means, agreement between annotators, correlation with the scores.

SHEETS are filled sheets (CSV or Excel) or folders of them, one file per annotator and dialect,
named <dialect>-<annotator> or in a folder of the annotator's name; a column `annotator` in a
sheet goes before both. They need the key that was written with them. Files in the layout of
AL-QASIDA's humevals/results are known by their columns and need no key.
"""

from pathlib import Path

from lahja.human_evaluation.agreement import agreement_table, annotators_table
from lahja.human_evaluation.correlation import correlation_table
from lahja.human_evaluation.means import means_table
from lahja.human_evaluation.ratings import read_ratings
from lahja.human_evaluation.slices import rated_items
from lahja.reporting.artifacts import write_artifact
from lahja.reporting.text import to_text
from lahja.statistics import Resampling

# Longer tables are cut on the terminal, never in the files.
_MOST_ROWS = 60


def main(
    sheets: list[Path],
    /,
    *,
    key: Path | None = None,
    output: Path | None = None,
    resamples: int = 1000,
    confidence: float = 0.95,
    seed: int = 42,
) -> None:
    """Print the tables and, with `output`, write each as CSV and Parquet into that folder."""
    ratings = read_ratings(sheets, key)
    items = rated_items(ratings.table)
    resampling = Resampling(resamples, seed)
    for table in (
        annotators_table(ratings.table),
        means_table(items, resampling, confidence),
        agreement_table(ratings.table, resampling, confidence),
        correlation_table(items, resampling, confidence),
    ):
        print(to_text(table, _MOST_ROWS), end="\n\n")
        if output is not None:
            write_artifact(table, output)
    for note in ratings.notes:
        print(note)
