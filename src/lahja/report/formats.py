"""Tables as `resources/tables.yaml` describes them, as text, LaTeX and cells, and their files."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa

from lahja.core.artifacts import Column, Table, guarded, write_artifact
from lahja.core.files import atomic_path, read_yaml, write_text
from lahja.core.parquet import parquet_writer

_DESCRIPTIONS = Path(__file__).resolve().parents[3] / "resources" / "tables.yaml"
# Longer texts wrap within their cell, in characters.
_LONG = 40
# What the first cell of a row of totals holds.
TOTAL = "all"
_ARABIC, _LATIN = re.compile(r"[\u0600-\u06ff\u0750-\u077f]"), re.compile(r"[A-Za-z]")


def is_arabic(text: str) -> bool:
    """Return whether a text runs from right to left: it has no fewer Arabic letters than Latin."""
    return 0 < len(_ARABIC.findall(text)) >= len(_LATIN.findall(text))


@cache
def descriptions() -> dict[str, Any]:
    """Return what `resources/tables.yaml` holds: caption, columns and notes by kind of table."""
    return read_yaml(_DESCRIPTIONS)


def columns_of(kind: str, further: Sequence[Column] = ()) -> list[Column]:
    """Return the columns of a kind of table, `further` in the place kept for them."""
    entries = descriptions()[kind]["columns"]
    columns = (further if entry == "$columns" else [Column(*entry)] for entry in entries)
    return [column for own in columns for column in own]


def described(
    kind: str,
    rows: pd.DataFrame | list[dict[str, Any]],
    notes: Iterable[str] = (),
    *,
    name: str = "",
    further: Sequence[Column] = (),
    **words: Any,
) -> Table:
    """Return a table of a kind, by default of its name, with `words` filled into its texts.

    `notes` follow those of its kind, and `further` columns stand in the place kept for them.
    """
    about, columns = descriptions()[kind], columns_of(kind, further)
    if not len(rows):
        rows = pd.DataFrame(columns=[column.key for column in columns])
    known = [note.format(**words) for note in about.get("notes", ())]
    caption = about["caption"].format(**words)
    return Table(name or kind, caption, columns, pd.DataFrame(rows), [*known, *notes])


def count_table(kind: str, frame: pd.DataFrame, name: str = "", **words: str) -> Table:
    """Return a frame of texts and counts as a table of a kind."""
    is_count = frame.dtypes.map(pd.api.types.is_numeric_dtype)
    columns = [Column(key, key.replace("_", " "), 0 if is_count[key] else None) for key in frame]
    return described(kind, frame, name=name, further=columns, **words)


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
        writer = stack.enter_context(parquet_writer(table, schema))
        text = csv and stack.enter_context(atomic_path(csv))

        def write(frame: pd.DataFrame) -> None:
            """Append rows to both files."""
            own = pa.Table.from_pandas(frame[schema.names], schema=schema, preserve_index=False)
            writer.write_table(own.replace_schema_metadata(None))
            if text is not None:
                joined = frame.assign(**{key: frame[key].map(";".join) for key in lists})
                guarded(joined).to_csv(text, mode="a", index=False, header=not text.exists())

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
    # A line above the rows of each origin; intervals in small print.
    for _, rows in groupby(table.records(), lambda row: row.get("origin")):
        lines.append(r"\midrule")
        for row in rows:
            texts = ((column, escape(table.cell(row, column))) for column in table.columns)
            cells = (
                text if column.digits is None else re.sub(r" (\[.*)", r" {\\scriptsize \1}", text)
                for column, text in texts
            )
            lines.append(" & ".join(cells) + r" \\")
    notes = [rf"\par\footnotesize {escape(note)}" for note in table.notes]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", *notes, r"\end{table}"]) + "\n"


class Cell(NamedTuple):
    """A cell: its text, its interval or note beside it, what it sorts by, and its kind."""

    text: str
    aside: str = ""
    sort: str = ""
    kind: str = "text"


def page_rows(table: Table) -> list[tuple[list[Cell], bool]]:
    """Return rows as the page shows them: cells, and whether the row stays last in all orders.

    Those are the paper's rows, and totals of counts, which begin with `TOTAL`.
    """
    first, *_, last = table.columns
    return [
        ([_cell(table, row, column) for column in table.columns],
         (row[first.key] == TOTAL and last.digits == 0)
         or str(row.get("origin") or "").startswith("paper"))
        for row in table.records()
    ]  # fmt: skip


def _cell(table: Table, row: dict[str, Any], column: Column) -> Cell:
    value = row.get(column.key)
    sort = "" if pd.isna(value) else str(value)
    if column.digits == 0:
        shown = f"{value:,.0f}" if sort else ""
        return Cell(shown, sort=sort, kind="number zero" if shown == "0" else "number")
    text, bracket, aside = table.cell(row, column).partition(" [")
    kind = "number"
    if column.digits is None:
        kind = "long" if len(text) > _LONG else "text"
        kind += " arabic" if is_arabic(text) else ""
    elif column.is_signed and bracket:
        low, high = row[f"{column.key}_low"], row[f"{column.key}_high"]
        kind += " better" if low > 0 else " worse" if high < 0 else ""
    # Interval and p-value have a line each.
    return Cell(text, (bracket.strip() + aside).replace("] (p", "]\n(p"), sort, kind)
