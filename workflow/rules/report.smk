"""Tables, figures and the report page.

Requires: metrics, comparisons, counts, funnels. Produces: `tables/`, `figures/`,
`report/index.html` (one file that opens from disk), and the record of what the run was made of.
"""

STARTS = {model.name: model.parent for model in GRAPH.models.values() if model.parent}
TRANSLATION_MODELS = [n for n in EVALUATED if GRAPH[n].dataset in datasets("translation")]
VARIANTS = {n: config["datasets"][GRAPH[n].dataset]["variant"] for n in TRANSLATION_MODELS}
# The bars of Figure 7 as the paper names them: llama-Clean, llama-Aug …
TRANSLATORS = {n: f"{GRAPH[n].parent}-{VARIANTS[n].capitalize()}" for n in TRANSLATION_MODELS}
PREFERENCES = sorted({GRAPH[name].dataset for name in GRAPH.names("dpo")})
# The models that this run trains: what it evaluates, labels and generates with, and their starts.
ANSWERING = [
    entry["model"]
    for entry in config["generators"].values()
    if entry["backend"] in ("transformers", "vllm")
]
USED = set().union(*map(GRAPH.needed, [*EVALUATED, *CLASSIFIERS, *ANSWERING]))
TRAINED = [m.name for m in GRAPH.models.values() if m.is_trained and m.name in USED]
# Figures 2, 4 and 5 leave out the other translators, what lies between two models, and other ways
# of decoding.
PICTURED = [
    n
    for n in EVALUATED
    if VARIANTS.get(n) != "clean" and (GRAPH[n].checkpoint or GRAPH[n].is_trained)
]


rule make_tables:
    """Write Table 1 with the model selection, Table 2's shape, and the classifiers' table."""
    input:
        metrics=rules.compute_metrics.output.metrics,
        comparisons=rules.compute_metrics.output.comparisons,
        classifier=rules.evaluate_classifier.output.metrics,
    output:
        folder=directory(f"{RESULTS}/tables"),
    log:
        f"{LOGS}/make_tables.log",
    benchmark:
        f"{BENCHMARKS}/make_tables.tsv"
    conda:
        "../../envs/main.yaml"
    threads: 1
    params:
        code=code("make_tables"),
        paper="resources/paper",
        content=content("resources/paper"),
        settings=settings(models=EVALUATED, starts=STARTS, select=config["evaluation"]["select"]),
    shell:
        "python workflow/scripts/make_tables.py --metrics {input.metrics}"
        " --comparisons {input.comparisons} --classifier-metrics {input.classifier}"
        " --paper {params.paper} --settings {params.settings:q} --output {output.folder} &> {log}"


rule make_figures:
    """Draw Figures 2 to 7 of the paper, with the data behind each."""
    input:
        metrics=rules.compute_metrics.output.metrics,
        classifier=rules.evaluate_classifier.output.metrics,
        scores=rules.compute_metrics.input.scores,
    output:
        folder=directory(f"{RESULTS}/figures"),
    log:
        f"{LOGS}/make_figures.log",
    benchmark:
        f"{BENCHMARKS}/make_figures.tsv"
    conda:
        "../../envs/main.yaml"
    threads: 1
    params:
        code=code("make_figures"),
        paper="resources/paper",
        content=content("resources/paper"),
        settings=settings(
            models=EVALUATED,
            figure_models=PICTURED,
            translators=TRANSLATORS,
            samples=config["evaluation"]["samples_per_direction"],
        ),
    shell:
        "python workflow/scripts/make_figures.py --metrics {input.metrics}"
        " --classifier-metrics {input.classifier} --scores {input.scores} --paper {params.paper}"
        " --settings {params.settings:q} --output {output.folder} &> {log}"


rule record_run:
    """Record the resolved configuration, versions, commits and digests of the data."""
    input:
        data=[rules.assemble_data.output.sentences, rules.assemble_data.output.parallel],
    output:
        resolved=f"{RESULTS}/report/config.yaml",
        provenance=f"{RESULTS}/report/provenance.json",
    log:
        f"{LOGS}/record_run.log",
    benchmark:
        f"{BENCHMARKS}/record_run.tsv"
    conda:
        "../../envs/main.yaml"
    threads: 1
    params:
        code=code("record_run"),
        config=canonical_json(config),
        lock=config["hub_lock"],
        environments=[f"envs/{VLLM_LOCK}.txt"] if "vllm" in BACKENDS else [],
    shell:
        "python workflow/scripts/record_run.py --config {params.config:q} --lock {params.lock:q}"
        " --environments {params.environments} --data {input.data} --resolved {output.resolved}"
        " --provenance {output.provenance} &> {log}"


rule record_rules:
    """Record what feeds what in this run, as Snakemake draws it from the resolved configuration."""
    input:
        config=rules.record_run.output.resolved,
    output:
        graph=f"{RESULTS}/report/rulegraph.dot",
    log:
        f"{LOGS}/record_rules.log",
    benchmark:
        f"{BENCHMARKS}/record_rules.tsv"
    conda:
        "../../envs/main.yaml"
    threads: 1
    params:
        rules=content("workflow/rules"),
    shell:
        "snakemake --rulegraph --forceall --quiet all --workflow-profile none"
        " --configfile {input.config} --replace-workflow-config > {output.graph} 2> {log}"


rule build_report:
    """Gather everything on one page that opens from disk."""
    input:
        metrics=rules.compute_metrics.output.metrics,
        comparisons=rules.compute_metrics.output.comparisons,
        confusion=rules.evaluate_classifier.output.confusion,
        scores=rules.compute_metrics.input.scores,
        tables=rules.make_tables.output.folder,
        figures=rules.make_figures.output.folder,
        counts=rules.assemble_data.output.counts,
        rejects=rules.assemble_data.output.rejects,
        pairs=expand(rules.build_pairs.output.pairs, dataset=PREFERENCES),
        funnel=expand(rules.build_pairs.output.funnel, dataset=PREFERENCES),
        trained=[f"{RESULTS}/models/{name}" for name in TRAINED],
        rulegraph=rules.record_rules.output.graph,
        agreement=rules.check_scorers.output.agreement if IS_CHECKED else [],
        operating_point=rules.choose_operating_point.output.folder if FAMILIES else [],
        config=rules.record_run.output.resolved,
        provenance=rules.record_run.output.provenance,
    output:
        page=report(
            f"{RESULTS}/report/index.html",
            caption="../report/report.rst",
            category="Report",
        ),
    log:
        f"{LOGS}/build_report.log",
    benchmark:
        f"{BENCHMARKS}/build_report.tsv"
    conda:
        "../../envs/main.yaml"
    threads: 1
    params:
        code=code("build_report"),
        templates="workflow/report",
        content=content("workflow/report"),
        # Not an input: the page shows the times that are there when it is built.
        benchmarks=BENCHMARKS,
        settings=settings(
            run=RUN,
            models=EVALUATED,
            starts=STARTS,
            stand_ins=config["stand_ins"],
            samples=config["evaluation"]["browser_per_direction"],
            licences={name: corpus_entry(name)["licence"] for name in config["corpora_in_use"]},
        ),
    shell:
        "python workflow/scripts/build_report.py --settings {params.settings:q}"
        " --metrics {input.metrics} --comparisons {input.comparisons}"
        " --confusion {input.confusion} --scores {input.scores} --tables {input.tables} --figures {input.figures}"
        " --counts {input.counts} --rejects {input.rejects} --pairs {input.pairs}"
        " --funnel {input.funnel} --trained {input.trained} --benchmarks {params.benchmarks}"
        " --rulegraph {input.rulegraph} --scorer-agreement {input.agreement}"
        " --operating-point {input.operating_point}"
        " --config {input.config} --versions {input.provenance} --templates {params.templates}"
        " --output {output.page} &> {log}"
