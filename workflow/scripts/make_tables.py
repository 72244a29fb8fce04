"""Write Table 1, Table 2, the classifiers' table and the changes as CSV, Parquet and LaTeX."""

from pathlib import Path

from lahja.command import run
from lahja.files import write_text
from lahja.reporting.artifacts import write_artifact
from lahja.reporting.faults import faults_table
from lahja.reporting.latex import to_latex
from lahja.reporting.tables import changes_table, classifier_table, table1, table2
from lahja.tables import CLASSIFIER_METRICS, COMPARISONS, METRICS, read_table


def main(
    metrics: Path,
    comparisons: Path,
    classifier_metrics: Path,
    paper: Path,
    settings: dict,
    output: Path,
) -> None:
    """Write {table1,table2,classifier,changes,faults}.{csv,parquet,tex} into the folder `output`.

    `paper` is the folder of the paper's own numbers. Settings: models (in the order shown),
    starts ({model: the model it started from}), select (how many models to select in Table 1).
    """
    scores = read_table(metrics, METRICS)
    models, starts = settings["models"], settings["starts"]
    for table in (
        table1(scores, models, starts, settings["select"], paper),
        table2(scores, models, paper),
        classifier_table(read_table(classifier_metrics, CLASSIFIER_METRICS), paper),
        changes_table(read_table(comparisons, COMPARISONS), models, starts),
        faults_table(scores, models),
    ):
        write_artifact(table, output)
        write_text(output / f"{table.name}.tex", to_latex(table))


if __name__ == "__main__":
    run(main)
