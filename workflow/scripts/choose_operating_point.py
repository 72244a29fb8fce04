"""Choose the operating point between a start and what was trained from it, and draw all of them."""

from pathlib import Path

from lahja.command import run
from lahja.files import write_text
from lahja.metrics.evaluation import check_same_prompts, evaluate_model
from lahja.metrics.translation import load_spbleu
from lahja.operating_point import Family
from lahja.reporting.artifacts import write_artifact
from lahja.reporting.latex import to_latex
from lahja.reporting.operating_point import draw_operating_points, operating_point_table
from lahja.reporting.style import styles
from lahja.statistics import Resampling
from lahja.tables import SENTENCE_SCORES, read_table


def main(scores: list[Path], settings: dict, output: Path) -> None:
    """Write operating_point.{csv,parquet,tex,svg,png} into the folder `output`.

    `scores` are SENTENCE_SCORES of all models of the families. Settings: families (each start,
    end and points, [weight, model] in the order of the weights), models (they fix the colours),
    resamples, confidence, seed.
    """
    tables = [read_table(path, SENTENCE_SCORES) for path in scores]
    check_same_prompts(tables)
    resampling = Resampling(settings["resamples"], settings["seed"])
    # chrF++ decides; spBLEU has no part in it.
    found = [evaluate_model(table, resampling, load_spbleu(None)) for table in tables]
    families = [
        Family(entry["start"], entry["end"], tuple((w, name) for w, name in entry["points"]))
        for entry in settings["families"]
    ]
    by_name = {evaluation.model: evaluation for evaluation in found}
    table = operating_point_table(families, by_name, settings["confidence"])
    write_artifact(table, output)
    write_text(output / f"{table.name}.tex", to_latex(table))
    draw_operating_points(table, styles(settings["models"]), output)


if __name__ == "__main__":
    run(main)
