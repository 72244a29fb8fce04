"""Compare the rows of a study, where the configuration has one (docs/study.md).

Requires: the sentence scores of the rows' models. Produces: `study/`, its tables, its answers in
words (`study.md`) and the plot of dialect against translation.
"""

STUDY = config["study"]
STUDY_MODELS = list(dict.fromkeys(sum(STUDY["rows"].values(), []))) if STUDY else []
# As pairs, for settings are written with sorted keys and a study's rows have an order.
STUDY_ASKED = STUDY | {"rows": [*STUDY["rows"].items()]} if STUDY else {}


rule make_study:
    """Write a study's tables, its answers and its plot."""
    input:
        scores=expand(rules.score_sentences.output.scores, model=STUDY_MODELS),
        spbleu=spbleu_folder(),
    output:
        folder=directory(f"{RESULTS}/study"),
    log:
        f"{LOGS}/make_study.log",
    benchmark:
        f"{BENCHMARKS}/make_study.tsv"
    conda:
        "../../envs/main.yaml"
    threads: 1
    params:
        code=code("make_study"),
        settings=settings(
            **STUDY_ASKED,
            corpora=TRANSLATED,
            resamples=config["evaluation"]["resamples"],
            confidence=config["evaluation"]["confidence"],
            spbleu_model=spbleu_model(),
        ),
    shell:
        "python workflow/scripts/make_study.py --scores {input.scores}"
        " --settings {params.settings:q} --output {output.folder} &> {log}"
