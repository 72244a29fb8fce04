"""What changed since a run began: versions of stages, and packages that its results depend on.

A new release of a package reruns nothing by itself; the start of a run tells it.
"""

import importlib.metadata
import platform
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from lahja import __version__
from lahja.core.files import read_json, write_json
from lahja.core.stages import STAGES

# Packages that results depend on, and the stages that each is used in.
PACKAGES: dict[str, tuple[str, ...]] = {
    "torch": ("models", "training", "generation", "judges", "nllb"),
    "transformers": ("models", "training", "generation", "judges", "nllb"),
    "peft": ("models", "training", "generation"),
    "trl": ("sft", "dpo", "grpo"),
    "vllm": ("generation",),
    "sacrebleu": ("text metrics",),
}
# Packages whose versions a run only records.
RECORDED = (
    "snakemake", "accelerate", "datasets", "tokenizers", "camel_tools",
    "fasttext-numpy2-wheel", "pandas", "polars", "pyarrow", "numpy",
)  # fmt: skip


class PlannedJob(NamedTuple):
    """A job of a run: its rule, the stages that it depends on, whether it is about to run."""

    rule: str
    stages: tuple[str, ...]
    is_due: bool


def versions(locks: list[Path]) -> dict[str, str]:
    """Return the versions of lahja, Python and the packages that results are made with.

    Those of vLLM and COMET, which have environments of their own, are read from their locks.
    """
    found = {"lahja": __version__, "python": platform.python_version()}
    for package in (*PACKAGES, *RECORDED):
        with suppress(importlib.metadata.PackageNotFoundError):
            found[package] = importlib.metadata.version(package)
    for lock in locks:
        text = lock.read_text(encoding="utf-8")
        if pinned := re.search(r"^(vllm|unbabel-comet)(?:-cpu)?==(\S+)", text, re.MULTILINE):
            found[pinned[1]] = pinned[2]
    return found


def licences() -> dict[str, str]:
    """Return the licences of the packages among `versions`, as their own metadata name them."""
    found = {}
    for package in (*PACKAGES, *RECORDED):
        with suppress(importlib.metadata.PackageNotFoundError):
            told = importlib.metadata.metadata(package)
            classified = [own.split(" :: ")[-1] for own in told.get_all("Classifier", [])
                          if own.startswith("License :: ")]  # fmt: skip
            # Some give the whole text as their licence.
            stated = [told.get("License-Expression"), *classified, told.get("License")]
            found[package] = next(filter(None, stated), "not stated").splitlines()[0]
    return found


def start_run(record: Path, packages: Mapping[str, str], jobs: Sequence[PlannedJob]) -> list[str]:
    """Return a line for each change since the run began, and record what it is made with from now.

    A change whose jobs are not all about to run is kept in the record, to be told again.
    """
    stages = {name: stage.version for name, stage in STAGES.items()}
    told_of = {name: packages[name] for name in PACKAGES if name in packages}
    facts: dict[str, dict[str, Any]] = {"stages": stages, "packages": told_of}
    before, told = read_json(record) if record.is_file() else facts, []
    found = [(kind, *item) for kind, known in facts.items() for item in known.items()]
    for kind, name, version in found:
        if (old := before[kind].get(name, version)) == version:
            continue
        changed = {name} if kind == "stages" else {*PACKAGES[name]}
        touched = [job for job in jobs if changed & {*job.stages}]
        n_due, effect = sum(job.is_due for job in touched), "all that it may change is remade"
        if kept := sorted({job.rule for job in touched if not job.is_due}):
            facts[kind][name] = old
            rules = " ".join(kept)
            effect = f"may change results that are kept; --forcerun {rules} remakes them"
        if kind == "stages":
            name = f"{name} version"
            effect = f"{n_due} jobs remake their results (`lahja plan --remaining` prices them)"
        told.append(f"{name} {old} -> {version}: {effect}")
    write_json(record, facts)
    return told
