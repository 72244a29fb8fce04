"""The same configuration and seed give the same results, however and wherever they are made."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.faults.harness import RESULTS, digests
from tests.workflow.conftest import DEMO, copy_checkout

pytestmark = pytest.mark.faults
# Folders tell their files in another order than those of this file system.
REVERSED = """
import os

listed, scanned = os.listdir, os.scandir


class Scan:
    def __init__(self, path="."):
        with scanned(path) as found:
            self.found = iter(sorted(found, key=lambda entry: entry.name, reverse=True))

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.found)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    close = __exit__


os.listdir, os.scandir = lambda path=".": sorted(listed(path), reverse=True), Scan
"""


def elsewhere(source: Path, folder: Path) -> Path:
    """Copy a checkout to a place with such a name as few programs expect."""
    place = folder / "مجلد فيه 'مسافات' $HOME"
    place.mkdir()
    copy_checkout(source, place)
    (place / "reversed").mkdir()
    (place / "reversed" / "sitecustomize.py").write_text(REVERSED, encoding="utf-8")
    return place


def make(place: Path, changes: dict, *arguments: str) -> None:
    """Make the demo there, on one core, with another hash seed, locale, time zone and order."""
    (place / "changes.yaml").write_text(json.dumps(changes), encoding="utf-8")
    environment = os.environ | {
        "PYTHONPATH": "src:reversed", "PYTHONHASHSEED": "7", "LC_ALL": "C",
        "TZ": "Pacific/Kiritimati",
    }  # fmt: skip
    configs = ["--configfile", DEMO, "changes.yaml"]
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", *configs, "--cores", "1", *arguments],
        cwd=place, env=environment, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=2400,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:]


def test_other_circumstances_make_the_same_demo(demo, tmp_path, record_reliability):
    place = elsewhere(demo.folder, tmp_path)
    make(place, {})
    first, second = (digests(folder / RESULTS) for folder in (demo.folder, place))
    differing = sorted({name for name, _ in first.items() ^ second.items()})
    # Of other batches the last digits are others.
    scored = sorted(name for name in first if name.startswith("evaluation/scored/"))
    tables = [*scored, "labels.parquet"]
    kept = {name: pd.read_parquet(place / RESULTS / name) for name in tables}
    for rule, changes, targets in (
        ("score_responses", {"scorers": {"batch": 5}}, scored),
        ("label_responses", {"preferences": {"batch": 7}}, tables[-1:]),
    ):
        targets = [str(RESULTS / name) for name in targets]
        make(place, changes, "--forcerun", rule, "--", *targets)
    moved = [name for name in tables if not _are_close(place / RESULTS / name, kept[name])]
    record_reliability(
        "determinism",
        [
            ["files of the demo, byte for byte", len(first), len(differing)],
            ["scores and labels in other batches, to 0.00001", len(tables), len(moved)],
        ],
    )
    assert (differing, moved) == ([], [])


def _are_close(path: Path, kept: pd.DataFrame) -> bool:
    try:
        pd.testing.assert_frame_equal(pd.read_parquet(path), kept, rtol=0, atol=1e-5)
    except AssertionError:
        return False
    return True
