"""Bring corpora and checkpoints to the machine.

Requires: the network, or for `manual` corpora the files that their licence page gives out.
Produces: `data/raw/<corpus>/` (links to local files or a download), `results/hub/<checkpoint>/`,
and the demo's corpora, expanded from `resources/demo`.
"""


# On a cluster they run where Snakemake runs: compute nodes often have no network.
localrules:
    retrieve_corpus,
    retrieve_model,


rule expand_demo_corpora:
    """Write the demo's corpora in the real corpora's layouts."""
    output:
        corpora=directory(f"{RESULTS}/data/demo"),
    log:
        f"{LOGS}/expand_demo_corpora.log",
    benchmark:
        f"{BENCHMARKS}/expand_demo_corpora.tsv"
    conda:
        "../../envs/main.yaml"
    threads: 1
    params:
        code=code("expand_demo_corpora"),
        source="resources/demo",
        content=content("resources/demo"),
        settings=settings(),
    shell:
        "python workflow/scripts/expand_demo_corpora.py --source {params.source}"
        " --settings {params.settings:q} --output {output.corpora} &> {log}"


rule retrieve_corpus:
    """Link a local corpus or download one; stop with the page to visit where it takes a licence."""
    output:
        corpus=directory(f"{RESULTS}/data/raw/{{corpus}}"),
    log:
        f"{LOGS}/retrieve_corpus/{{corpus}}.log",
    benchmark:
        f"{BENCHMARKS}/retrieve_corpus/{{corpus}}.tsv"
    conda:
        "../../envs/main.yaml"
    threads: 1
    params:
        code=code("retrieve_corpus"),
        corpus=lambda wc: canonical_json(corpus_entry(wc.corpus)),
        folder=config["corpora_dir"],
        listing=lambda wc: listing_of(wc.corpus),
        lock=config["hub_lock"],
    shell:
        "python workflow/scripts/retrieve_corpus.py --name {wildcards.corpus:q}"
        " --corpus {params.corpus:q} --corpora-dir {params.folder:q} --lock {params.lock:q}"
        " --output {output.corpus} &> {log}"


rule retrieve_model:
    """Download a checkpoint at the commit that the lock file holds, or fix it there."""
    output:
        folder=directory("results/hub/{repository}"),
    log:
        "logs/hub/{repository}.log",
    benchmark:
        "benchmarks/hub/{repository}.tsv"
    retries: 2
    conda:
        "../../envs/main.yaml"
    threads: 1
    resources:
        runtime=240,
    params:
        code=code("retrieve_model"),
        checkpoint=lambda wc: hub_request(wc.repository)["checkpoint"],
        revision=lambda wc: hub_request(wc.repository)["revision"] or "",
        lock=config["hub_lock"],
    shell:
        "python workflow/scripts/retrieve_model.py --name {params.checkpoint:q}"
        " --revision {params.revision:q} --lock {params.lock:q} --output {output.folder} &> {log}"
