"""Preference pairs of a model's own translations, ranked by reference and dialectness.

Requires: the parallel data, the model, scorers that select. Produces: per dialect
`prompts/directions.<number>.<dialect>`, the model's samples of them in `policies/`, and of the best and
the worst of these pairs and a funnel as of every preference dataset.
"""

RANKED = on_policy("ranked")


rule build_direction_prompts:
    """Ask for training sentences in all four directions of translation."""
    input:
        parallel=rules.assemble_data.output.parallel,
    output:
        prompts=DIRECTED,
    log:
        f"{LOGS}/build_direction_prompts/{{number}}.{{dialect}}.log",
    benchmark:
        f"{BENCHMARKS}/build_direction_prompts/{{number}}.{{dialect}}.tsv"
    wildcard_constraints:
        number=r"\d+",
    conda:
        "../../envs/main.yaml"
    threads: 1
    params:
        code=code("build_direction_prompts"),
        settings=lambda wc: settings(
            number=int(wc.number), fewest_words=config["preferences"]["hardness"]["fewest_words"]
        ),
    shell:
        "python workflow/scripts/build_direction_prompts.py --parallel {input.parallel}"
        " --dialect {wildcards.dialect} --settings {params.settings:q}"
        " --output {output.prompts} &> {log}"


use rule sample_policy as sample_directions with:
    input:
        prompts=rules.build_direction_prompts.output.prompts,
        root=lambda wc: root_folder(wc.policy),
        adapter=lambda wc: adapter_folder(wc.policy),
        environment=environment_of(config["evaluation"]["backend"]),
    output:
        responses=SAMPLED,
    log:
        f"{LOGS}/sample_directions/{{policy}}.{{samples}}.{{number}}.{{dialect}}.log",
    benchmark:
        f"{BENCHMARKS}/sample_directions/{{policy}}.{{samples}}.{{number}}.{{dialect}}.tsv"
    wildcard_constraints:
        policy=one_of(map(policy_of, RANKED)),
        samples=r"\d+",
        number=r"\d+",
    params:
        code=code("sample_policy"),
        python=lambda wc, input: interpreter_of(config["evaluation"]["backend"]),
        generator=lambda wc: generator(
            wc.policy, config["evaluation"]["backend"], config["decoding"]
        ),
        # Evaluation is greedy, and it is there that a model loops.
        greedy="--greedy-first",
        store=f"{WORK}/policies/{{policy}}.{{samples}}.{{number}}.{{dialect}}.jsonl",


rule build_ranked_pairs:
    """Prefer the best of a model's own translations to the worst."""
    input:
        unpack(lambda wc: ranked_inputs(wc.dataset)),
        aldi=selecting_scorer("aldi"),
        country=selecting_scorer("country"),
        language=scorer_folder("language"),
    output:
        pairs=f"{RESULTS}/preferences/{{dataset}}/train.parquet",
        funnel=f"{RESULTS}/preferences/{{dataset}}/funnel.parquet",
    log:
        f"{LOGS}/build_ranked_pairs/{{dataset}}.log",
    benchmark:
        f"{BENCHMARKS}/build_ranked_pairs/{{dataset}}.tsv"
    wildcard_constraints:
        dataset=one_of(RANKED),
    conda:
        "../../envs/main.yaml"
    threads: 1
    resources:
        gpu=1,
        mem_mb=16000,
        runtime=240,
    params:
        code=code("build_ranked_pairs"),
        settings=lambda wc: ranked_settings(wc.dataset),
    shell:
        "python workflow/scripts/lease_gpu.py --gpu {resources.gpu} --"
        " python workflow/scripts/build_ranked_pairs.py --prompts {input.prompts}"
        " --responses {input.responses}"
        " --aldi {input.aldi} --country {input.country} --language {input.language}"
        " --settings {params.settings:q} --pairs {output.pairs} --funnel-counts {output.funnel} &> {log}"
