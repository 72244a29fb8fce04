"""Train small scorers where a run takes none from the hub, and say how far they agree.

They learn what the published scorers said of real outputs, and stand behind the same interfaces;
the report names them as stand-ins. Requires: corpora of the role `scorer`, the assembled data.
Produces: `scorers/<name>/`, and their agreement with their teachers on held-out texts.
"""

SCORER_CORPORA = corpora("scorer")
IS_CHECKED = any(checked_scorer(name) for name in ("aldi", "country", "language"))


rule collect_teacher_scores:
    """Bring together texts and what the published scorers said of them, some held out."""
    input:
        corpora=[corpus_folder(name) for name in SCORER_CORPORA],
    output:
        teacher=f"{RESULTS}/scorers/teacher.parquet",
        rejects=f"{RESULTS}/scorers/teacher.rejects.parquet",
    log:
        f"{LOGS}/collect_teacher_scores.log",
    benchmark:
        f"{BENCHMARKS}/collect_teacher_scores.tsv"
    conda:
        "../../envs/main.yaml"
    threads: 1
    params:
        code=code("collect_teacher_scores"),
        names=SCORER_CORPORA,
        entries=canonical_json({name: corpus_entry(name) for name in SCORER_CORPORA}),
        limits=canonical_json({key: config["data"][key] for key in ("min_words", "max_words")}),
        settings=settings(
            near_duplicate_similarity=config["data"]["near_duplicate_similarity"],
            **config["scorers"]["held_out"],
        ),
    shell:
        "python workflow/scripts/collect_teacher_scores.py --corpora {input.corpora}"
        " --names {params.names} --entries {params.entries:q} --limits {params.limits:q}"
        " --settings {params.settings:q} --output {output.teacher}"
        " --rejects {output.rejects} &> {log}"


rule train_small_aldi:
    """Train a small dialectness regressor on what the teacher said of texts."""
    input:
        teacher=rules.collect_teacher_scores.output.teacher,
        sentences=rules.assemble_data.output.sentences,
    output:
        folder=directory(f"{RESULTS}/scorers/aldi"),
    log:
        f"{LOGS}/train_small_aldi.log",
    benchmark:
        f"{BENCHMARKS}/train_small_aldi.tsv"
    conda:
        "../../envs/main.yaml"
    threads: 1
    resources:
        gpu=1,
        mem_mb=8000,
        runtime=120,
    params:
        code=code("train_small_aldi"),
        settings=settings(**config["scorers"]["aldi"]["settings"]),
        work=f"{WORK}/small/aldi",
    shell:
        "python workflow/scripts/lease_gpu.py --gpu {resources.gpu} --"
        " python workflow/scripts/train_small_aldi.py --teacher {input.teacher}"
        " --sentences {input.sentences}"
        " --settings {params.settings:q} --work {params.work} --output {output.folder} &> {log}"


rule train_small_country:
    """Train a small classifier of NADI's countries on the teacher's answers and on labels."""
    input:
        teacher=rules.collect_teacher_scores.output.teacher,
        sentences=rules.assemble_data.output.sentences,
    output:
        folder=directory(f"{RESULTS}/scorers/country"),
    log:
        f"{LOGS}/train_small_country.log",
    benchmark:
        f"{BENCHMARKS}/train_small_country.tsv"
    conda:
        "../../envs/main.yaml"
    threads: 1
    resources:
        gpu=1,
        mem_mb=8000,
        runtime=120,
    params:
        code=code("train_small_country"),
        settings=settings(
            label_weight=config["scorers"]["label_weight"],
            **config["scorers"]["country"]["settings"],
        ),
        work=f"{WORK}/small/country",
    shell:
        "python workflow/scripts/lease_gpu.py --gpu {resources.gpu} --"
        " python workflow/scripts/train_small_country.py --teacher {input.teacher}"
        " --sentences {input.sentences}"
        " --settings {params.settings:q} --work {params.work} --output {output.folder} &> {log}"


rule train_small_language:
    """Train a small fastText language identifier with NLLB's language codes."""
    input:
        sentences=rules.assemble_data.output.sentences,
    output:
        folder=directory(f"{RESULTS}/scorers/language"),
    log:
        f"{LOGS}/train_small_language.log",
    benchmark:
        f"{BENCHMARKS}/train_small_language.tsv"
    conda:
        "../../envs/main.yaml"
    threads: 1
    params:
        code=code("train_small_language"),
        settings=settings(**config["scorers"]["language"]["settings"]),
    shell:
        "python workflow/scripts/train_small_language.py --sentences {input.sentences}"
        " --settings {params.settings:q} --output {output.folder} &> {log}"


# What selects on a run's way need not be what judges its results: stand-ins of their own.
use rule train_small_aldi as train_selecting_aldi with:
    output:
        folder=directory(f"{RESULTS}/scorers/selecting_aldi"),
    log:
        f"{LOGS}/train_selecting_aldi.log",
    benchmark:
        f"{BENCHMARKS}/train_selecting_aldi.tsv"
    params:
        code=code("train_small_aldi"),
        settings=settings(**(config["scorers"]["selecting_aldi"] or {}).get("settings", {})),
        work=f"{WORK}/small/selecting_aldi",


use rule train_small_country as train_selecting_country with:
    output:
        folder=directory(f"{RESULTS}/scorers/selecting_country"),
    log:
        f"{LOGS}/train_selecting_country.log",
    benchmark:
        f"{BENCHMARKS}/train_selecting_country.tsv"
    params:
        code=code("train_small_country"),
        settings=settings(
            label_weight=config["scorers"]["label_weight"],
            **(config["scorers"]["selecting_country"] or {}).get("settings", {}),
        ),
        work=f"{WORK}/small/selecting_country",


rule check_scorers:
    """Compare the scorers with their teachers on texts that they did not learn from."""
    input:
        teacher=rules.collect_teacher_scores.output.teacher,
        sentences=rules.assemble_data.output.sentences,
        aldi=checked_scorer("aldi"),
        country=checked_scorer("country"),
        language=checked_scorer("language"),
    output:
        agreement=f"{RESULTS}/scorers/agreement.parquet",
    log:
        f"{LOGS}/check_scorers.log",
    benchmark:
        f"{BENCHMARKS}/check_scorers.tsv"
    conda:
        "../../envs/main.yaml"
    threads: 1
    resources:
        gpu=1,
        mem_mb=16000,
        runtime=60,
    params:
        code=code("check_scorers"),
        settings=settings(
            batch=config["scorers"]["batch"],
            resamples=config["evaluation"]["resamples"],
            confidence=config["evaluation"]["confidence"],
        ),
    shell:
        "python workflow/scripts/lease_gpu.py --gpu {resources.gpu} --"
        " python workflow/scripts/check_scorers.py --teacher {input.teacher}"
        " --sentences {input.sentences} --aldi {input.aldi} --country {input.country}"
        " --language {input.language} --settings {params.settings:q}"
        " --output {output.agreement} &> {log}"
