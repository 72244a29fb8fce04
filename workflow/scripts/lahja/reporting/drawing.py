"""Draw figures: grouped bars with intervals, and sample outputs with Arabic shaped."""

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from lahja.files import atomic_path
from lahja.reporting.artifacts import MISSING, Table
from lahja.reporting.style import Style, short_name

_METRIC_LABELS = {
    "adi2": "ADI2",
    "adi2_macro": "ADI2 macro",
    "aldi": "ALDi",
    "chrf_plus_plus": "chrF++",
    "spbleu": "spBLEU",
    "f1": "F1",
}
# Of the slot that one variety has on the axis.
_GROUP_WIDTH = 0.86
_WIDEST = 0.45
_LINE_HEIGHT = 0.19
_CHARACTERS = 92


@contextmanager
def drawing() -> Iterator[None]:
    """Draw within this block as all figures are drawn."""
    import matplotlib

    # A fixed salt keeps the SVG's identifiers, and with them the file, the same in every run.
    settings = {
        "svg.hashsalt": "lahja",
        "font.family": "DejaVu Sans",
        "font.size": 9,
        "hatch.linewidth": 0.5,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    with matplotlib.rc_context(settings):
        yield


def draw_bars(table: Table, styles: Mapping[str, Style], folder: Path) -> None:
    """Draw a figure's data as panels, two a row; write `<name>.svg` and `<name>.png`.

    Bars are grouped by variety; whiskers are the intervals; a missing value shows as n/a. Rows
    of the paper are hollow diamonds beside the bars of this run.
    """
    from matplotlib.figure import Figure

    panels = list(dict.fromkeys(table.rows["panel"]))
    n_rows, n_columns = -(-len(panels) // 2), min(len(panels), 2)
    with drawing():
        size = (10.8 if n_columns > 1 else 7.0, 3.5 if n_rows == 1 else 2.8 * n_rows + 0.4)
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots(n_rows, n_columns, squeeze=False, sharey=True)
        for axis in axes.flat[len(panels) :]:
            axis.set_visible(False)
        for axis, panel in zip(axes.flat, panels, strict=False):
            rows = table.rows[table.rows["panel"] == panel]
            _draw_panel(axis, rows, styles)
            if len(panels) > 1:
                axis.set_title(panel)
        metric = table.rows["metric"].iloc[0]
        for axis in axes[:, 0]:
            axis.set_ylabel(_METRIC_LABELS[metric])
        axes[0, 0].set_ylim(bottom=0)
        figure.legend(*_legend(axes.flat), loc="outside lower center", ncols=5, frameon=False)
        save_drawing(figure, table.name, folder)


def _legend(axes: Iterable[Any]) -> tuple[list[Any], list[str]]:
    """Return the handle of each label once, whichever panels it is in."""
    found: dict[str, Any] = {}
    for axis in axes:
        for handle, label in zip(*axis.get_legend_handles_labels(), strict=True):
            found.setdefault(label, handle)
    return list(found.values()), list(found)


def _draw_panel(axis: Any, rows: pd.DataFrame, styles: Mapping[str, Style]) -> None:
    varieties = list(dict.fromkeys(rows["variety"]))
    bars = rows[rows["origin"] == "this run"]
    labels = list(dict.fromkeys(bars["label"]))
    width = min(_GROUP_WIDTH / max(len(labels), 1), _WIDEST)
    for place, label in enumerate(labels):
        part = bars[bars["label"] == label]
        offset = (place - (len(labels) - 1) / 2) * width
        positions = [varieties.index(variety) + offset for variety in part["variety"]]
        _draw_bars(axis, part, positions, width, styles[part["bar"].iloc[0]], label)
    _draw_reference(axis, rows[rows["origin"] != "this run"], varieties)
    axis.set_xticks(range(len(varieties)), [short_name(variety) for variety in varieties])
    axis.grid(axis="y", linewidth=0.4, alpha=0.5)
    axis.set_axisbelow(True)


def _draw_bars(
    axis: Any, part: pd.DataFrame, positions: list[float], width: float, style: Style, label: str
) -> None:
    values = part["value"].astype(float).to_numpy()
    errors = [
        (part["value"] - part["low"]).astype(float).clip(lower=0),
        (part["high"] - part["value"]).astype(float).clip(lower=0),
    ]
    axis.bar(
        positions,
        values,
        width * 0.94,
        yerr=errors,
        label=label,
        color=style.colour,
        hatch=style.hatch,
        edgecolor="#222222",
        linewidth=0.4,
        error_kw={"elinewidth": 0.7, "ecolor": "#222222", "capsize": 1.2},
    )
    for position, value in zip(positions, values, strict=True):
        if pd.isna(value):
            axis.text(position, 0, f" {MISSING}", rotation=90, ha="center", va="bottom", size=6)


def _draw_reference(axis: Any, rows: pd.DataFrame, varieties: list[str]) -> None:
    markers = "DosP"
    for place, (label, part) in enumerate(rows.groupby("label", sort=False)):
        axis.plot(
            [varieties.index(variety) for variety in part["variety"]],
            part["value"].astype(float),
            linestyle="none",
            marker=markers[place % len(markers)],
            markersize=6,
            markerfacecolor="white",
            markeredgecolor="#222222",
            label=label,
        )


def draw_samples(table: Table, folder: Path) -> None:
    """Draw a few sample outputs as text, one per direction (paper, Figure 6).

    Arabic is shaped and ordered right to left by matplotlib itself (3.11 and later).
    """
    from matplotlib.figure import Figure

    lines = list(_sample_lines(table.rows))
    height = _LINE_HEIGHT * (len(lines) + 1)
    with drawing():
        figure = Figure(figsize=(9.5, height))
        for number, (label, text, is_arabic, weight) in enumerate(lines):
            y = 1 - (number + 1) * _LINE_HEIGHT / height
            figure.text(0.01, y, label, size=8, weight=weight)
            # Not a formula: a dollar sign in a model's answer stands for itself.
            place = {"x": 0.99, "ha": "right"} if is_arabic else {"x": 0.24, "ha": "left"}
            figure.text(y=y, s=text, size=9, parse_math=False, **place)
        save_drawing(figure, table.name, folder)


def _sample_lines(rows: pd.DataFrame) -> Iterator[tuple[str, str, bool, str]]:
    for _, sample in rows.groupby("sample", sort=False):
        first = sample.iloc[0]
        heading = f"{short_name(first['source_variety'])} → {short_name(first['target_variety'])}"
        yield heading, "", False, "bold"
        entries = [("source", first["source"]), ("reference", first["reference"])]
        entries += list(zip(sample["model"], sample["response"], strict=True))
        for label, text in entries:
            yield from _wrapped(label, text or "—")
        yield "", "", False, "normal"


def _wrapped(label: str, text: str) -> Iterator[tuple[str, str, bool, str]]:
    is_arabic = sum("\u0600" <= letter <= "\u06ff" for letter in text) > len(text) / 4
    lines = textwrap.wrap(text, _CHARACTERS)[:4] or ["—"]
    for number, line in enumerate(lines):
        yield label if number == 0 else "", line, is_arabic, "normal"


def save_drawing(figure: Any, name: str, folder: Path) -> None:
    """Write a figure as `<name>.svg` and `<name>.png` into a folder, each atomically."""
    for kind, options in {"svg": {"metadata": {"Date": None}}, "png": {"dpi": 160}}.items():
        with atomic_path(folder / f"{name}.{kind}") as draft:
            figure.savefig(draft, bbox_inches="tight", pad_inches=0.1, facecolor="white", **options)
