import ast
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from snakemake.cli import parse_config

from lahja.core.command import run
from lahja.core.errors import DamagedError, LahjaError


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


def test_what_results_do_not_depend_on_joins_the_settings():
    seen = []

    def main(settings: dict) -> None:
        seen.append(settings)

    run(main, ["--settings", '{"n": 1}', "--execution", '{"batch": 8}'])
    run(main, ["--settings", '{"n": 1}'])
    assert seen == [{"n": 1, "batch": 8}, {"n": 1}]


def test_settings_that_are_a_file_are_left_alone():
    seen = []

    def main(settings: Path) -> None:
        seen.append(settings)

    run(main, ["--settings", "limits.yaml"])
    assert seen == [Path("limits.yaml")]


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


def test_a_fault_of_several_lines_is_told_in_one():
    def main() -> None:
        raise LahjaError("a.parquet: not sound (no type:\n  TType\n)")

    with pytest.raises(SystemExit, match=r"^lahja: a\.parquet: not sound \(no type: TType \)$"):
        run(main, [])


def test_a_fault_ends_the_process_with_exit_code_1(root):
    script = root / "workflow" / "scripts" / "make_tables_and_figures.py"
    names = ("metrics", "comparisons", "classifier-metrics", "scores", "prompts", "paper")
    names += ("tables", "figures")
    options = [part for name in names for part in (f"--{name}", name)]
    done = subprocess.run(
        [sys.executable, script, *options, "--settings", '{"models": [], "starts": {}}'],
        text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("lahja: metrics: not a Parquet table")


def test_a_script_sets_a_damaged_input_aside_and_a_command_does_not(tmp_path):
    path = tmp_path / "table.parquet"

    def main() -> None:
        raise DamagedError(f"{path}: not a Parquet table (…)", path)

    path.write_text("x", encoding="utf-8")
    with pytest.raises(SystemExit, match=r"\(…\)$"):
        run(main, [], name="lahja verify")
    assert path.exists()
    told = r"\(…\); .*table\.parquet is table\.parquet\.damaged now: run again to make it anew$"
    with pytest.raises(SystemExit, match=told):
        run(main, [])
    assert [entry.name for entry in tmp_path.iterdir()] == ["table.parquet.damaged"]


def test_of_a_rule_s_folder_all_is_set_aside(tmp_path):
    path = tmp_path / "tables" / "one.parquet"
    path.parent.mkdir()

    def main(tables: Path, others: list[Path]) -> None:
        raise DamagedError(f"{path}: not a Parquet table", path)

    with pytest.raises(SystemExit, match=r"tables is tables\.damaged now"):
        run(main, ["--tables", str(path.parent), "--others", "a", "b"])
    assert [entry.name for entry in tmp_path.iterdir()] == ["tables.damaged"]


def _fill_by_python() -> None:
    with Path("/dev/full").open("w") as file:
        file.write("x" * 100_000)


def _fill_by_rust() -> None:
    raise RuntimeError("Error while serializing: No space left on device (os error 28)")


@pytest.mark.parametrize("fill", [_fill_by_python, _fill_by_rust])
def test_a_full_disk_is_told_in_one_line(fill):
    def main(output: Path) -> None:
        fill()

    with pytest.raises(SystemExit) as stop:
        run(main, ["--output", "table.parquet"])
    assert stop.value.code.startswith("lahja: table.parquet: No space left on device")


def test_a_path_that_cannot_be_used_is_told_in_one_line(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")

    def main(output: Path) -> None:
        output.mkdir()

    with pytest.raises(SystemExit, match=r"^lahja: .*/file/x: Not a directory$"):
        run(main, ["--output", str(tmp_path / "file" / "x")])


def test_the_work_goes_on_when_the_reader_of_its_output_leaves(tmp_path):
    code = (
        "import pathlib, sys\nfrom lahja.core.command import run\n"
        "def main(output: pathlib.Path):\n"
        "    for n in range(20_000): print('line', n)\n"
        "    print('remark', file=sys.stderr)\n"
        "    output.write_text('done')\n"
        f"run(main, ['--output', {str(tmp_path / 'a')!r}])"
    )
    command = f"set -o pipefail; {sys.executable} -c {shlex.quote(code)} 2>&1 | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("line 0\n", "")
    assert (tmp_path / "a").read_text() == "done"


def test_garbage_is_looked_for_seldom_and_not_at_exit():
    code = (
        "import atexit, gc\n"
        "from lahja.core.command import run\n"
        "atexit.register(lambda: print(gc.get_freeze_count() > 0))\n"
        "run(lambda: print(gc.get_threshold()[0], gc.get_freeze_count()), [])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["100000", "0", "True"]


def test_a_missing_option_is_named(capsys):
    def main(name: str) -> None: ...

    with pytest.raises(SystemExit):
        run(main, [])
    assert "--name" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("--batch=0", "expected 1 or more, not 0"),
        ("--seed=-1", "expected 0 or more, not -1"),
        ("--share=2", "expected 0 to 1, not 2"),
        ("--batch=1.5", "invalid int value: '1.5'"),
    ],
)
def test_numbers_have_ranges(option, told, capsys):
    def main(*, batch: int | None = 1, seed: int = 0, share: float = 0.5) -> None:
        raise AssertionError(batch, seed, share)

    with pytest.raises(SystemExit):
        run(main, [option])
    assert told in capsys.readouterr().err


def test_plain_arguments_and_switches():
    seen = []

    def main(folder: Path, /, *, recorded: bool = False, seed: int = 0) -> None:
        seen.append((folder, recorded, seed))

    run(main, ["outputs", "--recorded"])
    run(main, ["--seed", "3", "outputs"])
    assert seen == [(Path("outputs"), True, 0), (Path("outputs"), False, 3)]


def test_every_path_in_a_rules_command_is_quoted(root):
    rules = [*(root / "workflow" / "rules").glob("*.smk")]
    commands = [
        line
        for rule in rules
        for block in re.findall(r"^    shell:\n((?: {8}.*\n?)+)", rule.read_text(), re.MULTILINE)
        for line in block.splitlines()
    ]
    assert len(commands) > 100
    fields = [field for line in commands for field in re.findall(r"\{+([^{}]+)\}+", line)]
    bare = {"scripts", "resources.gpu"}
    assert {f for f in fields if not f.endswith(":q")} - bare == {
        "quote(here)",
        "quote(here or '.')",
    }


def test_no_rule_file_reads_what_another_one_defines(root):
    texts = {file.name: file.read_text() for file in (root / "workflow" / "rules").glob("*.smk")}
    own = {name: set(re.findall(r"^([A-Z][A-Z_]+) =", text, re.M)) for name, text in texts.items()}
    assert sum(map(len, own.values())) > 5
    for name, text in texts.items():
        others = set().union(*(names for file, names in own.items() if file != name))
        assert not others & set(re.findall(r"\b[A-Z][A-Z_]+\b", text)), name


@pytest.mark.parametrize("target", ["real", "study"])
def test_make_takes_a_folder_with_a_space(root, target):
    show = f"SNAKEMAKE={sys.executable} -c 'import sys; print(sys.argv[1:])'"
    folder = "/x/Mona's corpora"
    done = subprocess.run(
        ["make", "--silent", "--old-file=env", target, show, f"CORPORA={folder}"],
        cwd=root, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert parse_config([a for a in ast.literal_eval(done.stdout) if "corpora_dir" in a]) == {
        "corpora_dir": folder
    }
