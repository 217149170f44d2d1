"""Where the circles and lines of a network of dense layers are: one column a layer, wide layers elided with dots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from numpy.typing import NDArray

from symnn.teaching.pictures.edge_labels import placed
from symnn.teaching.pictures.labels import Label, Labels, size_label, text_label
from symnn.teaching.pictures.parts import HIDDEN, INPUT, OUTPUT, Caption, Edge, Gap, Node

Array = NDArray[Any]

MOST_NODES, FEWEST_NODES = 10, 3
"""How many nodes of a layer are drawn at most unless said otherwise, and how many that must be at least."""

MOST_COLUMNS = 9
MOST_LABELLED = 12
"""Between two layers with more lines than this, the lines have no labels."""
_FIRST = 5
_LINE = 17.0
MARGIN = 26.0


@dataclass(frozen=True, eq=False)
class Column:
    """A layer as it is to be drawn.

    Attributes:
        layer: 0 for the inputs, then the layer's number; of the general network, L for the last.
        size: how many nodes: a number, or a size such as n₀.
        activation: what it is called.
        weights: the name of the array of weights that lead to it.
        turned: whether that array is (inputs, outputs).
        W, b, a: weights (outputs, inputs), biases and activations, where they are known.
    """

    layer: Any
    size: Any
    activation: str = ""
    weights: str = ""
    biases: str = ""
    turned: bool = False
    W: Array | None = None
    b: Array | None = None
    a: Array | None = None


@dataclass(frozen=True)
class Laid:
    """Everything that was laid out, and the size of it, in pixels."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    gaps: tuple[Gap, ...]
    captions: tuple[Caption, ...]
    width: float
    height: float


@dataclass(frozen=True)
class _Measures:
    """The distances of a drawing, in pixels."""

    across: float
    down: float
    radius: float
    left: float
    right: float

    @classmethod
    def of(cls, columns: Sequence[Column], slots: int, labelled: bool, full: bool, with_values: bool) -> _Measures:
        """Return the distances; `full` is whether nodes with a letter above and a bias below stand under each other."""
        crowded = slots > 6 or len(columns) > 6
        across = 205.0 if labelled else 165.0 if not crowded else 150.0 if len(columns) <= 6 else 122.0
        down = 92.0 if (labelled and slots <= 4) or full else 62.0 if crowded else 76.0
        radius = 20.0 if crowded else 24.0
        side = MARGIN + radius
        return cls(across, down, radius, side + (30 if with_values else 14), side + (44 if with_values else 14))


def laid_out(columns: Sequence[Column], labels: Labels, most: int = MOST_NODES) -> Laid:
    """Return where everything is; of layers wider than `most`, and of very many layers, some are left out."""
    shown, hidden = _shown_columns(columns)
    slots = [_slots(column.size, most) for column in shown]
    counts = [sum(place is not None for place in one) for one in slots]
    fans = [a * b for a, b in pairwise(counts)]
    labelled = [0 < fan <= MOST_LABELLED for fan in fans]
    values = any(column.a is not None for column in shown)
    full = values and any(named and len(one) > 1 for named, one in zip(labelled, slots[1:], strict=True))
    measures = _Measures.of(shown, max(map(len, slots)), any(labelled), full, values)
    middle = MARGIN + 8 + measures.radius + measures.down * (max(map(len, slots)) - 1) / 2
    nodes: list[list[Node]] = []
    gaps: list[Gap] = []
    x = measures.left
    for number, column in enumerate(shown):
        if number == hidden:
            gaps.append(Gap(x - 0.45 * measures.across, middle, _omitted_layers(columns, shown), False))
            x += 0.1 * measures.across
        made, gap = _column(column, slots[number], x, middle, measures, labels, number, len(shown))
        nodes.append(made)
        gaps += gap
        x += measures.across
    edges: list[Edge] = []
    for number, (column, named) in enumerate(zip(shown[1:], labelled, strict=True), 1):
        if number != hidden:
            fan = _edges(column, nodes[number - 1], nodes[number], labels)
            edges += placed(fan, [*nodes[number - 1], *nodes[number]]) if named else fan
    foot = middle + measures.down * (max(map(len, slots)) - 1) / 2 + measures.radius + 40
    heads = [made[0] for made in nodes]
    captions = [Caption(head.x, foot, _caption(one, head.role)) for head, one in zip(heads, shown, strict=True)]
    width = x - measures.across + measures.right
    height = foot + _LINE * max(len(caption.lines) for caption in captions) + 6
    return Laid(tuple(n for made in nodes for n in made), tuple(edges), tuple(gaps), tuple(captions), width, height)


def _shown_columns(columns: Sequence[Column]) -> tuple[list[Column], int | None]:
    """Return the layers that are drawn, and before which of them some are left out."""
    if len(columns) > MOST_COLUMNS:
        return [*columns[:4], *columns[-2:]], 4
    jump = [n for n, column in enumerate(columns) if column.layer == "L"]
    return list(columns), jump[0] if jump else None


def _omitted_layers(columns: Sequence[Column], shown: Sequence[Column]) -> int | None:
    return len(columns) - len(shown) or None


def _slots(size: Any, most: int) -> list[Any]:
    """Return which nodes of a layer are drawn, with None for the dots."""
    if not isinstance(size, int):
        return [1, 2, None, size]
    if size <= most:
        return list(range(1, size + 1))
    return [*range(1, min(_FIRST, most - 2) + 1), None, size]


def _column(
    column: Column, slots: list[Any], x: float, middle: float, measures: _Measures, labels: Labels, number: int, of: int
) -> tuple[list[Node], list[Gap]]:
    """Return the nodes of a layer, and the dots among them."""
    role = INPUT if number == 0 else OUTPUT if number == of - 1 else HIDDEN
    letter = "x" if number == 0 else f"a{column.layer}"
    names = ("x",) if number == 0 else (letter, f"z{column.layer}", column.biases)
    nodes, gaps = [], []
    for row, place in enumerate(slots):
        y = middle + measures.down * (row - (len(slots) - 1) / 2)
        if place is None:
            omitted = column.size - len(slots) + 1 if isinstance(column.size, int) else None
            gaps.append(Gap(x, y, omitted, True, column.layer))
            continue
        node = Node(
            column.layer, place, x, y, measures.radius, role, labels.entry(letter, (place,)),
            _at(column.a, place), _at(column.b, place),
            labels.entry(column.biases, (place,)) if column.biases else None, names,
        )  # fmt: skip
        nodes.append(node)
    return nodes, gaps


def _edges(column: Column, sources: Sequence[Node], targets: Sequence[Node], labels: Labels) -> list[Edge]:
    edges = []
    for target in targets:
        for source in sources:
            entry = (source.place, target.place) if column.turned else (target.place, source.place)
            weight = _at(column.W, target.place, source.place)
            edges.append(Edge(source, target, column.weights, entry, labels.entry(column.weights, entry), weight))
    return edges


def _at(array: Array | None, *places: Any) -> float | None:
    return None if array is None else float(array[tuple(place - 1 for place in places)])


def _caption(column: Column, role: str) -> tuple[Label, ...]:
    """Return the words under a layer: how wide it is, and its activation."""
    word = {INPUT: "input", HIDDEN: "unit", OUTPUT: "output"}[role]
    counted = size_label(column.size, word)
    return (counted, text_label(column.activation, 18)) if column.activation else (counted,)
