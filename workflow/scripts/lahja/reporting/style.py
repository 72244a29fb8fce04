"""How models look: one colour, hatch and shape each, the same in every figure."""

from collections.abc import Iterable
from dataclasses import dataclass

from lahja.varieties import VARIETIES

# Okabe and Ito's colours, then Tol's, told apart in the common forms of colour blindness; black
# is left out, for text and error bars.
_COLOURS = (
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00",
    "#F0E442", "#999999", "#332288", "#882255", "#117733", "#AA4499",
)  # fmt: skip
# Co-prime with the colours: bars still differ in black-and-white print and after twelve models.
_HATCHES = ("", "//", "..", "xx", "--")
# Vega's names; co-prime with the colours too.
_SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right")


@dataclass(frozen=True)
class Style:
    """A bar's fill and hatch, and the shape of a point in the report's charts."""

    colour: str
    hatch: str
    shape: str


def styles(names: Iterable[str]) -> dict[str, Style]:
    """Return the style of each name, by its place among all names in alphabetical order."""
    return {
        name: Style(
            _COLOURS[place % len(_COLOURS)],
            _HATCHES[place % len(_HATCHES)],
            _SHAPES[place % len(_SHAPES)],
        )
        for place, name in enumerate(sorted(set(names)))
    }


def short_name(variety: str) -> str:
    """Return a variety's name as axes and headers show it."""
    return "MSA" if variety == "msa" else VARIETIES[variety].label
