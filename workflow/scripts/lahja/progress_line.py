"""The bottom row of a terminal, kept for one line that says how far the running jobs are.

As apt does: the terminal scrolls only the rows above (its scroll region, DECSTBM), so that what
Snakemake prints goes by undisturbed, and the line is drawn with the cursor put back.
"""

import atexit
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import sleep, time
from typing import TextIO

from lahja.progress import State, read_states

_SECONDS = 0.5
# A job of another machine that has not been heard of for so long is not shown (seconds).
_SILENCE = 600.0
_SAVE, _RESTORE, _UP, _CLEAR_ROW, _CLEAR_BELOW = "\0337", "\0338", "\033[1A", "\033[2K", "\033[J"


class BottomRow:
    """A terminal's last row; it is taken when there is something to show, and given back."""

    def __init__(self, terminal: TextIO):
        """Note the terminal; nothing is written yet."""
        self.terminal = terminal
        self.rows: int | None = None

    def show(self, text: str) -> None:
        """Draw the text in the last row, cut to its width; take the row first where need be."""
        columns, rows = os.get_terminal_size(self.terminal.fileno())
        if rows != self.rows:
            # A line feed makes room; setting the region moves the cursor, so it is put back.
            self._write(f"\n{_UP}{_SAVE}\033[1;{rows - 1}r{_RESTORE}")
            self.rows = rows
        line = text if len(text) < columns else text[: columns - 2] + "…"
        self._write(f"{_SAVE}\033[{rows};1H{_CLEAR_ROW}{line}{_RESTORE}")

    def give_back(self) -> None:
        """Let the whole terminal scroll again, with the row empty."""
        if self.rows is not None:
            self._write(f"{_SAVE}\033[r\033[{self.rows};1H{_CLEAR_ROW}{_RESTORE}{_CLEAR_BELOW}")
            self.rows = None

    def _write(self, text: str) -> None:
        # In one piece, so that nothing of Snakemake's comes between.
        os.write(self.terminal.fileno(), text.encode("utf-8"))


def line_of(states: list[State]) -> str:
    """Return one line: all about one job, or of several each one's share and time left."""
    from tqdm import tqdm

    if len(states) == 1:
        return f"{states[0].job}: {states[0].measures()}"
    parts = []
    for state in states:
        left = state.seconds_left
        share = f"{state.done / state.total:.0%}" if state.total else ""
        ending = "" if left is None else f", {tqdm.format_interval(left)} left"
        parts.append(f"{state.job} {share}{ending}")
    return " | ".join(parts)


def show_beside(folder: Path) -> None:
    """Start a process that shows a folder's jobs on this one's terminal, until this one ends."""
    if not sys.stderr.isatty():
        return
    script = Path(__file__).resolve().parents[1] / "show_progress.py"
    row = subprocess.Popen(
        [sys.executable, str(script), "--folder", str(folder), "--workflow", str(os.getpid())]
    )

    def stop() -> None:
        """End the row and wait for it."""
        row.terminate()
        row.wait()

    atexit.register(stop)


def follow(folder: Path, workflow: int, terminal: TextIO = sys.stderr) -> None:
    """Show the running jobs of a folder until the workflow, the process that started this, is gone.

    Does nothing where the output is no terminal that can do it. Ctrl-C is left to the workflow,
    which may still wait for jobs.
    """
    if not terminal.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    row = BottomRow(terminal)
    try:
        _draw(row, folder, lambda: os.getppid() == workflow)
    finally:
        row.give_back()


def _draw(row: BottomRow, folder: Path, is_wanted: Callable[[], bool]) -> None:
    while is_wanted():
        states = [state for state in read_states(folder) if time() - state.updated < _SILENCE]
        if states:
            row.show(line_of(states))
        elif row.rows is not None:
            row.show("")
        sleep(_SECONDS)
