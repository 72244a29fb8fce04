"""Test the dialect classifiers and the scorers (paper, section 3, Figure 3).

Requires: the held-out test of the classifiers, the models, the scorers and their teachers' scores.
Produces: `classifier/predictions/<classifier>.parquet`, F1 per variety, confusion counts; and
`scorers/agreement.parquet`.
"""

CLASSIFIERS = [paths.model(name) for name in selection.classifiers]
TAUGHT = graph[selection.classifier].dataset


rule classify_sentences:
    """Answer the classifiers' test: ours, models without training, and NADI's country model."""
    input:
        roots=[model["root"] for model in CLASSIFIERS],
        # A model without training has no adapter; its base stands for it.
        models=[(model["adapter"] or [model["root"]])[0] for model in CLASSIFIERS],
        country=paths.scorer("country"),
        weights=paths.weights(paths.scorer("country"), *(model["root"] for model in CLASSIFIERS)),
        sentences=expand(rules.build_classifier_data.output.test, dataset=TAUGHT),
    output:
        predictions=[
            f"{paths.results}/classifier/predictions/{name}.parquet"
            for name in [*selection.classifiers, "nadi-baseline"]
        ],
    log:
        f"{paths.logs}/classify_sentences.log",
    benchmark:
        f"{paths.benchmarks}/classify_sentences.tsv"
    resources:
        gpu=1,
        mem_mb=32000,
        runtime=60,
    params:
        code=parameters.code("classify_sentences"),
        settings=canonical_json(selection.question),
        execution=lambda wc, input: parameters.execution(config["preferences"]),
        scoring=canonical_json(parameters.judging | pick(config, "dialects")),
    shell:
        f"python {scripts}/classify_sentences.py"
        " --roots {input.roots:q} --models {input.models:q} --country {input.country:q}"
        " --sentences {input.sentences:q} --settings {params.settings:q}"
        " --scoring {params.scoring:q} --execution {params.execution:q} --gpus {resources.gpu}"
        " --output {output.predictions:q} &> {log:q}"


rule evaluate_classifier:
    """Compare the classifiers' F1 per variety (Figure 3)."""
    input:
        predictions=rules.classify_sentences.output.predictions,
    output:
        metrics=f"{paths.results}/classifier/metrics.parquet",
        confusion=f"{paths.results}/classifier/confusion.parquet",
    log:
        f"{paths.logs}/evaluate_classifier.log",
    benchmark:
        f"{paths.benchmarks}/evaluate_classifier.tsv"
    params:
        code=parameters.code("evaluate_classifier"),
        settings=parameters.resampling(),
    shell:
        f"python {scripts}/evaluate_classifier.py"
        " --predictions {input.predictions:q} --settings {params.settings:q}"
        " --metrics {output.metrics:q} --confusion {output.confusion:q} &> {log:q}"


rule check_scorers:
    """Compare the scorers with their teachers on texts that they did not learn from."""
    input:
        **paths.scorers(selection.checked()),
        teacher=rules.collect_teacher_scores.output.teacher,
        sentences=rules.assemble_data.output.sentences,
    output:
        agreement=f"{paths.results}/scorers/agreement.parquet",
    log:
        f"{paths.logs}/check_scorers.log",
    benchmark:
        f"{paths.benchmarks}/check_scorers.tsv"
    resources:
        gpu=1,
        mem_mb=16000,
        runtime=60,
    params:
        code=parameters.code("check_scorers"),
        settings=parameters.resampling(precision=config["scorers"]["precision"]),
        execution=lambda wc, input: parameters.execution(config["scorers"]),
    shell:
        f"python {scripts}/check_scorers.py"
        " --teacher {input.teacher:q} --sentences {input.sentences:q} --aldi {input.aldi:q}"
        " --country {input.country:q} --language {input.language:q} --settings {params.settings:q}"
        " --execution {params.execution:q} --gpus {resources.gpu}"
        " --output {output.agreement:q} &> {log:q}"
