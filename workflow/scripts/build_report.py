"""Build the report page, one HTML file with everything in it."""

from pathlib import Path

import pandas as pd
import pyarrow as pa

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
    empty_table,
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
    templates: Path = TEMPLATES,
) -> None:
    """Gather a run's tables and figures on one page.

    `scores` has a file per model, in the order of the settings' models; `tables` and `figures`
    are the folders that make_tables and make_figures filled; `pairs` and `funnel` lie in folders
    named for their datasets; `trained` are the folders of trained models; `benchmarks` is the
    run's folder of benchmark files, read as they are now; `rulegraph` is the output of
    `snakemake --rulegraph`; `versions` is a JSON file, {section: {name: value}}. Settings: run
    (its name), models, starts ({model: the one it grew from}), stand_ins (a list in words),
    licences ({corpus: licence}), samples (per direction), seed.
    """
    agreement = None
    if scorer_agreement is not None:
        agreement = read_table(scorer_agreement, SCORER_AGREEMENT)
    evidence = Run(
        metrics=read_table(metrics, METRICS),
        comparisons=read_table(comparisons, COMPARISONS),
        confusion=read_table(confusion, CONFUSION),
        tables=tables,
        figures=figures,
        counts=pd.read_parquet(counts),
        rejects=pd.concat([read_table(path, REJECTS) for path in rejects], ignore_index=True),
        funnel=_by_dataset(funnel, FUNNEL),
        pairs=_by_dataset(pairs, PAIRS),
        scores=[read_table(path, SENTENCE_SCORES) for path in scores],
        curves=read_curves(trained),
        runtimes=runtimes_table(benchmarks),
        rulegraph=read_rulegraph(rulegraph),
        config=config.read_text(encoding="utf-8"),
        versions=read_json(versions),
        agreement=agreement,
    )
    write_text(output, build_report(evidence, About(**settings), templates))


def _by_dataset(paths: list[Path], schema: pa.Schema) -> pd.DataFrame:
    tables = [read_table(path, schema).assign(dataset=path.parent.name) for path in paths]
    return pd.concat([empty_table(schema).assign(dataset=None), *tables], ignore_index=True)


if __name__ == "__main__":
    run(main)
