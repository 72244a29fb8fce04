"""Evaluate every model that talks (paper, section 3).

Requires: the models, the evaluation corpora, the scorers.
Produces: `evaluation/responses`, `scored` and `scores` per model, the metrics with their
intervals, and the paired comparisons of each model with its start.
"""

READY = config["evaluation"]["prompts"]
TRANSLATED = config["evaluation"]["translation"]
ANSWERED_BY = config["evaluation"]["backend"]
# The scorers' part of the signature of ADI2 and ALDi.
SCORERS = "+".join(
    f"{name}:{config['scorers'][name]['checkpoint'] or 'small'}"
    for name in ("aldi", "country", "language")
)
VALIDATION_TRANSLATION = config["evaluation"]["validation_translation"]
BASELINES = {name: GRAPH[name].parent for name in EVALUATED if GRAPH[name].parent in EVALUATED}


rule build_evaluation_prompts:
    """Write the translation directions and AL-QASIDA's prompts that all models answer."""
    input:
        corpora=expand(f"{RESULTS}/data/corpora/{{corpus}}.parquet", corpus=TRANSLATED),
        ready=[corpus_folder(name) for name in READY],
    output:
        prompts=f"{RESULTS}/evaluation/prompts.parquet",
    log:
        f"{LOGS}/build_evaluation_prompts.log",
    benchmark:
        f"{BENCHMARKS}/build_evaluation_prompts.tsv"
    conda:
        "../../envs/main.yaml"
    threads: 1
    params:
        code=code("build_evaluation_prompts"),
        settings=settings(
            dialects=DIALECTS,
            per_direction=config["evaluation"]["per_direction"],
            per_dialect=config["evaluation"]["per_dialect"],
            roles={name: corpus_entry(name)["role"] for name in TRANSLATED},
            ready=[corpus_entry(name) for name in READY],
        ),
    shell:
        "python workflow/scripts/build_evaluation_prompts.py --corpora {input.corpora}"
        " --ready {input.ready} --settings {params.settings:q} --output {output.prompts} &> {log}"


rule build_validation_translation:
    """Write prompts that translate the validation split, for what is chosen before the test."""
    input:
        parallel=rules.assemble_data.output.parallel,
    output:
        prompts=f"{RESULTS}/evaluation/validation_translation.parquet",
    log:
        f"{LOGS}/build_validation_translation.log",
    benchmark:
        f"{BENCHMARKS}/build_validation_translation.tsv"
    conda:
        "../../envs/main.yaml"
    threads: 1
    params:
        code=code("build_validation_translation"),
        settings=settings(dialects=DIALECTS, per_direction=VALIDATION_TRANSLATION),
    shell:
        "python workflow/scripts/build_validation_translation.py --parallel {input.parallel}"
        " --settings {params.settings:q} --output {output.prompts} &> {log}"


rule generate_evaluation:
    """Let one model answer all evaluation prompts, greedily."""
    input:
        prompts=[
            rules.build_evaluation_prompts.output.prompts,
            rules.build_validation.output.validation,
            *(
                [rules.build_validation_translation.output.prompts]
                if VALIDATION_TRANSLATION
                else []
            ),
        ],
        root=lambda wc: root_folder(wc.model),
        adapter=lambda wc: adapter_folder(wc.model),
        environment=environment_of(ANSWERED_BY),
    output:
        responses=f"{RESULTS}/evaluation/responses/{{model}}.parquet",
    log:
        f"{LOGS}/generate_evaluation/{{model}}.log",
    benchmark:
        f"{BENCHMARKS}/generate_evaluation/{{model}}.tsv"
    wildcard_constraints:
        model=one_of(name for name in EVALUATED if name not in BY_MBR),
    conda:
        "../../envs/main.yaml"
    threads: 1
    resources:
        gpu=gpus_of(ANSWERED_BY),
        mem_mb=32000,
        runtime=720,
    params:
        code=code("generate_evaluation"),
        # As in generate_responses, its place does not count.
        python=lambda wc, input: interpreter_of(ANSWERED_BY),
        generator=lambda wc: generator(
            wc.model, ANSWERED_BY, config["decoding"] | {"temperature": 0.0, "top_p": 1.0}
        ),
        store=f"{WORK}/evaluation/{{model}}.jsonl",
    shell:
        "python workflow/scripts/lease_gpu.py --gpu {resources.gpu} --"
        " {params.python} workflow/scripts/generate_evaluation.py --prompts {input.prompts}"
        " --root {input.root} --adapter {input.adapter} --generator {params.generator:q}"
        " --threads {threads} --gpus {resources.gpu} --store {params.store}"
        " --output {output.responses} &> {log}"


rule score_responses:
    """Score a model's responses: ALDi, country probabilities, language."""
    input:
        prompts=rules.generate_evaluation.input.prompts,
        responses=f"{RESULTS}/evaluation/responses/{{model}}.parquet",
        aldi=scorer_folder("aldi"),
        country=scorer_folder("country"),
        language=scorer_folder("language"),
    output:
        scored=f"{RESULTS}/evaluation/scored/{{model}}.parquet",
    log:
        f"{LOGS}/score_responses/{{model}}.log",
    benchmark:
        f"{BENCHMARKS}/score_responses/{{model}}.tsv"
    wildcard_constraints:
        model=one_of(EVALUATED),
    conda:
        "../../envs/main.yaml"
    threads: 1
    resources:
        gpu=1,
        mem_mb=16000,
        runtime=120,
    params:
        code=code("score_responses"),
        settings=canonical_json({"batch": config["scorers"]["batch"]}),
    shell:
        "python workflow/scripts/lease_gpu.py --gpu {resources.gpu} --"
        " python workflow/scripts/score_responses.py --prompts {input.prompts}"
        " --responses {input.responses}"
        " --aldi {input.aldi} --country {input.country} --language {input.language}"
        " --settings {params.settings:q} --output {output.scored} &> {log}"


rule score_sentences:
    """Work out AL-QASIDA's sentence scores: ADI2, chrF, chrF++, spBLEU."""
    input:
        prompts=rules.generate_evaluation.input.prompts,
        scored=rules.score_responses.output.scored,
        spbleu=spbleu_folder(),
    output:
        scores=f"{RESULTS}/evaluation/scores/{{model}}.parquet",
    log:
        f"{LOGS}/score_sentences/{{model}}.log",
    benchmark:
        f"{BENCHMARKS}/score_sentences/{{model}}.tsv"
    wildcard_constraints:
        model=one_of(EVALUATED),
    conda:
        "../../envs/main.yaml"
    threads: 1
    params:
        code=code("score_sentences"),
        settings=settings(spbleu_model=spbleu_model()),
    shell:
        "python workflow/scripts/score_sentences.py --prompts {input.prompts}"
        " --scored {input.scored} --settings {params.settings:q} --output {output.scores} &> {log}"


rule compute_metrics:
    """Bring the scores of all models together, with intervals from one resampling."""
    input:
        scores=expand(rules.score_sentences.output.scores, model=EVALUATED),
        spbleu=spbleu_folder(),
    output:
        metrics=f"{RESULTS}/evaluation/metrics.parquet",
        comparisons=f"{RESULTS}/evaluation/comparisons.parquet",
    log:
        f"{LOGS}/compute_metrics.log",
    benchmark:
        f"{BENCHMARKS}/compute_metrics.tsv"
    conda:
        "../../envs/main.yaml"
    threads: 1
    params:
        code=code("compute_metrics"),
        settings=settings(
            resamples=config["evaluation"]["resamples"],
            confidence=config["evaluation"]["confidence"],
            spbleu_model=spbleu_model(),
            baselines=BASELINES,
            scorers=SCORERS,
        ),
    shell:
        "python workflow/scripts/compute_metrics.py --scores {input.scores}"
        " --settings {params.settings:q} --metrics {output.metrics}"
        " --comparisons {output.comparisons} &> {log}"
