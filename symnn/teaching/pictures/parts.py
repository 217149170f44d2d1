"""The parts of a diagram, as data: where each circle, line and box is, what it stands for, and what it is worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from symnn.teaching.pictures.labels import Label

INPUT, HIDDEN, OUTPUT = "input", "hidden", "output"


@dataclass(frozen=True)
class Node:
    """A circle: an input, or a unit of a layer.

    Attributes:
        layer: 0 for the inputs, then the layer's number; of the general network, L for the last.
        place: which of its layer, counted from 1, or a size such as n₀.
        x, y, radius: where it is, in pixels.
        role: input, hidden or output.
        label: such as a⁽¹⁾₂.
        value: its activation, where that is known.
        bias, bias_label: the bias, where that is known, and its label (none for an input).
        names: the tensors that have an entry there: ("a1", "z1", "b1").
    """

    layer: Any
    place: Any
    x: float
    y: float
    radius: float
    role: str
    label: Label
    value: float | None = None
    bias: float | None = None
    bias_label: Label | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Edge:
    """A line from one node to another: a weight.

    Attributes:
        source, target: the nodes.
        tensor: the name of the array that the weight is in.
        entry: where in that array, counted from 1.
        label: such as w⁽¹⁾₁₂.
        weight: its value, where that is known.
        along: how far along the line its label stands, from 0 to 1; nothing for no label.
    """

    source: Node
    target: Node
    tensor: str
    entry: tuple[Any, ...]
    label: Label
    weight: float | None = None
    along: float | None = None

    @property
    def point(self) -> tuple[float, float]:
        """Where its label stands."""
        t = 0.5 if self.along is None else self.along
        return self.source.x + t * (self.target.x - self.source.x), self.source.y + t * (self.target.y - self.source.y)


@dataclass(frozen=True)
class Gap:
    """Dots in place of what is left out.

    Attributes:
        x, y: where the middle dot is, in pixels.
        omitted: how many nodes (or layers) are left out; nothing where sizes are letters.
        is_vertical: whether nodes of a layer are left out, and not layers.
        layer: the layer's number.
    """

    x: float
    y: float
    omitted: int | None
    is_vertical: bool = True
    layer: Any = None


@dataclass(frozen=True)
class Caption:
    """Words under a column: which layer it is, how wide, with which activation."""

    x: float
    y: float
    lines: tuple[Label, ...]


@dataclass(frozen=True)
class Box:
    """A layer that is no fan of lines, such as a convolution: a box with its name.

    Attributes:
        layer: its number.
        x, y: its middle, in pixels.
        width, height: its size.
        role: input, hidden or output.
        lines: what stands in it.
        names: the tensors that it has.
    """

    layer: int
    x: float
    y: float
    width: float
    height: float
    role: str
    lines: tuple[Label, ...]
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Arrow:
    """A line with a head, through corners, and the shape of what goes along it."""

    points: tuple[tuple[float, float], ...]
    label: Label
    label_at: tuple[float, float]


@dataclass(frozen=True)
class Parts:
    """A whole diagram, as data.

    Attributes:
        title: such as 3-4-2.
        description: what is shown, in words.
        width, height: the size of it, in pixels, without the legend.
        nodes, edges, gaps, captions: of a network of dense layers.
        boxes, arrows: of any other network.
        targets: what each output should have been, by its place, where that is known.
        remarks: what stands under the picture, such as C = 0.298.
    """

    title: str
    description: str
    width: float
    height: float
    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    gaps: tuple[Gap, ...] = ()
    captions: tuple[Caption, ...] = ()
    boxes: tuple[Box, ...] = ()
    arrows: tuple[Arrow, ...] = ()
    targets: tuple[tuple[Any, Label], ...] = ()
    remarks: tuple[Label, ...] = ()

    @property
    def strongest(self) -> float:
        """The largest size of a weight that is shown."""
        return max((abs(edge.weight) for edge in self.edges if edge.weight is not None), default=0.0)
