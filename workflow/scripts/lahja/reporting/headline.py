"""The report's headline: what each model gained over its start, and what that cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from lahja.metrics.slices import ALL, MEAN, MEAN_DIRECTIONS
from lahja.reporting.directions import TITLES
from lahja.reporting.scores import ShownScore, comparisons_board, metrics_board


@dataclass(frozen=True)
class Change:
    """One model against its start: its ADI2, the difference, and chrF++ per direction."""

    model: str
    baseline: str
    adi2: ShownScore
    gain: ShownScore
    quality: Mapping[str, ShownScore]

    @property
    def sentence(self) -> str:
        """The change in words, with intervals; only what the intervals bear out is claimed."""
        if self.gain.value is None or self.adi2.value is None:
            return f"{self.model}: no ADI2 ({self.gain.reason or self.adi2.reason})."
        claim = {
            True: "answers in the dialect asked for more often than",
            False: "answers in the dialect asked for less often than",
        }.get(self.gain.value > 0 if self.gain.is_significant else None, "does not clearly beat")
        return (
            f"{self.model} {claim} {self.baseline}: ADI2 {self.adi2.value:.2f}, "
            f"{_difference(self.gain, 2)}. {self._cost()}"
        )

    def _cost(self) -> str:
        known = {name: score for name, score in self.quality.items() if score.value is not None}
        if not known:
            return "Translation was not evaluated."
        falls = [name for name, score in known.items() if score.is_significant and score.high < 0]
        rises = [name for name, score in known.items() if score.is_significant and score.low > 0]
        parts = []
        for verb, names in (("falls", falls), ("rises", rises)):
            if names:
                shown = ", ".join(f"{name} {_difference(known[name], 1)}" for name in names)
                parts.append(f"chrF++ {verb} in {shown}")
        if not parts:
            return "chrF++ does not clearly change in any direction."
        return "; ".join(parts) + "."


def changes(
    metrics: pd.DataFrame, comparisons: pd.DataFrame, models: Sequence[str]
) -> list[Change]:
    """Return the changes of the compared models, the largest gain in ADI2 first."""
    board, differences = metrics_board(metrics), comparisons_board(comparisons)
    baselines = dict(zip(comparisons["model"], comparisons["baseline"], strict=True))
    overall = {"task": ALL, "source": ALL, "target": MEAN, "metric": "adi2"}
    found = [
        Change(
            model,
            baselines[model],
            board.get(model=model, corpus=ALL, **overall),
            differences.get(model=model, **overall),
            {
                TITLES[name]: differences.get(
                    model=model,
                    task="translation",
                    source=source,
                    target=target,
                    metric="chrf_plus_plus",
                )
                for name, (source, target) in MEAN_DIRECTIONS.items()
            },
        )
        for model in models
        if model in baselines
    ]
    return sorted(found, key=lambda change: -(change.gain.value or 0))


def _difference(score: ShownScore, digits: int) -> str:
    def number(value: float | None) -> str:
        """Return a number with its sign, a true minus."""
        return f"{value:+.{digits}f}".replace("-", "\N{MINUS SIGN}")

    return f"{number(score.value)} [{number(score.low)}, {number(score.high)}]"
