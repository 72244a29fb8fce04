"""Prompts, and the LLMs' answers to them (paper, section 2, steps 1 and 2).

Requires: sampled sentences, the parallel data, the generators' models or recordings.
Produces: `prompts/<dialect>.parquet` and `generations/<generator>/<dialect>.parquet`. A job that
was cut off goes on where it stopped: every answer is kept in the store in `work/`.
"""

PROMPT_CORPORA = [
    name
    for name in corpora("prompts")
    if config["prompts"]["recorded_per_dialect"] and name not in config["evaluation"]["prompts"]
]


rule build_prompts:
    """Put each sampled sentence into a template, and ask for translations from MSA."""
    input:
        samples=rules.sample_sentences.output.samples,
        parallel=rules.assemble_data.output.parallel,
        templates=corpus_folder(config["prompts"]["templates"]),
        ready=[corpus_folder(name) for name in PROMPT_CORPORA],
    output:
        prompts=f"{RESULTS}/prompts/{{dialect}}.parquet",
    log:
        f"{LOGS}/build_prompts/{{dialect}}.log",
    benchmark:
        f"{BENCHMARKS}/build_prompts/{{dialect}}.tsv"
    conda:
        "../../envs/main.yaml"
    threads: 1
    params:
        code=code("build_prompts"),
        settings=settings(
            "prompts",
            corpus=corpus_entry(config["prompts"]["templates"]),
            ready=[corpus_entry(name) for name in PROMPT_CORPORA],
        ),
    shell:
        "python workflow/scripts/build_prompts.py --dialect {wildcards.dialect}"
        " --samples {input.samples} --parallel {input.parallel} --templates {input.templates}"
        " --ready {input.ready} --settings {params.settings:q} --output {output.prompts} &> {log}"


rule generate_responses:
    """Let one generator answer the prompts of one dialect; what it answered before is kept."""
    input:
        unpack(lambda wc: generator_inputs(wc.generator)),
        prompts=rules.build_prompts.output.prompts,
    output:
        responses=f"{RESULTS}/generations/{{generator}}/{{dialect}}.parquet",
    log:
        f"{LOGS}/generate_responses/{{generator}}.{{dialect}}.log",
    benchmark:
        f"{BENCHMARKS}/generate_responses/{{generator}}.{{dialect}}.tsv"
    wildcard_constraints:
        generator=one_of(GENERATORS),
    conda:
        "../../envs/main.yaml"
    # A job that waits for a server all the time holds no core; a batch may take a day.
    threads: lambda wc: int(not is_server(wc.generator))
    resources:
        gpu=lambda wc: gpus_of(config["generators"][wc.generator]["backend"]),
        mem_mb=lambda wc: 4000 if is_server(wc.generator) else 32000,
        runtime=lambda wc: 1560 if config["generators"][wc.generator]["batch_api"] else 720,
    params:
        code=code("generate_responses"),
        # `input` makes it one that reruns nothing: another place gives the same answers.
        python=lambda wc, input: interpreter_of(config["generators"][wc.generator]["backend"]),
        settings=lambda wc: generator_settings(wc.generator),
        # With `input` as an argument, so that another budget or price does not make this stale.
        service=lambda wc, input: service_settings(wc.generator, wc.dialect),
        store=f"{WORK}/generations/{{generator}}.{{dialect}}.jsonl",
    shell:
        "python workflow/scripts/lease_gpu.py --gpu {resources.gpu} --"
        " {params.python} workflow/scripts/generate_responses.py --prompts {input.prompts}"
        " --generator {params.settings:q} --service {params.service:q} --root {input.root}"
        " --adapter {input.adapter} --threads {threads} --gpus {resources.gpu}"
        " --store {params.store}"
        " --output {output.responses} &> {log}"
