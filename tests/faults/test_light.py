"""Faults of rules that need no model, of corpora and of a server that is paid.

A handful, which `make test` runs, has no mark `faults`; `make test-faults` runs all.
"""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from random import Random

import pytest
from misbehaving_server import Server

from lahja.core.tables import CORPUS, PARALLEL, read_table, write_table
from tests.faults import harness
from tests.faults.conftest import N_PROMPTS, N_UNDER_WAY, SEED
from tests.faults.harness import DAMAGES, KILLS, RESULTS, Disturbed, Job, survived

pytestmark = pytest.mark.workflow
WHOLE = pytest.mark.faults
CORPUS_FILE = "corpora/mine/a.txt"
ANSWERS = RESULTS / "work/generations"


@pytest.mark.parametrize("rule", ["assemble_data", pytest.param("retrieve_corpus", marks=WHOLE)])
def test_a_power_cut_while_data_are_made(light, faults, rule):
    job, kind = light.job(rule), "kill -9 of all at once"
    with survived(light, faults, kind, job):
        light.disturb(job, harness.within(job, Random(SEED)), KILLS[kind])


@pytest.mark.parametrize("kind", [DAMAGES[0], *(pytest.param(k, marks=WHOLE) for k in DAMAGES[1:])])
def test_no_damaged_corpus_is_read(light, faults, kind):
    rng, job = Random(f"{SEED}:{kind}"), light.job("assemble_data")
    with survived(light, faults, f"{kind} in an input", job):
        path = rng.choice(light.inputs(job, "data/corpora/*.parquet"))
        harness.read_damaged(light, job, path, kind, rng)


def test_a_full_disk_stops_the_data_in_one_line(light, faults):
    harness.fill_disk(light, faults, light.job("assemble_data"))


# --- a server that is paid --------------------------------------------------------------------


def _asking(light: Disturbed, server: Server) -> Job:
    """Forget what was answered; return the job that asks the server."""
    for path in (light.folder / ANSWERS).glob("server.*"):
        path.unlink()
    server.received.clear()
    server.answered.clear()
    return light.job("generate_responses")


def _some_answered(server: Server, seed: str) -> Callable[[], None]:
    """Return what waits until the server has answered some of the prompts."""
    number, end = Random(f"{SEED}:{seed}").randrange(1, N_PROMPTS - 50), time.monotonic() + 60

    def wait() -> None:
        """Wait for a minute at most."""
        while server.answered.total() < number and time.monotonic() < end:
            time.sleep(0.005)

    return wait


def test_a_server_that_is_taken_away_is_paid_once(light, faults, server):
    job, moment = light.job("generate_responses"), _some_answered(server, "away")
    # It is back before the run is resumed.
    with survived(light, faults, "the API server taken away", job), ExitStack() as stack:
        _asking(light, server)
        said = light.disturb(job, moment, lambda *_: stack.enter_context(server.away()))
        assert "after 4 tries: ConnectError" in said
        assert 0 < server.answered.total() < N_PROMPTS
    assert [*server.answered.values()] == [1] * N_PROMPTS


@WHOLE
def test_a_server_that_is_away_for_a_moment_stops_nothing(light, faults, server):
    job, moment = light.job("generate_responses"), _some_answered(server, "moment")

    def harm(*_: object) -> None:
        with server.away():
            time.sleep(1)

    with survived(light, faults, "the API server away for a second", job):
        _asking(light, server)
        assert "1 of 1 steps (100%) done" in light.disturb(job, moment, harm)
    assert [*server.answered.values()] == [1] * N_PROMPTS


@WHOLE
@pytest.mark.parametrize("kind", KILLS)
def test_no_request_is_paid_twice(light, faults, server, kind):
    job, moment = light.job("generate_responses"), _some_answered(server, kind)
    with survived(light, faults, f"{kind}, paid requests under way", job):
        _asking(light, server)
        light.disturb(job, moment, KILLS[kind])
    # What was under way when the job itself was killed may have been answered.
    is_lost = kind in ("kill -9 of the job", "kill -9 of all at once")
    n_more = server.answered.total() - N_PROMPTS
    assert len(server.answered) == N_PROMPTS and 0 <= n_more <= N_UNDER_WAY * is_lost


@WHOLE
@pytest.mark.parametrize("kind", DAMAGES)
def test_a_damaged_store_asks_again_what_it_lost(light, faults, server, kind):
    rng, job = Random(f"{SEED}:{kind}"), light.job("generate_responses")
    store = light.folder / ANSWERS / "server.jsonl"
    with survived(light, faults, f"{kind} in a store", job):
        server.received.clear()
        lines = store.read_bytes().splitlines(keepends=True)
        harness.damage(store, kind, rng)
        n_whole = len({*lines} & {*store.read_bytes().splitlines(keepends=True)})
        light.take_away(job)
    assert server.received.total() == N_PROMPTS - n_whole


# --- corpora, and tables of before ------------------------------------------------------------


@WHOLE
@pytest.mark.parametrize(
    "contents", [None, "شو اخبارك اليوم\nبدي روح عالبيت\n"], ids=["removed", "replaced"]
)
def test_a_corpus_that_goes_or_changes_while_it_is_read(light, faults, contents):
    job = next(j for j in light.jobs if (j.rule, j.name) == ("ingest_corpus", "mine"))
    kind = f"a corpus {'replaced' if contents else 'removed'} mid-run"
    path = light.folder / CORPUS_FILE
    with survived(light, faults, kind, job):

        def harm(*_: object) -> None:
            path.write_text(contents) if contents else path.unlink()

        light.disturb(job, lambda: None, harm)
        if contents:
            light.resume(job)
            table = read_table(light.folder / job.outputs[0], CORPUS)
            assert [*table["text"]] == contents.splitlines()
        shutil.copy2(light.kept / CORPUS_FILE, path)


@WHOLE
def test_an_older_table_under_a_newer_time_is_seen_by_what_was_made_of_it(light, faults):
    job = light.job("build_direction_prompts")
    path = light.folder / RESULTS / "data/parallel.parquet"
    with survived(light, faults, "an older file under a newer time, its rule named", job):
        table = read_table(path, PARALLEL)
        write_table(path, table.head(len(table) // 2), PARALLEL)
        command = [sys.executable, "-m", "lahja", "verify", str(RESULTS)]
        done = subprocess.run(command, check=True, **light.how())
        assert f"stale     {job.outputs[0]}: updated input files" in done.stdout, done.stdout
        light.resume(job, "--forcerun", "assemble_data")
