import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lahja.cli import resume
from lahja.core.command import run
from lahja.core.config import merge_config, resolve
from lahja.core.errors import LahjaError
from lahja.core.files import atomic_path, write_json, write_text


@pytest.fixture
def calls(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> list[tuple[float, list[str]]]:
    """A folder with a run, and when Snakemake was called there with what."""
    monkeypatch.chdir(tmp_path)
    config = resolve(merge_config([root / "config" / "config.yaml"], []))
    write_json(Path("results/own/work/config.json"), config | {"run": "own"})
    found = []

    def called(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        found.append((time.monotonic(), command))
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(resume.subprocess, "run", called)
    return found


def _start(script: Path, seconds: float) -> subprocess.Popen:
    write_text(script, f"import time; print(flush=True); time.sleep({seconds})")
    process = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE)
    process.stdout.readline()
    return process


def test_it_unlocks_and_goes_on_with_the_configuration_of_the_start(calls) -> None:
    resume.main(Path("results/own"), ["--workflow-profile", "profiles/slurm"], cores="2")
    start = ["-m", "snakemake", "--configfile", "results/own/work/config.json",
             "--replace-workflow-config", "--cores", "2", "--workflow-profile", "profiles/slurm"]  # fmt: skip
    assert [command[1:-1] for _, command in calls] == [start, start]
    assert [command[-1] for _, command in calls] == ["--unlock", "--rerun-incomplete"]


def test_drafts_of_killed_jobs_go(calls) -> None:
    with pytest.raises(KeyboardInterrupt), atomic_path(Path("results/own/data/t.parquet")) as draft:
        kept = draft.parent.with_name(".kept")
        shutil.copytree(draft.parent, draft.parent.with_name(".t.parquet.ab3_defg"))
        kept.mkdir()
        raise KeyboardInterrupt
    assert [path.name for path in sorted(kept.parent.iterdir())] == [".kept", ".t.parquet.ab3_defg"]
    resume.main(Path("results/own"), [])
    assert [path.name for path in kept.parent.iterdir()] == [".kept"]


def test_it_waits_for_a_job_that_outlived_its_snakemake(calls, capsys) -> None:
    started = time.monotonic()
    with _start(Path("workflow/scripts/train_adapter.py"), 1.5) as orphan:
        resume.main(Path("results/own"), [])
    assert f"waiting for process {orphan.pid}, train_adapter: it" in capsys.readouterr().out
    assert [when - started > 1.5 for when, _ in calls] == [True, True]


def test_beside_another_snakemake_it_does_not_start(calls) -> None:
    with _start(Path("bin/snakemake"), 30) as other:
        with pytest.raises(LahjaError, match=rf"process {other.pid} is a Snakemake that runs here"):
            resume.main(Path("results/own"), [])
        other.kill()
    assert calls == []


def test_processes_of_other_checkouts_do_not_count(calls, tmp_path_factory) -> None:
    with _start(Path("workflow/scripts/train_adapter.py"), 30) as other:
        assert [name for _, name in resume.processes(Path.cwd())] == ["train_adapter"]
        assert [*resume.processes(tmp_path_factory.mktemp("elsewhere"))] == []
        other.kill()


def test_where_there_is_no_run_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(LahjaError, match="no run there"):
        resume.main(tmp_path, [])


def test_what_follows_two_dashes_goes_to_snakemake(calls) -> None:
    run(resume.main, ["results/own", "--cores", "2", "--", "one", "--keep-going"], "lahja resume")
    assert calls[0][1][-5:] == ["--cores", "2", "one", "--keep-going", "--unlock"]
