"""The operating point as a table, and as a picture: ADI2 against chrF++ for every weight."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from lahja.metrics.evaluation import Evaluation
from lahja.metrics.slices import ALL, MEAN, MEAN_DIRECTIONS, Slice
from lahja.operating_point import Family, Point, choose_point, validation_slices
from lahja.reporting.artifacts import Column, Table
from lahja.reporting.directions import TITLES
from lahja.reporting.drawing import drawing, save_drawing
from lahja.reporting.style import Style
from lahja.statistics import Estimate, mean_of

NAME = "operating_point"
_PANELS = {"validation": "validation", "test": "test"}
_OVERALL = Slice(ALL, ALL, ALL, MEAN)


def operating_point_table(
    families: Sequence[Family], evaluations: Mapping[str, Evaluation], confidence: float
) -> Table:
    """Return a row per family and weight: the choice on validation, the scores on test.

    On test `quality` is the mean chrF++ of the four directions; each direction's chrF++ is also
    given as its difference from the start's. `evaluations` must come from one resampling.
    """
    rows = [
        _row(family, point, evaluations, confidence)
        for family in families
        for point in choose_point(family, evaluations, confidence)
    ]
    columns = [
        Column("end", "Trained model"),
        Column("weight", "Weight", 2),
        Column("chosen", "Chosen"),
        Column("validation_adi2", "ADI2 (validation)", 3),
        Column("validation_quality", "chrF++ (validation)", 2),
        Column("lost", "Lost on validation"),
        Column("test_adi2", "ADI2 (test)", 3),
        Column("test_quality", "chrF++ (test)", 2),
        *(
            Column(f"change_{name}", f"Δ {title}", 2, is_signed=True)
            for name, title in TITLES.items()
        ),
    ]
    caption = "Between a start (weight 0) and what was trained from it (weight 1)."
    notes = [
        "Chosen on validation: the highest ADI2 whose chrF++ is in no direction significantly "
        f"below the start's (paired bootstrap, {confidence:.0%}); test had no part in it. chrF++ "
        "on test is the mean of four directions, Δ the difference from the start there.",
    ]
    return Table(NAME, caption, columns, pd.DataFrame(rows), notes)


def _row(
    family: Family, point: Point, evaluations: Mapping[str, Evaluation], confidence: float
) -> dict[str, Any]:
    model, start = evaluations[point.model], evaluations[family.start]
    lost = [TITLES.get(name, name) for name in point.lost]
    row = {
        "start": family.start, "end": family.end, "weight": point.weight, "model": point.model,
        "chosen": "chosen" if point.is_chosen else "", "lost": ", ".join(lost),
    }  # fmt: skip
    quality = [model.scores[part]["chrf_plus_plus"] for part in validation_slices(start).values()]
    row |= _shown("validation_adi2", point.adi2, confidence)
    row |= _shown("validation_quality", _mean(quality), confidence)
    tested = {
        name: (_translated(model, sides), _translated(start, sides))
        for name, sides in MEAN_DIRECTIONS.items()
    }
    overall = model.scores.get(_OVERALL, {}).get("adi2")
    row |= _shown("test_adi2", overall, confidence)
    row |= _shown("test_quality", _mean([found for found, _ in tested.values()]), confidence)
    for name, (found, other) in tested.items():
        change = found.minus(other) if _is_known(found) and _is_known(other) else None
        row |= _shown(f"change_{name}", change, confidence)
    return row


def _translated(evaluation: Evaluation, sides: tuple[str, str]) -> Any:
    part = Slice("translation", ALL, *sides)
    return evaluation.scores.get(part, {}).get("chrf_plus_plus")


def _is_known(score: Any) -> bool:
    return isinstance(score, Estimate)


def _mean(scores: Sequence[Any]) -> Estimate | None:
    return mean_of(scores) if all(map(_is_known, scores)) else None


def _shown(key: str, score: Any, confidence: float) -> dict[str, float | None]:
    if not _is_known(score):
        return {key: None, f"{key}_low": None, f"{key}_high": None}
    low, high = score.interval(confidence)
    return {key: score.value, f"{key}_low": low, f"{key}_high": high}


def draw_operating_points(table: Table, styles: Mapping[str, Style], folder: Path) -> None:
    """Draw ADI2 against chrF++ on validation and on test; write `<name>.svg` and `<name>.png`.

    A line runs from each start through the weights to the trained model; the chosen point is
    ringed. Whiskers are the intervals.
    """
    from matplotlib.figure import Figure

    with drawing():
        figure = Figure(figsize=(10.8, 4.4), layout="constrained")
        axes = figure.subplots(1, len(_PANELS))
        for axis, (part, title) in zip(axes, _PANELS.items(), strict=True):
            for end, rows in table.rows.groupby("end", sort=False):
                _draw_family(axis, rows, part, styles[end], f"{rows['start'].iloc[0]} → {end}")
            axis.set_title(title)
            axis.set_xlabel("ADI2" if part == "validation" else "Overall ADI2")
            axis.grid(linewidth=0.4, alpha=0.5)
        axes[0].set_ylabel("chrF++")
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
        save_drawing(figure, table.name, folder)


def _draw_family(axis: Any, rows: pd.DataFrame, part: str, style: Style, label: str) -> None:
    x, y = f"{part}_adi2", f"{part}_quality"
    known = rows.dropna(subset=[x, y])
    errors = [_whiskers(known, key) for key in (x, y)]
    axis.errorbar(
        known[x], known[y], xerr=errors[0], yerr=errors[1], color=style.colour, label=label,
        marker="o", markersize=4, linewidth=1.4, elinewidth=0.6, capsize=1.5,
    )  # fmt: skip
    for row in known.itertuples():
        place = (getattr(row, x), getattr(row, y))
        axis.annotate(f"{row.weight:g}", place, (4, 4), textcoords="offset points", fontsize=7)
    chosen = known[known["chosen"] == "chosen"]
    axis.plot(
        chosen[x], chosen[y], linestyle="none", marker="o", markersize=12,
        markerfacecolor="none", markeredgecolor="#222222", markeredgewidth=1.3,
    )  # fmt: skip


def _whiskers(rows: pd.DataFrame, key: str) -> list[pd.Series]:
    low, high = rows[key] - rows[f"{key}_low"], rows[f"{key}_high"] - rows[key]
    return [low.clip(lower=0), high.clip(lower=0)]
