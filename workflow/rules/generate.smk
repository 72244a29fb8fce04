"""The LLMs' answers to the prompts, and a model's own answers to learn from (paper, section 2, step 2).

Requires: prompts, the generators' models or recordings. Produces: `generations/<generator>.parquet`,
and of a model in training its samples, `policies/<model>.<samples>/<prompts>.parquet`. A job that was
cut off resumes: every answer is kept in the store in `work/`, one per generator, so that more prompts
of one dialect are the only ones asked.
"""

BACKENDS = {name: entry["backend"] for name, entry in config["generators"].items()}
ANSWERED_BY = config["evaluation"]["backend"]


rule generate_responses:
    """Let one generator answer the prompts; what it answered before is kept."""
    input:
        unpack(lambda wc: paths.generator(wc.generator)),
        prompts=rules.build_prompts.output.prompts,
        environment=lambda wc: [*map(ancient, paths.environment(BACKENDS[wc.generator]))],
    output:
        responses=f"{paths.results}/generations/{{generator}}.parquet",
    log:
        f"{paths.logs}/generate_responses/{{generator}}.log",
    benchmark:
        f"{paths.benchmarks}/generate_responses/{{generator}}.tsv"
    wildcard_constraints:
        generator=one_of(BACKENDS),
    # A job that waits for a server all the time holds no core.
    threads: lambda wc: int(not parameters.is_server(wc.generator))
    resources:
        gpu=lambda wc: parameters.gpus(BACKENDS[wc.generator]),
        mem_mb=lambda wc: 4000 if parameters.is_server(wc.generator) else 32000,
        runtime=720,
    params:
        code=parameters.code("generate_responses"),
        generator=lambda wc: parameters.generator(wc.generator),
        # With `input`, nothing of these makes answers stale: another interpreter, another batch,
        # another budget or price of a server.
        python=lambda wc, input: paths.interpreter(BACKENDS[wc.generator]),
        execution=lambda wc, input: parameters.execution(parameters.decoding(wc.generator)),
        server=lambda wc, input: parameters.server(wc.generator),
        store=f"{paths.state}/generations/{{generator}}.jsonl",
    shell:
        f"{{params.python:q}} {scripts}/generate_responses.py --prompts {{input.prompts:q}}"
        " --root {input.root:q} --adapter {input.adapter:q} --generator {params.generator:q}"
        " --execution {params.execution:q} --server {params.server:q} --gpus {resources.gpu}"
        " --store {params.store:q} --output {output.responses:q} &> {log:q}"


rule sample_policy:
    """Let a model in training answer prompts several times, to learn from its own answers."""
    input:
        unpack(lambda wc: paths.model(wc.policy)),
        prompts=f"{paths.results}/prompts/{{asked}}.parquet",
        environment=[ancient(path) for path in paths.environment(ANSWERED_BY)],
    output:
        responses=f"{paths.policy}/{{asked}}.parquet",
    log:
        f"{paths.logs}/sample_policy/{{policy}}.{{samples}}.{{asked}}.log",
    benchmark:
        f"{paths.benchmarks}/sample_policy/{{policy}}.{{samples}}.{{asked}}.tsv"
    resources:
        gpu=parameters.gpus(ANSWERED_BY),
        mem_mb=32000,
        runtime=720,
    params:
        code=parameters.code("generate_responses"),
        generator=lambda wc: parameters.answering(wc.policy),
        python=lambda wc, input: paths.interpreter(ANSWERED_BY),
        execution=lambda wc, input: parameters.execution(config["decoding"]),
        samples=lambda wc, input: wc.samples,
        options=lambda wc: parameters.drawn(wc.policy, wc.asked),
        store=f"{paths.state}/policies/{{policy}}.{{samples}}.{{asked}}.jsonl",
    shell:
        f"{{params.python:q}} {scripts}/generate_responses.py --prompts {{input.prompts:q}}"
        " --root {input.root:q} --adapter {input.adapter:q} --generator {params.generator:q}"
        " --execution {params.execution:q} --samples {params.samples:q} {params.options:q}"
        " --gpus {resources.gpu} --store {params.store:q} --output {output.responses:q} &> {log:q}"
