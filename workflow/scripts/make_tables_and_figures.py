"""Write the tables of the paper and draw its Figures 2 to 7, each with its data."""

from pathlib import Path

from lahja.core.artifacts import write_artifact
from lahja.core.command import run
from lahja.core.tables import CLASSIFIER_METRICS, COMPARISONS, METRICS, read_table
from lahja.report.charts import bars_chart, samples_chart, save_picture, styles
from lahja.report.figures import classifier_figure, direction_figures
from lahja.report.formats import write_table_files
from lahja.report.samples import pictured_samples, read_outputs, sample_outputs
from lahja.report.tables import (
    answer_tables,
    changes_table,
    classifier_table,
    routes_tables,
    table1,
    table2,
)


def main(
    metrics: Path,
    comparisons: Path,
    classifier_metrics: Path,
    scores: Path,
    prompts: list[Path],
    paper: Path,
    settings: dict,
    tables: Path,
    figures: Path,
) -> None:
    """Write table1, table2, classifier, changes, faults, judge, comet, routes and figure2 to 7.

    Tables are {csv,parquet,tex}, the last three of what was asked for; figures are
    {svg,png,csv,parquet}; `paper` is the folder of the paper's own numbers. Settings:
    models (in the order shown; they fix the colours), starts ({model: the model it started from}),
    dialects, select (how many models to select in Table 1), figure_models (the bars of Figures 2, 4
    and 5), translators ({model: its label in Figure 7}), samples (per direction), routes (of each
    its models and dialect_weight), seed; left_out, a note for all of them, where corpora are left
    out.
    """
    found = read_table(metrics, METRICS)
    classifiers = read_table(classifier_metrics, CLASSIFIER_METRICS)
    models, starts, dialects = (settings[key] for key in ("models", "starts", "dialects"))
    notes = [settings["left_out"]] if "left_out" in settings else []
    outputs = read_outputs(scores, models, prompts)
    by_model = dict(zip(models, outputs, strict=True))
    for table in (
        table1(found, models, starts, settings["select"], paper),
        table2(found, models, paper),
        classifier_table(classifiers, dialects, paper),
        changes_table(read_table(comparisons, COMPARISONS), models, starts),
        *answer_tables(found, models),
        *routes_tables(settings.get("routes", {}), by_model),
    ):
        table.notes.extend(notes)
        write_table_files(table, tables)
    shown, translators = settings["figure_models"], settings["translators"]
    bars = [(f, models) for f in direction_figures(found, shown, translators, dialects)]
    bars += [(classifier_figure(classifiers, dialects, paper), classifiers["classifier"])]
    drawn = [(figure, bars_chart(figure, styles(names))) for figure, names in bars]
    samples = sample_outputs(outputs, settings["samples"], settings["seed"])
    for figure, chart in [*drawn, (samples, samples_chart(pictured_samples(samples)))]:
        figure.notes.extend(notes)
        write_artifact(figure, figures)
        save_picture(chart, figure.name, figures)


if __name__ == "__main__":
    run(main)
