"""Say how far the running jobs are: done and total, rate, time left, cost.

RESULTS is a run's folder, results/<run>; all runs here without one. --follow keeps the table up to
date until no job runs (Ctrl-C ends it before); works from another terminal, and on a cluster.
"""

from pathlib import Path
from time import sleep, time
from typing import TYPE_CHECKING

from lahja.progress import State, read_states

if TYPE_CHECKING:
    from rich.table import Table

# Without news for so long a job is marked as silent (seconds).
_SILENCE = 60.0


def main(results: list[Path], /, *, follow: bool = False) -> None:
    """Print one row per running job."""
    from rich.console import Console
    from rich.live import Live

    folders = results or sorted(Path("results").glob("*"))
    console = Console()
    states = _states(folders)
    if not follow or not states:
        console.print(_table(states) if states else "no job reports progress")
        return
    with Live(_table(states), console=console, refresh_per_second=2) as live:
        while states:
            sleep(1)
            states = _states(folders)
            live.update(_table(states))


def _states(folders: list[Path]) -> list[State]:
    return [state for folder in folders for state in read_states(folder / "work" / "progress")]


def _table(states: list[State]) -> "Table":
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in ("job", "progress", "heard of"):
        table.add_column(heading)
    for state in states:
        age = time() - state.updated
        table.add_row(
            state.job, state.measures(), "" if age < _SILENCE else f"{age / 60:.0f} min ago"
        )
    return table
