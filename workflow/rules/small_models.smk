"""Train small models from scratch, where a run takes no checkpoint from the hub.

They have the real architectures and stand behind the same interfaces; the report names them as
stand-ins. Requires: the assembled data. Produces: `models/<root>/`, `nllb/`.
"""

INSTRUCTION_CORPORA = corpora("instructions")


rule build_instructions:
    """Write requests and their answers; a base model's requests for dialect get MSA answers."""
    input:
        sentences=rules.assemble_data.output.sentences,
        parallel=rules.assemble_data.output.parallel,
        templates=corpus_folder(config["prompts"]["templates"]),
        instructions=[corpus_folder(name) for name in INSTRUCTION_CORPORA],
    output:
        examples=f"{RESULTS}/training/{{dataset}}.parquet",
    log:
        f"{LOGS}/build_instructions/{{dataset}}.log",
    benchmark:
        f"{BENCHMARKS}/build_instructions/{{dataset}}.tsv"
    wildcard_constraints:
        dataset=one_of(datasets("instructions")),
    conda:
        "../../envs/main.yaml"
    threads: 1
    params:
        code=code("build_instructions"),
        settings=lambda wc: settings(
            dialects=DIALECTS,
            dataset=config["datasets"][wc.dataset],
            templates=corpus_entry(config["prompts"]["templates"]),
            template_kinds=config["prompts"]["template_kinds"],
            instructions=[corpus_entry(name) for name in INSTRUCTION_CORPORA],
        ),
    shell:
        "python workflow/scripts/build_instructions.py --sentences {input.sentences}"
        " --parallel {input.parallel} --templates {input.templates}"
        " --instructions {input.instructions} --settings {params.settings:q}"
        " --output {output.examples} &> {log}"


rule pretrain_model:
    """Pretrain a small language model of a real architecture from scratch."""
    input:
        examples=lambda wc: f"{RESULTS}/training/{GRAPH[wc.model].dataset}.parquet",
    output:
        folder=directory(f"{RESULTS}/models/{{model}}"),
    log:
        f"{LOGS}/pretrain_model/{{model}}.log",
    benchmark:
        f"{BENCHMARKS}/pretrain_model/{{model}}.tsv"
    wildcard_constraints:
        model=one_of(GRAPH.names("pretrain")),
    # Everything that trains or answers waits for it.
    priority: 10
    conda:
        "../../envs/main.yaml"
    threads: lambda wc: (config["training"]["pretrain"] | GRAPH[wc.model].settings)["threads"]
    resources:
        gpu=1,
        mem_mb=8000,
        runtime=240,
    params:
        code=code("pretrain_model"),
        settings=lambda wc: step_settings(wc.model),
        record=lambda wc: step_record(wc.model),
        work=f"{WORK}/models/{{model}}",
    shell:
        "python workflow/scripts/lease_gpu.py --gpu {resources.gpu} --"
        " python workflow/scripts/pretrain_model.py --examples {input.examples}"
        " --settings {params.settings:q} --record {params.record:q} --work {params.work}"
        " --threads {threads} --output {output.folder} &> {log}"


rule train_small_nllb:
    """Train a small translator of NLLB's architecture between MSA and English."""
    input:
        parallel=rules.assemble_data.output.parallel,
    output:
        folder=directory(f"{RESULTS}/nllb"),
    log:
        f"{LOGS}/train_small_nllb.log",
    benchmark:
        f"{BENCHMARKS}/train_small_nllb.tsv"
    conda:
        "../../envs/main.yaml"
    threads: 1
    resources:
        gpu=1,
        mem_mb=8000,
        runtime=120,
    params:
        code=code("train_small_nllb"),
        settings=settings(**config["nllb"]["settings"]),
        work=f"{WORK}/small/nllb",
    shell:
        "python workflow/scripts/lease_gpu.py --gpu {resources.gpu} --"
        " python workflow/scripts/train_small_nllb.py --parallel {input.parallel}"
        " --settings {params.settings:q} --work {params.work} --output {output.folder} &> {log}"
