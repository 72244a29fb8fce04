"""Evaluate every model that talks (paper, section 3).

Requires: the models, the evaluation corpora, the scorers. Produces: per model
`evaluation/responses` and `scored`; of all models `evaluation/scores.parquet`.
"""


# Let one model answer all evaluation prompts, greedily or as it is made to.
use rule sample_policy as generate_evaluation with:
    input:
        unpack(lambda wc: paths.model(wc.model)),
        prompts=paths.evaluation,
        examples=paths.few_shot,
        environment=[ancient(path) for path in paths.environment(config["evaluation"]["backend"])],
    output:
        responses=f"{paths.results}/evaluation/responses/{{model}}.parquet",
    log:
        f"{paths.logs}/generate_evaluation/{{model}}.log",
    benchmark:
        f"{paths.benchmarks}/generate_evaluation/{{model}}.tsv"
    wildcard_constraints:
        model=one_of(selection.greedy),
    params:
        generator=lambda wc: parameters.evaluated(wc.model),
        samples=lambda wc, input: 0,
        options=lambda wc, input: ["--evaluation", "--examples", *paths.few_shot],
        store=f"{paths.state}/evaluation/{{model}}.jsonl",


# Draw as many answers as minimum Bayes risk decoding chooses among.
use rule generate_evaluation as sample_evaluation with:
    output:
        responses=f"{paths.results}/evaluation/samples/{{model}}.parquet",
    log:
        f"{paths.logs}/sample_evaluation/{{model}}.log",
    benchmark:
        f"{paths.benchmarks}/sample_evaluation/{{model}}.tsv"
    wildcard_constraints:
        model=one_of(selection.by_mbr),
    resources:
        gpu=parameters.gpus(config["evaluation"]["backend"]),
        mem_mb=32000,
        runtime=1440,
    params:
        samples=lambda wc: parameters.step(wc.model)["samples"],


rule choose_by_mbr:
    """Choose the sample that the others agree with, by scorers that need not be the judges."""
    input:
        **paths.selecting_scorers(),
        prompts=paths.evaluation,
        samples=rules.sample_evaluation.output.responses,
    output:
        responses=f"{paths.results}/evaluation/responses/{{model}}.parquet",
    log:
        f"{paths.logs}/choose_by_mbr/{{model}}.log",
    benchmark:
        f"{paths.benchmarks}/choose_by_mbr/{{model}}.tsv"
    wildcard_constraints:
        model=one_of(selection.by_mbr),
    resources:
        gpu=1,
        mem_mb=16000,
        runtime=240,
    params:
        code=parameters.code("choose_by_mbr"),
        settings=lambda wc: parameters.choosing(wc.model),
        execution=lambda wc, input: parameters.execution(config["scorers"]),
    shell:
        f"python {scripts}/choose_by_mbr.py"
        " --prompts {input.prompts:q} --samples {input.samples:q} --aldi {input.aldi:q}"
        " --country {input.country:q} --language {input.language:q} --settings {params.settings:q}"
        " --execution {params.execution:q} --gpus {resources.gpu}"
        " --output {output.responses:q} &> {log:q}"


rule score_responses:
    """Score all models' responses: ALDi, country probabilities, language."""
    input:
        **paths.scorers(),
        prompts=paths.evaluation,
        # Greedy models share many answers, and each distinct text is scored once.
        responses=expand(rules.generate_evaluation.output.responses, model=selection.answering),
    output:
        scored=[f"{paths.results}/evaluation/scored/{name}.parquet" for name in selection.answering],
    log:
        f"{paths.logs}/score_responses.log",
    benchmark:
        f"{paths.benchmarks}/score_responses.tsv"
    resources:
        gpu=1,
        mem_mb=16000,
        runtime=240,
    params:
        code=parameters.code("score_responses"),
        settings=canonical_json(parameters.judging),
        execution=lambda wc, input: parameters.execution(config["scorers"]),
    shell:
        f"python {scripts}/score_responses.py"
        " --prompts {input.prompts:q}"
        " --responses {input.responses:q} --aldi {input.aldi:q} --country {input.country:q}"
        " --language {input.language:q} --settings {params.settings:q}"
        " --execution {params.execution:q} --gpus {resources.gpu} --output {output.scored:q} &> {log:q}"


rule score_sentences:
    """Compute AL-QASIDA's sentence scores of all models and routes: ADI2, chrF, chrF++, spBLEU."""
    input:
        prompts=paths.evaluation,
        scored=rules.score_responses.output.scored,
        spbleu=paths.spbleu,
    output:
        scores=f"{paths.results}/evaluation/scores.parquet",
    log:
        f"{paths.logs}/score_sentences.log",
    benchmark:
        f"{paths.benchmarks}/score_sentences.tsv"
    params:
        code=parameters.code("score_sentences"),
        settings=parameters.of(spbleu_model=paths.spbleu_model, **selection.routes()),
    shell:
        f"python {scripts}/score_sentences.py"
        " --prompts {input.prompts:q}"
        " --scored {input.scored:q} --settings {params.settings:q} --output {output.scores:q} &> {log:q}"
