"""Tables as plain text, Markdown, LaTeX and cells of the page, and their files."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from lahja.core.artifacts import Column, Table, write_artifact
from lahja.core.files import atomic_path, write_text

# Longer texts wrap within their cell, in characters.
_LONG = 40
# What the first cell of a row of totals holds.
TOTAL = "all"
_ARABIC, _LATIN = re.compile(r"[\u0600-\u06ff\u0750-\u077f]"), re.compile(r"[A-Za-z]")


def is_arabic(text: str) -> bool:
    """Return whether a text runs from right to left: it has no fewer Arabic letters than Latin."""
    return 0 < len(_ARABIC.findall(text)) >= len(_LATIN.findall(text))


def write_table_files(table: Table, folder: Path) -> None:
    """Write `<name>.csv`, `<name>.parquet` and `<name>.tex` into a folder, each atomically."""
    write_artifact(table, folder)
    write_text(folder / f"{table.name}.tex", to_latex(table))


def write_frame(frame: pd.DataFrame, folder: Path, name: str, schema: pa.Schema) -> None:
    """Write `<name>.parquet` with the schema's columns and `<name>.csv` with all of the frame's."""
    with written_frames(folder / f"{name}.parquet", schema, folder / f"{name}.csv") as write:
        write(frame)


@contextmanager
def written_frames(
    path: Path, schema: pa.Schema, csv: Path | None = None
) -> Iterator[Callable[[pd.DataFrame], None]]:
    """Give a function that appends frames to a Parquet table, and to CSV where there is to be one.

    In CSV, lists of names are joined by semicolons. The files appear when the block ends well.
    """
    lists = [field.name for field in schema if field.type == pa.list_(pa.string())]
    with ExitStack() as stack:
        table = stack.enter_context(atomic_path(path))
        writer = stack.enter_context(pq.ParquetWriter(table, schema))
        text = csv and stack.enter_context(
            stack.enter_context(atomic_path(csv)).open("w", encoding="utf-8")
        )

        def write(frame: pd.DataFrame) -> None:
            own = pa.Table.from_pandas(frame[schema.names], schema=schema, preserve_index=False)
            writer.write_table(own.replace_schema_metadata(None))
            if text is not None:
                joined = frame.assign(**{key: frame[key].map(";".join) for key in lists})
                joined.to_csv(text, index=False, header=text.tell() == 0)

        yield write


def to_text(table: Table, max_rows: int | None = None) -> str:
    """Return caption, aligned rows and notes; after `max_rows` rows, how many more there are."""
    header, *rows = _cells(table)
    # A column without a value is left out.
    kept = [place for place in range(len(table.columns)) if any(row[place] for row in rows)]
    shown = [header, *rows[:max_rows]]
    sides = ["<" if column.digits is None else ">" for column in table.columns]
    forms = {place: f"{sides[place]}{max(len(row[place]) for row in shown)}" for place in kept}
    lines = [table.caption, ""]
    for row in shown:
        cells = (f"{row[place]:{form}}" for place, form in forms.items())
        lines.append("  ".join(cells).rstrip())
    if max_rows is not None and len(rows) > max_rows:
        lines.append(f"… and {len(rows) - max_rows} more rows")
    return "\n".join([*lines, *table.notes])


def to_markdown(table: Table) -> str:
    """Return a table with its caption above and its notes below, its numbers on the right."""
    rule = ["---" if column.digits is None else "---:" for column in table.columns]
    cells = [[text.replace("|", r"\|") for text in row] for row in _cells(table)]
    lines = [f"| {' | '.join(row)} |" for row in cells]
    lines.insert(1, "|" + "|".join(rule) + "|")
    notes = ["", *table.notes] if table.notes else []
    return "\n".join([f"**{table.caption}**", "", *lines, *notes]) + "\n"


def _cells(table: Table) -> list[list[str]]:
    """Return the texts of the header and of all rows."""
    rows = [[table.cell(row, column) for column in table.columns] for row in table.records()]
    return [[column.header for column in table.columns], *rows]


_ESCAPES = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
            "→": r"$\rightarrow$", "Δ": r"$\Delta$", "\N{MINUS SIGN}": r"$-$"}  # fmt: skip
_ESCAPES |= {letter: f"\\{letter}" for letter in "&%$#_{}"}


def escape(text: str) -> str:
    """Return text with LaTeX's special characters escaped."""
    return text.translate(str.maketrans(_ESCAPES))


def to_latex(table: Table) -> str:
    """Return a booktabs table; needs only \\usepackage{booktabs}."""
    alignment = "".join("l" if column.digits is None else "r" for column in table.columns)
    header = " & ".join(escape(column.header) for column in table.columns)
    lines = [
        r"\begin{table}", r"\centering", rf"\caption{{{escape(table.caption)}}}",
        rf"\label{{tab:{table.name}}}", rf"\begin{{tabular}}{{{alignment}}}", r"\toprule",
        rf"{header} \\",
    ]  # fmt: skip
    # A line above the rows of each origin.
    for _, rows in groupby(table.records(), lambda row: row.get("origin")):
        lines.append(r"\midrule")
        for row in rows:
            cells = (_latex_cell(table, row, column) for column in table.columns)
            lines.append(" & ".join(cells) + r" \\")
    notes = [rf"\par\footnotesize {escape(note)}" for note in table.notes]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", *notes, r"\end{table}"]) + "\n"


def _latex_cell(table: Table, row: dict[str, Any], column: Column) -> str:
    number, bracket, rest = table.cell(row, column).partition(" [")
    if column.digits is None or not bracket:
        return escape(number + bracket + rest)
    return escape(number) + rf" {{\scriptsize [{escape(rest)}}}"


class Cell(NamedTuple):
    """A cell: its text, its interval or note beside it, what it sorts by, and its kind."""

    text: str
    aside: str = ""
    sort: str = ""
    kind: str = "text"


@dataclass(frozen=True)
class TableView:
    """A table as the page shows it.

    `rows` holds cells, and whether the row stays last when the table is sorted, as totals do.
    """

    name: str
    caption: str
    headers: list[str]
    rows: list[tuple[list[Cell], bool]]
    notes: list[str] = field(default_factory=list)


def table_view(table: Table) -> TableView:
    """Return a saved table as cells; rows that are not of this run are marked."""
    rows = [
        ([_cell(table, row, column) for column in table.columns],
         str(row.get("origin") or "").startswith("paper"))
        for row in table.records()
    ]  # fmt: skip
    headers = [column.header for column in table.columns]
    return TableView(table.name, table.caption, headers, rows, table.notes)


def _cell(table: Table, row: dict[str, Any], column: Column) -> Cell:
    text, bracket, aside = table.cell(row, column).partition(" [")
    value = row.get(column.key)
    kind = _kind(text) if column.digits is None else "number"
    if column.is_signed and bracket:
        if row[f"{column.key}_low"] > 0:
            kind += " better"
        elif row[f"{column.key}_high"] < 0:
            kind += " worse"
    # Interval and p-value have a line each.
    aside = (bracket.strip() + aside).replace("] (p", "]\n(p")
    return Cell(text, aside, "" if pd.isna(value) else str(value), kind)


def frame_view(name: str, caption: str, frame: pd.DataFrame) -> TableView:
    """Return texts and counts as a table; a row that begins with `TOTAL` stays at its end."""
    rows = [
        ([_plain_cell(value) for value in row], row[0] == TOTAL)
        for row in frame.itertuples(index=False, name=None)
    ]
    headers = [str(column).replace("_", " ") for column in frame.columns]
    return TableView(name, caption, headers, rows)


def _kind(text: str) -> str:
    kind = "long" if len(text) > _LONG else "text"
    return f"{kind} arabic" if is_arabic(text) else kind


def _plain_cell(value: Any) -> Cell:
    if pd.isna(value):
        return Cell("")
    if isinstance(value, str):
        return Cell(value, sort=value, kind=_kind(value))
    return Cell(f"{value:,}", sort=str(value), kind="number" if value else "number zero")
