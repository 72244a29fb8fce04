"""`lahja plan` on the three configurations, from what Snakemake plans."""

import json
import os
import subprocess
import sys

import pytest
import yaml

from lahja.core.stages import STAGES

pytestmark = pytest.mark.workflow


def plan(checkout, *arguments):
    """Return what `lahja plan` writes as JSON."""
    command = [sys.executable, "-m", "lahja", "plan", "--output", "plan", *arguments]
    done = subprocess.run(
        command, cwd=checkout.folder, text=True, capture_output=True, timeout=120, check=False,
        env=os.environ | {"PYTHONPATH": str(checkout.folder / "src")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads((checkout.folder / "plan" / "plan.json").read_text(encoding="utf-8"))


def test_what_a_new_version_makes_stale_is_told_before_it_is_paid(fresh):
    demo = ("--configfile", "config/demo.yaml", "--cores", "1")
    done = fresh.snakemake(*demo, "--until", "expand_demo_corpora")
    assert done.returncode == 0, done.stdout
    left = plan(fresh, *demo, "--remaining")
    assert "expand_demo_corpora" not in {job["rule"] for job in left["jobs"]}
    assert left["stale"] == []
    old = STAGES["stand-ins"].version
    stage = "stand-ins: {{version: {},"
    fresh.edit("src/lahja/core/stages.yaml", stage.format(old), stage.format(old + 1))
    (stale,) = plan(fresh, *demo, "--remaining")["stale"]
    told = f"stand-ins version {old} → {old + 1}"
    assert (stale["rule"], stale["stale"]) == ("expand_demo_corpora", told)


@pytest.mark.parametrize("config", ["demo", "real"])
def test_each_config_has_a_plan(fresh, config):
    values = plan(fresh, "--configfile", f"config/{config}.yaml", "--gpus", "0,1")
    assert values["stale"] == []
    assert all(job["hours"] > 0 for job in values["jobs"])
    without, one = values["schedules"]
    assert without["hours"] <= one["hours"] <= sum(job["hours"] for job in values["jobs"])


def test_the_papers_plan_holds_together(fresh):
    values = plan(fresh, "--gpus", "1,2,8")
    rules = {rule["rule"]: rule for rule in values["rules"]}
    gpu_hours = sum(rule["GPU_hours"] for rule in rules.values())
    one, two, eight = (schedule["hours"] for schedule in values["schedules"])
    assert gpu_hours <= one <= sum(rule["hours"] for rule in rules.values())
    assert gpu_hours / 2 <= two < one
    assert gpu_hours / 8 <= eight < two
    assert rules["train_sft"]["jobs"] == 6
    assert rules["train_sft"]["GPU_hours"] > gpu_hours / 2
    # What is worked out is named as the workflow names it.
    for rule in ("train_dpo", "generate_responses", "train_grpo", "generate_evaluation"):
        assert rules[rule]["longest"] > 0.1, rule
    assert {cost["API"] for cost in values["api"]} == {"gpt-4o", "gemini"}


def test_rules_that_the_plan_names_are_there(fresh):
    fixed = yaml.safe_load((fresh.folder / "resources/rates/a6000.yaml").read_text())
    worked_out = {
        "train_sft",
        "train_dpo",
        "train_grpo",
        "augment_translation",
        "generate_responses",
    }
    worked_out |= {"generate_evaluation", "sample_evaluation", "sample_policy"}
    named = worked_out | {"translate_mismatches"} | fixed["fixed_seconds"]["value"].keys()
    done = fresh.snakemake("--list-rules", "--configfile", "config/config.yaml")
    assert named - {"other"} <= {*done.stdout.split()}


def test_a_faulty_run_is_told_in_snakemakes_words(fresh):
    fresh.edit("workflow/Snakefile", "True\n    input:\n", "True\n    input:\n        'nowhere',\n")
    command = [sys.executable, "-m", "lahja", "plan", "--configfile", "config/demo.yaml"]
    done = subprocess.run(
        command, cwd=fresh.folder, text=True, capture_output=True, timeout=120, check=False
    )
    assert done.returncode == 1
    assert "MissingInputException" in done.stderr
    assert "nowhere" in done.stderr
