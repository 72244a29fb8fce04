"""Choose where between a start and its training to stand, where the graph has models between.

Requires: the sentence scores of those models, on validation and on test.
Produces: `operating_point/`, a table of all weights and their plot.
"""

# Starts and what was trained from them, where models between the two are evaluated.
FAMILIES = [
    {"start": start, "end": end, "points": [[w, name] for w, name in points if name in EVALUATED]}
    for (start, end), between in GRAPH.families().items()
    if {start, end} <= {*EVALUATED} and any(name in EVALUATED for name in between.values())
    for points in [[(0.0, start), *between.items(), (1.0, end)]]
]
FAMILY_MODELS = list(dict.fromkeys(name for f in FAMILIES for _, name in f["points"]))


rule choose_operating_point:
    """Choose on validation where between a start and its training to stand, and draw the rest."""
    input:
        scores=expand(rules.score_sentences.output.scores, model=FAMILY_MODELS),
    output:
        folder=directory(f"{RESULTS}/operating_point"),
    log:
        f"{LOGS}/choose_operating_point.log",
    benchmark:
        f"{BENCHMARKS}/choose_operating_point.tsv"
    conda:
        "../../envs/main.yaml"
    threads: 1
    params:
        code=code("choose_operating_point"),
        settings=settings(
            families=FAMILIES,
            models=EVALUATED,
            resamples=config["evaluation"]["resamples"],
            confidence=config["evaluation"]["confidence"],
        ),
    shell:
        "python workflow/scripts/choose_operating_point.py --scores {input.scores}"
        " --settings {params.settings:q} --output {output.folder} &> {log}"
