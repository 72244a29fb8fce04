"""From labelled or sampled responses to preference pairs (paper, section 2, step 4), or the best.

Requires: labels, or a model's own samples and the scorers that select. Produces: the validation set
of Table 1, `preferences/validation.parquet`; per preference dataset `preferences/<dataset>/` with
its pairs and a funnel of what was left after each step, and per dataset of chosen samples
`training/<dataset>.parquet` with its funnel in `training/<dataset>/`.
"""


rule build_validation:
    """Set prompts aside whose answer by the gold generator is in the dialect (Table 1)."""
    input:
        prompts=rules.build_prompts.output.prompts,
        candidates=rules.label_responses.output.candidates,
        gold=paths.gold,
    output:
        validation=f"{paths.results}/preferences/validation.parquet",
    log:
        f"{paths.logs}/build_validation.log",
    benchmark:
        f"{paths.benchmarks}/build_validation.tsv"
    params:
        code=parameters.validation_code(),
        settings=parameters.of(
            gold_generator=config["preferences"]["gold_generator"],
            per_dialect=config["preferences"]["validation_per_dialect"],
            **parameters.gold(),
        ),
    shell:
        f"python {scripts}/build_validation.py"
        " --prompts {input.prompts:q} --candidates {input.candidates:q} --gold {input.gold:q}"
        " --settings {params.settings:q} --output {output.validation:q} &> {log:q}"


rule build_pairs:
    """Choose one candidate of each prompt and reject another, by label or by reward."""
    input:
        unpack(lambda wc: paths.made_of(wc.dataset)),
        validation=rules.build_validation.output.validation,
    output:
        table=f"{paths.results}/preferences/{{dataset}}/train.parquet",
        funnel=f"{paths.results}/preferences/{{dataset}}/funnel.parquet",
    log:
        f"{paths.logs}/build_pairs/{{dataset}}.log",
    benchmark:
        f"{paths.benchmarks}/build_pairs/{{dataset}}.tsv"
    wildcard_constraints:
        dataset=one_of(selection.datasets("preferences")),
    resources:
        # What is chosen by label has no weight of dialectness, and asks no scorer.
        gpu=lambda wc: int(bool(config["datasets"][wc.dataset].get("dialect_weight"))),
        mem_mb=16000,
        runtime=240,
    params:
        code=lambda wc: parameters.pairs_code(wc.dataset),
        kind=lambda wc, input: "preferences",
        settings=lambda wc: parameters.pairs(wc.dataset),
        execution=lambda wc, input: parameters.execution(config["scorers"]),
    shell:
        f"python {scripts}/build_pairs.py --kind {{params.kind:q}}"
        " --prompts {input.prompts:q} --candidates {input.candidates:q}"
        " --validation {input.validation:q} --parallel {input.parallel:q} --aldi {input.aldi:q}"
        " --country {input.country:q} --language {input.language:q} --settings {params.settings:q}"
        " --execution {params.execution:q} --gpus {resources.gpu} --output {output.table:q}"
        " --funnel-counts {output.funnel:q} &> {log:q}"


# Choose one of a policy's samples to each prompt, by reward or agreement, to fine-tune on.
use rule build_pairs as choose_samples with:
    output:
        table=f"{paths.results}/training/{{dataset}}.parquet",
        funnel=f"{paths.results}/training/{{dataset}}/funnel.parquet",
    log:
        f"{paths.logs}/choose_samples/{{dataset}}.log",
    benchmark:
        f"{paths.benchmarks}/choose_samples/{{dataset}}.tsv"
    wildcard_constraints:
        dataset=one_of(selection.datasets("best", "mbr")),
    params:
        code=parameters.code("build_pairs"),
        kind=lambda wc: config["datasets"][wc.dataset]["kind"],
