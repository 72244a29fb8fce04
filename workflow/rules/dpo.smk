"""Direct preference optimisation (paper, section 3).

Requires: the preference pairs and the model to start from, which is also the frozen reference.
Produces: for each `train: dpo` of the model graph an adapter in `models/<model>/`, and so for each
`interpolate`.
"""

PROBED = {name: probe for name in GRAPH.names("dpo") if (probe := step_probe(name))}


rule build_probe:
    """Choose the sentences that trainings translate along the way, where the config asks for it."""
    input:
        parallel=rules.assemble_data.output.parallel,
    output:
        sentences=f"{RESULTS}/preferences/probe.parquet",
    log:
        f"{LOGS}/build_probe.log",
    benchmark:
        f"{BENCHMARKS}/build_probe.tsv"
    conda:
        "../../envs/main.yaml"
    threads: 1
    params:
        code=code("build_probe"),
        # A probe of fewer sentences takes the first ones.
        settings=settings(sentences=max(map(probe_sentences, PROBED.values()), default=0)),
    shell:
        "python workflow/scripts/build_probe.py --parallel {input.parallel}"
        " --settings {params.settings:q} --output {output.sentences} &> {log}"


PROBE_FILES = [
    rules.build_probe.output.sentences,
    selecting_scorer("aldi"),
    selecting_scorer("country"),
    scorer_folder("language"),
]
# Only where metrics have a say in it does an edit to them retrain a model.
DPO_SCRIPTS = {
    name: "train_probed_dpo" if name in PROBED else "train_dpo" for name in GRAPH.names("dpo")
}


rule train_dpo:
    """Train a model of the graph on preference pairs, from its parent."""
    input:
        root=lambda wc: root_folder(wc.model),
        adapter=lambda wc: parent_adapter(wc.model),
        pairs=lambda wc: f"{RESULTS}/preferences/{GRAPH[wc.model].dataset}/train.parquet",
        probe=branch(lambda wc: wc.model in PROBED, then=PROBE_FILES, otherwise=[]),
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
        code=lambda wc: code(DPO_SCRIPTS[wc.model]),
        script=lambda wc: DPO_SCRIPTS[wc.model],
        settings=lambda wc: step_settings(wc.model),
        record=lambda wc: step_record(wc.model),
        work=f"{WORK}/models/{{model}}",
        report_to=lambda wc, input: step_tracker(wc.model),
        curves=f"{RESULTS}/curves/{{model}}",
        probe=lambda wc, input: "--probe" if input.probe else "",
    # `exec`: a signal to the shell, as of a preemption, is then the training's, which saves.
    shell:
        "exec python workflow/scripts/lease_gpu.py --gpu {resources.gpu} --"
        " python workflow/scripts/{params.script}.py --root {input.root} --adapter {input.adapter}"
        " --pairs {input.pairs} --settings {params.settings:q} --record {params.record:q} --work {params.work}"
        " --report-to {params.report_to} --curves {params.curves}"
        " {params.probe} {input.probe}"
        " --processes {resources.gpu} --output {output.folder} &> {log}"


rule interpolate_adapters:
    """Make the model that lies between a start and what was trained from it."""
    input:
        root=lambda wc: root_folder(wc.model),
        start=lambda wc: parent_adapter(wc.model),
        end=lambda wc: adapter_folder(GRAPH[wc.model].end),
    output:
        folder=directory(f"{RESULTS}/models/{{model}}"),
    log:
        f"{LOGS}/interpolate_adapters/{{model}}.log",
    benchmark:
        f"{BENCHMARKS}/interpolate_adapters/{{model}}.tsv"
    wildcard_constraints:
        model=one_of(GRAPH.names("interpolate")),
    conda:
        "../../envs/main.yaml"
    threads: 1
    params:
        code=code("interpolate_adapters"),
        weight=lambda wc: GRAPH[wc.model].weight,
        record=lambda wc: step_record(wc.model),
    shell:
        "python workflow/scripts/interpolate_adapters.py --root {input.root} --start {input.start}"
        " --end {input.end} --weight {params.weight} --record {params.record:q}"
        " --output {output.folder} &> {log}"
