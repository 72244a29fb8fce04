"""Tables as corpora: what their columns hold, and the sentences that they give."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from lahja.core.config.corpora import COLUMNS
from lahja.core.varieties import VARIETIES
from lahja.corpora.readers import rows
from lahja.corpora.readers.rows import Reject, Sentence

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
    varieties: list[str] | None = None  #: Varieties to read; None is all.
    split: str | None = None  #: Split of all rows where no column has it.
    variety: str | None = None  #: Variety of `text` where no column labels it.
    label: Callable[[str], str | None] = str  #: Variety of a label; rows of others are passed over.
    group: Callable[[str], str] = str  #: A group's name by its cell; without one, a row's place.
    is_one_text: bool = False
    """Whether a group is one text with its translations: a row that gives it another is refused."""
    splits: Mapping[str, str] = field(default_factory=dict)
    """lahja's split of each of the table's, where it does not go by its usual name."""
    clean: Callable[[str], str] = str  #: Undoes what a release did to `text`.
    full_sides: tuple[str, ...] = ()  #: Sides that a row should have: refused where empty.
    quoted: bool | None = None

    @cached_property
    def wanted(self) -> frozenset[str]:
        """The varieties of texts to read."""
        return rows.wanted_varieties(self.varieties)

    @cached_property
    def sources(self) -> list[str]:
        """The columns of what is translated: the text or the dialects, else MSA or English."""
        sides = [role for role in self.columns if role == "text" or role in VARIETIES]
        return [role for role in sides if role not in ("msa", "eng")] or [max(sides)]

    @cached_property
    def known_splits(self) -> dict[str, str]:
        """lahja's splits by the table's, in small letters."""
        return _SPLITS | {name.strip().casefold(): own for name, own in self.splits.items()}


def read_layout(path: Path, files: Iterable[Path], layout: Layout) -> Iterator[Sentence | Reject]:
    """Yield the sentences of the tables of one layout in a corpus's folder."""
    named = tuple(dict.fromkeys(c for c in layout.columns.values() if isinstance(c, str)))
    seen: dict[str, tuple] = {}
    for file in files:
        name = rows.name_within(path, file)
        for item in rows.read_records(file, name, named, layout.quoted):
            is_reject = isinstance(item, Reject)
            yield from [item] if is_reject else _sentences(layout, seen, name, *item)


def _sentences(
    layout: Layout, seen: dict[str, tuple], name: str, line: int, row: dict[str, Any]
) -> Iterator[Sentence | Reject]:
    values = {
        role: row[column] if isinstance(column, str) else list(row.values())[column]
        for role, column in layout.columns.items()
    }
    cells = {role: rows.cell_text(value) for role, value in values.items()}
    for role in ("group", "aldi"):
        if cells.setdefault(role, "").strip().casefold() in _MISSING:
            cells[role] = ""
    split = layout.split
    if "split" in cells:
        split = layout.known_splits.get(cells["split"].strip().casefold())
    faults = _faults(values, cells, split)
    variety = layout.label(cells["variety"]) if "variety" in cells else layout.variety
    if not faults and "text" in cells and variety not in layout.wanted:
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
    sides = layout.wanted
    if "text" in cells:
        # A text comes with its translations.
        cells, sides = {variety: layout.clean(cells["text"])} | cells, {variety, *VARIETIES}
    aldi = float(cells["aldi"]) if cells["aldi"] else None
    for side in (role for role in cells if role in sides):
        if side in faults:
            yield Reject(name, line, faults[side], cells[side])
        # A side that is not known is no row of its own.
        elif side == variety or side in layout.full_sides or cells[side].strip():
            yield Sentence(cells[side], side, group, name, line, split, aldi)


def _faults(values: dict[str, Any], cells: dict[str, str], split: str | None) -> dict[str, str]:
    """Return why cells of a row are none of their columns, by column."""
    faults = {}
    if "split" in cells and split is None:
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
