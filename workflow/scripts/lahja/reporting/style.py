"""How models look: one colour and hatch each, the same in every figure."""

from collections.abc import Iterable
from dataclasses import dataclass

# Okabe and Ito's colours, told apart in every common form of colour blindness; black is left
# out, for text and error bars.
_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#999999")
# Co-prime with the colours: bars still differ in black-and-white print and after eight models.
_HATCHES = ("", "//", "..")


@dataclass(frozen=True)
class Style:
    """A bar's fill and hatch."""

    colour: str
    hatch: str


def styles(names: Iterable[str]) -> dict[str, Style]:
    """Return the style of each name, by its place among all names in alphabetical order."""
    return {
        name: Style(_COLOURS[place % len(_COLOURS)], _HATCHES[place % len(_HATCHES)])
        for place, name in enumerate(sorted(set(names)))
    }
