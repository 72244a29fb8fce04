"""What readers yield: one small record per row, and what they refuse."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lahja.errors import LahjaError
from lahja.varieties import VARIETIES, get_variety

SPLITS = ("train", "validation", "test", "evaluation")


@dataclass(frozen=True)
class Sentence:
    """One text of a corpus as its file has it."""

    text: str
    variety: str
    group: str
    """Binds the translations of one sentence, or the lines of one song, within the corpus."""
    file: str
    line: int
    """Line of the file on which the row begins, from 1."""
    split: str | None = None
    """The corpus's own split, where it has one."""
    aldi: float | None = None
    """Dialectness as a human judged it, 0 to 1."""


@dataclass(frozen=True)
class Reject:
    """A row that cannot be used, and why."""

    file: str
    line: int
    reason: str
    text: str


@dataclass(frozen=True)
class Prompt:
    """A ready-made prompt of a benchmark."""

    text: str
    variety: str
    task: str
    """`monolingual` or `crosslingual`."""
    source: str
    """The benchmark's own name for where the prompt came from."""
    file: str
    line: int


@dataclass(frozen=True)
class Output:
    """One recorded answer of a language model in AL-QASIDA's output files."""

    prompt: str
    generation: str
    finish_reason: str | None
    """`stop`, `length` …, in lower case; None where the file does not say."""
    reference: str | None
    generator: str
    """The model folder's name without its task, such as `gpt-4o`."""
    task: str
    """`translation`, `monolingual` or `crosslingual`."""
    corpus: str
    source_variety: str | None
    target_variety: str
    file: str
    line: int
    scores: dict[str, float] = field(default_factory=dict)
    """AL-QASIDA's own scores of this answer, under lahja's column names."""
    countries: tuple[float, ...] | None = None
    """Its probabilities of all NADI_COUNTRIES, where it recorded them."""


@dataclass(frozen=True)
class ScoredText:
    """A text and what the published scorers said of it; None where that is not known."""

    text: str
    variety: str
    """The variety that was asked for."""
    group: str
    """Binds the answers, of whatever system, to one source sentence or prompt."""
    asked: str
    """The source sentence, or the prompt without the request for a dialect."""
    file: str
    line: int
    is_arabic: bool | None
    aldi: float | None
    p_country: float | None
    p_region: float | None
    countries: tuple[float, ...] | None
    """Probabilities of all NADI_COUNTRIES."""


@dataclass(frozen=True)
class PreferencePair:
    """A prompt with a better and a worse answer."""

    messages: tuple[tuple[str, str], ...]
    """(role, text) of each turn before the answer: `system`, `user` or `assistant`."""
    chosen: str
    rejected: str
    file: str
    line: int
    """Position in the array or the table, or line of the file, from 1."""
    variety: str | None = None
    """The variety that was asked for, where the file says so."""
    reference: str | None = None
    """A known good answer, where the file has one."""
    chosen_label: str | None = None
    """The variety that a classifier gave the better answer."""
    rejected_finish: str | None = None
    """`stop`, `length` …: how the worse answer ended, where the file says so."""

    @property
    def prompt(self) -> str:
        """The last turn of the user."""
        return next((text for role, text in reversed(self.messages) if role == "user"), "")


Options = dict[str, Any]
Reader = Callable[[Path, Options], Iterator[Sentence | Reject]]


def check_options(reader: str, options: Options, *known: str) -> None:
    """Raise `LahjaError` for an option that this reader does not have."""
    for name in options:
        if name not in known:
            expected = ", ".join(known) or "none"
            raise LahjaError(f"reader {reader}: unknown option {name!r}: expected {expected}")


def wanted_varieties(options: Options) -> frozenset[str]:
    """Return the varieties to read: those of the option `varieties`, or all."""
    chosen = options.get("varieties")
    if chosen is None:
        return frozenset(VARIETIES)
    return frozenset(get_variety(code).code for code in chosen)


def required_option(reader: str, options: Options, name: str) -> Any:
    """Return an option that a reader cannot do without."""
    if options.get(name) in (None, "", {}, []):
        raise LahjaError(f"reader {reader}: the option {name!r} is required")
    return options[name]
