"""Build the report page, one HTML file with everything in it."""

from pathlib import Path

import pandas as pd

from lahja.core import tables as schemas
from lahja.core.artifacts import read_artifact
from lahja.core.command import run
from lahja.core.files import read_json, write_text
from lahja.core.parquet import read_parquet
from lahja.core.tables import read_by_folder, read_table
from lahja.report.logs import read_curves, rules_table, runtimes_table
from lahja.report.page import Run, build_report
from lahja.report.samples import read_outputs

TEMPLATES = Path(__file__).resolve().parents[1] / "report"


def main(
    settings: dict,
    metrics: Path,
    confusion: Path,
    scores: Path,
    prompts: list[Path],
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
    study: Path | None = None,
    licences: dict | None = None,
    templates: Path = TEMPLATES,
) -> None:
    """Gather a run's tables and figures on one page.

    `scores` has all models' sentence scores; `tables`, `figures` and `study` are folders of
    artifacts; `pairs` and `funnel` lie in folders named for their datasets, `trained`
    are folders; `benchmarks` is read as it is now. Settings: see Run.
    """
    shown = [*sorted(study.glob("changes_*.parquet")), study / "costs.parquet"] if study else []
    evidence = Run(
        **settings,
        licences=licences or {},
        metrics=read_table(metrics, schemas.METRICS),
        confusion=read_table(confusion, schemas.CONFUSION),
        tables=tables,
        figures=figures,
        counts=read_parquet(counts).to_pandas(),
        rejects=pd.concat(
            [read_table(path, schemas.REJECTS) for path in rejects], ignore_index=True
        ),
        funnel=read_by_folder(funnel, schemas.FUNNEL, "dataset"),
        pairs=read_by_folder(pairs, schemas.PAIRS, "dataset"),
        scores=read_outputs(scores, settings["models"], prompts),
        curves=read_curves(trained),
        runtimes=runtimes_table(benchmarks),
        rules=rules_table(rulegraph),
        config=config.read_text(encoding="utf-8"),
        versions=read_json(versions),
        agreement=scorer_agreement and read_table(scorer_agreement, schemas.SCORER_AGREEMENT),
        study=[read_artifact(path) for path in shown],
    )
    write_text(output, build_report(evidence, templates))


if __name__ == "__main__":
    run(main)
