"""The same configuration and seed give the same results, however and wherever they are made."""

import os
import subprocess
import sys

import pytest

from tests.faults.harness import RESULTS, digests
from tests.workflow.conftest import DEMO, copy_checkout

pytestmark = pytest.mark.faults


def test_other_circumstances_make_the_same_demo(demo, tmp_path, record_reliability):
    """Another number of cores, batch, hash seed, locale, time zone, and place of the checkout."""
    folder = tmp_path / "مجلد فيه 'مسافات' $HOME"
    folder.mkdir()
    copy_checkout(demo.folder, folder)
    environment = os.environ | {
        "PYTHONPATH": "src", "PYTHONHASHSEED": "7", "LC_ALL": "C", "TZ": "Pacific/Kiritimati",
    }  # fmt: skip
    batches = ["scorers={batch: 5}", "preferences={batch: 7}"]
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--configfile", DEMO, "--cores", "1",
         "--config", *batches],
        cwd=folder, env=environment, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=2400,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:]
    first, second = (digests(place / RESULTS) for place in (demo.folder, folder))
    differing = sorted({name for name, _ in first.items() ^ second.items()})
    record_reliability("determinism", [["files of the demo", len(first), len(differing)]])
    assert differing == []
