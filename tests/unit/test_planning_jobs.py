import random
from types import SimpleNamespace

import pytest

from lahja.cli.planning.jobs import Job, jobs_of, schedule, staleness


def record(number, rule, inputs=(), outputs=(), **resources):
    return SimpleNamespace(
        jobid=number, rule_name=rule, wildcards={}, input=list(inputs), output=list(outputs),
        benchmark=None, threads=1, resources=resources, reason="Missing output files: x",
    )  # fmt: skip


def test_jobs_wait_for_those_that_write_their_input():
    jobs = jobs_of(
        [
            record(0, "all", ["c"]),
            record(1, "train", ["b", "elsewhere"], ["c"], gpu=1),
            record(2, "prepare", ["a"], ["b"]),
        ]
    )
    assert [(job.rule, job.gpus, job.needs) for job in jobs] == [
        ("prepare", 0, frozenset()),
        ("train", 1, frozenset({2})),
    ]


PARAMS = "Params have changed since last execution: Union of exclusive params before and now across all output: "


@pytest.mark.parametrize(
    ("reason", "why"),
    [
        ("Missing output files: results/demo/models/llama-T", None),
        ("Forced execution", None),
        (PARAMS + """before: '{"sft":1,"training":3}' now: '{"sft":2,"training":3}' """, "sft version 1 → 2"),
        (PARAMS + """before: '{"batch":2}','{"dpo":1}' now: '{"batch":4}','{"dpo":2}' """, "dpo version 1 → 2"),
        (PARAMS + """before: '{"stand-ins":1}' now: '{"stand-ins":2}' """, "stand-ins version 1 → 2"),
        (PARAMS + """before: '{"batch":2}' now: '{"batch":4}' """, "params have changed since last execution"),
        ("Input files updated by another job: a, b", "input files updated by another job"),
    ],
)  # fmt: skip
def test_what_is_stale_has_a_reason(reason, why):
    assert staleness(reason) == why


def job(number, needs=(), gpus=1, threads=1):
    return Job(number, f"rule{number}", {}, "", threads, gpus, frozenset(needs), "")


# a (2) before b (3) and c (4), both before d (1).
DIAMOND = [job(0), job(1, [0]), job(2, [0]), job(3, [1, 2])]
SECONDS = {0: 2.0, 1: 3.0, 2: 4.0, 3: 1.0}


@pytest.mark.parametrize(
    ("gpus", "seconds", "chain"), [(1, 10, [0, 2, 1, 3]), (2, 7, [0, 2, 3]), (8, 7, [0, 2, 3])]
)
def test_a_schedule_and_the_chain_that_fills_it(gpus, seconds, chain):
    found, jobs = schedule(DIAMOND, SECONDS, gpus, cores=8)
    assert (found, [one.number for one in jobs]) == (seconds, chain)


@pytest.mark.parametrize(
    ("jobs", "seconds", "gpus", "cores", "total"),
    [
        ([job(0), job(1, gpus=0), job(2, gpus=0)], [5.0, 3.0, 2.0], 1, 2, 5),
        ([job(0), job(1, gpus=0), job(2, gpus=0)], [5.0, 3.0, 2.0], 1, 1, 10),
        ([job(0), job(1), job(2, gpus=2)], [4.0, 1.0, 2.0], 2, 8, 6),
        # Without GPUs only cores count.
        ([job(0), job(1), job(2)], [1.0, 1.0, 1.0], 0, 2, 2),
        ([job(0, threads=16)], [3.0], 1, 4, 3),
        ([], [], 2, 4, 0),
    ],
)
def test_gpus_and_cores_are_shared(jobs, seconds, gpus, cores, total):
    assert schedule(jobs, dict(enumerate(seconds)), gpus, cores)[0] == total


@pytest.mark.parametrize("seed", range(20))
def test_a_schedule_takes_the_time_of_its_chain_and_no_longer_than_one_after_the_other(seed):
    rng = random.Random(seed)
    jobs = [
        job(number, [n for n in range(number) if rng.random() < 0.1], rng.choice([0, 1, 1, 2]))
        for number in range(30)
    ]
    seconds = {number: rng.uniform(0.5, 9.0) for number in range(30)}
    for gpus in (2, 3, 8):
        total, chain = schedule(jobs, seconds, gpus, 4)
        assert total == pytest.approx(sum(seconds[one.number] for one in chain))
        assert total <= sum(seconds.values()) + 1e-6
