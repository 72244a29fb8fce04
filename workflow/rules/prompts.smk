"""Sampled sentences, and the prompts that are built on them (paper, section 2, steps 1 and 2).

Requires: the assembled data, the ALDi scorer, prompt templates. Produces: `data/samples.parquet`,
the sentences that prompts are built on, with the scores of all that were scored to find them in
`data/dialectness.parquet`; `prompts/prompts.parquet`, and where a model learns from its own
translations `prompts/directions.<number>.parquet`, and `sentences.<number>.parquet` where these
need no reference; `evaluation/prompts.parquet`, with `few_shot.parquet` where examples go before
these. All dialects are in one table.
"""

TEMPLATES = config["prompts"]["templates"]
EVALUATION = config["evaluation"]
TRANSLATED, FEW_SHOT = EVALUATION["translation"], EVALUATION["few_shot"]
SHOTS = FEW_SHOT["corpus"]


rule sample_sentences:
    """Sample dialectal sentences whose length fits each kind of prompt (paper, section 2)."""
    input:
        sentences=rules.assemble_data.output.sentences,
        model=paths.scorer("aldi"),
        weights=paths.weights(paths.scorer("aldi")),
    output:
        samples=f"{paths.results}/data/samples.parquet",
        dialectness=f"{paths.results}/data/dialectness.parquet",
    log:
        f"{paths.logs}/sample_sentences.log",
    benchmark:
        f"{paths.benchmarks}/sample_sentences.tsv"
    resources:
        gpu=1,
        mem_mb=16000,
        runtime=60,
    params:
        code=parameters.code("sample_sentences"),
        settings=parameters.of(
            "sampling.aldi_threshold",
            "scorers.precision",
            per_dialect=pick(config["sampling"]["per_dialect"], *config["dialects"]),
            # A kind that no template asks for needs no samples.
            kinds={
                kind: window
                for kind, window in config["sampling"]["kinds"].items()
                if kind in config["prompts"]["template_kinds"]
            },
        ),
        execution=lambda wc, input: parameters.execution(config["scorers"]),
    shell:
        f"python {scripts}/sample_sentences.py"
        " --sentences {input.sentences:q} --model {input.model:q} --settings {params.settings:q}"
        " --execution {params.execution:q} --gpus {resources.gpu} --samples {output.samples:q}"
        " --dialectness {output.dialectness:q} &> {log:q}"


rule build_prompts:
    """Put each sampled sentence into a template, and ask for translations from MSA."""
    input:
        samples=rules.sample_sentences.output.samples,
        parallel=rules.assemble_data.output.parallel,
        templates=paths.corpus(TEMPLATES),
        ready=[paths.corpus(name) for name in selection.ready_prompts()],
    output:
        prompts=f"{paths.results}/prompts/prompts.parquet",
    log:
        f"{paths.logs}/build_prompts.log",
    benchmark:
        f"{paths.benchmarks}/build_prompts.tsv"
    params:
        code=parameters.code("build_prompts"),
        settings=parameters.of(
            "dialects",
            **config["prompts"],
            corpus=parameters.corpus(TEMPLATES),
            ready=[parameters.corpus(name) for name in selection.ready_prompts()],
        ),
    shell:
        f"python {scripts}/build_prompts.py --samples {{input.samples:q}}"
        " --parallel {input.parallel:q} --templates {input.templates:q} --ready {input.ready:q}"
        " --settings {params.settings:q} --output {output.prompts:q} &> {log:q}"


rule build_direction_prompts:
    """Ask for training sentences in all four directions of translation."""
    input:
        parallel=rules.assemble_data.output.parallel,
        sentences=[],
    output:
        prompts=f"{paths.results}/prompts/directions.{{number}}.parquet",
    log:
        f"{paths.logs}/build_direction_prompts/{{number}}.log",
    benchmark:
        f"{paths.benchmarks}/build_direction_prompts/{{number}}.tsv"
    params:
        code=parameters.code("build_direction_prompts"),
        dialects=config["dialects"],
        settings=lambda wc: parameters.of(number=int(wc.number)),
    shell:
        f"python {scripts}/build_direction_prompts.py --parallel {{input.parallel:q}}"
        " --sentences {input.sentences:q} --dialects {params.dialects:q}"
        " --settings {params.settings:q} --output {output.prompts:q} &> {log:q}"


use rule build_direction_prompts as build_sentence_prompts with:
    input:
        parallel=rules.assemble_data.output.parallel,
        # Those of them that have no translation.
        sentences=rules.assemble_data.output.sentences,
    output:
        prompts=f"{paths.results}/prompts/sentences.{{number}}.parquet",
    log:
        f"{paths.logs}/build_sentence_prompts/{{number}}.log",
    benchmark:
        f"{paths.benchmarks}/build_sentence_prompts/{{number}}.tsv"


rule build_evaluation_prompts:
    """Write the translation directions and AL-QASIDA's prompts that all models answer."""
    input:
        corpora=expand(rules.ingest_corpus.output.sentences, corpus=TRANSLATED),
        ready=[paths.corpus(name) for name in EVALUATION["prompts"]],
        parallel=rules.assemble_data.output.parallel if EVALUATION["validation_translation"] else [],
    output:
        prompts=f"{paths.results}/evaluation/prompts.parquet",
    log:
        f"{paths.logs}/build_evaluation_prompts.log",
    benchmark:
        f"{paths.benchmarks}/build_evaluation_prompts.tsv"
    params:
        code=parameters.code("build_evaluation_prompts"),
        settings=parameters.of(
            "dialects",
            "evaluation.protocol",
            "evaluation.per_direction",
            "evaluation.per_dialect",
            "evaluation.validation_translation",
            roles={name: config["corpora"][name]["role"] for name in TRANSLATED},
            ready=[parameters.corpus(name) for name in EVALUATION["prompts"]],
        ),
    shell:
        f"python {scripts}/build_evaluation_prompts.py"
        " --corpora {input.corpora:q} --ready {input.ready:q} --parallel {input.parallel:q}"
        " --settings {params.settings:q} --output {output.prompts:q} &> {log:q}"


rule draw_few_shot:
    """Draw the examples that go before evaluation prompts (evaluation.few_shot)."""
    input:
        # Sentences of the validation set are of the training split too.
        prompts=paths.evaluation,
        parallel=rules.assemble_data.output.parallel if FEW_SHOT["translation"] else [],
        corpus=paths.corpus(SHOTS) if SHOTS else [],
    output:
        examples=f"{paths.results}/evaluation/few_shot.parquet",
    log:
        f"{paths.logs}/draw_few_shot.log",
    benchmark:
        f"{paths.benchmarks}/draw_few_shot.tsv"
    params:
        code=parameters.code("draw_few_shot"),
        settings=parameters.of(
            "dialects", **FEW_SHOT | {"corpus": SHOTS and parameters.corpus(SHOTS)}
        ),
    shell:
        f"python {scripts}/draw_few_shot.py"
        " --prompts {input.prompts:q} --parallel {input.parallel:q} --corpus {input.corpus:q}"
        " --settings {params.settings:q} --output {output.examples:q} &> {log:q}"
