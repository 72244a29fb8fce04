"""Commands in the pages run: Snakemake's and make's as dry runs, lahja's with --help."""

import importlib.util
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from pages import PAGES, ROOT, Block, blocks

pytestmark = pytest.mark.workflow

BLOCKS = [block for page in PAGES for block in blocks(page, "console") if block.why is None]
BIN = Path(sys.executable).parent


def as_dry_run(command: str) -> str:
    """Return a command that tries the same and does no work."""
    command = re.sub(r"<[a-z ]+>", "folder", command).replace(".venv/bin/", f"{BIN}/")
    program, *rest = command.split(" ", 1)
    if program == "make":
        return f"make --dry-run {' '.join(rest)}"
    if program == f"{BIN}/lahja":
        return f"{program} {rest[0].split()[0]} --help"
    if program == f"{BIN}/snakemake":
        if not importlib.util.find_spec("snakemake_executor_plugin_slurm"):
            command = command.replace("--workflow-profile profiles/slurm", "")
        return command + ("" if re.search(r" (-n|--dry-run)\b", command) else " --dry-run")
    assert program == "export", f"{command}: how is it tried? Else mark it as not run"
    return command


@cache
def run(command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the checkout, once however many pages have it."""
    environment = os.environ | {"HF_HOME": "", "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(
        ["bash", "-c", command], cwd=ROOT, env=environment, text=True, timeout=300,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.page)
def test_a_pages_commands_run(block: Block) -> None:
    for command in map(as_dry_run, block.commands()):
        done = run(command)
        if block.has_output:
            for line in block.body.splitlines()[1:]:
                assert line in done.stdout, f"{block.page}: {command} does not say {line!r}"
        else:
            assert done.returncode == 0, f"{block.page}: {command}\n{done.stdout[-2000:]}"


def test_blocks_that_are_not_run_need_what_is_not_here() -> None:
    marked = [block for page in PAGES for block in blocks(page, "console") if block.why]
    for block in marked:
        assert block.why.startswith("needs "), f"{block.page}: {block.why}"
        for command in block.commands():
            assert not command.startswith(("make ", ".venv/bin/lahja ")), f"{block.page}: {command}"
