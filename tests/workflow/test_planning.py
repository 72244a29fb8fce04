"""`lahja plan` on the three configurations, from what Snakemake's dry run says."""

import json
import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.workflow


def plan(checkout, *arguments):
    """Return what `lahja plan` writes as JSON."""
    # The copy's own library, not the one that is installed.
    environment = os.environ | {"PYTHONPATH": "workflow/scripts"}
    command = [sys.executable, "-m", "lahja", "plan", "--output", "plan", *arguments]
    done = subprocess.run(
        command, cwd=checkout.folder, text=True, capture_output=True, timeout=120, check=False,
        env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads((checkout.folder / "plan" / "plan.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("config", ["config", "demo", "real"])
def test_every_gpu_rule_has_a_work_that_is_known(fresh, config):
    values = plan(fresh, "--configfile", f"config/{config}.yaml")
    assert values["unknown"] == []
    on_gpu = [job for job in values["jobs"] if job["gpus"]]
    assert len(on_gpu) > 10
    assert all(job["seconds"] > 1 for job in on_gpu)


def test_the_papers_plan_holds_together(fresh):
    values = plan(fresh, "--gpus", "1,2,8")
    gpu_hours = sum(stage["gpu_hours"] for stage in values["stages"])
    one, two, eight = (schedule["hours"] for schedule in values["schedules"])
    assert gpu_hours <= one <= sum(stage["hours"] for stage in values["stages"])
    assert gpu_hours / 2 <= two < one
    assert gpu_hours / 8 <= eight < two
    sft = next(stage for stage in values["stages"] if stage["rule"] == "train_sft")
    assert sft["jobs"] == 6
    assert sft["gpu_hours"] > gpu_hours / 2
    assert {cost["generator"] for cost in values["api"]} == {"gpt-4o", "gemini"}
