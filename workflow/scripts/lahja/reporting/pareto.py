"""A study's picture: dialect against translation, a point for each row."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lahja.reporting.drawing import drawing, save_drawing
from lahja.statistics import Estimate
from lahja.study.rows import Row, Study, mean_quality

_MARKERS = ("o", "s", "^", "D", "P", "v", "X", "p", "h")
# Start, baseline and recipe; a number by each point tells the other rows apart.
_MARKED = ("#0072B2", "#D55E00", "#007A5A")
_OTHERS = "#8a8a8a"


def draw_pareto(
    study: Study, by_corpus: Mapping[str, Mapping[str, Row]], confidence: float, folder: Path
) -> None:
    """Draw ADI2 against mean chrF++, a panel per corpus; write `pareto.svg` and `pareto.png`.

    Whiskers are intervals. Shaded is where a row gives no dialect and no translation away: right
    of the baseline and above the start. The start, the baseline and the recipe are filled.
    """
    from matplotlib.figure import Figure

    with drawing():
        figure = Figure(figsize=(11.4, 5.6), layout="constrained")
        axes = figure.subplots(1, len(by_corpus), squeeze=False)[0]
        for axis, (corpus, rows) in zip(axes, by_corpus.items(), strict=True):
            _draw_rows(axis, study, rows, confidence)
            axis.set_title(corpus)
            axis.set_xlabel("ADI2 into dialect")
            axis.grid(linewidth=0.4, alpha=0.5)
        axes[0].set_ylabel("chrF++, mean of four directions")
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
        save_drawing(figure, "pareto", folder)


def _draw_rows(axis: Any, study: Study, rows: Mapping[str, Row], confidence: float) -> None:
    from matplotlib.colors import to_rgba

    points = {name: (row.scores["adi2"], mean_quality(row)) for name, row in rows.items()}
    known = {
        name: (x, y)
        for name, (x, y) in points.items()
        if isinstance(x, Estimate) and isinstance(y, Estimate)
    }
    marked = dict(zip((study.start, study.baseline, study.recipe), _MARKED, strict=True))
    for number, (name, (x, y)) in enumerate(known.items(), start=1):
        is_marked = name in marked
        colour = marked.get(name, "#4d4d4d")
        axis.errorbar(
            x.value, y.value, xerr=_whiskers(x, confidence), yerr=_whiskers(y, confidence),
            linestyle="none", color=colour, ecolor=to_rgba(colour, 0.4),
            marker=_MARKERS[number % len(_MARKERS)], markersize=9 if is_marked else 6,
            markerfacecolor=colour if is_marked else "white",
            elinewidth=0.5, capsize=1.5, label=f"{number} {name}", zorder=3 if is_marked else 2,
        )  # fmt: skip
        # Above and below in turn, as neighbours in the table are often neighbours here.
        beside = (5, 4 if number % 2 else -10)
        axis.annotate(
            str(number), (x.value, y.value), beside, textcoords="offset points", fontsize=8
        )
    if study.start in known and study.baseline in known:
        _shade(axis, known[study.baseline][0].value, known[study.start][1].value)


def _shade(axis: Any, dialect: float, quality: float) -> None:
    """Shade what lies right of the baseline and above the start, the axes kept as they are."""
    (left, right), (low, high) = axis.get_xlim(), axis.get_ylim()
    right, high = max(right, dialect), max(high, quality)
    axis.fill_between([dialect, right], quality, high, color="#009E73", alpha=0.09, linewidth=0)
    axis.axvline(dialect, color=_OTHERS, linewidth=0.6, linestyle=":")
    axis.axhline(quality, color=_OTHERS, linewidth=0.6, linestyle=":")
    axis.set_xlim(left, right)
    axis.set_ylim(low, high)


def _whiskers(score: Estimate, confidence: float) -> Sequence[Sequence[float]]:
    low, high = score.interval(confidence)
    return [[max(0.0, score.value - low)], [max(0.0, high - score.value)]]
