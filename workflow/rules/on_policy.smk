"""Preference pairs of what a model in training answers itself, where a dataset has a `policy`.

Requires: the prompts, the model, the dialect classifier. Produces: per model, number of samples and
dialect the samples in `policies/` and their labels, which datasets of the same policy share; and of
them pairs and a funnel as of every preference dataset.
"""

ON_POLICY = [*on_policy("dialect-only"), *on_policy("gated")]


rule sample_policy:
    """Let a model answer the training prompts several times; what it answered before is kept."""
    input:
        prompts=rules.build_prompts.output.prompts,
        root=lambda wc: root_folder(wc.policy),
        adapter=lambda wc: adapter_folder(wc.policy),
        environment=environment_of(config["evaluation"]["backend"]),
    output:
        responses=f"{POLICY}/responses/{{dialect}}.parquet",
    log:
        f"{LOGS}/sample_policy/{{policy}}.{{samples}}.{{dialect}}.log",
    benchmark:
        f"{BENCHMARKS}/sample_policy/{{policy}}.{{samples}}.{{dialect}}.tsv"
    wildcard_constraints:
        policy=one_of(map(policy_of, ON_POLICY)),
        samples=r"\d+",
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
            wc.policy, config["evaluation"]["backend"], config["decoding"]
        ),
        greedy="",
        store=f"{WORK}/policies/{{policy}}.{{samples}}.{{dialect}}.jsonl",
    shell:
        "python workflow/scripts/lease_gpu.py --gpu {resources.gpu} --"
        " {params.python} workflow/scripts/sample_policy.py --prompts {input.prompts}"
        " --root {input.root} --adapter {input.adapter} --generator {params.generator:q}"
        " --samples {wildcards.samples} --threads {threads} --gpus {resources.gpu}"
        " {params.greedy} --store {params.store} --output {output.responses} &> {log}"


use rule label_responses as label_policy with:
    input:
        responses=rules.sample_policy.output.responses,
        prompts=rules.build_prompts.output.prompts,
        root=root_folder(CLASSIFIER),
        adapter=adapter_folder(CLASSIFIER),
    output:
        candidates=f"{POLICY}/labels/{{dialect}}.parquet",
    log:
        f"{LOGS}/label_policy/{{policy}}.{{samples}}.{{dialect}}.log",
    benchmark:
        f"{BENCHMARKS}/label_policy/{{policy}}.{{samples}}.{{dialect}}.tsv"
    wildcard_constraints:
        policy=one_of(map(policy_of, ON_POLICY)),
        samples=r"\d+",


use rule build_pairs as build_policy_pairs with:
    input:
        prompts=expand(rules.build_prompts.output.prompts, dialect=DIALECTS),
        candidates=lambda wc: labels_of_policy(wc.dataset),
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
        candidates=lambda wc: labels_of_policy(wc.dataset),
        validation=rules.build_validation.output.validation,
        parallel=rules.assemble_data.output.parallel,
    log:
        f"{LOGS}/build_gated_policy_pairs/{{dataset}}.log",
    benchmark:
        f"{BENCHMARKS}/build_gated_policy_pairs/{{dataset}}.tsv"
    wildcard_constraints:
        dataset=one_of(on_policy("gated")),
