"""Progress of a long job: a line in its log once a minute, and a small file that others read.

The environment variable LAHJA_PROGRESS, which the workflow sets, names the folder of these files;
without it only the log is written. On a terminal a tqdm bar replaces the lines.
"""

import os
import re
import socket
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic, time
from typing import Any, ClassVar, NamedTuple, Self

from tqdm import tqdm

from lahja.core.errors import LahjaError
from lahja.core.files import read_json, write_json

# Seconds between two lines of a log, and between two writes of a job's file.
_LINE_SECONDS, _FILE_SECONDS = 60.0, 2.0


class State(NamedTuple):
    """Progress of one job as text, and when and by which process it was written."""

    job: str
    summary: str
    updated: float
    host: str
    process: int


class Progress:
    """Counts what a long job has done, as a context manager.

    `done` is what an earlier process did of `total`; `cost` is set as dollars are spent. The rate
    counts from the first advance on, so that loading a model is not in it. One within another, as
    scoring is within a training by reward, is not shown.
    """

    cost: float | None = None
    _open: ClassVar[list["Progress"]] = []

    def __init__(self, total: float, unit: str, *, done: float = 0):
        """Take how much there is to do, in which unit (plural)."""
        self.total, self.unit, self.done = total, unit, done
        self.job, folder = job_name(sys.argv), os.environ.get("LAHJA_PROGRESS")
        self.file = Path(folder, f"{re.sub('[/ ]', '.', self.job)}.json") if folder else None
        self._begun: tuple[float, float] | None = None
        self._logged = self._written = monotonic()
        self.bar = tqdm(total=total, initial=done, unit=f" {unit}", leave=False, disable=None)

    def __enter__(self) -> Self:
        """Report the start, unless nothing is left to do."""
        self._open.append(self)
        if self.done < self.total:
            self._log()
            self._write()
        return self

    def __exit__(self, *_: Any) -> None:
        """Report the end, and remove the file."""
        if self._begun:
            self._log()
        self.bar.close()
        if self.file and self._is_outer():
            self.file.unlink(missing_ok=True)
        self._open.remove(self)

    def advance(self, number: float = 1) -> None:
        """Count what was done since the last call."""
        now = monotonic()
        self.done += number
        self._begun = self._begun or (now, self.done)
        self.bar.update(number)
        if now - self._logged >= _LINE_SECONDS:
            self._log()
        if now - self._written >= _FILE_SECONDS:
            self._write()

    def summary(self) -> str:
        """Return done and total, time left, cost, and the rate without resumed work, as text."""
        now = monotonic()
        begun, before = self._begun or (now, self.done)
        rate = (self.done - before) / (now - begun) if now > begun and self.done > before else None
        speed = ", {rate_fmt}, {remaining} left" if rate else ""
        return tqdm.format_meter(
            self.done, self.total, 0, rate=rate, unit=f" {self.unit}",
            postfix="" if self.cost is None else f"${self.cost:,.2f}",
            bar_format="{n_fmt} of {total_fmt}{unit} ({percentage:.0f}%)" + speed + "{postfix}",
        )  # fmt: skip

    def _is_outer(self) -> bool:
        return self in self._open[:1]

    def _log(self) -> None:
        self._logged = monotonic()
        if self.bar.disable and self._is_outer():
            print(f"{self.job}: {self.summary()}", file=sys.stderr, flush=True)

    def _write(self) -> None:
        self._written = monotonic()
        # A job must not fail because its progress cannot be written.
        with suppress(OSError):
            if self.file and self._is_outer():
                state = State(self.job, self.summary(), time(), socket.gethostname(), os.getpid())
                write_json(self.file, state._asdict())


def counted(items: Iterable[list[int]], total: int, unit: str) -> Iterator[list[int]]:
    """Yield batches of rows, counting the rows of each when the next one is asked for."""
    with Progress(total, unit) as progress:
        for batch in items:
            yield batch
            progress.advance(len(batch))


def job_name(arguments: list[str]) -> str:
    """Return a script and the end of its output's path, as `train_adapter models/llama-T`."""
    script = Path(arguments[0]).stem
    if "--output" not in arguments[:-1]:
        return script
    output = arguments[arguments.index("--output") + 1].removesuffix(".parquet")
    return f"{script} {'/'.join(Path(re.sub('^results/[^/]+/', '', output)).parts[-2:])}"


def read_states(folder: Path) -> list[State]:
    """Return the states of the jobs that run, by name; files that killed ones left do not count."""
    states = []
    for path in sorted(folder.glob("*.json")):
        try:
            states.append(State(**read_json(path)))
        except TypeError:
            raise LahjaError(f"{path}: not a state of a job") from None
        except LahjaError:
            # Its job ended between the listing and the reading.
            if path.exists():
                raise
    # Of a process on another machine nothing is known.
    here = socket.gethostname()
    return [s for s in states if s.host != here or Path(f"/proc/{s.process}").exists()]
