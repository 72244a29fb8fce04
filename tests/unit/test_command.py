import subprocess
import sys
from pathlib import Path

import pytest

from lahja.command import run
from lahja.errors import LahjaError


def test_options_follow_the_signature(tmp_path):
    seen = {}

    def main(tables: list[Path], settings: dict, seed: int, output: Path | None = None) -> None:
        seen.update(tables=tables, settings=settings, seed=seed, output=output)

    run(main, ["--tables", "a", "b", "--settings", '{"n": 1}', "--seed", "7"])
    assert seen == {
        "tables": [Path("a"), Path("b")],
        "settings": {"n": 1},
        "seed": 7,
        "output": None,
    }


def test_an_optional_path_may_be_empty():
    seen = []

    def main(adapter: Path | None = None, name: str = "") -> None:
        seen.append((adapter, name))

    run(main, ["--adapter", "--name", "x"])
    run(main, ["--adapter", "folder", "--name", ""])
    assert seen == [(None, "x"), (Path("folder"), "")]


def test_a_fault_is_one_line():
    def main(name: str) -> None:
        raise LahjaError(f"{name}: nothing there")

    with pytest.raises(SystemExit) as stop:
        run(main, ["--name", "corpus"])
    assert stop.value.code == "lahja: corpus: nothing there"


def test_a_fault_ends_the_process_with_exit_code_1(root):
    script = root / "workflow" / "scripts" / "make_tables.py"
    names = ("metrics", "comparisons", "classifier-metrics", "paper", "output")
    options = [part for name in names for part in (f"--{name}", name)]
    done = subprocess.run(
        [sys.executable, script, *options, "--settings", '{"models": [], "starts": {}}'],
        text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("lahja: metrics: not a Parquet table")


def test_a_full_disk_is_told_in_one_line():
    def main(output: Path) -> None:
        with Path("/dev/full").open("w") as file:
            file.write("x" * 100_000)

    with pytest.raises(SystemExit) as stop:
        run(main, ["--output", "table.parquet"])
    assert stop.value.code.startswith("lahja: table.parquet: No space left on device")


def test_a_missing_option_is_named(capsys):
    def main(name: str) -> None: ...

    with pytest.raises(SystemExit):
        run(main, [])
    assert "--name" in capsys.readouterr().err


def test_plain_arguments_and_switches():
    seen = []

    def main(folder: Path, /, *, recorded: bool = False, seed: int = 0) -> None:
        seen.append((folder, recorded, seed))

    run(main, ["outputs", "--recorded"])
    run(main, ["--seed", "3", "outputs"])
    assert seen == [(Path("outputs"), True, 0), (Path("outputs"), False, 3)]
