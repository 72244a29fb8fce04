"""From corpora to sampled sentences.

Requires: the corpora's folders and the ALDi scorer.
Produces: `data/sentences.parquet`, `data/parallel.parquet`, every refused row with its reason in
`data/rejects.parquet`, counts, and per dialect the sentences that prompts are built on.
"""

# A kind that no template asks for needs no samples.
SAMPLED_KINDS = {
    kind: window
    for kind, window in config["sampling"]["kinds"].items()
    if kind in config["prompts"]["template_kinds"]
}
TEXTS = corpora("train", "validation", "evaluation")


rule ingest_corpus:
    """Read one corpus in its own layout, clean its rows, keep the refused ones with a reason."""
    input:
        folder=lambda wc: corpus_folder(wc.corpus),
    output:
        sentences=f"{RESULTS}/data/corpora/{{corpus}}.parquet",
        rejects=f"{RESULTS}/data/corpora/{{corpus}}.rejects.parquet",
    log:
        f"{LOGS}/ingest_corpus/{{corpus}}.log",
    benchmark:
        f"{BENCHMARKS}/ingest_corpus/{{corpus}}.tsv"
    wildcard_constraints:
        corpus=one_of(config["corpora"]),
    conda:
        "../../envs/main.yaml"
    threads: 1
    params:
        code=code("ingest_corpus"),
        corpus=lambda wc: canonical_json(corpus_entry(wc.corpus)),
        settings=canonical_json({key: config["data"][key] for key in ("min_words", "max_words")}),
    shell:
        "python workflow/scripts/ingest_corpus.py --name {wildcards.corpus:q}"
        " --corpus {params.corpus:q} --folder {input.folder} --settings {params.settings:q}"
        " --sentences {output.sentences} --rejects {output.rejects} &> {log}"


rule assemble_data:
    """Join the corpora: no near-duplicates, nothing of an evaluation set, splits by sentence."""
    input:
        corpora=expand(rules.ingest_corpus.output.sentences, corpus=TEXTS),
        rejects=expand(rules.ingest_corpus.output.rejects, corpus=TEXTS),
    output:
        sentences=f"{RESULTS}/data/sentences.parquet",
        parallel=f"{RESULTS}/data/parallel.parquet",
        rejects=f"{RESULTS}/data/rejects.parquet",
        counts=f"{RESULTS}/data/counts.parquet",
    log:
        f"{LOGS}/assemble_data.log",
    benchmark:
        f"{BENCHMARKS}/assemble_data.tsv"
    conda:
        "../../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=16000,
    params:
        code=code("assemble_data"),
        settings=settings(
            roles={name: corpus_entry(name)["role"] for name in TEXTS},
            required_varieties=[*DIALECTS, "msa"],
            **{
                key: config["data"][key]
                for key in ("near_duplicate_similarity", "validation_share", "test_share")
            },
        ),
    shell:
        "python workflow/scripts/assemble_data.py --corpora {input.corpora}"
        " --rejects {input.rejects} --settings {params.settings:q}"
        " --sentences {output.sentences} --parallel {output.parallel}"
        " --all-rejects {output.rejects} --counts {output.counts} &> {log}"


rule score_dialectness:
    """Score how dialectal each sentence is (ALDi)."""
    input:
        sentences=rules.assemble_data.output.sentences,
        model=scorer_folder("aldi"),
    output:
        dialectness=f"{RESULTS}/data/dialectness.parquet",
    log:
        f"{LOGS}/score_dialectness.log",
    benchmark:
        f"{BENCHMARKS}/score_dialectness.tsv"
    conda:
        "../../envs/main.yaml"
    threads: 1
    resources:
        gpu=1,
        mem_mb=16000,
        runtime=120,
    params:
        code=code("score_dialectness"),
        settings=canonical_json({"batch": config["scorers"]["batch"]}),
    shell:
        "python workflow/scripts/lease_gpu.py --gpu {resources.gpu} --"
        " python workflow/scripts/score_dialectness.py --sentences {input.sentences}"
        " --model {input.model} --settings {params.settings:q} --output {output.dialectness} &> {log}"


rule sample_sentences:
    """Sample dialectal sentences whose length fits each kind of prompt (paper, section 2)."""
    input:
        sentences=rules.assemble_data.output.sentences,
        dialectness=rules.score_dialectness.output.dialectness,
    output:
        samples=f"{RESULTS}/samples/{{dialect}}.parquet",
    log:
        f"{LOGS}/sample_sentences/{{dialect}}.log",
    benchmark:
        f"{BENCHMARKS}/sample_sentences/{{dialect}}.tsv"
    conda:
        "../../envs/main.yaml"
    threads: 1
    params:
        code=code("sample_sentences"),
        settings=lambda wc: settings(
            total=config["sampling"]["per_dialect"][wc.dialect],
            kinds=SAMPLED_KINDS,
            aldi_threshold=config["sampling"]["aldi_threshold"],
        ),
    shell:
        "python workflow/scripts/sample_sentences.py --sentences {input.sentences}"
        " --dialectness {input.dialectness} --dialect {wildcards.dialect}"
        " --settings {params.settings:q} --output {output.samples} &> {log}"
