"""Draw Figures 2 to 7 of the paper from this run's scores, each with its data."""

from pathlib import Path

from lahja.command import run
from lahja.reporting.artifacts import write_artifact
from lahja.reporting.drawing import draw_bars, draw_samples
from lahja.reporting.figures import classifier_figure, direction_figures
from lahja.reporting.samples import pictured_samples, sample_outputs
from lahja.reporting.style import styles
from lahja.tables import CLASSIFIER_METRICS, METRICS, SENTENCE_SCORES, read_table


def main(
    metrics: Path,
    classifier_metrics: Path,
    scores: list[Path],
    paper: Path,
    settings: dict,
    output: Path,
) -> None:
    """Write {figure2,...,figure7}.{svg,png,csv,parquet} into the folder `output`.

    Settings: models (all of them: they fix the colours), figure_models (the bars of Figures 2, 4
    and 5), translators ({model: its label in Figure 7}), samples (per direction), seed.
    """
    classifiers = read_table(classifier_metrics, CLASSIFIER_METRICS)
    colours = styles(settings["models"])
    table = read_table(metrics, METRICS)
    for figure in direction_figures(table, settings["figure_models"], settings["translators"]):
        write_artifact(figure, output)
        draw_bars(figure, colours, output)
    figure = classifier_figure(classifiers, paper)
    write_artifact(figure, output)
    draw_bars(figure, styles(classifiers["classifier"]), output)
    tables = [read_table(path, SENTENCE_SCORES) for path in scores]
    samples = sample_outputs(tables, settings["samples"], settings["seed"])
    write_artifact(samples, output)
    draw_samples(pictured_samples(samples), output)


if __name__ == "__main__":
    run(main)
