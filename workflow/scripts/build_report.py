"""Build the report page, one HTML file with everything in it."""

from pathlib import Path

import pandas as pd

from lahja.command import run
from lahja.files import read_json, write_text
from lahja.metrics.classification import CONFUSION
from lahja.reporting.curves import read_curves
from lahja.reporting.report import About, Run, build_report
from lahja.reporting.rulegraph import read_rulegraph
from lahja.reporting.runtimes import runtimes_table
from lahja.tables import (
    COMPARISONS,
    FUNNEL,
    METRICS,
    PAIRS,
    REJECTS,
    SCORER_AGREEMENT,
    SENTENCE_SCORES,
    read_by_folder,
    read_table,
)

TEMPLATES = Path(__file__).resolve().parents[1] / "report"


def main(
    settings: dict,
    metrics: Path,
    comparisons: Path,
    confusion: Path,
    scores: list[Path],
    tables: Path,
    figures: Path,
    counts: Path,
    rejects: list[Path],
    pairs: list[Path],
    funnel: list[Path],
    trained: list[Path],
    benchmarks: Path,
    rulegraph: Path,
    config: Path,
    versions: Path,
    output: Path,
    scorer_agreement: Path | None = None,
    operating_point: Path | None = None,
    templates: Path = TEMPLATES,
) -> None:
    """Gather a run's tables and figures on one page.

    `scores` has a file per model, in the order of the settings' models; `tables`, `figures` and
    `operating_point` are folders of artifacts; `pairs` and `funnel` lie in folders named for their
    datasets, `trained` are folders; `benchmarks` is read as it is now. Settings: see About.
    """
    evidence = Run(
        metrics=read_table(metrics, METRICS),
        comparisons=read_table(comparisons, COMPARISONS),
        confusion=read_table(confusion, CONFUSION),
        tables=tables,
        figures=figures,
        counts=pd.read_parquet(counts),
        rejects=pd.concat([read_table(path, REJECTS) for path in rejects], ignore_index=True),
        funnel=read_by_folder(funnel, FUNNEL, "dataset"),
        pairs=read_by_folder(pairs, PAIRS, "dataset"),
        scores=[read_table(path, SENTENCE_SCORES) for path in scores],
        curves=read_curves(trained),
        runtimes=runtimes_table(benchmarks),
        rulegraph=read_rulegraph(rulegraph),
        config=config.read_text(encoding="utf-8"),
        versions=read_json(versions),
        agreement=scorer_agreement and read_table(scorer_agreement, SCORER_AGREEMENT),
        operating_point=operating_point,
    )
    write_text(output, build_report(evidence, About(**settings), templates))


if __name__ == "__main__":
    run(main)
