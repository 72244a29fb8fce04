"""Build the report page, one HTML file with everything in it."""

from pathlib import Path

import pandas as pd

from lahja.command import run
from lahja.files import read_json, write_text
from lahja.metrics.classification import CONFUSION
from lahja.reporting.report import Run, build_report
from lahja.tables import COMPARISONS, FUNNEL, METRICS, REJECTS, read_table

TEMPLATES = Path(__file__).resolve().parents[1] / "report"


def main(
    settings: dict,
    metrics: Path,
    comparisons: Path,
    confusion: Path,
    tables: Path,
    figures: Path,
    counts: Path,
    rejects: list[Path],
    funnel: Path,
    config: Path,
    versions: Path,
    output: Path,
    templates: Path = TEMPLATES,
) -> None:
    """Gather a run's tables and figures on one page.

    `tables` and `figures` are the folders that make_tables and make_figures filled; `versions`
    is a JSON file, {section: {name: value}}. Settings: run (its name), models, stand_ins (a list
    in words), licences ({corpus: licence}).
    """
    refused = [read_table(path, REJECTS) for path in rejects]
    evidence = Run(
        metrics=read_table(metrics, METRICS),
        comparisons=read_table(comparisons, COMPARISONS),
        confusion=read_table(confusion, CONFUSION),
        tables=tables,
        figures=figures,
        counts=pd.read_parquet(counts),
        rejects=pd.concat(refused, ignore_index=True),
        funnel=read_table(funnel, FUNNEL),
        config=config.read_text(encoding="utf-8"),
        versions=read_json(versions),
    )
    page = build_report(
        evidence,
        settings["run"],
        settings["models"],
        settings.get("stand_ins", []),
        settings.get("licences", {}),
        templates,
    )
    write_text(output, page)


if __name__ == "__main__":
    run(main)
