"""Labels of responses, and translations of those in another variety (paper, section 2, step 3).

Requires: the generations or a model's own samples, the dialect classifier, the translator. Produces:
`labels.parquet`, `policies/<model>.<samples>/labels.parquet`, `translated.parquet`,
`relabelled.parquet`.
"""


rule label_responses:
    """Label the variety of every response by the classifier's option logits.

    That is one forward pass, which transformers does, whatever backend generates.
    """
    input:
        **paths.model(selection.classifier),
        responses=expand(rules.generate_responses.output.responses, generator=selection.generators),
    output:
        candidates=f"{paths.results}/labels.parquet",
    log:
        f"{paths.logs}/label_responses.log",
    benchmark:
        f"{paths.benchmarks}/label_responses.tsv"
    resources:
        gpu=1,
        mem_mb=32000,
        runtime=240,
    params:
        code=parameters.code("label_responses"),
        origin="generated",
        settings=canonical_json(selection.question),
        execution=lambda wc, input: parameters.execution(config["preferences"]),
    shell:
        f"python {scripts}/label_responses.py --root {{input.root:q}} --adapter {{input.adapter:q}}"
        " --responses {input.responses:q} --origin {params.origin:q} --settings {params.settings:q}"
        " --execution {params.execution:q} --gpus {resources.gpu} --output {output.candidates:q}"
        " &> {log:q}"


use rule label_responses as label_policy with:
    input:
        **paths.model(selection.classifier),
        responses=f"{paths.policy}/prompts.parquet",
    output:
        candidates=f"{paths.policy}/labels.parquet",
    log:
        f"{paths.logs}/label_policy/{{policy}}.{{samples}}.log",
    benchmark:
        f"{paths.benchmarks}/label_policy/{{policy}}.{{samples}}.tsv"


rule translate_mismatches:
    """Translate the responses in another variety into the dialect that was asked for."""
    input:
        **paths.model(config["preferences"]["translator"]),
        candidates=rules.label_responses.output.candidates,
        environment=[ancient(path) for path in paths.environment(config["evaluation"]["backend"])],
    output:
        translations=f"{paths.results}/translated.parquet",
    log:
        f"{paths.logs}/translate_mismatches.log",
    benchmark:
        f"{paths.benchmarks}/translate_mismatches.tsv"
    resources:
        gpu=parameters.gpus(config["evaluation"]["backend"]),
        mem_mb=32000,
        runtime=720,
    params:
        code=parameters.code("translate_mismatches"),
        # A function, as Snakemake would take the names of a system prompt for wildcards.
        generator=lambda wc: parameters.answering(
            config["preferences"]["translator"], temperature=0.0
        ),
        python=lambda wc, input: paths.interpreter(config["evaluation"]["backend"]),
        execution=lambda wc, input: parameters.execution(config["decoding"]),
        store=f"{paths.state}/translated.jsonl",
    shell:
        f"{{params.python:q}} {scripts}/translate_mismatches.py"
        " --root {input.root:q} --adapter {input.adapter:q} --candidates {input.candidates:q}"
        " --generator {params.generator:q} --execution {params.execution:q} --gpus {resources.gpu}"
        " --store {params.store:q} --output {output.translations:q} &> {log:q}"


use rule label_responses as relabel_translations with:
    input:
        **paths.model(selection.classifier),
        responses=rules.translate_mismatches.output.translations,
    output:
        candidates=f"{paths.results}/relabelled.parquet",
    log:
        f"{paths.logs}/relabel_translations.log",
    benchmark:
        f"{paths.benchmarks}/relabel_translations.tsv"
    params:
        origin="translated",
