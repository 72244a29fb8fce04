"""What the report's templates show: tables as cells, figures as data."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd

from lahja.errors import LahjaError
from lahja.reporting.artifacts import Table, read_artifact
from lahja.varieties import VARIETIES

# Longer texts wrap within their cell, in characters.
_LONG = 40
# Coordinates of drawings, in points: a hundredth is enough, and halves the page.
_PATH = re.compile(r' d="[^"]*"')
# What may stand for itself in a data URI.
_SAFE = " =/:;,()!*-._~@?[]{}|^`$+"
# What the first cell of a row of totals holds.
TOTAL = "all"


@dataclass(frozen=True)
class Cell:
    """A cell: its text, its interval or note beside it, what it sorts by, and its kind."""

    text: str
    aside: str = ""
    sort: str = ""
    kind: str = "text"


@dataclass(frozen=True)
class TableView:
    """A table as the page shows it.

    `rows` holds cells and whether the row stays below the others when the table is sorted, as the
    paper's rows and totals do.
    """

    name: str
    caption: str
    headers: list[str]
    rows: list[tuple[list[Cell], bool]]
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class FigureView:
    """A figure as a data URI, so that the page needs no other file."""

    name: str
    caption: str
    uri: str
    notes: list[str]


def table_view(table: Table) -> TableView:
    """Return a saved table as cells; rows that are not of this run are marked."""
    rows = []
    for row in table.records():
        cells = []
        for column in table.columns:
            text, _, aside = table.cell(row, column).partition(" [")
            value = row.get(column.key)
            kind = "text" if column.digits is None else "number"
            if column.is_signed and aside:
                kind += _direction(row[f"{column.key}_low"], row[f"{column.key}_high"])
            sort = "" if pd.isna(value) else str(value)
            cells.append(Cell(text, f"[{aside}" if aside else "", sort, kind))
        rows.append((cells, str(row.get("origin") or "").startswith("paper")))
    headers = [column.header for column in table.columns]
    return TableView(table.name, table.caption, headers, rows, table.notes)


def _direction(low: float, high: float) -> str:
    if low > 0:
        return " better"
    return " worse" if high < 0 else ""


def frame_view(name: str, caption: str, frame: pd.DataFrame) -> TableView:
    """Return any frame as a table; a row that begins with `TOTAL` stays at its end."""
    rows = [
        ([_plain_cell(value) for value in row], row[0] == TOTAL)
        for row in frame.itertuples(index=False, name=None)
    ]
    headers = [str(column).replace("_", " ") for column in frame.columns]
    return TableView(name, caption, headers, rows)


def _plain_cell(value: Any) -> Cell:
    if isinstance(value, (list, tuple)) or not pd.api.types.is_scalar(value):
        return Cell(" ".join(map(str, value)))
    if pd.isna(value):
        return Cell("")
    if isinstance(value, bool) or not pd.api.types.is_number(value):
        text = str(value)
        return Cell(text, sort=text, kind="long" if len(text) > _LONG else "text")
    shown = f"{value:,}" if pd.api.types.is_integer(value) else f"{value:.4g}"
    return Cell(shown, sort=str(value), kind="number" if value else "number zero")


def figure_view(folder: Path, name: str) -> FigureView:
    """Return a figure that make_figures wrote, its SVG inlined."""
    table = read_artifact(folder / f"{name}.parquet")
    picture = folder / f"{name}.svg"
    if not picture.is_file():
        raise LahjaError(f"{picture}: no such figure")
    drawing = _PATH.sub(_shortened, picture.read_text(encoding="utf-8"))
    return FigureView(
        name, table.caption, f"data:image/svg+xml,{quote(drawing, _SAFE)}", table.notes
    )


def _shortened(path: re.Match[str]) -> str:
    return re.sub(r"(\.\d\d)\d+", r"\1", path[0]).replace("\n", " ")


def confusion_views(confusion: pd.DataFrame) -> list[TableView]:
    """Return a matrix per classifier: true varieties down, answers across, shares of the row."""
    views = []
    for name, part in confusion.groupby("classifier", sort=False):
        counts = part.pivot(index="variety", columns="predicted", values="count").fillna(0)
        order = [code for code in VARIETIES if code in counts.columns]
        counts = counts[order + [code for code in counts.columns if code not in order]]
        counts = counts.loc[[code for code in VARIETIES if code in counts.index]]
        shares = counts.div(counts.sum(axis=1), axis=0)
        rows = [
            (
                [Cell(str(variety)), *(Cell(f"{share:.2f}", sort=str(share), kind="share")
                 for share in shares.loc[variety])],
                False,
            )
            for variety in shares.index
        ]  # fmt: skip
        headers = ["true \\ answered", *map(str, shares.columns)]
        views.append(TableView(f"confusion-{name}", str(name), headers, rows))
    return views


def sections_view(versions: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return {section: {name: value}} of a JSON object; plain values go under "run"."""
    sections: dict[str, dict[str, str]] = {}
    for name, value in versions.items():
        if isinstance(value, Mapping):
            sections[name] = {str(key): str(item) for key, item in value.items()}
        else:
            sections.setdefault("run", {})[name] = str(value)
    return sections
