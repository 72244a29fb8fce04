import sys

import pytest

from lahja.errors import LahjaError
from lahja.planning.jobs import ask_snakemake, read_jobs, read_stages

DRY_RUN = """Building DAG of jobs...
Job stats:
job          count
---------  -------
all              1

[Wed Nov 25 09:22:32 2026]
rule all:
    input: results/x/scores/a.parquet
    jobid: 0
    reason: Forced execution
    resources: tmpdir=/tmp
[Wed Nov 25 09:22:32 2026]
rule score:
    input: results/x/answers/egy.parquet, corpora/given.txt
    output: results/x/scores/a.parquet, results/x/scores/b.parquet
    log: logs/x/score.log
    jobid: 1
    benchmark: benchmarks/x/score.tsv
    reason: Forced execution
    resources: tmpdir=/tmp
[Wed Nov 25 09:22:32 2026]
rule answer:
    output: results/x/answers/egy.parquet
    jobid: 7
    benchmark: benchmarks/x/answer/llama+RL.egy.tsv
    reason: Forced execution
    wildcards: generator=llama+RL, dialect=egy
    threads: 4
    resources: tmpdir=/tmp, gpu=2, mem_mb=32000, mem=32 GB
Job stats:
job          count
total            3

Reasons:
    (check individual jobs above for details)
    forced:
        all, answer, score
"""


def test_jobs_come_after_those_that_they_wait_for():
    jobs = read_jobs(DRY_RUN)
    assert [job.rule for job in jobs] == ["answer", "score", "all"]
    answer, score, last = jobs
    assert answer.wildcards == {"generator": "llama+RL", "dialect": "egy"}
    assert (answer.threads, answer.gpus) == (4, 2)
    assert answer.benchmark == "benchmarks/x/answer/llama+RL.egy.tsv"
    assert (score.needs, last.needs) == ({7}, {1})
    assert (score.threads, score.gpus, score.wildcards) == (1, 0, {})


def test_nothing_to_be_done_is_no_jobs():
    assert read_jobs("Building DAG of jobs...\nNothing to be done (all requested files…).\n") == []


def test_other_text_is_refused():
    with pytest.raises(LahjaError, match="holds no jobs"):
        read_jobs("usage: snakemake\n")


def test_jobs_in_a_circle_are_refused():
    circle = DRY_RUN.replace(
        "rule answer:\n", "rule answer:\n    input: results/x/scores/b.parquet\n"
    )
    with pytest.raises(LahjaError, match="wait for each other"):
        read_jobs(circle)


def test_snakemake_in_its_own_words(tmp_path, monkeypatch):
    (tmp_path / "Snakefile").write_text('rule all:\n    input: "a.txt"\n')
    with pytest.raises(LahjaError, match=r"snakemake -n: .*a\.txt"):
        ask_snakemake(tmp_path, [], [], cores=1, remaining=False)


def test_a_real_dry_run(tmp_path):
    (tmp_path / "Snakefile").write_text(
        'rule all:\n    input: "out/x.b"\n'
        'rule second:\n    input: "out/{n}.a"\n    output: "out/{n}.b"\n    resources: gpu=1\n'
        '    shell: "cp {input} {output}"\n'
        'rule first:\n    output: "out/{n}.a"\n    threads: 3\n    shell: "touch {output}"\n'
    )
    assert sys.executable
    jobs = read_jobs(ask_snakemake(tmp_path, [], [], cores=8, remaining=False))
    assert [(job.rule, job.threads, job.gpus) for job in jobs] == [
        ("first", 3, 0),
        ("second", 1, 1),
        ("all", 1, 0),
    ]
    assert jobs[1].needs == {jobs[0].number}


def test_stages_are_the_rules_files(tmp_path):
    (tmp_path / "data.smk").write_text("rule ingest:\n    output: 1\nrule clean:\n    output: 2\n")
    (tmp_path / "dpo.smk").write_text('"""rule of thumb"""\nrule train_dpo:\n    output: 3\n')
    assert read_stages(tmp_path) == {"ingest": "data", "clean": "data", "train_dpo": "dpo"}
