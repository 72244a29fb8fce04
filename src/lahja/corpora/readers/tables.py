"""Tables as corpora: what their columns hold, and the one reader of them all.

The reader `table` takes CSV, TSV, Parquet or JSON Lines by the columns that its options name;
`published` has the columns of published corpora.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from lahja.core.config.corpora import COLUMNS, TableOptions
from lahja.core.varieties import VARIETIES
from lahja.corpora.readers.rows import (
    Reject,
    Sentence,
    cell_text,
    find_files,
    name_within,
    read_records,
    wanted_varieties,
)

_CODES = {code: code for code in VARIETIES}
# lahja's split by the names that tables give it, in small letters.
_SPLITS = {
    "train": "train", "training": "train", "validation": "validation", "valid": "validation",
    "val": "validation", "dev": "validation", "development": "validation", "test": "test",
    "testing": "test", "evaluation": "evaluation", "eval": "evaluation",
}  # fmt: skip
# What stands in a column of ids or numbers where there is none.
_MISSING = ("", "nan", "none", "null", "<na>", "nat")


@dataclass(frozen=True)
class Layout:
    """What the columns of a table hold, and which of its rows are read."""

    columns: Mapping[str, str | int]
    """Column, by name or position, of `text` or of each variety's side; and of `variety` (a
    label), `group`, `split`, `aldi`."""
    delimiter: str | None = ","  #: What parts fields; None for a file whose name says it.
    quoted: bool | None = None
    variety: str | None = None  #: Variety of `text` where no column labels it.
    label: Callable[[str], str | None] = _CODES.get  #: Variety of a label; None passes a row over.
    group: Callable[[str], str] = str  #: A group's name by its cell; without one, a row's place.
    is_one_text: bool = False
    """Whether a group is one text with its translations: a row that gives it another is refused."""
    split: str | None = None  #: Split of all rows where no column has it.
    splits: Mapping[str, str] = field(default_factory=dict)
    """lahja's split of each of the table's, where it does not go by its usual name."""
    clean: Callable[[str], str] = str  #: Undoes what a release did to `text`.
    full_sides: tuple[str, ...] = ()  #: Sides that a row should have: refused where empty.
    varieties: Collection[str] | None = None  #: Varieties to read; None is all.

    @cached_property
    def sources(self) -> list[str]:
        """The columns of what is translated: the text or the dialects, else MSA or English."""
        sides = [role for role in self.columns if role == "text" or role in VARIETIES]
        return [role for role in sides if role not in ("msa", "eng")] or [max(sides)]

    def known_split(self, name: str) -> str | None:
        """Return lahja's split of one of the table's, whatever its case."""
        return self._splits.get(name.strip().casefold())

    @cached_property
    def _splits(self) -> dict[str, str]:
        return _SPLITS | {name.strip().casefold(): own for name, own in self.splits.items()}


def read_layout(path: Path, files: Iterable[Path], layout: Layout) -> Iterator[Sentence | Reject]:
    """Yield the sentences of the tables of one layout in a corpus's folder."""
    named = tuple(dict.fromkeys(c for c in layout.columns.values() if isinstance(c, str)))
    wanted, seen = wanted_varieties(layout.varieties), {}
    for file in files:
        name = name_within(path, file)
        for item in read_records(file, name, named, layout.quoted, layout.delimiter):
            if isinstance(item, Reject):
                yield item
            else:
                yield from _sentences(layout, wanted, seen, name, *item)


def _sentences(
    layout: Layout, wanted: Collection[str], seen: dict[str, tuple], name: str, line: int, row: dict
) -> Iterator[Sentence | Reject]:
    values = {
        role: row[column] if isinstance(column, str) else list(row.values())[column]
        for role, column in layout.columns.items()
    }
    cells = {role: cell_text(value) for role, value in values.items()}
    for role in ("group", "aldi"):
        if cells.setdefault(role, "").strip().casefold() in _MISSING:
            cells[role] = ""
    faults = _faults(layout, values, cells)
    variety = layout.label(cells["variety"]) if "variety" in cells else layout.variety
    if not faults and "text" in cells and variety not in wanted:
        return
    group = layout.group(cells["group"].strip()) if cells["group"] else f"{name}:{line}"
    if layout.is_one_text and not faults.keys() & COLUMNS:
        source = hash(tuple(" ".join(cells[role].split()) for role in layout.sources))
        first = seen.setdefault(group, (source, name))
        if first[0] != source and first[1] != name:
            # Files that number their rows each for itself.
            group = f"{name}:{group}"
            first = seen.setdefault(group, (source, name))
        if first[0] != source:
            faults["group"] = "repeated id with another text"
    if told := next((faults[role] for role in faults if role in COLUMNS), None):
        yield Reject(name, line, told, " | ".join(cells[role] for role in layout.sources))
        return
    if "text" in cells:
        cells = {variety: layout.clean(cells["text"])} | cells
    split = layout.known_split(cells["split"]) if "split" in cells else layout.split
    aldi = float(cells["aldi"]) if cells["aldi"] else None
    for side in (role for role in cells if role in wanted):
        if side in faults:
            yield Reject(name, line, faults[side], cells[side])
        # A side that is not known is no row of its own.
        elif side == variety or side in layout.full_sides or cells[side].strip():
            yield Sentence(cells[side], side, group, name, line, split, aldi)


def _faults(layout: Layout, values: dict[str, Any], cells: dict[str, str]) -> dict[str, str]:
    """Return why cells of a row are none of their columns, by column."""
    faults = {}
    if "split" in cells and layout.known_split(cells["split"]) is None:
        faults["split"] = f"unknown split {cells['split']!r}"
    try:
        if cells["aldi"] and not 0 <= float(cells["aldi"]) <= 1:
            faults["aldi"] = f"dialectness {cells['aldi']!r} is not from 0 to 1"
    except ValueError:
        faults["aldi"] = f"dialectness {cells['aldi']!r} is not a number"
    for role, value in values.items():
        # A side is text, and what is said of it at least no composite.
        is_label = role in COLUMNS and role != "text"
        fits = not isinstance(value, (list, dict, bytes)) if is_label else isinstance(value, str)
        if value is not None and not fits:
            faults[role] = f"{role} is a {type(value).__name__}, expected text"
    return faults


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
        is_one_text="text" not in options.columns,
        split=options.split,
        splits=options.splits or {},
        varieties=options.varieties,
    )
    return read_layout(path, find_files(path, *options.files), layout)
