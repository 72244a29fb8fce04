"""Keep in `stages.lock.json` what each stage's modules were when its version was decided on.

`make stages` writes it: of a stage that changed it wants a new version, or a note.
"""

from pathlib import Path
from typing import Any

from lahja.core.command import run
from lahja.core.errors import LahjaError
from lahja.core.files import read_json, write_json
from lahja.core.stages import STAGES, module_digests

LOCK = Path(__file__).with_name("stages.lock.json")


def undecided(lock: dict[str, Any], digests: dict[str, dict[str, str]]) -> dict[str, list[str]]:
    """Return the changed modules of stages whose version is still the one of the lock."""
    changed: dict[str, list[str]] = {}
    for stage, modules in digests.items():
        old = lock.get(stage, {"version": None, "modules": {}})
        # The names of modules of which one side lacks the digest, or has another.
        moved = sorted({name for name, _ in modules.items() ^ old["modules"].items()})
        if moved and old["version"] == STAGES[stage].version:
            changed[stage] = moved
    return changed


def main(note: str = "", lock: Path = LOCK) -> None:
    """Write the lock. NOTE: why the edits since the last one change no result."""
    old = read_json(lock) if lock.is_file() else {}
    digests = module_digests()
    changed = undecided(old, digests)
    if changed and not note:
        raise LahjaError(question(changed))
    new = {}
    for stage, modules in digests.items():
        version, before = STAGES[stage].version, old.get(stage, {"version": None})
        # Notes of an older version are history.
        notes = before["notes"] if before["version"] == version else []
        notes = [*notes, note] if stage in changed else notes
        new[stage] = {"version": version, "modules": modules, "notes": notes}
    write_json(lock, new)


def question(changed: dict[str, list[str]]) -> str:
    """Return one line that asks for a decision on changed stages."""
    stages = "; ".join(f"{stage} ({', '.join(names)})" for stage, names in changed.items())
    return (
        f"changed since their version was decided on: {stages}. Can results change? Raise the "
        "stage's version in src/lahja/core/stages.yaml and run make stages; if not, say why: "
        "make stages NOTE='...'"
    )


if __name__ == "__main__":
    run(main)
