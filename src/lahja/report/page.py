"""The report: one self-contained HTML page that opens from disk, without a network."""

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
import vl_convert

from lahja.core.artifacts import Column, Table, read_artifact
from lahja.report import charts, counts
from lahja.report.figures import figure_table
from lahja.report.formats import page_rows
from lahja.report.samples import browser_data, pictured_samples
from lahja.report.scores import OURS, compare_recipes
from lahja.report.tradeoff import tradeoff_chart


def content_policy(scripts: Iterable[str]) -> str:
    """Return the page's Content-Security-Policy: these very scripts, and nothing from a network."""
    digests = (hashlib.sha256(script.encode("utf-8")).digest() for script in scripts)
    allowed = " ".join(f"'sha256-{base64.b64encode(digest).decode('ascii')}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


BARS = ("figure2", "figure4", "figure5", "figure7", "figure3")
_SCRIPTS = ("tables.js", "charts.js", "samples.js")


@dataclass(frozen=True)
class Run:
    """Everything that the page shows: a run's tables, folders of artifacts, and how it was made.

    `models` are in the order of `scores`, which holds SENTENCE_SCORES per model; `starts` names the
    model that each started from; `recipes` are models of the paper's recipe and of ours;
    `stand_ins` are scorers or models that are not the paper's. `samples` is how many prompts of a
    direction the browser shows. `funnel` and `pairs` have the column `dataset`; `licences` are by
    corpus; `rules` lists what feeds what; `config` is the resolved configuration's text; `study`
    has the changes of a study's rows; `left_out` is a note on corpora.
    """

    run: str
    models: Sequence[str]
    starts: Mapping[str, str]
    stand_ins: Sequence[str]
    samples: int
    seed: int
    licences: Mapping[str, str]
    metrics: pd.DataFrame
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
    rules: Table
    config: str
    versions: Mapping[str, Mapping[str, str]]
    agreement: pd.DataFrame | None = None
    study: Sequence[Table] = ()
    recipes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    left_out: str = ""


def build_report(run: Run, templates: Path) -> str:
    """Return the page as HTML, made from `templates`; text of models and corpora is escaped."""
    looks = charts.styles(run.models)
    paths = [
        path for folder in (run.tables, run.figures) for path in sorted(folder.glob("*.parquet"))
    ]
    tables = {path.stem: read_artifact(path) for path in paths}
    words = charts.specifications()["recipes"]
    recipes = {words[key]["title"]: run.recipes[key] for key in words if run.recipes.get(key)}
    recipes = recipes or {words["all"]["title"]: [*tables["changes"].rows["model"]]}
    found = compare_recipes(tables["changes"], recipes)
    samples = browser_data(run.scores, run.models, run.starts, run.samples, run.seed)
    # At first the browser shows a model of each recipe beside its start.
    first = [name for recipe in found for name in (recipe.starts[0], recipe.models[0])]
    samples["selected"] = first or run.models[:2]
    samples["colours"] = {model: style.colour for model, style in looks.items()}
    scripts = [(templates / name).read_text(encoding="utf-8") for name in _SCRIPTS]
    context = {
        "run": run,
        "scripts": [vl_convert.javascript_bundle(), *scripts],
        "scorer_note": counts.agreement_note(run.agreement),
        "recipes": found,
        "words": {known["title"]: known for known in words.values()},
        "signed": lambda value, digits: Table.number(value, Column("", "", digits, True)),
        "tables": tables,
        "figures": {name: figure_table(tables[name]) for name in BARS},
        "pictured": pictured_samples(tables["figure6"]),
        "confusions": counts.confusion_tables(run.confusion),
        "agreement": None if run.agreement is None else counts.agreement_table(run.agreement),
        "data": counts.data_tables(run.counts, run.rejects, run.licences),
        "pairs": [*counts.funnel_tables(run.funnel), *counts.pair_tables(run.pairs)],
        "signatures": run.metrics[["metric", "signature"]].dropna().drop_duplicates(),
        "charts": _charts(run, tables, recipes, looks),
        "samples": samples,
    }
    page = _environment(templates).get_template("index.html.jinja")
    return page.render(context, policy=content_policy(context["scripts"]))


def _charts(
    run: Run,
    tables: Mapping[str, Table],
    recipes: Mapping[str, Sequence[str]],
    looks: Mapping[str, charts.Style],
) -> dict[str, dict[str, Any]]:
    """Return the page's charts; those of which figures were drawn have the figures' names."""
    # Beside stand-ins the paper's scores say little, and would squeeze this run's.
    tradeoff = tradeoff_chart(tables["table2"], run.starts, looks, with_paper=not run.stand_ins)
    found = {"changes-chart": charts.changes_chart(tables["changes"], recipes)}
    found |= {"tradeoff": tradeoff, **charts.curves_charts(run.curves, looks)}
    for name in BARS:
        rows = tables[name].rows
        # Classifiers have looks of their own.
        bars = {*rows["bar"][rows["origin"] == OURS]}
        own = looks if bars <= {*looks} else charts.styles(bars)
        found[name] = charts.bars_chart(tables[name], own)
    return {name: chart for name, chart in found.items() if chart}


def _environment(templates: Path) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    compact = {"ensure_ascii": False, "allow_nan": False, "separators": (",", ":")}
    environment.filters["page_rows"] = page_rows
    environment.policies["json.dumps_kwargs"] = compact
    return environment
