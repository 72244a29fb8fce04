"""The rule graph of a run: read from Snakemake's own drawing, placed in layers."""

import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from lahja.errors import LahjaError

_NODE = re.compile(r'^\s*(\d+)\[label = "([^"]+)"')
_EDGE = re.compile(r"^\s*(\d+) -> (\d+)")
# Sweeps up and down the layers; the order no longer changes after a few.
_SWEEPS = 12
# Widths of a box and of a line that passes between boxes, in boxes.
_BOX, _LINE = 1.0, 0.4
# How much harder a part of a long arrow pulls, as in Graphviz.
_STRAIGHT = 3

Point = tuple[float, float]


@dataclass(frozen=True)
class Drawing:
    """Where rules stand and how the arrows between them run, in boxes: x to the right, y down."""

    places: dict[str, Point]
    routes: dict[tuple[str, str], list[Point]]


def read_rulegraph(path: Path) -> Any:
    """Read what `snakemake --rulegraph` printed as a networkx graph from producer to consumer.

    Where a rule's output goes back into an earlier rule, that arrow is left out.
    Raises `LahjaError` where the text holds no rules, or an arrow without its rule.
    """
    import networkx

    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise LahjaError(f"{path}: no such file") from None
    names = {found[1]: found[2] for line in lines if (found := _NODE.match(line))}
    if not names:
        raise LahjaError(f"{path}: holds no rules; expected the output of snakemake --rulegraph")
    graph = networkx.DiGraph()
    graph.add_nodes_from(names.values())
    for number, line in enumerate(lines, start=1):
        if found := _EDGE.match(line):
            if not {found[1], found[2]} <= names.keys():
                raise LahjaError(f"{path}:{number}: an arrow between rules that are not there")
            graph.add_edge(names[found[1]], names[found[2]])
    return _without_circles(graph)


def _without_circles(graph: Any) -> Any:
    """Remove the arrow that closes each circle, as rounds of training have them."""
    import networkx

    while True:
        try:
            *_, last = networkx.find_cycle(graph)
        except networkx.NetworkXNoCycle:
            return graph
        graph.remove_edge(*last)


def draw(graph: Any) -> Drawing:
    """Place the rules of an acyclic graph in layers, each just above its first consumer.

    Arrows that follow from others are left out (the transitive reduction). The method is
    Sugiyama's: long arrows get a place in every layer, and layers are ordered by barycentres.
    """
    import networkx

    reduced = networkx.transitive_reduction(graph)
    layer = _layers(reduced)
    chains = {edge: _chain(edge, layer) for edge in reduced.edges}
    full = networkx.Graph()
    full.add_nodes_from((rule, layer[rule]) for rule in reduced.nodes)
    for chain in chains.values():
        networkx.add_path(full, chain)
    rows: list[list[Any]] = [[] for _ in range(max(layer.values()) + 1)]
    for node in networkx.dfs_preorder_nodes(full):
        rows[node[1]].append(node)
    _order(rows, full)
    x = _spread(rows, full)
    places = {rule: (x[rule, layer[rule]], float(layer[rule])) for rule in reduced.nodes}
    routes = {edge: [(x[node], float(node[1])) for node in chain] for edge, chain in chains.items()}
    return Drawing(places, routes)


def _layers(graph: Any) -> dict[str, int]:
    import networkx

    height: dict[str, int] = {}
    for rule in reversed(list(networkx.lexicographical_topological_sort(graph))):
        height[rule] = max((height[user] + 1 for user in graph.successors(rule)), default=0)
    top = max(height.values())
    return {rule: top - value for rule, value in height.items()}


def _chain(edge: tuple[str, str], layer: dict[str, int]) -> list[tuple[Any, int]]:
    first, last = edge
    between = [(edge, number) for number in range(layer[first] + 1, layer[last])]
    return [(first, layer[first]), *between, (last, layer[last])]


def _order(rows: list[list[Any]], graph: Any) -> None:
    for sweep in range(_SWEEPS):
        step = 1 if sweep % 2 == 0 else -1
        for row, above in zip(rows[::step][1:], rows[::step], strict=False):
            place = {node: number for number, node in enumerate(above)}
            old = {node: number for number, node in enumerate(row)}
            row.sort(key=lambda node: (_mean(node, place, graph, old[node]), old[node]))


def _mean(node: Any, place: dict[Any, float], graph: Any, otherwise: float) -> float:
    near = [place[other] for other in graph[node] if other in place]
    return sum(near) / len(near) if near else otherwise


def _spread(rows: list[list[Any]], graph: Any) -> dict[Any, float]:
    """Return each node's x: near its neighbours', in the order of its row, without overlap."""
    x = {node: float(number) for row in rows for number, node in enumerate(row)}
    for _ in range(_SWEEPS * 3):
        for row in rows:
            wanted = [_pulled(node, x, graph) for node in row]
            x.update(zip(row, _separated(wanted, [_width(node) for node in row]), strict=True))
    least = min(x.values())
    return {node: value - least for node, value in x.items()}


def _pulled(node: Any, x: dict[Any, float], graph: Any) -> float:
    """Return the mean of the neighbours' x; parts of a long arrow pull harder than others."""
    near = list(graph[node])
    weights = [1 + _STRAIGHT * (_is_line(node) + _is_line(other)) for other in near]
    pulls = sum(weight * x[other] for weight, other in zip(weights, near, strict=True))
    return pulls / sum(weights) if near else x[node]


def _is_line(node: Any) -> bool:
    return not isinstance(node[0], str)


def _width(node: Any) -> float:
    return _LINE if _is_line(node) else _BOX


def _separated(wanted: list[float], widths: list[float]) -> list[float]:
    """Return the places nearest to the wanted ones that keep order and width."""
    from sklearn.isotonic import isotonic_regression

    gaps = [(a + b) / 2 for a, b in pairwise(widths)]
    offsets = [sum(gaps[:number]) for number in range(len(widths))]
    free = isotonic_regression([w - o for w, o in zip(wanted, offsets, strict=True)])
    return [float(value + offset) for value, offset in zip(free, offsets, strict=True)]
