"""A whole made-up run, as the report takes it, for tests of the page."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from reporting_data import (
    RULEGRAPH,
    STARTS,
    counts,
    evaluation_prompts,
    funnel,
    pairs,
    predictions,
    rejects,
    scored_responses,
    write_benchmarks,
    write_trained_model,
)

from lahja.core.artifacts import Table, write_artifact
from lahja.core.statistics import Resampling
from lahja.core.tables import COMPARISONS, write_table
from lahja.core.varieties import VARIETIES, dialects_among
from lahja.evaluation.metrics.classification import confusion_counts, evaluate_classifier
from lahja.evaluation.metrics.evaluation import comparisons_table, evaluate_model, metrics_table
from lahja.evaluation.sentence_scores import score_sentences
from lahja.report.charts import bars_chart, samples_chart, save_picture, styles
from lahja.report.figures import classifier_figure, direction_figures
from lahja.report.logs import read_curves, rules_table, runtimes_table
from lahja.report.page import Run
from lahja.report.samples import pictured_samples, sample_outputs
from lahja.report.tables import answer_tables, changes_table, classifier_table, table1, table2
from lahja.scoring.translation import load_spbleu

DIALECTS = dialects_among(VARIETIES)
ATTACK = "<script>alert('لا')</script> $5 & more than that"


def sentence_scores(
    models: Sequence[str], n: int, response: str | None = None
) -> list[pd.DataFrame]:
    """Return SENTENCE_SCORES per model; all answer with `response` if one is given."""
    prompts = evaluation_prompts(n)
    tables = []
    for model in models:
        scored = scored_responses(prompts, model)
        if response is not None:
            scored["response"] = response
        tables.append(score_sentences(prompts, scored, load_spbleu(None)))
    return tables


def made_up_run(
    scores: list[pd.DataFrame], folder: Path, paper: Path, further: Sequence[Table] = ()
) -> Run:
    """Write a run's artifacts into `folder` and return what the page is made of."""
    models = [table["model"].iloc[0] for table in scores]
    resampling = Resampling(100, seed=0)
    evaluations = {
        model: evaluate_model(table, resampling, load_spbleu(None))
        for model, table in zip(models, scores, strict=True)
    }
    metrics = metrics_table(evaluations.values(), 0.95, {"chrf": "nrefs:1"})
    comparisons = comparisons_table(evaluations, STARTS, 0.95)
    write_table(folder / "compared/comparisons.parquet", comparisons, COMPARISONS)
    answers = predictions(0.9, DIALECTS)
    classifiers = evaluate_classifier("nadi", answers, resampling, 0.95)
    for table in (
        table1(metrics, models, STARTS, 3, paper),
        table2(metrics, models, paper),
        classifier_table(classifiers, DIALECTS, paper),
        changes_table(comparisons, models, STARTS),
        *answer_tables(metrics, models),
        *further,
    ):
        write_artifact(table, folder)
    figures = direction_figures(metrics, models, {"llama": "llama-Base"}, DIALECTS)
    for figure in (*figures, classifier_figure(classifiers, DIALECTS, paper)):
        write_artifact(figure, folder)
        save_picture(bars_chart(figure, styles([*models, "nadi"])), figure.name, folder)
    samples = sample_outputs(scores, per_direction=1, seed=0)
    write_artifact(samples, folder)
    save_picture(samples_chart(pictured_samples(samples)), samples.name, folder)
    trained = [
        write_trained_model(folder / "models" / model, "dpo" if model.endswith("+RL") else "sft")
        for model in models
        if model in STARTS
    ]
    (folder / "rulegraph.dot").write_text(RULEGRAPH)
    return Run(
        run="made-up",
        models=models,
        starts={model: STARTS[model] for model in models if model in STARTS},
        stand_ins=["a small ALDi"],
        licences={"MADAR": "research"},
        samples=5,
        seed=42,
        metrics=metrics,
        confusion=confusion_counts("nadi", answers),
        tables=folder,
        figures=folder,
        counts=counts(),
        rejects=rejects(),
        funnel=funnel(),
        pairs=pairs(),
        scores=scores,
        curves=read_curves(trained),
        runtimes=runtimes_table(write_benchmarks(folder / "benchmarks")),
        rules=rules_table(folder / "rulegraph.dot"),
        config="run: made-up  # <b>",
        versions={"versions": {"torch": "2.13.0"}, "digests": {}},
    )
