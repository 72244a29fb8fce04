"""The profiles name rules that exist, and for Slurm every rule that asks for a GPU."""

import re

import pytest
import yte


def rule_texts(root):
    """Return each rule's text by its name."""
    text = "\n".join(path.read_text() for path in (root / "workflow/rules").glob("*.smk"))
    parts = re.split(r"^(?:rule|use rule (\w+) as) (\w+)(?: with)?:$", text, flags=re.MULTILINE)
    found = dict(zip(parts[2::3], parts[3::3], strict=True))
    # What a rule does not say anew it has from the one that it is made of.
    made_of = dict(zip(parts[2::3], parts[1::3], strict=True))
    return {name: found.get(made_of[name], "") + text for name, text in found.items()}


def profile(root, name):
    with (root / "profiles" / name / "profile.v9+.yaml").open() as file:
        return yte.process_yaml(file, require_use_yte=True)


@pytest.fixture
def no_site(monkeypatch):
    for name in ("SBATCH_ACCOUNT", "SBATCH_PARTITION", "LAHJA_GPU_MODEL"):
        monkeypatch.delenv(name, raising=False)


def test_slurm_places_every_rule_that_asks_for_a_gpu(root, no_site):
    asking = {name for name, text in rule_texts(root).items() if re.search(r"^ +gpu=", text, re.M)}
    found = profile(root, "slurm")
    # The judge is a server: the GPU of the rule that this one is made of is none.
    assert set(found["set-resources"]) == asking - {"ask_judge"}
    assert set(found["set-threads"]) <= asking
    # A limit would keep jobs out of the cluster's queue.
    assert "resources" not in found


@pytest.mark.parametrize("name", ["a6000", "slurm"])
def test_profiles_name_rules_that_exist(root, name, no_site):
    found = profile(root, name)
    threads = found["set-threads"]
    named = {entry.split("=")[0] for entry in threads}
    assert named | set(found.get("groups", {})) <= set(rule_texts(root))


def test_slurms_groups_are_used(root, no_site):
    found = profile(root, "slurm")
    assert set(found["group-components"]) <= set(found["groups"].values())


def test_the_site_comes_from_slurms_own_variables(root, no_site, monkeypatch):
    assert not {"slurm_account", "slurm_partition"} & set(
        profile(root, "slurm")["default-resources"]
    )
    monkeypatch.setenv("SBATCH_ACCOUNT", "dialects")
    monkeypatch.setenv("SBATCH_PARTITION", "gpu")
    monkeypatch.setenv("LAHJA_GPU_MODEL", "a100")
    found = profile(root, "slurm")
    assert found["default-resources"]["slurm_account"] == "dialects"
    assert found["default-resources"]["slurm_partition"] == "gpu"
    assert found["set-resources"]["train_dpo"] == {"nodes": 1, "gpu_model": "a100"}
