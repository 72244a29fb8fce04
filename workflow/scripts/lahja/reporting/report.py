"""The report: one self-contained HTML page that opens from disk, without a network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from lahja.errors import LahjaError
from lahja.reporting.agreement import agreement_note, agreement_table
from lahja.reporting.artifacts import Table, read_artifact
from lahja.reporting.browser import browser_data
from lahja.reporting.charts import curves_charts, rulegraph_chart, runtimes_chart
from lahja.reporting.counts import data_views, funnel_views, pair_views
from lahja.reporting.embedding import content_policy, script_json
from lahja.reporting.headline import changes
from lahja.reporting.operating_point import NAME as OPERATING_POINT
from lahja.reporting.rulegraph import draw
from lahja.reporting.style import styles
from lahja.reporting.tradeoff import tradeoff_chart
from lahja.reporting.views import (
    FigureView,
    TableView,
    confusion_views,
    figure_view,
    sections_view,
    table_view,
)

TABLES = ("changes", "table2", "faults", "table1", "classifier")
FIGURES = ("figure2", "figure4", "figure5", "figure7", "figure3", "figure6")
# What shows ADI2 or ALDi, and so says how far to trust the scorers.
_SCORED = frozenset(
    {"changes", "table2", "table1", "figure2", "figure6", "figure7", OPERATING_POINT}
)
_SCRIPTS = ("tables.js", "charts.js", "samples.js")


@dataclass(frozen=True)
class Run:
    """Everything that the page shows: a run's tables, the folders of its artifacts, and how it
    was made.

    `funnel` and `pairs` have the column `dataset`; `scores` holds SENTENCE_SCORES per model;
    `rulegraph` is a networkx graph; `config` is the resolved configuration's text.
    """

    metrics: pd.DataFrame
    comparisons: pd.DataFrame
    confusion: pd.DataFrame
    tables: Path
    figures: Path
    counts: pd.DataFrame
    rejects: pd.DataFrame
    funnel: pd.DataFrame
    pairs: pd.DataFrame
    scores: Sequence[pd.DataFrame]
    curves: pd.DataFrame
    runtimes: Table
    rulegraph: Any
    config: str
    versions: Mapping[str, Any]
    agreement: pd.DataFrame | None = None
    operating_point: Path | None = None


@dataclass(frozen=True)
class About:
    """What the page says of the run, beside its data.

    `models` are in the order of the run's `scores`, and `starts` names the model that each grew
    from. `stand_ins` names scorers or models that are not the paper's: a banner says so.
    `licences` are by corpus; `samples` is how many prompts of a direction the browser shows.
    """

    run: str
    models: Sequence[str]
    starts: Mapping[str, str]
    stand_ins: Sequence[str]
    licences: Mapping[str, str]
    samples: int
    seed: int


def build_report(run: Run, about: About, templates: Path) -> str:
    """Return the page as HTML; text of models and corpora is escaped.

    The page is made from `index.html.jinja` and the scripts in the folder `templates`.
    """
    note = agreement_note(run.agreement)
    tables = {name: read_artifact(run.tables / f"{name}.parquet") for name in TABLES}
    shown = {name: _noted(table_view(table), note) for name, table in tables.items()}
    figures = {name: _noted(figure_view(run.figures, name), note) for name in FIGURES}
    charts = _charts(run, about, tables["table2"])
    found = changes(run.metrics, run.comparisons, about.models)
    samples = browser_data(run.scores, about.models, about.starts, about.samples, about.seed)
    # At first the browser shows the largest change beside its start.
    selected = [found[0].baseline, found[0].model] if found else about.models[:2]
    colours = {model: style.colour for model, style in styles(about.models).items()}
    signatures = run.metrics[["metric", "signature"]].dropna().drop_duplicates()
    scripts = _scripts(templates)
    return _render(
        templates,
        name=about.run,
        policy=content_policy(scripts),
        scripts=[Markup(script) for script in scripts],
        facts=_facts(run, about),
        stand_ins=about.stand_ins,
        scorer_note=note,
        changes=found,
        colours=colours,
        tables=shown,
        figures=figures,
        operating_point=_operating_point(run.operating_point, note),
        confusions=confusion_views(run.confusion),
        agreement=None if run.agreement is None else table_view(agreement_table(run.agreement)),
        data=data_views(run.counts, run.rejects, about.licences),
        pairs=[*funnel_views(run.funnel), *pair_views(run.pairs)] if len(run.funnel) else [],
        runtimes=table_view(run.runtimes),
        charts={name: chart for name, chart in charts.items() if chart},
        charts_json=script_json(charts),
        samples=samples,
        samples_json=script_json(samples | {"colours": colours, "selected": selected}),
        signatures=signatures.to_dict("records"),
        config=run.config,
        versions=sections_view({"seed": about.seed, **run.versions}),
    )


def _facts(run: Run, about: About) -> dict[str, str]:
    prompts, minutes = len(run.scores[0]), run.runtimes.rows["minutes"].sum()
    return {
        "models evaluated": f"{len(about.models)}",
        "prompts for each": f"{prompts:,}",
        "preference pairs": f"{len(run.pairs):,}",
        "hours of work": f"{minutes / 60:.1f}" if minutes else "not known",
    }


def _operating_point(folder: Path | None, note: str | None) -> tuple[Any, Any] | None:
    """Return the table and the figure of a run that has models between two others."""
    if folder is None:
        return None
    table = table_view(read_artifact(folder / f"{OPERATING_POINT}.parquet"))
    figure = replace(figure_view(folder, OPERATING_POINT), name=f"{OPERATING_POINT}-figure")
    return _noted(table, note), replace(figure, notes=[])


def _noted(view: Any, note: str | None) -> Any:
    return replace(view, notes=[*view.notes, note]) if note and view.name in _SCORED else view


def _charts(run: Run, about: About, table2: Table) -> dict[str, dict[str, Any] | None]:
    looks = styles(about.models)
    minutes = dict(zip(run.runtimes.rows["rule"], run.runtimes.rows["minutes"], strict=True))
    return {
        "tradeoff": tradeoff_chart(table2, about.starts, looks, with_paper=False),
        "tradeoff-paper": tradeoff_chart(table2, about.starts, looks, with_paper=True),
        **curves_charts(run.curves, looks),
        "runtimes-chart": runtimes_chart(run.runtimes),
        "rulegraph": rulegraph_chart(draw(run.rulegraph), minutes),
    }


def _scripts(templates: Path) -> list[str]:
    """Return the page's scripts: the chart library, then the page's own."""
    import vl_convert

    paths = [templates / name for name in _SCRIPTS]
    try:
        own = [path.read_text(encoding="utf-8") for path in paths]
    except FileNotFoundError as error:
        raise LahjaError(f"{error.filename}: no such script of the report") from None
    return [vl_convert.javascript_bundle(), *own]


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
