"""Keep the bottom row of the terminal for the progress of a run's jobs, until Snakemake ends."""

from pathlib import Path

from lahja.command import run


def main(folder: Path, workflow: int) -> None:
    """Show the states in FOLDER; the process WORKFLOW starts this beside a run on a terminal."""
    from lahja.progress_line import follow

    follow(folder, workflow)


if __name__ == "__main__":
    run(main)
