"""Human evaluation, as AL-QASIDA and AMIYA do it.

Requires: the evaluation's prompts and sentence scores. Produces: `human/sheets/<dialect>.csv` and
`.xlsx` for the annotators, and apart from them the key that says whose responses they are. Filled
sheets are read back by the command `lahja ratings`.
"""

HUMAN = config["evaluation"]["human"]
RATED = HUMAN["models"] or EVALUATED


rule write_rating_sheets:
    """Write blinded, shuffled sheets for annotators, because metrics miss what speakers hear."""
    input:
        prompts=rules.generate_evaluation.input.prompts,
        scores=expand(rules.score_sentences.output.scores, model=RATED),
    output:
        sheets=directory(f"{RESULTS}/human/sheets"),
        key=f"{RESULTS}/human/key.parquet",
        key_sheet=f"{RESULTS}/human/key.csv",
    log:
        f"{LOGS}/write_rating_sheets.log",
    benchmark:
        f"{BENCHMARKS}/write_rating_sheets.tsv"
    conda:
        "../../envs/main.yaml"
    threads: 1
    params:
        code=code("write_rating_sheets"),
        settings=settings(
            dialects=DIALECTS,
            tasks=HUMAN["tasks"],
            per_task=HUMAN["per_task"],
        ),
    shell:
        "python workflow/scripts/write_rating_sheets.py --prompts {input.prompts}"
        " --scores {input.scores} --settings {params.settings:q} --sheets {output.sheets}"
        " --key {output.key} --key-sheet {output.key_sheet} &> {log}"
