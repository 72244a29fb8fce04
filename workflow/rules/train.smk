"""Train the models of the graph: fine-tuning, preference optimisation, merging (paper, section 3).

Requires: the assembled data, NLLB, base models, preference pairs. Produces:
`training/<dataset>.parquet`, `translation/augmented.parquet`, and for each `train: sft`, `dpo` or
`grpo` and each `merge` of the model graph an adapter in `models/<model>/`. The frozen reference of
a preference step, and of reinforcement, is the model that it starts from.
"""


rule augment_translation:
    """Fill in the MSA or English side that a pair lacks, with NLLB."""
    input:
        parallel=rules.assemble_data.output.parallel,
        nllb=paths.nllb,
        weights=paths.weights(paths.nllb),
    output:
        parallel=f"{paths.results}/translation/augmented.parquet",
    log:
        f"{paths.logs}/augment_translation.log",
    benchmark:
        f"{paths.benchmarks}/augment_translation.tsv"
    resources:
        gpu=1,
        mem_mb=32000,
        runtime=2880,
    params:
        code=parameters.code("augment_translation"),
        settings=canonical_json(without_execution(config["nllb"]["decoding"])),
        execution=lambda wc, input: parameters.execution(config["nllb"]["decoding"]),
        work=f"{paths.state}/translation",
    shell:
        f"python {scripts}/augment_translation.py --parallel {{input.parallel:q}}"
        " --root {input.nllb:q} --settings {params.settings:q} --execution {params.execution:q}"
        " --work {params.work:q} --gpus {resources.gpu} --output {output.parallel:q} &> {log:q}"


rule build_examples:
    """Write translation requests from the clean or the augmented pairs, or plain text."""
    input:
        table=lambda wc: paths.built_of(wc.dataset),
    output:
        examples=f"{paths.results}/training/{{dataset}}.parquet",
    log:
        f"{paths.logs}/build_examples/{{dataset}}.log",
    benchmark:
        f"{paths.benchmarks}/build_examples/{{dataset}}.tsv"
    wildcard_constraints:
        dataset=one_of(selection.datasets("translation", "text")),
    params:
        code=parameters.modules_code("training/example_data.py"),
        kind=lambda wc, input: config["datasets"][wc.dataset]["kind"],
        settings=lambda wc: parameters.dataset(wc.dataset),
    shell:
        f"python {scripts}/build_examples.py --kind {{params.kind:q}} --table {{input.table:q}}"
        " --settings {params.settings:q} --output {output:q} &> {log:q}"


# Write the multiple-choice questions that teach dialect identification, and a held-out test.
use rule build_examples as build_classifier_data with:
    input:
        table=rules.assemble_data.output.sentences,
    output:
        train=f"{paths.results}/training/{{dataset}}.parquet",
        test=f"{paths.results}/classifier/{{dataset}}.test.parquet",
    log:
        f"{paths.logs}/build_classifier_data/{{dataset}}.log",
    benchmark:
        f"{paths.benchmarks}/build_classifier_data/{{dataset}}.tsv"
    wildcard_constraints:
        dataset=one_of(selection.datasets("classification")),
    params:
        code=parameters.modules_code("prompts/classification.py"),


rule train_sft:
    """Fine-tune a model of the graph with LoRA on its dataset, from its parent."""
    input:
        # The model that training starts from is a preference step's frozen reference too.
        unpack(lambda wc: paths.trained_on(wc.model)),
    output:
        folder=directory(f"{paths.results}/models/{{model}}"),
    log:
        f"{paths.logs}/train_sft/{{model}}.log",
    benchmark:
        f"{paths.benchmarks}/train_sft/{{model}}.tsv"
    wildcard_constraints:
        model=one_of(graph.names("sft")),
    # A new try resumes; out of GPU memory, with half as many tokens at a time.
    retries: 3
    resources:
        gpu=lambda wc: parameters.step(wc.model)["gpu"],
        mem_mb=lambda wc, attempt: 48000 * parameters.step(wc.model)["gpu"] * attempt,
        runtime=lambda wc: 4320 if graph[wc.model].train == "sft" else 1440,
    params:
        code=parameters.modules_code("training/sft.py"),
        step=lambda wc, input: graph[wc.model].train,
        settings=lambda wc: parameters.training(wc.model),
        execution=lambda wc, input: parameters.execution(parameters.step(wc.model)),
        record=lambda wc: parameters.record(wc.model),
        work=f"{paths.state}/models/{{model}}",
        report_to=lambda wc, input: parameters.step(wc.model)["report_to"],
        curves=f"{paths.results}/curves/{{model}}",
        reward=lambda wc, input: "{}",
    # `exec`: a signal to the shell, as of a preemption, is then the training's, which saves.
    shell:
        f"exec python {scripts}/train_adapter.py --step {{params.step:q}}"
        " --root {input.root:q} --adapter {input.adapter:q} --data {input.data:q}"
        " --settings {params.settings:q} --execution {params.execution:q}"
        " --record {params.record:q} --work {params.work:q} --report-to {params.report_to:q}"
        " --curves {params.curves:q} --reward {params.reward:q} --validation {input.validation:q}"
        " --parallel {input.parallel:q} --aldi {input.aldi:q} --country {input.country:q}"
        " --language {input.language:q} --gpus {resources.gpu} --output {output.folder:q} &> {log:q}"


use rule train_sft as train_dpo with:
    log:
        f"{paths.logs}/train_dpo/{{model}}.log",
    benchmark:
        f"{paths.benchmarks}/train_dpo/{{model}}.tsv"
    wildcard_constraints:
        model=one_of(graph.names("dpo")),
    params:
        code=parameters.modules_code("training/dpo.py"),


use rule train_sft as train_grpo with:
    log:
        f"{paths.logs}/train_grpo/{{model}}.log",
    benchmark:
        f"{paths.benchmarks}/train_grpo/{{model}}.tsv"
    wildcard_constraints:
        model=one_of(graph.names("grpo")),
    params:
        code=parameters.modules_code("training/grpo.py", "preferences/reinforcement.py"),
        reward=lambda wc: parameters.rewarded(wc.model),


rule merge_adapters:
    """Make a model of several adapters of one base model, as between an initial model and its training."""
    input:
        root=lambda wc: paths.base_model(wc.model),
        adapters=lambda wc: paths.merged(wc.model),
    output:
        folder=directory(f"{paths.results}/models/{{model}}"),
    log:
        f"{paths.logs}/merge_adapters/{{model}}.log",
    benchmark:
        f"{paths.benchmarks}/merge_adapters/{{model}}.tsv"
    wildcard_constraints:
        model=one_of(graph.names("merge")),
    resources:
        # A decomposition of each weight, where members are thinned out.
        gpu=lambda wc: int(graph[wc.model].density is not None),
    params:
        code=parameters.code("merge_adapters"),
        settings=lambda wc: parameters.merging(wc.model),
        record=lambda wc: parameters.record(wc.model),
    shell:
        f"python {scripts}/merge_adapters.py"
        " --root {input.root:q} --adapters {input.adapters:q} --settings {params.settings:q}"
        " --record {params.record:q} --gpus {resources.gpu} --output {output.folder:q} &> {log:q}"
