"""What the report's templates show: tables as cells, figures as data, samples as cards."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from lahja.errors import LahjaError
from lahja.reporting.artifacts import Table, read_artifact
from lahja.varieties import VARIETIES

# Longer texts wrap within their cell, in characters.
_LONG = 40


@dataclass(frozen=True)
class Cell:
    """A cell: its text, its interval or note beside it, what it sorts by, and its kind."""

    text: str
    aside: str = ""
    sort: str = ""
    kind: str = "text"


@dataclass(frozen=True)
class TableView:
    """A table as the page shows it; `rows` holds cells and whether they are the paper's."""

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


@dataclass(frozen=True)
class SampleView:
    """One prompt with every model's answer."""

    task: str
    direction: str
    dialect: str
    source: str
    reference: str | None
    outputs: list[dict[str, Any]]


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
    """Return any frame as a table, whatever its columns are."""
    rows = [
        ([_plain_cell(value) for value in row], False)
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
    return Cell(shown, sort=str(value), kind="number")


def figure_view(folder: Path, name: str) -> FigureView:
    """Return a figure that make_figures wrote, its SVG inlined."""
    table = read_artifact(folder / f"{name}.parquet")
    picture = folder / f"{name}.svg"
    if not picture.is_file():
        raise LahjaError(f"{picture}: no such figure")
    encoded = base64.b64encode(picture.read_bytes()).decode()
    return FigureView(name, table.caption, f"data:image/svg+xml;base64,{encoded}", table.notes)


def sample_views(table: Table) -> list[SampleView]:
    """Return one card per sample, with the answers in the order of the models."""
    return [_sample_view(part) for _, part in table.rows.groupby("sample", sort=True)]


def _sample_view(part: pd.DataFrame) -> SampleView:
    first = part.iloc[0]
    source, target = first["source_variety"], first["target_variety"]
    dialect = source if target in ("eng", "msa") else target
    return SampleView(
        task=first["task"],
        direction=f"{source} → {target}" if source != target else target,
        dialect=VARIETIES[dialect].name,
        source=first["source"],
        reference=None if pd.isna(first["reference"]) else first["reference"],
        outputs=[
            {
                "model": row["model"],
                "response": row["response"],
                "scores": {
                    name: f"{row[key]:.{digits}f}"
                    for name, key, digits in (
                        ("ADI2", "adi2", 2),
                        ("chrF++", "chrf_plus_plus", 1),
                    )
                    if not pd.isna(row[key])
                },
            }
            for row in part.to_dict("records")
        ],
    )


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


def funnel_view(funnel: pd.DataFrame) -> TableView:
    """Return candidates and pairs left after each step, by kind of prompt and dialect."""
    steps = list(dict.fromkeys(funnel["step"]))
    counts = funnel.pivot_table(
        index=["kind", "dialect"], columns="step", values="count", aggfunc="sum", sort=False
    )
    frame = counts[steps].reset_index().astype(dict.fromkeys(steps, "Int64"))
    total = {"kind": "all", "dialect": "all"} | {step: frame[step].sum() for step in steps}
    frame = pd.concat([frame, pd.DataFrame([total])], ignore_index=True)
    return frame_view("funnel", "Candidates and preference pairs left after each step.", frame)


def rejects_view(rejects: pd.DataFrame) -> TableView:
    """Return how many rows of each corpus were refused, and why."""
    counts = rejects.groupby(["corpus", "reason"]).size().rename("rows").reset_index()
    return frame_view("rejects", "Rows refused at ingest, by reason.", counts)


def sections_view(versions: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return {section: {name: value}} of a JSON object; plain values go under "run"."""
    sections: dict[str, dict[str, str]] = {}
    for name, value in versions.items():
        if isinstance(value, Mapping):
            sections[name] = {str(key): str(item) for key, item in value.items()}
        else:
            sections.setdefault("run", {})[name] = str(value)
    return sections
