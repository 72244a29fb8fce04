"""Direct preference optimisation (paper, section 3).

Requires: the preference pairs and the model to start from, which is also the frozen reference.
Produces: for each `train: dpo` of the model graph an adapter in `models/<model>/`.
"""


rule train_dpo:
    """Train a model of the graph on preference pairs, from its parent."""
    input:
        root=lambda wc: root_folder(wc.model),
        adapter=lambda wc: parent_adapter(wc.model),
        pairs=lambda wc: f"{RESULTS}/preferences/{GRAPH[wc.model].dataset}/train.parquet",
    output:
        folder=directory(f"{RESULTS}/models/{{model}}"),
    log:
        f"{LOGS}/train_dpo/{{model}}.log",
    benchmark:
        f"{BENCHMARKS}/train_dpo/{{model}}.tsv"
    wildcard_constraints:
        model=one_of(GRAPH.names("dpo")),
    # What was saved is gone on from, out of GPU memory with half as many examples at a time.
    retries: 3
    conda:
        "../../envs/main.yaml"
    threads: 1
    resources:
        gpu=lambda wc: step_gpus(wc.model),
        mem_mb=lambda wc, attempt: 48000 * step_gpus(wc.model) * attempt,
        runtime=1440,
    params:
        code=code("train_dpo"),
        settings=lambda wc: step_settings(wc.model),
        record=lambda wc: step_record(wc.model),
        work=f"{WORK}/models/{{model}}",
        report_to=lambda wc, input: step_tracker(wc.model),
        curves=f"{RESULTS}/curves/{{model}}",
    # `exec`: a signal to the shell, as of a preemption, is then the training's, which saves.
    shell:
        "exec python workflow/scripts/lease_gpu.py --gpu {resources.gpu} --"
        " python workflow/scripts/train_dpo.py --root {input.root} --adapter {input.adapter}"
        " --pairs {input.pairs} --settings {params.settings:q} --record {params.record:q} --work {params.work}"
        " --report-to {params.report_to} --curves {params.curves}"
        " --processes {resources.gpu} --output {output.folder} &> {log}"
