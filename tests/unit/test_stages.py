import json
import re
from ast import literal_eval
from pathlib import Path

import pytest

from lahja.core import stage_lock, stages
from lahja.core.errors import LahjaError
from lahja.core.files import read_json
from lahja.core.parameters import Parameters
from lahja.core.stage_lock import LOCK, question, undecided
from lahja.core.stages import (
    LIBRARY,
    STAGES,
    Stage,
    module_digests,
    reached_modules,
    stage_of,
    stages_of,
    version,
)

PACKAGE = LIBRARY / "lahja"
# These but for draws and statistics carry results and make none: an edit reruns nothing.
WITHOUT_STAGE = ("core", "cli")


def scripts(root: Path) -> Path:
    return root / "workflow" / "scripts"


def test_every_stage_has_modules():
    empty = [stage for stage, modules in module_digests().items() if not modules]
    assert empty == []


def test_every_module_that_makes_results_has_a_stage():
    paths = [path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py")]
    without = {path.parts[0] for path in paths if stage_of(path.as_posix()) is None}
    assert without == {*WITHOUT_STAGE, "__init__.py", "__main__.py"}
    assert {stage_of(f"core/{name}.py") for name in ("seeding", "statistics")} == {
        "draws", "statistics",
    }  # fmt: skip


def test_versions_are_one_text(monkeypatch):
    monkeypatch.setitem(STAGES, "dpo", Stage(3, ()))
    assert version("sft", "dpo") == '{"dpo":3,"sft":1}'


@pytest.mark.parametrize(
    ("script", "reaches", "does_not"),
    [
        ("train_adapter", {"sft", "dpo", "training", "chat", "models"}, {"evaluation"}),
        ("compute_metrics", {"evaluation", "text metrics"}, {"sft", "dpo", "report"}),
        ("merge_adapters", {"merging"}, {"training", "dpo"}),
    ],
)
def test_a_script_carries_the_stages_that_it_reaches(root, script, reaches, does_not):
    found = set(stages_of(scripts(root) / f"{script}.py"))
    assert reaches <= found
    assert not does_not & found


def test_no_script_reaches_a_stage_that_a_finished_run_did_not_depend_on(root):
    """All that it made would be made again, though no version was raised: import less there."""
    rules = "".join(path.read_text() for path in (root / "workflow" / "rules").iterdir())
    pattern = r'^rule (\w+):\n(?:(?: .*)?\n)*? +code=parameters\.code\("\1"\)'
    wanted, found = {*re.findall(pattern, rules, re.MULTILINE)}, {}
    for line in (root / "tests/workflow/old_run.jsonl").read_text(encoding="utf-8").splitlines():
        job = json.loads(line)
        if job["rule"] not in wanted:
            continue
        reached = json.loads(version(*stages_of(scripts(root) / f"{job['rule']}.py")))
        # Snakemake keeps parameters as Python writes them.
        for own in map(literal_eval, job["params"]):
            versions = json.loads(own) if str(own).startswith("{") else {"": 0}
            if versions and all(reached.get(name) == own for name, own in versions.items()):
                found[job["rule"]] = sorted(reached.keys() - versions.keys())
    assert len(found) > 15
    assert {rule: new for rule, new in found.items() if new} == {}


@pytest.mark.parametrize(("step", "other"), [("sft", "dpo"), ("dpo", "sft")])
def test_steps_that_share_a_script_do_not_share_their_stage(step, other):
    found = json.loads(Parameters.modules_code(f"training/{step}.py"))
    assert {step, "training", "chat", "models"} <= found.keys()
    assert not {other, "text metrics", "evaluation"} & found.keys()


def test_imports_are_followed_into_functions_and_through_packages(root):
    names = {path.relative_to(PACKAGE).as_posix() for path in
             reached_modules(scripts(root) / "train_adapter.py")}  # fmt: skip
    assert {"training/sft.py", "core/tables.py", "core/__init__.py"} <= names


def test_remarks_and_blank_lines_are_no_part_of_a_digest(tmp_path, monkeypatch):
    module = tmp_path / "lahja" / "generation" / "draw.py"
    module.parent.mkdir(parents=True)
    monkeypatch.setattr(stages, "LIBRARY", tmp_path)
    monkeypatch.setattr(stages, "STAGES", {"generation": Stage(1, ("generation/*",))})

    def digest(text: str) -> str:
        module.write_text(text, encoding="utf-8")
        return module_digests()["generation"]["generation/draw.py"]

    plain = digest("def draw():\n    return 'a # b'\n")
    assert (
        digest('"""Draw."""\n\n\ndef draw():  # Why.\n    """Draw."""\n    return \'a # b\'\n')
        == plain
    )
    assert digest("def draw():\n    return 'a # c'\n") != plain


def test_no_stage_changed_without_a_decision():
    """A change needs a new version, or a note that it changes no result: `make stages`."""
    changed = undecided(read_json(LOCK), module_digests())
    assert not changed, question(changed)


def test_the_lock_asks_once_for_each_edit(tmp_path, monkeypatch):
    lock, module = tmp_path / "lock.json", tmp_path / "lahja" / "training" / "dpo.py"
    module.parent.mkdir(parents=True)
    monkeypatch.setattr(stages, "LIBRARY", tmp_path)
    monkeypatch.setattr(stages, "STAGES", {"dpo": Stage(1, ("training/dpo.py",))})
    monkeypatch.setattr(stage_lock, "STAGES", stages.STAGES)
    module.write_text("LOSS = 'sigmoid'\n")
    stage_lock.main(lock=lock)
    module.write_text("# Why.\nLOSS = 'sigmoid'\n")
    stage_lock.main(lock=lock)
    module.write_text("LOSS = 'ipo'\n")
    with pytest.raises(LahjaError, match=r"dpo \(training/dpo\.py\)\. Can results change\?"):
        stage_lock.main(lock=lock)
    stage_lock.main(note="renamed", lock=lock)
    assert read_json(lock)["dpo"]["notes"] == ["renamed"]
    module.write_text("LOSS = 'apo_zero'\n")
    monkeypatch.setitem(stages.STAGES, "dpo", Stage(2, ("training/dpo.py",)))
    stage_lock.main(lock=lock)
    assert read_json(lock)["dpo"] | {"modules": {}} == {"version": 2, "modules": {}, "notes": []}
