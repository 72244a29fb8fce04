"""Preference pairs of what a model in training answers itself, where a dataset has a `policy`.

Requires: the prompts, the model, the dialect classifier. Produces: per dataset and dialect the
model's samples and their labels, and of them pairs and a funnel as of every preference dataset.
"""

ON_POLICY = [*on_policy("dialect-only"), *on_policy("gated")]


rule sample_policy:
    """Let a model answer the training prompts several times; what it answered before is kept."""
    input:
        prompts=rules.build_prompts.output.prompts,
        root=lambda wc: root_folder(policy_of(wc.dataset)),
        adapter=lambda wc: adapter_folder(policy_of(wc.dataset)),
        environment=environment_of(config["evaluation"]["backend"]),
    output:
        responses=f"{RESULTS}/preferences/{{dataset}}/responses/{{dialect}}.parquet",
    log:
        f"{LOGS}/sample_policy/{{dataset}}.{{dialect}}.log",
    benchmark:
        f"{BENCHMARKS}/sample_policy/{{dataset}}.{{dialect}}.tsv"
    wildcard_constraints:
        dataset=one_of(ON_POLICY),
    conda:
        "../../envs/main.yaml"
    threads: 1
    resources:
        gpu=gpus_of(config["evaluation"]["backend"]),
        mem_mb=32000,
        runtime=720,
    params:
        code=code("sample_policy"),
        python=lambda wc, input: interpreter_of(config["evaluation"]["backend"]),
        generator=lambda wc: generator(
            policy_of(wc.dataset), config["evaluation"]["backend"], config["decoding"]
        ),
        samples=lambda wc: config["datasets"][wc.dataset]["samples"],
        store=f"{WORK}/policies/{{dataset}}.{{dialect}}.jsonl",
    shell:
        "python workflow/scripts/lease_gpu.py --gpu {resources.gpu} --"
        " {params.python} workflow/scripts/sample_policy.py --prompts {input.prompts}"
        " --root {input.root} --adapter {input.adapter} --generator {params.generator:q}"
        " --samples {params.samples} --threads {threads} --gpus {resources.gpu}"
        " --store {params.store} --output {output.responses} &> {log}"


use rule label_responses as label_policy with:
    input:
        responses=rules.sample_policy.output.responses,
        prompts=rules.build_prompts.output.prompts,
        root=root_folder(CLASSIFIER),
        adapter=adapter_folder(CLASSIFIER),
    output:
        candidates=f"{RESULTS}/preferences/{{dataset}}/labels/{{dialect}}.parquet",
    log:
        f"{LOGS}/label_policy/{{dataset}}.{{dialect}}.log",
    benchmark:
        f"{BENCHMARKS}/label_policy/{{dataset}}.{{dialect}}.tsv"
    wildcard_constraints:
        dataset=one_of(ON_POLICY),


use rule build_pairs as build_policy_pairs with:
    input:
        prompts=expand(rules.build_prompts.output.prompts, dialect=DIALECTS),
        candidates=expand(
            rules.label_policy.output.candidates, dialect=DIALECTS, allow_missing=True
        ),
        validation=rules.build_validation.output.validation,
    log:
        f"{LOGS}/build_policy_pairs/{{dataset}}.log",
    benchmark:
        f"{BENCHMARKS}/build_policy_pairs/{{dataset}}.tsv"
    wildcard_constraints:
        dataset=one_of(on_policy("dialect-only")),


use rule build_gated_pairs as build_gated_policy_pairs with:
    input:
        prompts=expand(rules.build_prompts.output.prompts, dialect=DIALECTS),
        candidates=expand(
            rules.label_policy.output.candidates, dialect=DIALECTS, allow_missing=True
        ),
        validation=rules.build_validation.output.validation,
        parallel=rules.assemble_data.output.parallel,
    log:
        f"{LOGS}/build_gated_policy_pairs/{{dataset}}.log",
    benchmark:
        f"{BENCHMARKS}/build_gated_policy_pairs/{{dataset}}.tsv"
    wildcard_constraints:
        dataset=one_of(on_policy("gated")),
