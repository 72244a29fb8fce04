"""What a study asks of each row: is the dialect gained, and is the translation kept?

The start is what all rows were trained from, the baseline preference training on the dialect label
alone. (a) The baseline gains ADI2 and loses chrF++, both significantly. (b) A row keeps at least
nine tenths of that gain, loses chrF++ significantly in no direction, and no fault is more frequent
than in the start. (c) A row's ADI2 is not below the baseline's, and its chrF++ is above the start's
in every direction.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lahja.metrics.faults import FAULTS
from lahja.metrics.slices import MEAN_DIRECTIONS
from lahja.statistics import Estimate, holm
from lahja.study.rows import Row, Study, compared, quality_column

KEPT = 0.9
"""The share of the baseline's gain in ADI2 that (b) asks for."""
QUALITY = tuple(quality_column("chrf_plus_plus", name) for name in MEAN_DIRECTIONS)
COMPARED = ("adi2", *QUALITY, *FAULTS)


@dataclass(frozen=True)
class Change:
    """A row less the start in one column; `p_holm` is adjusted for all rows of the study."""

    estimate: Estimate
    p_value: float
    p_holm: float

    def is_significant(self, confidence: float) -> bool:
        """Whether it differs from nothing, all rows' tests taken together."""
        return self.p_holm < 1 - confidence


@dataclass(frozen=True)
class Answer:
    """What is to be said of a row; `lost`, `gained` and `more_faults` name columns."""

    share_kept: Estimate
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    more_faults: tuple[str, ...]
    keeps: bool
    surpasses: bool


def changes(study: Study, rows: Mapping[str, Row]) -> dict[str, dict[str, Change]]:
    """Return each row's changes from the start by column; the start itself has none."""
    start = rows[study.start]
    others = [row for name, row in rows.items() if name != study.start]
    found: dict[str, dict[str, Change]] = {row.name: {} for row in others}
    for column in COMPARED:
        pairs = [(row.name, compared(row, start, column)) for row in others]
        known = [(name, change) for name, change in pairs if change is not None]
        values = [change.p_value() for _, change in known]
        adjusted = holm(np.array(values))
        for (name, change), p_value, p_holm in zip(known, values, adjusted, strict=True):
            found[name][column] = Change(change, p_value, float(p_holm))
    return found


def answer(
    study: Study,
    found: Mapping[str, Mapping[str, Change]],
    name: str,
    confidence: float,
) -> Answer:
    """Return what is to be said of a row, given `changes` of all rows.

    "Lost" is by the test of the row alone, without Holm's correction: to correct would make it
    harder to be found out. "Gained" is with it.
    """
    own, baseline = found[name], found[study.baseline]
    limit = 1 - confidence
    lost = tuple(
        column
        for column in QUALITY
        if own[column].estimate.value < 0 and own[column].p_value < limit
    )
    gained = tuple(
        column
        for column in QUALITY
        if own[column].estimate.value > 0 and own[column].is_significant(confidence)
    )
    more = tuple(f for f in FAULTS if f in own and own[f].estimate.value > 0)
    share = share_of(own["adi2"].estimate, baseline["adi2"].estimate)
    ahead = own["adi2"].estimate.value >= baseline["adi2"].estimate.value
    above = all(own[column].estimate.value > 0 for column in QUALITY)
    keeps = share.value >= KEPT and not lost and not more
    return Answer(share, gained, lost, more, keeps, ahead and above)


def share_of(gain: Estimate, whole: Estimate) -> Estimate:
    """Return one gain as a share of another, resample by resample."""
    draws = np.divide(gain.draws, np.where(whole.draws == 0, np.nan, whole.draws))
    return Estimate(gain.value / whole.value if whole.value else np.nan, draws, gain.n)


def shows_tradeoff(
    baseline: Mapping[str, Change], confidence: float
) -> tuple[bool, tuple[str, ...]]:
    """Return whether (a) holds of the baseline's changes, and where chrF++ is lost.

    By the tests with Holm's correction.
    """
    gain = baseline["adi2"]
    lost = tuple(
        column
        for column in QUALITY
        if baseline[column].estimate.value < 0 and baseline[column].is_significant(confidence)
    )
    return gain.estimate.value > 0 and gain.is_significant(confidence) and bool(lost), lost
