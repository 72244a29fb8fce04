"""Hold an audit against a reader's labels: recall per kind of defect, precision, misses."""

from dataclasses import dataclass
from pathlib import Path

from lahja.errors import LahjaError
from lahja.gates import (
    adequacy,
    artefacts,
    dialect,
    echo,
    language,
    length,
    names,
    numbers,
    repeats,
    truncation,
)
from lahja.gates.auditing import Audited
from lahja.readers.records import Reject
from lahja.readers.rows import read_rows

NONE = "none"
TRUNCATED = "truncated_rejected"
# Which gates are there for which kind of defect.
GATES_OF_DEFECT: dict[str, tuple[str, ...]] = {
    "wrong_language": (language.GATE,),
    "echo": (echo.GATE,),
    "artefact": (artefacts.GATE, repeats.GATE),
    "wrong_dialect": (dialect.GATE,),
    "adequacy": (adequacy.GATE, length.GATE, numbers.GATE, names.GATE),
    TRUNCATED: (truncation.GATE,),
}


@dataclass(frozen=True)
class Recall:
    """Of the pairs with one kind of defect: how many are stopped, and how many for it."""

    kind: str
    n: int
    stopped: int
    named: int

    @property
    def value(self) -> float:
        """The share that is stopped, by whatever gate of the side that has the defect."""
        return self.stopped / self.n


@dataclass(frozen=True)
class Comparison:
    """An audit beside the labels."""

    recalls: list[Recall]
    n_stopped: int
    n_rightly: int
    misses: list[tuple[Audited, tuple[str, ...]]]
    """Pairs with defects that go through."""
    false_stops: list[Audited]
    """Sound pairs that are stopped."""
    n_sound: int

    @property
    def precision(self) -> float | None:
        """The share of the stopped pairs that have a defect; None where none is stopped."""
        return self.n_rightly / self.n_stopped if self.n_stopped else None


def read_labels(path: Path) -> dict[int, tuple[str, ...]]:
    """Return the defects by the pair's position, from 0; `none` is no defect.

    The CSV needs the columns `index` and `defects` (joined by semicolons). Raises `LahjaError`
    naming the row that is faulty.
    """
    if not path.is_file():
        raise LahjaError(f"{path}: no such file")
    labels: dict[int, tuple[str, ...]] = {}
    for row in read_rows(path, path.name, ("index", "defects")):
        if isinstance(row, Reject):
            raise LahjaError(f"{path}:{row.line}: {row.reason}")
        defects = tuple(part.strip() for part in row.fields["defects"].split(";"))
        for defect in defects:
            if defect not in GATES_OF_DEFECT and defects != (NONE,):
                known = ", ".join((NONE, *GATES_OF_DEFECT))
                raise LahjaError(f"{path}:{row.line}: defect {defect!r}: expected {known}")
        if not row.fields["index"].isdigit():
            raise LahjaError(f"{path}:{row.line}: index {row.fields['index']!r} is no position")
        labels[int(row.fields["index"])] = () if defects == (NONE,) else defects
    return labels


def compare(audited: list[Audited], labels: dict[int, tuple[str, ...]]) -> Comparison:
    """Hold the pairs that have a label against it; a label without a pair is refused."""
    by_index = {item.index: item for item in audited}
    missing = [index for index in labels if index not in by_index]
    if missing:
        raise LahjaError(f"labels: there is no pair {missing[0]}; the last is {max(by_index)}")
    labelled = [(by_index[index], defects) for index, defects in labels.items()]
    missed = [(item, _missed(item, defects)) for item, defects in labelled]
    stopped = [(item, defects) for item, defects in labelled if item.stops]
    return Comparison(
        recalls=[_recall(kind, labelled) for kind in GATES_OF_DEFECT if _have(kind, labelled)],
        n_stopped=len(stopped),
        n_rightly=sum(bool(defects) for _, defects in stopped),
        misses=[(item, kinds) for item, kinds in missed if kinds],
        false_stops=[item for item, defects in stopped if not defects],
        n_sound=sum(not defects for _, defects in labelled),
    )


def report(comparison: Comparison) -> str:
    """Return the comparison as text, with a line `recall <kind> <value>` per kind."""
    lines = [f"recall {recall.kind} {recall.value:.3f}" for recall in comparison.recalls]
    precision = comparison.precision
    lines.append(f"precision {'n/a' if precision is None else format(precision, '.3f')}")
    lines.append("")
    for r in comparison.recalls:
        lines.append(f"{r.kind}: {r.stopped} of {r.n} stopped, {r.named} by a gate for it")
    lines.append(f"sound pairs stopped: {len(comparison.false_stops)} of {comparison.n_sound}")
    for item, defects in comparison.misses:
        lines.append(f"missed {item.index} ({', '.join(defects)}): {_shown(item.pair.chosen)}")
    for item in comparison.false_stops:
        why = "; ".join(f"{verdict.gate}: {verdict.reason}" for verdict in item.stops)
        lines.append(f"false stop {item.index} ({why}): {_shown(item.pair.chosen)}")
    return "\n".join(lines)


def _have(kind: str, labelled: list[tuple[Audited, tuple[str, ...]]]) -> bool:
    return any(kind in defects for _, defects in labelled)


def _recall(kind: str, labelled: list[tuple[Audited, tuple[str, ...]]]) -> Recall:
    own = [item for item, defects in labelled if kind in defects]
    return Recall(
        kind, len(own), sum(_is_caught(kind, i) for i in own), sum(_is_named(kind, i) for i in own)
    )


def _is_named(kind: str, item: Audited) -> bool:
    return any(verdict.gate in GATES_OF_DEFECT[kind] for verdict in item.stops)


def _is_caught(kind: str, item: Audited) -> bool:
    """A defect of the rejected text is caught by its own gate only, and counts for no other."""
    if kind == TRUNCATED:
        return _is_named(kind, item)
    return any(verdict.gate != truncation.GATE for verdict in item.stops)


def _missed(item: Audited, defects: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(kind for kind in defects if not _is_caught(kind, item))


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:79]}…"
