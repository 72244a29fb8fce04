"""Tables as corpora: what their columns hold, and the one reader of them all.

The reader `table` takes CSV, TSV, Parquet or JSON Lines by the columns that its options name;
`published` has the columns of published corpora.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lahja.core.config.corpora import TableOptions
from lahja.core.varieties import VARIETIES
from lahja.corpora.readers.rows import (
    SPLITS,
    Reject,
    Sentence,
    find_files,
    name_within,
    read_records,
    wanted_varieties,
)

_CODES = {code: code for code in VARIETIES}


@dataclass(frozen=True)
class Layout:
    """What the columns of a table hold, and which of its rows are read."""

    columns: Mapping[str, str | int]
    """Column, by name or position, of `text` or of each variety's side; and of `variety` (a
    label), `group`, `split`, `aldi`."""
    delimiter: str | None = ","  #: What parts fields; None for a file whose name says it.
    quoted: bool = True
    variety: str | None = None  #: Variety of `text` where no column labels it.
    label: Callable[[str], str | None] = _CODES.get  #: Variety of a label; None passes a row over.
    group: Callable[[str], str] = str  #: A group's name by its cell; without one, a row's place.
    split: str | None = None  #: Split of all rows where no column has it.
    known_split: Callable[[str], str | None] = {split: split for split in SPLITS}.get
    """lahja's split of one of the table's; a `KeyError` refuses the row."""
    clean: Callable[[str], str] = str  #: Undoes what a release did to `text`.
    full_sides: tuple[str, ...] = ()  #: Sides that a row should have: refused where empty.
    varieties: Collection[str] | None = None  #: Varieties to read; None is all.


def read_layout(path: Path, files: Iterable[Path], layout: Layout) -> Iterator[Sentence | Reject]:
    """Yield the sentences of the tables of one layout in a corpus's folder."""
    named = tuple(dict.fromkeys(c for c in layout.columns.values() if isinstance(c, str)))
    wanted = wanted_varieties(layout.varieties)
    for file in files:
        name = name_within(path, file)
        for item in read_records(file, name, named, layout.quoted, layout.delimiter):
            if isinstance(item, Reject):
                yield item
            else:
                yield from _sentences(layout, wanted, name, *item)


def _sentences(
    layout: Layout, wanted: Collection[str], name: str, line: int, row: dict[str, Any]
) -> Iterator[Sentence | Reject]:
    cells = {
        role: row[column] if isinstance(column, str) else list(row.values())[column]
        for role, column in layout.columns.items()
    }
    cells = {role: "" if cell is None else str(cell) for role, cell in cells.items()}
    try:
        split = layout.known_split(cells["split"]) if "split" in cells else layout.split
        aldi = float(cells["aldi"]) if cells.get("aldi") else None
    except (KeyError, ValueError) as error:
        reason = f"dialectness {cells.get('aldi')!r} is not a number"
        reason = f"unknown split {error}" if isinstance(error, KeyError) else reason
        yield Reject(name, line, reason, cells.get("text", ""))
        return
    variety = layout.label(cells["variety"]) if "variety" in cells else layout.variety
    if "text" in cells:
        if variety not in wanted:
            return
        cells = {variety: layout.clean(cells["text"])} | cells
    group = layout.group(cells["group"]) if "group" in cells else f"{name}:{line}"
    for side in (role for role in cells if role in wanted):
        # A side that is not known is no row of its own.
        if side == variety or side in layout.full_sides or cells[side].strip():
            yield Sentence(cells[side], side, group, name, line, split, aldi)


def read_table(path: Path, options: TableOptions) -> Iterator[Sentence | Reject]:
    """Yield the sentences of tables whose columns the options name.

    A table has a column of texts, or one for each variety: then each row is a group of
    translations. Rows with a label of no variety are passed over.
    """
    layout = Layout(
        options.columns,
        delimiter=None,
        quoted=options.quoted,
        variety=options.variety,
        label=(options.labels or _CODES).get,
        split=options.split,
        known_split=options.splits.get if options.splits else Layout.known_split,
        varieties=options.varieties,
    )
    return read_layout(path, find_files(path, *options.files), layout)
