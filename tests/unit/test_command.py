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


def test_a_fault_is_one_line_and_exit_code_1(capsys):
    def main(name: str) -> None:
        raise LahjaError(f"{name}: nothing there")

    with pytest.raises(SystemExit) as stop:
        run(main, ["--name", "corpus"])
    assert stop.value.code == 1
    assert capsys.readouterr().err == "lahja: corpus: nothing there\n"


def test_a_missing_option_is_named(capsys):
    def main(name: str) -> None: ...

    with pytest.raises(SystemExit):
        run(main, [])
    assert "--name" in capsys.readouterr().err
