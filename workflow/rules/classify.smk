"""Test the dialect classifiers (paper, section 3, Figure 3).

Requires: the held-out test of sft.smk, the fine-tuned classifier, the bases, the country scorer.
Produces: `classifier/predictions/<classifier>.parquet`, F1 per variety, the confusion counts.
"""

TEST = f"{RESULTS}/classifier/{GRAPH[CLASSIFIER].dataset}.test.parquet"


rule classify_sentences:
    """Answer the classifier's test: the fine-tuned classifier, and models without training."""
    input:
        sentences=TEST,
        root=lambda wc: root_folder(wc.classifier),
        adapter=lambda wc: adapter_folder(wc.classifier),
    output:
        predictions=f"{RESULTS}/classifier/predictions/{{classifier}}.parquet",
    log:
        f"{LOGS}/classify_sentences/{{classifier}}.log",
    benchmark:
        f"{BENCHMARKS}/classify_sentences/{{classifier}}.tsv"
    wildcard_constraints:
        classifier=one_of(CLASSIFIERS),
    conda:
        "../../envs/main.yaml"
    threads: 1
    resources:
        gpu=1,
        mem_mb=32000,
        runtime=60,
    params:
        code=code("classify_sentences"),
        settings=LABELLING,
    shell:
        "python workflow/scripts/lease_gpu.py --gpu {resources.gpu} --"
        " python workflow/scripts/classify_sentences.py --root {input.root} --adapter {input.adapter}"
        " --sentences {input.sentences} --settings {params.settings:q}"
        " --output {output.predictions} &> {log}"


rule classify_with_countries:
    """Answer the classifier's test with the country model, the NADI baseline."""
    input:
        sentences=TEST,
        country=scorer_folder("country"),
    output:
        predictions=f"{RESULTS}/classifier/predictions/nadi-baseline.parquet",
    log:
        f"{LOGS}/classify_with_countries.log",
    benchmark:
        f"{BENCHMARKS}/classify_with_countries.tsv"
    conda:
        "../../envs/main.yaml"
    threads: 1
    resources:
        gpu=1,
        mem_mb=16000,
        runtime=60,
    params:
        code=code("classify_with_countries"),
        settings=canonical_json({"batch": config["scorers"]["batch"]}),
    shell:
        "python workflow/scripts/lease_gpu.py --gpu {resources.gpu} --"
        " python workflow/scripts/classify_with_countries.py --sentences {input.sentences}"
        " --country {input.country} --settings {params.settings:q}"
        " --output {output.predictions} &> {log}"


rule evaluate_classifier:
    """Compare the classifiers' F1 per variety (Figure 3)."""
    input:
        predictions=[
            *expand(rules.classify_sentences.output.predictions, classifier=CLASSIFIERS),
            rules.classify_with_countries.output.predictions,
        ],
    output:
        metrics=f"{RESULTS}/classifier/metrics.parquet",
        confusion=f"{RESULTS}/classifier/confusion.parquet",
    log:
        f"{LOGS}/evaluate_classifier.log",
    benchmark:
        f"{BENCHMARKS}/evaluate_classifier.tsv"
    conda:
        "../../envs/main.yaml"
    threads: 1
    params:
        code=code("evaluate_classifier"),
        settings=settings(
            resamples=config["evaluation"]["resamples"],
            confidence=config["evaluation"]["confidence"],
        ),
    shell:
        "python workflow/scripts/evaluate_classifier.py --predictions {input.predictions}"
        " --settings {params.settings:q} --metrics {output.metrics}"
        " --confusion {output.confusion} &> {log}"
