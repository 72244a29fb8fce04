"""Second opinions of the answers where they are asked for, and the metrics of all models.

Requires: the sentence scores of `evaluate.smk`, an LLM's server (evaluation.llm_judge), a checkpoint of
COMET (evaluation.comet). Produces: `evaluation/judge` and `comet.parquet`; the metrics with their
intervals and the paired comparisons of each model with its initial model.
"""


rule build_judge_prompts:
    """Write what an LLM is asked that rates the responses (evaluation.llm_judge)."""
    input:
        prompts=paths.evaluation,
        responses=expand(rules.generate_evaluation.output.responses, model=selection.answering),
    output:
        prompts=f"{paths.results}/evaluation/judge_prompts.parquet",
    log:
        f"{paths.logs}/build_judge_prompts.log",
    benchmark:
        f"{paths.benchmarks}/build_judge_prompts.tsv"
    params:
        code=parameters.code("build_judge_prompts"),
        wording=parameters.content("resources/judge.yaml"),
    shell:
        f"python {scripts}/build_judge_prompts.py --prompts {{input.prompts:q}}"
        " --responses {input.responses:q} --output {output.prompts:q} &> {log:q}"


use rule generate_responses as ask_judge with:
    input:
        root=[],
        adapter=[],
        prompts=rules.build_judge_prompts.output.prompts,
    output:
        responses=f"{paths.results}/evaluation/judge/{{generator}}.parquet",
    log:
        f"{paths.logs}/ask_judge/{{generator}}.log",
    benchmark:
        f"{paths.benchmarks}/ask_judge/{{generator}}.tsv"
    wildcard_constraints:
        generator=one_of(selection.judges),


rule score_comet:
    """Score all models' translations by COMET, in its own environment (evaluation.comet)."""
    input:
        prompts=rules.build_evaluation_prompts.output.prompts,
        responses=expand(rules.generate_evaluation.output.responses, model=selection.answering),
        model=paths.comet,
        weights=paths.weights(*paths.comet),
        environment=[ancient(path) for path in paths.environment("comet")],
    output:
        scores=f"{paths.results}/evaluation/comet.parquet",
    log:
        f"{paths.logs}/score_comet.log",
    benchmark:
        f"{paths.benchmarks}/score_comet.tsv"
    resources:
        gpu=1,
        mem_mb=16000,
        runtime=240,
    params:
        code=parameters.code("score_comet"),
        python=lambda wc, input: paths.interpreter("comet"),
        execution=lambda wc, input: parameters.execution(config["evaluation"]["comet"]),
    shell:
        f"{{params.python:q}} {scripts}/score_comet.py"
        " --prompts {input.prompts:q} --responses {input.responses:q} --model {input.model:q}"
        " --settings '{{}}' --execution {params.execution:q} --gpus {resources.gpu}"
        " --output {output.scores:q} &> {log:q}"


rule compute_metrics:
    """Compute the metrics of all models, with intervals from one resampling, and compare models."""
    input:
        **paths.scorers(),
        scores=rules.score_sentences.output.scores,
        judged=expand(rules.ask_judge.output.responses, generator=selection.judges),
        comet=rules.score_comet.output.scores if paths.comet else [],
        spbleu=paths.spbleu,
    output:
        metrics=f"{paths.results}/evaluation/metrics.parquet",
        comparisons=f"{paths.results}/evaluation/comparisons.parquet",
    log:
        f"{paths.logs}/compute_metrics.log",
    benchmark:
        f"{paths.benchmarks}/compute_metrics.tsv"
    params:
        code=parameters.code("compute_metrics"),
        settings=parameters.resampling(
            spbleu_model=paths.spbleu_model,
            baselines=selection.compared,
            precision=config["scorers"]["precision"],
            **{"judge": config["generators"][name]["model"] for name in selection.judges},
        ),
    shell:
        f"python {scripts}/compute_metrics.py --scores {{input.scores:q}}"
        " --judged {input.judged:q} --comet {input.comet:q} --aldi {input.aldi:q}"
        " --country {input.country:q} --language {input.language:q} --settings {params.settings:q}"
        " --metrics {output.metrics:q} --comparisons {output.comparisons:q} &> {log:q}"
