"""Decode by minimum Bayes risk, where the graph has a model with `decoding: mbr`.

Requires: the evaluation's prompts, the model that is decoded, scorers that select.
Produces: `evaluation/samples/<model>`, and of them `evaluation/responses/<model>`, which is scored
as every other model's.
"""


rule sample_evaluation:
    """Let one model answer each evaluation prompt several times, to choose from."""
    input:
        prompts=rules.generate_evaluation.input.prompts,
        root=lambda wc: root_folder(wc.model),
        adapter=lambda wc: adapter_folder(wc.model),
        environment=environment_of(ANSWERED_BY),
    output:
        samples=f"{RESULTS}/evaluation/samples/{{model}}.parquet",
    log:
        f"{LOGS}/sample_evaluation/{{model}}.log",
    benchmark:
        f"{BENCHMARKS}/sample_evaluation/{{model}}.tsv"
    wildcard_constraints:
        model=one_of(BY_MBR),
    conda:
        "../../envs/main.yaml"
    threads: 1
    resources:
        gpu=gpus_of(ANSWERED_BY),
        mem_mb=32000,
        runtime=1440,
    params:
        code=code("sample_evaluation"),
        python=lambda wc, input: interpreter_of(ANSWERED_BY),
        generator=lambda wc: generator(
            wc.model,
            ANSWERED_BY,
            config["decoding"]
            | {key: mbr_settings(wc.model)[key] for key in ("temperature", "top_p")},
        ),
        samples=lambda wc: mbr_settings(wc.model)["samples"],
        store=f"{WORK}/evaluation/{{model}}.jsonl",
    shell:
        "python workflow/scripts/lease_gpu.py --gpu {resources.gpu} --"
        " {params.python} workflow/scripts/sample_evaluation.py --prompts {input.prompts}"
        " --root {input.root} --adapter {input.adapter} --generator {params.generator:q}"
        " --samples {params.samples} --threads {threads} --gpus {resources.gpu}"
        " --store {params.store} --output {output.samples} &> {log}"


rule choose_by_mbr:
    """Choose the sample that the others agree with, by scorers that need not be the judges."""
    input:
        prompts=rules.generate_evaluation.input.prompts,
        samples=rules.sample_evaluation.output.samples,
        aldi=selecting_scorer("aldi"),
        country=selecting_scorer("country"),
        language=scorer_folder("language"),
    output:
        responses=f"{RESULTS}/evaluation/responses/{{model}}.parquet",
    log:
        f"{LOGS}/choose_by_mbr/{{model}}.log",
    benchmark:
        f"{BENCHMARKS}/choose_by_mbr/{{model}}.tsv"
    wildcard_constraints:
        model=one_of(BY_MBR),
    conda:
        "../../envs/main.yaml"
    threads: 1
    resources:
        gpu=1,
        mem_mb=16000,
        runtime=240,
    params:
        code=code("choose_by_mbr"),
        settings=lambda wc: canonical_json(
            {
                "batch": config["scorers"]["batch"],
                "dialect_weight": mbr_settings(wc.model)["dialect_weight"],
            }
        ),
    shell:
        "python workflow/scripts/lease_gpu.py --gpu {resources.gpu} --"
        " python workflow/scripts/choose_by_mbr.py --prompts {input.prompts}"
        " --samples {input.samples}"
        " --aldi {input.aldi} --country {input.country} --language {input.language}"
        " --settings {params.settings:q} --output {output.responses} &> {log}"
