import io
import json
import os
import re

import pytest

from lahja.cli import progress
from lahja.core import progress as module
from lahja.core.errors import LahjaError
from lahja.core.files import write_json
from lahja.core.progress import Progress, State, counted, job_name, read_states


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass only when told to."""
    now = {"time": 100.0}
    monkeypatch.setattr(module, "monotonic", lambda: now["time"])
    return now


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("LAHJA_PROGRESS", str(tmp_path / "progress"))
    monkeypatch.setattr(
        "sys.argv", ["train_adapter.py", "--output", "results/demo/models/llama-T+RL"]
    )
    return tmp_path / "progress"


def test_the_log_has_a_line_a_minute_with_start_and_end(clock, folder, capsys):
    with Progress(600, "steps") as progress:
        for _ in range(600):
            clock["time"] += 1
            progress.advance()
    text = capsys.readouterr().err
    lines = text.splitlines()
    assert "\r" not in text
    assert len(lines) == 1 + 10 + 1
    assert lines[0] == "train_adapter models/llama-T+RL: 0 of 600 steps (0%)"
    assert (
        lines[1]
        == "train_adapter models/llama-T+RL: 60 of 600 steps (10%),  1.00 steps/s, 09:00 left"
    )
    assert (
        lines[-1]
        == "train_adapter models/llama-T+RL: 600 of 600 steps (100%),  1.00 steps/s, 00:00 left"
    )


def test_loading_is_not_in_the_rate_and_resumed_work_neither(clock, folder):
    with Progress(100, "prompts", done=40) as progress:
        clock["time"] += 500
        progress.advance(10)
        clock["time"] += 20
        progress.advance(10)
    assert progress.summary() == "60 of 100 prompts (60%),  2.00s/ prompts, 01:20 left"


def test_the_cost_is_shown(clock, folder):
    with Progress(3, "prompts") as progress:
        progress.cost = 1.75
        progress.advance()
        assert progress.summary().endswith(", $1.75")


def test_the_file_says_how_far_and_goes_in_the_end(clock, folder):
    with Progress(10, "texts") as progress:
        progress.advance()
        clock["time"] += 3
        progress.advance()
        (state,) = read_states(folder)
        assert state.job == "train_adapter models/llama-T+RL"
        assert state.summary.startswith("2 of 10 texts (20%)")
        assert state.process == os.getpid()
    assert [*folder.iterdir()] == []


def test_it_goes_when_the_job_fails_too(clock, folder):
    with pytest.raises(ZeroDivisionError), Progress(10, "texts"):
        assert len(read_states(folder)) == 1
        raise ZeroDivisionError
    assert read_states(folder) == []


def test_nothing_to_do_says_nothing(clock, folder, capsys):
    with Progress(5, "prompts", done=5):
        pass
    assert capsys.readouterr().err == ""
    assert not folder.exists()


def test_without_a_folder_only_the_log_is_written(clock, tmp_path, monkeypatch):
    monkeypatch.delenv("LAHJA_PROGRESS", raising=False)
    monkeypatch.chdir(tmp_path)
    with Progress(2, "texts") as progress:
        progress.advance(2)
    assert [*tmp_path.iterdir()] == []


def test_a_folder_that_cannot_be_written_stops_no_job(clock, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LAHJA_PROGRESS", str(tmp_path / "file" / "progress"))
    progress = Progress(2, "texts")
    progress._write()


def test_on_a_terminal_a_bar_takes_the_lines_place(folder, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    with Progress(2, "texts") as progress:
        progress.advance()
        progress.bar.refresh()
    assert re.search(r"50%.*1/2", terminal.getvalue())
    assert "train_adapter" not in terminal.getvalue()


def test_batches_are_counted_as_they_are_done(clock, folder):
    seen = []
    for batch in counted([[1, 2], [3]], 3, "texts"):
        seen.append(batch)
        clock["time"] += 3
        if len(seen) == 2:
            assert read_states(folder)[0].summary.startswith("2 of 3 texts")
    assert seen == [[1, 2], [3]]
    assert read_states(folder) == []


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ("train_adapter.py --output results/demo/models/llama-T", "train_adapter models/llama-T"),
        ("a/b.py --output results/x/generations/q2.5/egy.parquet --n 1", "b q2.5/egy"),
        ("augment_translation.py --output results/x/translation/augmented.parquet", "augment_translation translation/augmented"),
        ("train_small_nllb.py --output results/x/nllb", "train_small_nllb nllb"),
        ("score.py", "score"),
        ("score.py --output", "score"),
    ],
)  # fmt: skip
def test_jobs_are_named_after_script_and_output(arguments, name):
    assert job_name(arguments.split()) == name


def state(**values):
    known = {
        "job": "train a", "summary": "5 of 10 steps (50%),  2.00s/ steps, 00:10 left",
        "updated": 0, "host": "elsewhere", "process": 1,
    }  # fmt: skip
    return State(**(known | values))


def test_files_of_processes_that_are_gone_do_not_count(tmp_path):
    import socket
    import subprocess

    gone = subprocess.Popen(["true"])
    gone.wait()
    for name, host, process in (
        ("dead", socket.gethostname(), gone.pid),
        ("alive", socket.gethostname(), os.getpid()),
        ("node", "another-node", gone.pid),
    ):
        write_json(tmp_path / f"{name}.json", state(job=name, host=host, process=process)._asdict())
    assert [one.job for one in read_states(tmp_path)] == ["alive", "node"]


@pytest.mark.parametrize("content", [{"job": "x"}, {"what": 1}])
def test_a_file_that_is_none_is_named(tmp_path, content):
    (tmp_path / "x.json").write_text(json.dumps(content))
    with pytest.raises(LahjaError, match=r"x\.json: not a state"):
        read_states(tmp_path)


@pytest.fixture
def results(tmp_path):
    """A run's folder in which one job of another machine reports."""
    path = tmp_path / "results" / "demo" / "work" / "progress" / "train.json"
    write_json(path, state(updated=module.time() - 300)._asdict())
    return tmp_path / "results" / "demo"


def test_the_command_shows_the_jobs_of_a_run(results, capsys):
    progress.main([results])
    printed = capsys.readouterr().out
    assert "5 of 10 steps (50%),  2.00s/ steps" in printed
    assert "5 min ago" in printed


def test_the_command_finds_all_runs_here(results, monkeypatch, capsys):
    monkeypatch.chdir(results.parents[1])
    progress.main([])
    assert "5 of 10 steps" in capsys.readouterr().out


def test_following_ends_with_the_last_job(results, monkeypatch, capsys):
    waited = []

    def sleep(seconds):
        waited.append(seconds)
        (results / "work/progress/train.json").unlink()

    monkeypatch.setattr(progress, "sleep", sleep)
    progress.main([results], follow=True)
    # Without a terminal a table is printed once a minute.
    assert waited == [60]
    assert capsys.readouterr().out.count("5 of 10 steps") == 1
    progress.main([results], follow=True)
    assert "no job reports progress" in capsys.readouterr().out
