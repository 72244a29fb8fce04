"""From responses to preference pairs (paper, section 2, steps 3 and 4).

Requires: the generations, the dialect classifier, the translator; the parallel sentences, where a
dataset has directions or negatives.
Produces: per dialect the labelled responses, the translations of those in another variety, and
their labels; then the validation set of Table 1 and, per preference dataset, pairs and a funnel.
"""

CLASSIFIER = config["preferences"]["classifier"]
TRANSLATOR = config["preferences"]["translator"]
CLASSIFIER_OPTIONS = config["datasets"][GRAPH[CLASSIFIER].dataset]["varieties"]
LABELLING = canonical_json(
    {"batch": config["preferences"]["batch"], "varieties": CLASSIFIER_OPTIONS}
)


rule label_responses:
    """Label the variety of every response by the classifier's option logits."""
    input:
        responses=expand(
            rules.generate_responses.output.responses, generator=GENERATORS, allow_missing=True
        ),
        prompts=rules.build_prompts.output.prompts,
        root=root_folder(CLASSIFIER),
        adapter=adapter_folder(CLASSIFIER),
    output:
        candidates=f"{RESULTS}/labels/{{dialect}}.parquet",
    log:
        f"{LOGS}/label_responses/{{dialect}}.log",
    benchmark:
        f"{BENCHMARKS}/label_responses/{{dialect}}.tsv"
    conda:
        "../../envs/main.yaml"
    threads: 1
    resources:
        gpu=1,
        mem_mb=32000,
        runtime=240,
    params:
        code=code("label_responses"),
        settings=LABELLING,
    shell:
        "python workflow/scripts/lease_gpu.py --gpu {resources.gpu} --"
        " python workflow/scripts/label_responses.py --root {input.root} --adapter {input.adapter}"
        " --prompts {input.prompts} --responses {input.responses} --dialect {wildcards.dialect}"
        " --settings {params.settings:q} --output {output.candidates} &> {log}"


rule translate_mismatches:
    """Translate the responses in another variety into the dialect that was asked for."""
    input:
        candidates=rules.label_responses.output.candidates,
        root=root_folder(TRANSLATOR),
        adapter=adapter_folder(TRANSLATOR),
    output:
        translations=f"{RESULTS}/translated/{{dialect}}.parquet",
    log:
        f"{LOGS}/translate_mismatches/{{dialect}}.log",
    benchmark:
        f"{BENCHMARKS}/translate_mismatches/{{dialect}}.tsv"
    conda:
        "../../envs/main.yaml"
    threads: 1
    resources:
        gpu=1,
        mem_mb=32000,
        runtime=720,
    params:
        code=code("translate_mismatches"),
        settings=settings("decoding", temperature=0.0),
        store=f"{WORK}/translated/{{dialect}}.jsonl",
    shell:
        "python workflow/scripts/lease_gpu.py --gpu {resources.gpu} --"
        " python workflow/scripts/translate_mismatches.py --root {input.root}"
        " --adapter {input.adapter} --candidates {input.candidates} --dialect {wildcards.dialect}"
        " --settings {params.settings:q} --store {params.store} --output {output.translations} &> {log}"


rule relabel_translations:
    """Check with the classifier that the translations are in the dialect."""
    input:
        prompts=rules.build_prompts.output.prompts,
        translations=rules.translate_mismatches.output.translations,
        root=root_folder(CLASSIFIER),
        adapter=adapter_folder(CLASSIFIER),
    output:
        candidates=f"{RESULTS}/relabelled/{{dialect}}.parquet",
    log:
        f"{LOGS}/relabel_translations/{{dialect}}.log",
    benchmark:
        f"{BENCHMARKS}/relabel_translations/{{dialect}}.tsv"
    conda:
        "../../envs/main.yaml"
    threads: 1
    resources:
        gpu=1,
        mem_mb=32000,
        runtime=240,
    params:
        code=code("relabel_translations"),
        settings=LABELLING,
    shell:
        "python workflow/scripts/lease_gpu.py --gpu {resources.gpu} --"
        " python workflow/scripts/relabel_translations.py --root {input.root}"
        " --adapter {input.adapter} --prompts {input.prompts} --translations {input.translations}"
        " --dialect {wildcards.dialect} --settings {params.settings:q}"
        " --output {output.candidates} &> {log}"


rule build_validation:
    """Set prompts aside whose answer by the gold generator is in the dialect (Table 1)."""
    input:
        prompts=expand(rules.build_prompts.output.prompts, dialect=DIALECTS),
        candidates=expand(rules.label_responses.output.candidates, dialect=DIALECTS),
    output:
        validation=f"{RESULTS}/preferences/validation.parquet",
    log:
        f"{LOGS}/build_validation.log",
    benchmark:
        f"{BENCHMARKS}/build_validation.tsv"
    conda:
        "../../envs/main.yaml"
    threads: 1
    params:
        code=code("build_validation"),
        settings=settings(
            gold_generator=config["preferences"]["gold_generator"],
            per_dialect=config["preferences"]["validation_per_dialect"],
        ),
    shell:
        "python workflow/scripts/build_validation.py --prompts {input.prompts}"
        " --candidates {input.candidates} --settings {params.settings:q}"
        " --output {output.validation} &> {log}"


rule build_pairs:
    """Prefer the response in the wanted dialect to one in another variety."""
    input:
        prompts=expand(rules.build_prompts.output.prompts, dialect=DIALECTS),
        candidates=[
            *expand(rules.label_responses.output.candidates, dialect=DIALECTS),
            *expand(rules.relabel_translations.output.candidates, dialect=DIALECTS),
        ],
        validation=rules.build_validation.output.validation,
    output:
        pairs=f"{RESULTS}/preferences/{{dataset}}/train.parquet",
        funnel=f"{RESULTS}/preferences/{{dataset}}/funnel.parquet",
    log:
        f"{LOGS}/build_pairs/{{dataset}}.log",
    benchmark:
        f"{BENCHMARKS}/build_pairs/{{dataset}}.tsv"
    wildcard_constraints:
        dataset=one_of(preferences("dialect-only")),
    conda:
        "../../envs/main.yaml"
    threads: 1
    params:
        code=code("build_pairs"),
        settings=lambda wc: dataset_settings(wc.dataset),
    shell:
        "python workflow/scripts/build_pairs.py --prompts {input.prompts}"
        " --candidates {input.candidates} --validation {input.validation}"
        " --settings {params.settings:q} --pairs {output.pairs} --funnel-counts {output.funnel} &> {log}"


rule build_gated_pairs:
    """Prefer what passes the gates besides, in known directions, to hard negatives where wanted."""
    input:
        prompts=expand(rules.build_prompts.output.prompts, dialect=DIALECTS),
        candidates=[
            *expand(rules.label_responses.output.candidates, dialect=DIALECTS),
            *expand(rules.relabel_translations.output.candidates, dialect=DIALECTS),
        ],
        validation=rules.build_validation.output.validation,
        parallel=rules.assemble_data.output.parallel,
    output:
        pairs=f"{RESULTS}/preferences/{{dataset}}/train.parquet",
        funnel=f"{RESULTS}/preferences/{{dataset}}/funnel.parquet",
    log:
        f"{LOGS}/build_gated_pairs/{{dataset}}.log",
    benchmark:
        f"{BENCHMARKS}/build_gated_pairs/{{dataset}}.tsv"
    wildcard_constraints:
        dataset=one_of(preferences("gated")),
    conda:
        "../../envs/main.yaml"
    threads: 1
    params:
        code=code("build_gated_pairs"),
        settings=lambda wc: dataset_settings(
            wc.dataset,
            limits=config["preferences"]["gates"],
            hardness=config["preferences"]["hardness"],
        ),
    shell:
        "python workflow/scripts/build_gated_pairs.py --prompts {input.prompts}"
        " --candidates {input.candidates} --validation {input.validation}"
        " --parallel {input.parallel}"
        " --settings {params.settings:q} --pairs {output.pairs} --funnel-counts {output.funnel} &> {log}"


rule build_chosen:
    """Take the chosen sides of pairs as examples, for the control of what preferences teach."""
    input:
        pairs=lambda wc: (
            f"{RESULTS}/preferences/{config['datasets'][wc.dataset]['of']}/train.parquet"
        ),
    output:
        examples=f"{RESULTS}/training/{{dataset}}.parquet",
    log:
        f"{LOGS}/build_chosen/{{dataset}}.log",
    benchmark:
        f"{BENCHMARKS}/build_chosen/{{dataset}}.tsv"
    wildcard_constraints:
        dataset=one_of(datasets("chosen")),
    conda:
        "../../envs/main.yaml"
    threads: 1
    params:
        code=code("build_chosen"),
    shell:
        "python workflow/scripts/build_chosen.py --pairs {input.pairs}"
        " --output {output.examples} &> {log}"
