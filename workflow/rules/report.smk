"""Tables, figures, the report page, and sheets for human evaluation.

Requires: sentence scores, metrics, comparisons, counts, funnels. Produces: `tables/`, `figures/`;
`study/`, where the configuration has a study; `report/index.html` (one file that opens from disk) and
the record of what the run was made of; `human/sheets/<dialect>.csv` and `.xlsx` for annotators, and
apart from them the key. Filled sheets are read back by the command `lahja ratings`.
"""


rule make_tables_and_figures:
    """Write Tables 1 and 2 and Figures 2 to 7."""
    input:
        metrics=rules.compute_metrics.output.metrics,
        comparisons=rules.compute_metrics.output.comparisons,
        classifier=rules.evaluate_classifier.output.metrics,
        scores=rules.score_sentences.output.scores,
        prompts=paths.evaluation,
    output:
        tables=directory(f"{paths.results}/tables"),
        figures=directory(f"{paths.results}/figures"),
    log:
        f"{paths.logs}/make_tables_and_figures.log",
    benchmark:
        f"{paths.benchmarks}/make_tables_and_figures.tsv"
    params:
        code=parameters.code("make_tables_and_figures"),
        paper=f"{here}resources/paper",
        content=parameters.content("resources/paper"),
        charts=parameters.content("workflow/report/charts.yaml"),
        settings=parameters.of(
            models=selection.evaluated,
            starts=selection.initial,
            dialects=config["dialects"],
            select=config["evaluation"]["select"],
            figure_models=selection.pictured(),
            translators=selection.translators(),
            samples=config["evaluation"]["samples_per_direction"],
            **selection.routes(),
            **parameters.left_out(),
        ),
    shell:
        f"python {scripts}/make_tables_and_figures.py --metrics {{input.metrics:q}}"
        " --comparisons {input.comparisons:q} --classifier-metrics {input.classifier:q}"
        " --scores {input.scores:q} --prompts {input.prompts:q} --paper {params.paper:q}"
        " --settings {params.settings:q} --tables {output.tables:q} --figures {output.figures:q}"
        " &> {log:q}"


rule make_study:
    """Write a study's tables, its answers and its plot (docs/study.md)."""
    input:
        scores=rules.score_sentences.output.scores,
        spbleu=paths.spbleu,
    output:
        folder=directory(f"{paths.results}/study"),
    log:
        f"{paths.logs}/make_study.log",
    benchmark:
        f"{paths.benchmarks}/make_study.tsv"
    params:
        code=parameters.code("make_study"),
        charts=parameters.content("workflow/report/charts.yaml"),
        settings=parameters.resampling(
            **selection.study(),
            corpora=config["evaluation"]["translation"],
            spbleu_model=paths.spbleu_model,
            **parameters.left_out(),
        ),
        # With `input`: what jobs took makes no table stale.
        steps=lambda wc, input: parameters.study_steps(),
        benchmarks=paths.benchmarks,
    shell:
        f"python {scripts}/make_study.py"
        " --scores {input.scores:q} --steps {params.steps:q} --benchmarks {params.benchmarks:q}"
        " --settings {params.settings:q} --output {output.folder:q} &> {log:q}"


rule record_run:
    """Record the resolved configuration, versions, digests of the data, and what feeds what."""
    input:
        data=[rules.assemble_data.output.sentences, rules.assemble_data.output.parallel],
    output:
        resolved=f"{paths.results}/report/config.yaml",
        provenance=f"{paths.results}/report/provenance.json",
        rules=f"{paths.results}/report/rulegraph.dot",
    log:
        f"{paths.logs}/record_run.log",
    benchmark:
        f"{paths.benchmarks}/record_run.tsv"
    params:
        code=parameters.code("record_run"),
        # With `input`, for what results depend on is told by its digest.
        config=lambda wc, input: paths.resolved,
        digest=parameters.run_digest(),
        lock=config["hub_lock"],
        environments=paths.environment_lock(),
        # What feeds what changes with the rules, not with how a job is logged.
        rules=lambda wc: " ".join(sorted(rule.name for rule in workflow.rules)),
    shell:
        f"python {scripts}/record_run.py"
        " --config {params.config:q} --lock {params.lock:q}"
        " --environments {params.environments:q} --data {input.data:q} --resolved {output.resolved:q}"
        " --provenance {output.provenance:q} &> {log:q}"
        f" && snakemake --snakefile {quote(here)}workflow/Snakefile --workflow-profile none"
        " --rulegraph --forceall --quiet all"
        " --configfile {output.resolved:q} --replace-workflow-config"
        " > {output.rules:q} 2>> {log:q}"


rule build_report:
    """Gather everything on one page that opens from disk."""
    input:
        metrics=rules.compute_metrics.output.metrics,
        confusion=rules.evaluate_classifier.output.confusion,
        scores=rules.score_sentences.output.scores,
        prompts=paths.evaluation,
        tables=rules.make_tables_and_figures.output.tables,
        figures=rules.make_tables_and_figures.output.figures,
        counts=rules.assemble_data.output.counts,
        rejects=rules.assemble_data.output.rejects,
        pairs=expand(rules.build_pairs.output.table, dataset=selection.preferences),
        funnel=[
            *expand(rules.build_pairs.output.funnel, dataset=selection.preferences),
            *expand(rules.choose_samples.output.funnel, dataset=selection.chosen),
        ],
        trained=[f"{paths.results}/models/{name}" for name in selection.trained()],
        rulegraph=rules.record_run.output.rules,
        agreement=rules.check_scorers.output.agreement if selection.checked() else [],
        study=rules.make_study.output.folder if config["study"] else [],
        config=rules.record_run.output.resolved,
        provenance=rules.record_run.output.provenance,
    output:
        page=report(
            f"{paths.results}/report/index.html",
            caption="../report/report.rst",
            category="Report",
        ),
    log:
        f"{paths.logs}/build_report.log",
    benchmark:
        f"{paths.benchmarks}/build_report.tsv"
    params:
        code=parameters.code("build_report"),
        templates=f"{here}workflow/report",
        content=parameters.content("workflow/report"),
        # Not an input: the page shows the times that are there when it is built.
        benchmarks=paths.benchmarks,
        settings=parameters.of(
            run=config["run"],
            models=selection.evaluated,
            starts=selection.initial,
            recipes=selection.recipes(),
            stand_ins=config["stand_ins"],
            samples=config["evaluation"]["browser_per_direction"],
            **parameters.left_out(),
        ),
        # With `input`: another wording of a licence makes nothing stale.
        licences=lambda wc, input: parameters.licences(),
    shell:
        f"python {scripts}/build_report.py"
        " --settings {params.settings:q} --licences {params.licences:q} --metrics {input.metrics:q}"
        " --confusion {input.confusion:q} --scores {input.scores:q} --prompts {input.prompts:q}"
        " --tables {input.tables:q} --figures {input.figures:q} --counts {input.counts:q}"
        " --rejects {input.rejects:q} --pairs {input.pairs:q} --funnel {input.funnel:q}"
        " --trained {input.trained:q} --benchmarks {params.benchmarks:q}"
        " --rulegraph {input.rulegraph:q} --scorer-agreement {input.agreement:q}"
        " --study {input.study:q} --config {input.config:q} --versions {input.provenance:q}"
        " --templates {params.templates:q} --output {output.page:q} &> {log:q}"


rule write_rating_sheets:
    """Write blinded, shuffled sheets for annotators, because metrics miss what speakers hear."""
    input:
        prompts=paths.evaluation,
        scores=rules.score_sentences.output.scores,
    output:
        sheets=directory(f"{paths.results}/human/sheets"),
        key=f"{paths.results}/human/key.parquet",
        key_sheet=f"{paths.results}/human/key.csv",
    log:
        f"{paths.logs}/write_rating_sheets.log",
    benchmark:
        f"{paths.benchmarks}/write_rating_sheets.tsv"
    params:
        code=parameters.code("write_rating_sheets"),
        settings=parameters.of(
            "dialects",
            "evaluation.human.tasks",
            "evaluation.human.per_task",
            models=selection.rated,
        ),
    shell:
        f"python {scripts}/write_rating_sheets.py --prompts {{input.prompts:q}}"
        " --scores {input.scores:q} --settings {params.settings:q} --sheets {output.sheets:q}"
        " --key {output.key:q} --key-sheet {output.key_sheet:q} &> {log:q}"
