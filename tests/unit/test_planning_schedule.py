import random

import pytest

from lahja.errors import LahjaError
from lahja.planning.jobs import Job
from lahja.planning.schedule import _list_schedule, critical_path, schedule


def job(number, needs=(), gpus=1, threads=1):
    return Job(number, f"rule{number}", {}, (f"{number}",), None, threads, gpus, frozenset(needs))


# a (2) before b (3) and c (4), both before d (1).
DIAMOND = [job(0), job(1, [0]), job(2, [0]), job(3, [1, 2])]
SECONDS = {0: 2.0, 1: 3.0, 2: 4.0, 3: 1.0}


@pytest.mark.parametrize(("gpus", "makespan"), [(1, 10), (2, 7), (8, 7)])
def test_diamond(gpus, makespan):
    found = schedule(DIAMOND, SECONDS, gpus, cores=8)
    assert found.makespan == makespan
    assert sum(SECONDS[number] for number in found.chain) == makespan


def test_diamond_chains():
    assert schedule(DIAMOND, SECONDS, 1, 8).chain == [0, 2, 1, 3]
    assert schedule(DIAMOND, SECONDS, 2, 8).chain == [0, 2, 3]
    assert [one.number for one in critical_path(DIAMOND, SECONDS)] == [0, 2, 3]


def test_the_longer_branch_starts_first():
    found = schedule(DIAMOND, SECONDS, 1, 8)
    assert found.starts == {0: 0, 2: 2, 1: 6, 3: 9}


def test_jobs_without_gpu_run_beside_one_that_has_it():
    jobs = [job(0), job(1, gpus=0), job(2, gpus=0)]
    assert schedule(jobs, {0: 5.0, 1: 3.0, 2: 2.0}, 1, cores=2).makespan == 5
    assert schedule(jobs, {0: 5.0, 1: 3.0, 2: 2.0}, 1, cores=1).makespan == 10


def test_a_job_on_two_gpus_waits_for_both():
    jobs = [job(0), job(1), job(2, gpus=2)]
    found = schedule(jobs, {0: 4.0, 1: 1.0, 2: 2.0}, 2, cores=8)
    assert found.makespan == 6
    with pytest.raises(LahjaError, match="rule2 asks for 2 GPUs, more than 1"):
        schedule(jobs, {0: 4.0, 1: 1.0, 2: 2.0}, 1, cores=8)


def test_without_gpus_only_cores_count():
    jobs = [job(0), job(1), job(2)]
    assert schedule(jobs, {0: 1.0, 1: 1.0, 2: 1.0}, 0, cores=2).makespan == 2


def test_threads_are_cut_to_the_cores():
    assert schedule([job(0, threads=16)], {0: 3.0}, 1, cores=4).makespan == 3


def test_nothing_to_do():
    found = schedule([], {}, 2, 4)
    assert (found.makespan, found.chain) == (0, [])
    assert critical_path([], {}) == []


def test_more_gpus_are_never_slower_where_list_scheduling_alone_is():
    # A case of Graham's anomaly: with a third GPU, job 6 starts early and keeps job 2 from its two.
    jobs = [
        *(job(0), job(1), job(2, [0], gpus=2), job(3)),
        *(job(4, [1]), job(5, [1, 2, 3]), job(6), job(7, [5, 6])),
    ]
    seconds = dict(enumerate([5.0, 2.0, 4.0, 3.0, 3.0, 7.0, 6.0, 2.0]))
    assert [_list_schedule(jobs, seconds, gpus, 64).makespan for gpus in (2, 3)] == [18, 19]
    assert [schedule(jobs, seconds, gpus, 64).makespan for gpus in (2, 3)] == [18, 18]


@pytest.mark.parametrize("seed", range(40))
def test_makespan_lies_between_critical_path_and_serial_sum(seed):
    jobs, seconds = random_graph(random.Random(seed), 30)
    longest = sum(seconds[one.number] for one in critical_path(jobs, seconds))
    serial = sum(seconds.values())
    spans = [schedule(jobs, seconds, gpus, 4).makespan for gpus in (2, 3, 8)]
    for span in spans:
        assert longest - 1e-6 <= span <= serial + 1e-6
    assert spans == sorted(spans, reverse=True)


@pytest.mark.parametrize("seed", range(20))
def test_no_moment_takes_more_than_there_is(seed):
    jobs, seconds = random_graph(random.Random(seed), 25)
    found = schedule(jobs, seconds, 2, 3)
    for moment in found.starts.values():
        held = [
            one
            for one in jobs
            if found.starts[one.number] <= moment < found.starts[one.number] + seconds[one.number]
        ]
        assert sum(one.gpus for one in held) <= 2
        assert sum(min(one.threads, 3) for one in held) <= 3
    for one in jobs:
        for needed in one.needs:
            assert found.starts[one.number] >= found.starts[needed] + seconds[needed] - 1e-6


def random_graph(dice, size):
    jobs, seconds = [], {}
    for number in range(size):
        needs = [n for n in range(number) if dice.random() < 0.1]
        jobs.append(job(number, needs, dice.choice([0, 1, 1, 2]), dice.choice([1, 2, 4])))
        seconds[number] = dice.uniform(0.5, 9.0)
    return jobs, seconds
