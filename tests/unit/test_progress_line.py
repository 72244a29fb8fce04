import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
from pathlib import Path
from time import monotonic, sleep, time

import pytest

from lahja.files import write_json

SCRIPT = Path(__file__).resolve().parents[2] / "workflow" / "scripts" / "show_progress.py"
TAKEN, GIVEN_BACK = b"\x1b[1;23r", b"\x1b[r"


class Screen:
    """A terminal of 24 rows and 60 columns, and all that was written to it."""

    def __init__(self):
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
        os.set_blocking(self.master, False)
        self.written = b""

    def wait_for(self, wanted):
        """Read until the bytes were written, 15 s at most."""
        end = monotonic() + 15
        while wanted not in self.written and monotonic() < end:
            try:
                self.written += os.read(self.master, 65536)
            except BlockingIOError:
                sleep(0.05)
        assert wanted in self.written


@pytest.fixture
def screen():
    found = Screen()
    yield found
    os.close(found.master)
    os.close(found.slave)


@pytest.fixture
def folder(tmp_path):
    state = {
        "job": "train_sft models/llama-T", "unit": "steps", "done": 5, "total": 10, "rate": 0.5,
        "cost": None, "updated": time(), "host": "a-node", "process": 1,
    }  # fmt: skip
    write_json(tmp_path / "train.json", state)
    return tmp_path


def command(folder, workflow=None):
    """Return the command that shows a folder's jobs while the workflow, or else this test, runs."""
    process = str(workflow or os.getpid())
    return [sys.executable, str(SCRIPT), "--folder", str(folder), "--workflow", process]


def start(arguments, screen, term="xterm"):
    environment = os.environ | {"TERM": term}
    return subprocess.Popen(
        arguments, stdin=screen.slave, stdout=screen.slave, stderr=screen.slave, env=environment
    )


def test_the_row_is_taken_drawn_and_given_back(screen, folder):
    shown = start(command(folder), screen)
    screen.wait_for(b"train_sft models/llama-T: 5 of 10 steps (50%), 2.0 s each")
    assert TAKEN in screen.written
    # The line is drawn in the last row with the cursor kept, and cut to the width.
    assert b"\x1b7\x1b[24;1H\x1b[2Ktrain_sft" in screen.written
    shown.terminate()
    screen.wait_for(GIVEN_BACK)
    assert shown.wait(10) == 0


def test_ctrl_c_is_left_to_the_workflow(screen, folder):
    shown = start(command(folder), screen)
    screen.wait_for(TAKEN)
    shown.send_signal(signal.SIGINT)
    sleep(1)
    assert shown.poll() is None
    shown.terminate()
    screen.wait_for(GIVEN_BACK)
    shown.wait(10)


def test_the_row_comes_back_when_the_workflow_is_killed(screen, folder):
    starting = (
        f"import os, subprocess, time; command = {command(folder)[:-1]!r}; "
        "p = subprocess.Popen([*command, str(os.getpid())]); "
        "print(f'pid {p.pid}.', flush=True); time.sleep(60)"
    )
    workflow = start([sys.executable, "-c", starting], screen)
    screen.wait_for(TAKEN)
    shown = int(screen.written.split(b"pid ")[1].split(b".")[0])
    workflow.kill()
    workflow.wait()
    screen.wait_for(GIVEN_BACK)
    end = monotonic() + 10
    while is_running(shown) and monotonic() < end:
        sleep(0.05)
    assert not is_running(shown)


def is_running(process):
    try:
        return "Z" not in Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False


def test_it_ends_at_once_where_the_workflow_is_gone_already(screen, folder):
    assert start(command(folder, workflow=1), screen).wait(15) == 0


def test_without_jobs_nothing_is_written(screen, tmp_path):
    shown = start(command(tmp_path), screen)
    sleep(2)
    assert shown.poll() is None
    shown.terminate()
    shown.wait(10)
    with pytest.raises(BlockingIOError):
        os.read(screen.master, 1)


@pytest.mark.parametrize("term", ["dumb"])
def test_a_terminal_that_cannot_is_left_alone(screen, folder, term):
    assert start(command(folder), screen, term).wait(15) == 0
    with pytest.raises(BlockingIOError):
        os.read(screen.master, 1)


def test_a_file_is_left_alone(folder, tmp_path):
    done = subprocess.run(command(folder), capture_output=True, timeout=30, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")
