"""Stand-ins: the demo's corpora, and small models where a run takes no checkpoint from the hub.

They have the real corpora's layouts, the real architectures and the same interfaces; the report
names them as stand-ins. Small scorers learn what the published ones scored.
Requires: `resources/demo`, corpora of the roles `scorer` and `instructions`, the assembled data.
Produces: `data/demo/`, `scorers/<name>/`, `nllb/`, `models/<base model>/`.
"""

INSTRUCTION_CORPORA = selection.corpora("instructions")
SCORER_CORPORA = selection.corpora("scorer")
DATASETS = config["datasets"]


rule expand_demo_corpora:
    """Write the demo's corpora in the real corpora's layouts."""
    output:
        corpora=directory(f"{paths.results}/data/demo"),
    log:
        f"{paths.logs}/expand_demo_corpora.log",
    benchmark:
        f"{paths.benchmarks}/expand_demo_corpora.tsv"
    params:
        code=parameters.code("expand_demo_corpora"),
        source=f"{here}resources/demo",
        content=parameters.content("resources/demo"),
        settings=parameters.of(),
    shell:
        f"python {scripts}/expand_demo_corpora.py --source {{params.source:q}}"
        " --settings {params.settings:q} --output {output.corpora:q} &> {log:q}"


rule collect_teacher_scores:
    """Collect texts with the recorded scores of the published scorers, some held out."""
    input:
        corpora=[paths.corpus(name) for name in SCORER_CORPORA],
    output:
        teacher=f"{paths.results}/scorers/teacher.parquet",
        rejects=f"{paths.results}/scorers/teacher.rejects.parquet",
    log:
        f"{paths.logs}/collect_teacher_scores.log",
    benchmark:
        f"{paths.benchmarks}/collect_teacher_scores.tsv"
    params:
        code=parameters.code("collect_teacher_scores"),
        names=SCORER_CORPORA,
        entries=canonical_json({name: parameters.corpus(name) for name in SCORER_CORPORA}),
        limits=canonical_json(pick(config["data"], "min_words", "max_words")),
        settings=parameters.of("data.near_duplicate_similarity", **config["scorers"]["held_out"]),
    shell:
        f"python {scripts}/collect_teacher_scores.py"
        " --corpora {input.corpora:q} --names {params.names:q} --entries {params.entries:q}"
        " --limits {params.limits:q} --settings {params.settings:q} --output {output.teacher:q}"
        " --rejects {output.rejects:q} &> {log:q}"


rule train_small_scorers:
    """Train the small scorers that judge, where they take no checkpoint, on a teacher's scores."""
    input:
        teacher=rules.collect_teacher_scores.output.teacher,
        sentences=rules.assemble_data.output.sentences,
    output:
        folders=[directory(paths.scorer(name)) for name in selection.small_scorers()],
    log:
        f"{paths.logs}/train_small_scorers.log",
    benchmark:
        f"{paths.benchmarks}/train_small_scorers.tsv"
    resources:
        gpu=1,
        mem_mb=8000,
        runtime=120,
    params:
        code=parameters.code("train_small_scorers"),
        settings=parameters.small_scorers(selection.small_scorers()),
    shell:
        f"python {scripts}/train_small_scorers.py --teacher {{input.teacher:q}}"
        " --sentences {input.sentences:q} --settings {params.settings:q} --gpus {resources.gpu}"
        " --output {output.folders:q} &> {log:q}"


use rule train_small_scorers as train_selecting_scorers with:
    output:
        folders=[directory(paths.scorer(name)) for name in selection.small_scorers("selecting_")],
    log:
        f"{paths.logs}/train_selecting_scorers.log",
    benchmark:
        f"{paths.benchmarks}/train_selecting_scorers.tsv"
    params:
        settings=parameters.small_scorers(selection.small_scorers("selecting_")),


rule build_instructions:
    """Write requests and their answers; a base model's requests for dialect get MSA answers."""
    input:
        sentences=rules.assemble_data.output.sentences,
        parallel=rules.assemble_data.output.parallel,
        templates=paths.corpus(config["prompts"]["templates"]),
        instructions=[paths.corpus(name) for name in INSTRUCTION_CORPORA],
    output:
        examples=f"{paths.results}/training/{{dataset}}.parquet",
    log:
        f"{paths.logs}/build_instructions/{{dataset}}.log",
    benchmark:
        f"{paths.benchmarks}/build_instructions/{{dataset}}.tsv"
    wildcard_constraints:
        dataset=one_of(selection.datasets("instructions")),
    # The base models wait for it.
    priority: 10
    params:
        code=parameters.code("build_instructions"),
        settings=lambda wc: parameters.of(
            "dialects",
            "prompts.template_kinds",
            dataset=DATASETS[wc.dataset],
            templates=parameters.corpus(config["prompts"]["templates"]),
            instructions=[parameters.corpus(name) for name in INSTRUCTION_CORPORA],
        ),
    shell:
        f"python {scripts}/build_instructions.py"
        " --sentences {input.sentences:q} --parallel {input.parallel:q}"
        " --templates {input.templates:q} --instructions {input.instructions:q}"
        " --settings {params.settings:q} --output {output.examples:q} &> {log:q}"


rule pretrain_model:
    """Pretrain a small language model of a real architecture from scratch."""
    input:
        examples=lambda wc: paths.examples(wc.model),
    output:
        folder=directory(f"{paths.results}/models/{{model}}"),
    log:
        f"{paths.logs}/pretrain_model/{{model}}.log",
    benchmark:
        f"{paths.benchmarks}/pretrain_model/{{model}}.tsv"
    wildcard_constraints:
        model=one_of(graph.names("pretrain")),
    # Everything that trains or answers waits for it.
    priority: 10
    threads: lambda wc: parameters.step(wc.model)["threads"]
    resources:
        gpu=1,
        mem_mb=8000,
        runtime=240,
    params:
        code=parameters.code("pretrain_model"),
        # The options of each multiple choice that classifiers are asked.
        settings=lambda wc: parameters.of(
            **parameters.step(wc.model),
            questions=[
                DATASETS[name]["varieties"] for name in selection.datasets("classification")
            ],
        ),
        record=lambda wc: parameters.record(wc.model),
    shell:
        f"python {scripts}/pretrain_model.py"
        " --examples {input.examples:q} --settings {params.settings:q} --record {params.record:q}"
        " --gpus {resources.gpu} --output {output.folder:q} &> {log:q}"


rule train_small_nllb:
    """Train a small translator of NLLB's architecture between MSA and English."""
    input:
        parallel=rules.assemble_data.output.parallel,
    output:
        folder=directory(f"{paths.results}/nllb"),
    log:
        f"{paths.logs}/train_small_nllb.log",
    benchmark:
        f"{paths.benchmarks}/train_small_nllb.tsv"
    resources:
        gpu=1,
        mem_mb=8000,
        runtime=120,
    params:
        code=parameters.code("train_small_nllb"),
        settings=parameters.of(**config["nllb"]["settings"]),
    shell:
        f"python {scripts}/train_small_nllb.py"
        " --parallel {input.parallel:q} --settings {params.settings:q} --gpus {resources.gpu}"
        " --output {output.folder:q} &> {log:q}"
