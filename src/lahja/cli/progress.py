"""Show the progress of the running jobs: done and total, rate, time left, cost.

RESULTS is a run's folder, results/<run>; all runs here without one. --follow keeps the table up to
date until no job runs, on a cluster too; where the output is no terminal, it prints one a minute.
"""

from pathlib import Path
from time import sleep, time

from rich.console import Console
from rich.live import Live
from rich.table import Table

from lahja.core.progress import read_states


def main(results: list[Path], /, *, follow: bool = False) -> None:
    """Print one row per running job."""
    console, table = Console(), _table(results)
    if not follow or not table.row_count:
        console.print(table if table.row_count else "no job reports progress")
        return
    with Live(table, console=console, transient=True) as live:
        while table.row_count:
            if not console.is_terminal:
                console.print(table)
            sleep(1 if console.is_terminal else 60)
            table = _table(results)
            live.update(table)


def _table(results: list[Path]) -> Table:
    table = Table("job", "progress", "last update", box=None, pad_edge=False)
    for folder in results or sorted(Path("results").glob("*")):
        for state in read_states(folder / "work" / "progress"):
            minutes = (time() - state.updated) / 60
            # A job that has been silent for a minute is marked.
            last = "" if minutes < 1 else f"{minutes:.0f} min ago"
            table.add_row(state.job, state.summary, last)
    return table
