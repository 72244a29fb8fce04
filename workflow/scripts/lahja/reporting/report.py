"""The report: one self-contained HTML page that opens from disk, without a network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from lahja.errors import LahjaError
from lahja.reporting.artifacts import read_artifact
from lahja.reporting.headline import changes
from lahja.reporting.style import styles
from lahja.reporting.views import (
    FigureView,
    TableView,
    confusion_views,
    figure_view,
    frame_view,
    funnel_view,
    rejects_view,
    sample_views,
    sections_view,
    table_view,
)

TABLES = ("changes", "table2", "table1", "classifier")
FIGURES = ("figure2", "figure4", "figure5", "figure7", "figure3")


@dataclass(frozen=True)
class Run:
    """Everything that the page shows: a run's tables, the folders of its artifacts, and how it
    was made (`config` is the resolved configuration's text)."""

    metrics: pd.DataFrame
    comparisons: pd.DataFrame
    confusion: pd.DataFrame
    tables: Path
    figures: Path
    counts: pd.DataFrame
    rejects: pd.DataFrame
    funnel: pd.DataFrame
    config: str
    versions: Mapping[str, Any]


def build_report(
    run: Run,
    name: str,
    models: Sequence[str],
    stand_ins: Sequence[str],
    licences: Mapping[str, str],
    templates: Path,
) -> str:
    """Return the page as HTML; text of models and corpora is escaped.

    `stand_ins` names scorers or models that are not the paper's: a banner says so. `licences`
    are by corpus. The page is made from `index.html.jinja` in the folder `templates`.
    """
    tables = {table: table_view(read_artifact(run.tables / f"{table}.parquet")) for table in TABLES}
    figures = {figure: figure_view(run.figures, figure) for figure in FIGURES}
    samples = read_artifact(run.figures / "figure6.parquet")
    signatures = run.metrics[["metric", "signature"]].dropna().drop_duplicates()
    return _render(
        templates,
        name=name,
        stand_ins=stand_ins,
        changes=changes(run.metrics, run.comparisons, models),
        colours={model: style.colour for model, style in styles(models).items()},
        tables=tables,
        figures=figures,
        confusions=confusion_views(run.confusion),
        data=_data_views(run, licences),
        funnel=funnel_view(run.funnel),
        samples=sample_views(samples),
        sample_notes=samples.notes,
        models=models,
        signatures=signatures.to_dict("records"),
        config=run.config,
        versions=sections_view(run.versions),
    )


def _data_views(run: Run, licences: Mapping[str, str]) -> list[TableView]:
    views = [frame_view("counts", "Rows of each corpus.", run.counts), rejects_view(run.rejects)]
    if licences:
        frame = pd.DataFrame(list(licences.items()), columns=["corpus", "licence"])
        views.append(frame_view("licences", "Licences of the corpora.", frame))
    return views


def _render(templates: Path, **context: TableView | FigureView | Any) -> str:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    try:
        return environment.get_template("index.html.jinja").render(context)
    except jinja2.TemplateNotFound as error:
        raise LahjaError(f"{templates}: lacks the report's template {error}") from None
