"""What a translation probe says of a preference training: when to stop, and which step to keep.

A probe translates the same few sentences again and again. What is gained is dialectness (ADI2),
what is lost translation (chrF++), both against the model that training starts from.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lahja.errors import LahjaError

BEST, LAST = "best", "last"


@dataclass(frozen=True)
class ProbeSettings:
    """How often and on how many sentences; `tolerance` is in points of chrF++.

    `patience` is how many probes without gain and with too great a loss end the training. `keep`
    is the step whose adapter becomes the model: `best` by `best_probe`, or the `last`.
    """

    every: int
    sentences: int = 50
    max_new_tokens: int = 128
    batch: int = 16
    tolerance: float = 1.0
    patience: int = 2
    keep: str = BEST

    def __post_init__(self) -> None:
        """Raise `LahjaError` naming a setting that is wrong."""
        for name in ("every", "sentences", "max_new_tokens", "batch", "patience"):
            if getattr(self, name) < 1:
                raise LahjaError(f"setting 'probe.{name}': expected 1 or more")
        if self.keep not in (BEST, LAST):
            raise LahjaError(f"setting 'probe.keep': {self.keep!r} is not {BEST} or {LAST}")


@dataclass(frozen=True)
class Probe:
    """What one probe found: chrF++ from 0 to 100, ADI2 from 0 to 1. Step 0 is the start."""

    step: int
    chrf_plus_plus: float
    adi2: float


def is_over(probes: Sequence[Probe], settings: ProbeSettings) -> bool:
    """Whether the last `patience` probes all lost translation without gaining dialect.

    A probe has lost where its chrF++ is more than `tolerance` below the start's, and has gained
    where its ADI2 is above that of every earlier probe.
    """
    start, later = probes[0], probes[1:]
    if len(later) < settings.patience:
        return False
    for place in range(len(probes) - settings.patience, len(probes)):
        probe, earlier = probes[place], probes[:place]
        has_gained = probe.adi2 > max(other.adi2 for other in earlier)
        if has_gained or not _has_lost(probe, start, settings):
            return False
    return True


def best_probe(probes: Sequence[Probe], settings: ProbeSettings) -> Probe:
    """Return the trained step with the highest ADI2 among those that have not lost translation.

    Where all have lost, it is the one with the highest chrF++. Of equals the earliest.
    """
    start, later = probes[0], probes[1:]
    kept = [probe for probe in later if not _has_lost(probe, start, settings)]
    if kept:
        return max(kept, key=lambda probe: probe.adi2)
    return max(later, key=lambda probe: probe.chrf_plus_plus)


def _has_lost(probe: Probe, start: Probe, settings: ProbeSettings) -> bool:
    return probe.chrf_plus_plus < start.chrf_plus_plus - settings.tolerance
