"""Cards of exported models and datasets, from a run's records alone."""

import json
from collections import Counter
from dataclasses import replace
from typing import Any

import jinja2
import pandas as pd

from lahja.cli.exporting.files import BASE, LLAMA_FACTORY, ROWS, TRL, Weights, hub_base
from lahja.cli.exporting.record import CHECKOUT, Record, corpora_counts
from lahja.core.artifacts import read_artifact
from lahja.core.files import read_json, read_yaml
from lahja.core.hub import MODEL_FILE
from lahja.core.seeding import shuffled
from lahja.core.settings import without_execution
from lahja.core.tables import EVALUATION_PROMPTS, METRICS, read_table
from lahja.core.varieties import get_variety
from lahja.evaluation.sentence_scores import read_scores
from lahja.report.formats import to_markdown

_TEMPLATES = CHECKOUT / "resources" / "cards"
# Tables of the report that a model's card takes its rows from.
_TABLES = ("table2", "changes", "faults")
_SAMPLED = ("translation", "monolingual", "crosslingual")


def model_card(record: Record, name: str, weights: Weights) -> str:
    """Return the card of a model's folder."""
    graph, base = record.graph, hub_base(record.base(name))
    steps = [model for own, model in graph.models.items() if own in graph.needed(name)]
    learnt = sorted({step.dataset for step in steps if step.dataset})
    is_evaluated = name in record.selection.evaluated
    samples, left_out = _samples(record, name) if is_evaluated else ([], [])
    return _rendered(
        "model.md.jinja", record, name, {dataset: record.rows(dataset) for dataset in learnt},
        tags=sorted({step.train for step in steps} & {"sft", "dpo", "grpo"}),
        weights=weights, base=base, base_folder=BASE, root=graph.root(name).name,
        steps=[(step, *_training(record, step.name)) for step in steps],
        tables=_rows_of_model(record, name) if is_evaluated else [],
        signatures=_signatures(record, name) if is_evaluated else {},
        samples=samples, left_out=left_out,
    )  # fmt: skip


def dataset_card(record: Record, name: str, rows: pd.DataFrame) -> str:
    """Return the card of a dataset's folder; `rows` have the column `corpora`."""
    is_pairs, texts = "chosen" in rows, {"prompt", "chosen", "rejected", "completion"}
    return _rendered(
        "dataset.md.jinja", record, name, {name: rows},
        tags=["dpo" if is_pairs else "sft"], is_pairs=is_pairs, layouts=[TRL, LLAMA_FACTORY],
        file=ROWS, columns=[column for column in rows if column not in texts],
        n_rows=int(rows["prompt"].notna().sum()), n_plain=int(rows["prompt"].isna().sum()),
        entry=record.config["datasets"][name],
    )  # fmt: skip


def _rendered(
    template: str, record: Record, name: str, rows: dict[str, pd.DataFrame], **context: Any
) -> str:
    """Return a card; `rows` are those of the datasets that it is about."""
    config = record.config
    counts = {dataset: corpora_counts(own) for dataset, own in rows.items()}
    entries = [config["corpora"][corpus] for corpus in set().union(*counts.values())]
    varieties = [get_variety(code) for code in config["dialects"]]
    writers = Counter(
        # Of a sample, the number is left out.
        (generator.partition("#")[0], origin)
        for own in rows.values()
        if "chosen" in own
        for side in ("chosen", "rejected")
        for generator, origin in own[[f"{side}_generator", f"{side}_origin"]].to_numpy()
    )
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES), undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    return environment.get_template(template).render(
        context, name=name, config=config, counts=counts, provenance=record.provenance,
        languages=["ar", *(variety.flores[:3] for variety in varieties)],
        dialects=[variety.name for variety in varieties], writers=writers,
        hub_datasets=sorted({each["hub"] for each in entries if each["access"] == "hub"}),
        is_augmented="aug" in [config["datasets"][dataset].get("variant") for dataset in rows],
        citation=read_yaml(CHECKOUT / "CITATION.cff"),
    )  # fmt: skip


def _training(record: Record, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what a model's folder says of its training, and its settings but for execution."""
    is_made = not record.graph[name].checkpoint
    facts = read_json(record.place(f"models/{name}/{MODEL_FILE}")) if is_made else {}
    settings = without_execution(json.loads(facts.get("settings", "{}")))
    return facts, {k: v for k, v in settings.items() if v and not isinstance(v, list)}


def _rows_of_model(record: Record, name: str) -> list[str]:
    """Return the report's tables, of a model and the one that it started from alone."""
    found, start = [], record.graph[name].parent
    for table in (read_artifact(record.place(f"tables/{own}.parquet")) for own in _TABLES):
        known = [name] if table.name == "changes" else [name, start]
        rows = table.rows[table.rows["model"].isin(known)]
        # The paper's own rows are not this model's.
        columns = [column for column in table.columns if column.key != "origin"]
        notes = [note for note in table.notes if not note.startswith("The paper's ")]
        found.append(to_markdown(replace(table, rows=rows, columns=columns, notes=notes)))
    return found


def _signatures(record: Record, name: str) -> dict[str, list[str]]:
    """Return the metrics of each signature."""
    metrics = read_table(record.place("evaluation/metrics.parquet"), METRICS)
    own = metrics.loc[metrics["model"] == name, ["signature", "metric"]].dropna().drop_duplicates()
    return own.groupby("signature", sort=False)["metric"].agg(list).to_dict()


def _samples(record: Record, name: str) -> tuple[list[dict[str, Any]], list[str]]:
    """Return a drawn answer of each dialect and task, and the corpora that must not be quoted."""
    (scores,) = read_scores(record.place("evaluation/scores.parquet"), [name])
    prompts = read_table(record.place("evaluation/prompts.parquet"), EVALUATION_PROMPTS)
    rows = scores.merge(prompts[["prompt_id", "prompt"]], on="prompt_id")
    codes, corpora = record.config["dialects"], record.config["corpora"]
    rows = rows[rows["target_variety"].isin(codes) & rows["task"].isin(_SAMPLED)]
    # Ready prompts bear the names of AL-QASIDA's parts; their corpora are in the configuration.
    ready, in_use = record.config["evaluation"]["prompts"], record.config["corpora_in_use"]
    sources = {own: [own] if own in in_use else ready for own in rows["corpus"].unique()}
    closed = {n for own in sources.values() for n in own if not corpora[n]["redistributable"]}
    rows = rows[[not closed & {*sources[own]} for own in rows["corpus"]]]
    drawn = shuffled(rows, record.config["seed"], "prompt_id")
    drawn = drawn.drop_duplicates(["target_variety", "task"]).to_dict("records")
    drawn.sort(key=lambda row: (codes.index(row["target_variety"]), _SAMPLED.index(row["task"])))
    return [row | {"variety": get_variety(row["target_variety"])} for row in drawn], sorted(closed)
