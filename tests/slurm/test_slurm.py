"""Jobs on a real Slurm, sent there by Snakemake's executor with profiles/slurm as it is."""

import re
import signal
import subprocess
import time
from pathlib import Path

import pandas as pd
import pytest

from tests.slurm.cluster import jobs
from tests.slurm.conftest import SMALL

pytestmark = pytest.mark.slurm


def asked() -> dict[str, dict[str, str]]:
    """Return what the jobs that Slurm knows asked for, by their comment, which names the rule."""
    command = ["scontrol", "show", "job", "--oneliner"]
    text = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    found = [dict(re.findall(r"(\S+?)=(\S*)", line)) for line in text.splitlines()]
    return {job["Comment"]: job for job in found}


def wait_for(condition, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"still not so after {seconds:.0f} s"
        time.sleep(0.2)


@pytest.fixture(scope="module")
def small(runs) -> Path:
    runs["small"].finish()
    return runs["small"].folder


@pytest.fixture(scope="module")
def demo(runs) -> str:
    return runs["demo"].finish()


def test_jobs_see_their_own_devices(small):
    first, second = ((small / "device" / name).read_text().strip() for name in ("first", "second"))
    assert {first, second} == {"0", "1"}
    assert (small / "both").read_text().strip() == "0,1"


def test_a_function_that_gives_no_gpu_asks_for_none(small):
    assert (small / "neither").read_text().strip() == "unset"


def test_a_failed_job_is_sent_again_with_more_memory(small):
    assert (small / "tries").read_text().split() == ["4000", "8000"]


def test_a_preempted_job_is_waited_for(small):
    job = asked()["rule_be_requeued"]
    assert job["Restarts"] == "1"
    assert (small / "requeued").read_text().strip() == job["JobId"]


def test_the_demos_first_stages_run(demo, runs):
    results = runs["demo"].folder / "results" / "demo"
    assert len(pd.read_parquet(results / "data" / "sentences.parquet")) > 1000
    assert (results / "scorers" / "aldi" / "model.safetensors").stat().st_size > 0


def test_rules_ask_slurm_for_what_they_state(demo):
    (job,) = (
        found for name, found in asked().items() if name.startswith("rule_train_small_scorers")
    )
    assert job["TresPerJob"] == "gres:gpu:a6000:1"
    assert job["NumCPUs"] == "4"
    assert job["MinMemoryNode"] == "8000M"
    assert job["TimeLimit"] == "02:00:00"
    assert job["Requeue"] == "1"


def test_light_rules_share_jobs_and_ask_for_no_gpu(demo):
    assert len(re.findall(r"Finished jobid", demo)) == 8
    assert len(re.findall(r"has been submitted", demo)) == 5
    corpora = [job for comment, job in asked().items() if comment.startswith("rule_corpora")]
    assert [job["MinMemoryNode"] for job in corpora] == ["16000M"]
    assert "TresPerJob" not in corpora[0]


def test_a_cancelled_workflow_leaves_no_jobs(another, small, demo):
    # Two run, the third waits for a device.
    another.start(*SMALL, *(f"endless.{name}" for name in ("one", "two", "three")))
    running = another.folder.glob
    wait_for(lambda: len(list(running("running.*"))) == 2 and len(jobs()) == 3)
    another.process.send_signal(signal.SIGINT)
    assert another.process.wait(60) != 0
    wait_for(lambda: jobs() == [])
    for path in running("running.*"):
        pid = path.read_text().strip()
        wait_for(lambda pid=pid: not Path("/proc", pid, "exe").exists())
    # Nothing stays locked.
    assert list((another.folder / ".snakemake").glob("locks/*")) == []
