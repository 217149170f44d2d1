"""A network as circles and lines: `diagram_of("3-4-2").svg()`.

A network of dense layers is a column of circles a layer, with a line for each weight. Any other is a row of
boxes, a layer each, with the shapes of what goes from one to the next.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from symnn.errors import InputError
from symnn.teaching.pictures.chain import chained
from symnn.teaching.pictures.columns import FEWEST_NODES, MOST_NODES, Laid, laid_out
from symnn.teaching.pictures.labels import Label, Labels, text_label
from symnn.teaching.pictures.parts import Parts
from symnn.teaching.pictures.raster import image_of
from symnn.teaching.pictures.scene import scene_of
from symnn.teaching.pictures.subjects import Subject, subject_of
from symnn.teaching.pictures.svg import svg_of
from symnn.teaching.pictures.tikz import WIDEST, tikz_of
from symnn.writing import Notation

_MOST_SAID = 40


@dataclass(frozen=True)
class Diagram(Parts):
    """A diagram: its nodes, edges or boxes as data, and the ways to draw it.

    >>> diagram = diagram_of("3-4-2")
    >>> len(diagram.nodes), len(diagram.edges), diagram.edges[0].label.plain
    (9, 20, 'w⁽¹⁾₁₁')
    """

    def svg(self, prefix: str = "diagram") -> str:
        """Return the diagram as SVG that stands alone or within a page; `prefix` begins its ids."""
        return svg_of(scene_of(self), prefix)

    def tikz(self, widest: float = WIDEST) -> str:
        """Return the diagram as a tikzpicture, in ASCII, at most so many points wide."""
        return tikz_of(scene_of(self), widest)

    def png(self) -> bytes:
        """Return the diagram as a PNG image, by matplotlib."""
        return image_of(scene_of(self), "png")

    def pdf(self) -> bytes:
        """Return the diagram as a PDF page of its own size, by matplotlib."""
        return image_of(scene_of(self), "pdf")

    def _repr_svg_(self) -> str:
        return self.svg()


def diagram_of(
    subject: Any, values: Mapping[str, Any] | None = None, notation: Notation | None = None, most: int = MOST_NODES
) -> Diagram:
    """Return the diagram of a network.

    Args:
        subject: a text such as "3-4-2" or "n0-n1-n2", a network, or what `load_model` returned.
        values: arrays by name: parameters such as W1 and b1; with x, the activations follow, and with y, the cost.
            For a saved model x is as the data come.
        notation: choices of writing.
        most: of a layer with more nodes, the first and the last are drawn, with dots between.

    >>> diagram_of("3-1", {"W1": [2, 0.2, 1], "b1": [1], "x": [0.5, 0.9, 0.1]}).nodes[-1].value
    0.907...

    Raises:
        InputError, ShapeError: for what is no network, and for values that do not fit it.
    """
    if type(most) is not int or most < FEWEST_NODES:
        raise InputError(f"bad number of nodes {most!r} (accepted: a whole number, at least {FEWEST_NODES})")
    return drawn(subject_of(subject, values), notation or Notation(), most)


def drawn(subject: Subject, notation: Notation, most: int) -> Diagram:
    """Return the diagram of what was read."""
    if not subject.columns:
        chain = chained(subject.input_shape, subject.chain)
        said = "; ".join(f"{', '.join(link.lines)}, to {link.shape}" for link in subject.chain)
        words = f"A network as a row of boxes. The input, {subject.input_shape}, goes through: {said}."
        return Diagram(subject.title, words, chain.width, chain.height, boxes=chain.boxes, arrows=chain.arrows)
    last = str(subject.columns[-1].layer)
    labels = Labels(notation, last)
    laid = laid_out(subject.columns, labels, most)
    targets: tuple[tuple[Any, Label], ...] = ()
    if subject.targets is not None:
        shown = [node.place for node in laid.nodes if node.layer == subject.columns[-1].layer]
        targets = tuple((p, labels.entry("y", (p,)).equal_to(float(subject.targets[p - 1]))) for p in shown)
    remarks = () if subject.cost is None else (_cost(labels, subject.cost),)
    return Diagram(
        text_label(subject.title, 60).plain, _described(subject, laid), laid.width, laid.height, laid.nodes, laid.edges,
        laid.gaps, laid.captions, targets=targets, remarks=remarks,
    )  # fmt: skip


def _cost(labels: Labels, cost: float) -> Label:
    return labels.entry("C").equal_to(cost)


def _described(subject: Subject, laid: Laid) -> str:
    """Return what is seen, in words, with the numbers where there are few."""
    columns = subject.columns
    said = [f"{columns[0].size} inputs" if columns[0].size != 1 else "1 input"]
    for column in columns[1:]:
        which = "output layer" if column is columns[-1] else f"layer {column.layer}"
        activation = f", {column.activation}" if column.activation else ""
        said.append(f"{which}: {column.size} unit{'s' if column.size != 1 else ''}{activation}")
    words = f"A network as circles and lines, from left to right. {'; '.join(said)}."
    if any(gap.is_vertical for gap in laid.gaps):
        words += " Of wide layers, the first and the last units are drawn, with dots between."
    weights = [edge.label.equal_to(edge.weight).plain for edge in laid.edges if edge.weight is not None]
    numbers = [node.label.equal_to(node.value).plain for node in laid.nodes if node.value is not None]
    biases = [n.bias_label.equal_to(n.bias).plain for n in laid.nodes if n.bias is not None and n.bias_label]
    for name, listed in (("Weights", weights), ("Biases", biases), ("Activations", numbers)):
        if 0 < len(listed) <= _MOST_SAID:
            words += f" {name}: {', '.join(listed)}."
    return words
