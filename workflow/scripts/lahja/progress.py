"""How far a long job is: a line in its log once a minute, and a small file that others read.

The folder of these files is named by the environment variable LAHJA_PROGRESS, which the workflow
sets for its jobs; without it only the log is written. On a terminal a bar takes the log's place.
"""

import os
import socket
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic, time
from types import TracebackType
from typing import Self

from lahja.errors import LahjaError
from lahja.files import read_json, write_json

FOLDER = "LAHJA_PROGRESS"
# Seconds between two lines of a log, and between two writings of a job's file.
_LINE_SECONDS = 60.0
_FILE_SECONDS = 2.0


@dataclass(frozen=True)
class State:
    """How far one job is. Rate and time left are of this process: resumed work is not its own."""

    job: str
    unit: str
    done: float
    total: float
    rate: float | None
    cost: float | None
    updated: float
    host: str
    process: int

    @property
    def seconds_left(self) -> float | None:
        """Seconds to the end at the present rate; None while there is no rate."""
        return (self.total - self.done) / self.rate if self.rate else None

    @property
    def is_alive(self) -> bool:
        """Whether its process may still run; of another machine's that cannot be told."""
        return self.host != socket.gethostname() or Path(f"/proc/{self.process}").exists()

    def measures(self) -> str:
        """Return done and total, rate, time left and cost in words."""
        from tqdm import tqdm

        parts = [f"{self.done:,.0f} of {self.total:,.0f} {self.unit}"]
        if self.total:
            parts[0] += f" ({self.done / self.total:.0%})"
        if self.rate:
            parts.append(_rate(self.rate))
            if self.done < self.total:
                parts.append(f"{tqdm.format_interval(self.seconds_left)} left")
        if self.cost is not None:
            parts.append(f"${self.cost:,.2f}")
        return ", ".join(parts)


class Progress:
    """Counts what a long job has done, as a context manager.

    `done` is what an earlier process did of `total`. The rate counts from the first advance on,
    so that loading a model is not in it.
    """

    def __init__(self, total: float, unit: str, *, done: float = 0, cost: float | None = None):
        """Note how much there is to do, in which unit (plural), and what was paid already."""
        self.total, self.unit, self.done, self.cost = total, unit, done, cost
        self.job = job_name(sys.argv)
        self._first: tuple[float, float] | None = None
        self._line = self._file = monotonic()
        self._bar = None

    def __enter__(self) -> Self:
        """Say what is to be done; nothing where that is nothing."""
        if self.done >= self.total:
            return self
        if sys.stderr.isatty():
            from tqdm import tqdm

            self._bar = tqdm(
                total=self.total, initial=self.done, unit=f" {self.unit}", leave=False, delay=1
            )
        else:
            self._say()
        self._write()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Say how far it came, and remove the file."""
        if self._bar is not None:
            self._bar.close()
        elif self._first is not None:
            self._say()
        if path := self._path():
            path.unlink(missing_ok=True)

    def advance(self, number: float = 1, cost: float | None = None) -> None:
        """Count what was done since the last call, and what it cost (dollars)."""
        now = monotonic()
        self.done += number
        if cost is not None:
            self.cost = (self.cost or 0.0) + cost
        if self._first is None:
            self._first = (now, self.done)
        if self._bar is not None:
            self._bar.set_postfix_str("" if self.cost is None else f"${self.cost:,.2f}", False)
            self._bar.update(number)
        elif now - self._line >= _LINE_SECONDS:
            self._line = now
            self._say()
        if now - self._file >= _FILE_SECONDS:
            self._file = now
            self._write()

    def state(self) -> State:
        """Return how far the job is now."""
        rate = None
        if self._first is not None:
            seconds, number = monotonic() - self._first[0], self.done - self._first[1]
            rate = number / seconds if seconds > 0 and number > 0 else None
        return State(
            job=self.job,
            unit=self.unit,
            done=self.done,
            total=self.total,
            rate=rate,
            cost=self.cost,
            updated=time(),
            host=socket.gethostname(),
            process=os.getpid(),
        )

    def _say(self) -> None:
        state = self.state()
        print(f"{state.job}: {state.measures()}", file=sys.stderr, flush=True)

    def _write(self) -> None:
        # What only tells how far a job is must not end it.
        if path := self._path():
            with suppress(OSError):
                write_json(path, asdict(self.state()))

    def _path(self) -> Path | None:
        folder = os.environ.get(FOLDER)
        name = self.job.replace("/", ".").replace(" ", ".")
        return Path(folder, f"{name}.json") if folder else None


def counted(items: Iterable[list[int]], total: int, unit: str) -> Iterator[list[int]]:
    """Yield batches of rows, counting the rows of each when the next one is asked for."""
    with Progress(total, unit) as progress:
        for batch in items:
            yield batch
            progress.advance(len(batch))


def job_name(arguments: list[str]) -> str:
    """Return a job's name from its command line: the script, and where its output goes.

    `train_sft.py … --output results/demo/models/llama-T` is "train_sft models/llama-T".
    """
    script = Path(arguments[0]).stem
    if "--output" not in arguments[:-1]:
        return script
    parts = Path(arguments[arguments.index("--output") + 1].removesuffix(".parquet")).parts
    if "results" in parts:
        parts = parts[parts.index("results") + 2 :]
    return f"{script} {'/'.join(parts[-2:])}"


def read_states(folder: Path) -> list[State]:
    """Return the states of the jobs that run, by name; raise `LahjaError` for a file that is none.

    A file whose process is gone without having removed it, as a killed one's is, does not count.
    """
    states = []
    for path in sorted(folder.glob("*.json")):
        try:
            state = State(**read_json(path))
        except TypeError:
            raise LahjaError(f"{path}: not a state of a job") from None
        except LahjaError:
            # Its job ended between the listing and the reading.
            if path.exists():
                raise
            continue
        if state.is_alive:
            states.append(state)
    return states


def _rate(rate: float) -> str:
    return f"{rate:,.1f}/s" if rate >= 1 else f"{1 / rate:,.1f} s each"
