"""Supervised fine-tuning: the dialect classifier and the translators (paper, section 3).

Requires: the assembled data, NLLB, the models' roots. Produces: `training/<dataset>.parquet`, the
augmented parallel data, and for each `train: sft` of the model graph an adapter in
`models/<model>/`.
"""


rule build_classifier_data:
    """Write the multiple-choice questions that teach dialect identification, and a held-out test."""
    input:
        sentences=rules.assemble_data.output.sentences,
    output:
        train=f"{RESULTS}/training/{{dataset}}.parquet",
        test=f"{RESULTS}/classifier/{{dataset}}.test.parquet",
    log:
        f"{LOGS}/build_classifier_data/{{dataset}}.log",
    benchmark:
        f"{BENCHMARKS}/build_classifier_data/{{dataset}}.tsv"
    wildcard_constraints:
        dataset=one_of(datasets("classification")),
    conda:
        "../../envs/main.yaml"
    threads: 1
    params:
        code=code("build_classifier_data"),
        settings=lambda wc: dataset_settings(wc.dataset),
    shell:
        "python workflow/scripts/build_classifier_data.py --sentences {input.sentences}"
        " --settings {params.settings:q} --train {output.train} --test {output.test} &> {log}"


rule augment_translation:
    """Fill in the MSA or English side that a pair lacks, with NLLB."""
    input:
        parallel=rules.assemble_data.output.parallel,
        nllb=nllb_folder(),
    output:
        parallel=f"{RESULTS}/translation/augmented.parquet",
    log:
        f"{LOGS}/augment_translation.log",
    benchmark:
        f"{BENCHMARKS}/augment_translation.tsv"
    conda:
        "../../envs/main.yaml"
    threads: 1
    resources:
        gpu=1,
        mem_mb=32000,
        runtime=2880,
    params:
        code=code("augment_translation"),
        settings=canonical_json(config["nllb"]["decoding"]),
        work=f"{WORK}/translation",
    shell:
        "python workflow/scripts/lease_gpu.py --gpu {resources.gpu} --"
        " python workflow/scripts/augment_translation.py --parallel {input.parallel}"
        " --root {input.nllb} --settings {params.settings:q} --work {params.work}"
        " --output {output.parallel} &> {log}"


rule build_translation_data:
    """Write translation requests from the clean or the augmented pairs."""
    input:
        parallel=branch(
            lambda wc: config["datasets"][wc.dataset]["variant"] == "aug",
            then=rules.augment_translation.output.parallel,
            otherwise=rules.assemble_data.output.parallel,
        ),
    output:
        examples=f"{RESULTS}/training/{{dataset}}.parquet",
    log:
        f"{LOGS}/build_translation_data/{{dataset}}.log",
    benchmark:
        f"{BENCHMARKS}/build_translation_data/{{dataset}}.tsv"
    wildcard_constraints:
        dataset=one_of(datasets("translation")),
    conda:
        "../../envs/main.yaml"
    threads: 1
    params:
        code=code("build_translation_data"),
        settings=lambda wc: dataset_settings(wc.dataset),
    shell:
        "python workflow/scripts/build_translation_data.py --parallel {input.parallel}"
        " --settings {params.settings:q} --output {output.examples} &> {log}"


rule train_sft:
    """Fine-tune a model of the graph with LoRA on its dataset, from its parent."""
    input:
        root=lambda wc: root_folder(wc.model),
        adapter=lambda wc: parent_adapter(wc.model),
        examples=lambda wc: f"{RESULTS}/training/{GRAPH[wc.model].dataset}.parquet",
    output:
        folder=directory(f"{RESULTS}/models/{{model}}"),
    log:
        f"{LOGS}/train_sft/{{model}}.log",
    benchmark:
        f"{BENCHMARKS}/train_sft/{{model}}.tsv"
    wildcard_constraints:
        model=one_of(GRAPH.names("sft")),
    # What was saved is gone on from, out of GPU memory with half as many examples at a time.
    retries: 3
    conda:
        "../../envs/main.yaml"
    threads: 1
    resources:
        gpu=lambda wc: step_gpus(wc.model),
        mem_mb=lambda wc, attempt: 48000 * step_gpus(wc.model) * attempt,
        runtime=4320,
    params:
        code=code("train_sft"),
        settings=lambda wc: step_settings(wc.model),
        record=lambda wc: step_record(wc.model),
        work=f"{WORK}/models/{{model}}",
        report_to=lambda wc, input: step_tracker(wc.model),
        curves=f"{RESULTS}/curves/{{model}}",
    # `exec`: a signal to the shell, as of a preemption, is then the training's, which saves.
    shell:
        "exec python workflow/scripts/lease_gpu.py --gpu {resources.gpu} --"
        " python workflow/scripts/train_sft.py --root {input.root} --adapter {input.adapter}"
        " --examples {input.examples} --settings {params.settings:q} --record {params.record:q} --work {params.work}"
        " --report-to {params.report_to} --curves {params.curves}"
        " --processes {resources.gpu} --output {output.folder} &> {log}"
