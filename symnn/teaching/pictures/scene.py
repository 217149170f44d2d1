"""From a diagram to lines, circles and words: what is under what, which colour, how wide a line is.

A weight's line is blue where it is positive, red and dashed where it is negative, and the wider the larger it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from symnn.teaching.pictures.chain import NAME_SIZE, SMALL_SIZE
from symnn.teaching.pictures.edge_labels import SIZE, shown_label
from symnn.teaching.pictures.labels import Label, number_label
from symnn.teaching.pictures.legend import legend
from symnn.teaching.pictures.parts import HIDDEN, INPUT, OUTPUT, Arrow, Box, Edge, Gap, Node, Parts
from symnn.teaching.pictures.primitives import Circle, Line, Piece, Rectangle, Scene, Tag, Words
from symnn.teaching.pictures.widths import Widths, sign_of

_SMALL = 12.0
_RIM = 1.2


def scene_of(parts: Parts) -> Scene:
    """Return what is to be drawn, the lowest first."""
    widths = Widths.of(parts)
    labelled = {edge.target.layer for edge in parts.edges if edge.along is not None}
    rings = any(node.bias is not None and node.layer not in labelled for node in parts.nodes)
    pieces: list[Piece] = [Rectangle(parts.width / 2, parts.height / 2, 0, 0, "paper", "")]
    pieces += [_line(edge, widths) for edge in sorted(parts.edges, key=lambda e: abs(e.weight or 0))]
    pieces += [
        Words(*edge.point, shown_label(edge), SIZE, sign_of(edge.weight), has_halo=True, tag=_edge_tag(edge))
        for edge in parts.edges
        if edge.along is not None
    ]
    targets = dict(parts.targets)
    for node in parts.nodes:
        pieces += _node(node, node.layer in labelled, targets.get(node.place) if node.role == OUTPUT else None, widths)
    for gap in parts.gaps:
        pieces += _dots(gap)
    for caption in parts.captions:
        pieces += [
            Words(caption.x, caption.y + 17 * n, line, _SMALL, "ink" if n == 0 else "quiet")
            for n, line in enumerate(caption.lines)
        ]
    for box in parts.boxes:
        pieces += _box(box)
    for arrow in parts.arrows:
        pieces += _arrow(arrow)
    below, height, width = legend(parts, widths, rings)
    pieces += below
    pieces[0] = Rectangle(width / 2, height / 2, width, height, "paper", "")
    return Scene(width, height, parts.title, parts.description, tuple(pieces))


def _line(edge: Edge, widths: Widths) -> Line:
    ends = ((edge.source.x, edge.source.y), (edge.target.x, edge.target.y))
    weight = edge.weight
    return Line(ends, sign_of(weight, "edge"), widths(weight), weight is not None and weight < 0, tag=_edge_tag(edge))


def _edge_tag(edge: Edge) -> Tag:
    words = edge.label.plain if edge.weight is None else f"{edge.label.plain} = {number_label(edge.weight).plain}"
    # w2-1-3 is the weight of layer 2 to node 1 from node 3, whichever way round the array is.
    place = f"w{edge.target.layer}-{edge.target.place}-{edge.source.place}"
    return Tag(("edge", place), (edge.tensor,), edge.tensor, words)


def _node(node: Node, with_bias: bool, target: Label | None, widths: Widths) -> Iterator[Piece]:
    said = [node.label if node.value is None else node.label.equal_to(node.value)]
    if node.bias_label is not None and node.bias is not None:
        said.append(node.bias_label.equal_to(node.bias))
    tag = Tag(
        (f"layer-{node.layer}", f"node-{node.place}", node.role), node.names, "", ", ".join(one.plain for one in said)
    )
    ringed = node.bias is not None and not with_bias
    rim = sign_of(node.bias, "rim") if ringed else "rim"
    rim_width = widths.rim(node.bias) if ringed else _RIM
    yield Circle(node.x, node.y, node.radius, node.role, rim, rim_width, rim == "negative", tag)
    if node.value is None:
        yield Words(node.x, node.y, node.label, _fitting(node.label, node.radius, 15.0), "inside", tag=tag)
    else:
        number = number_label(node.value)
        # In a circle there is no room for the digits of a number as small as 9.21·10⁻⁵.
        number = number_label(node.value, 1) if "·" in number.plain else number
        yield Words(node.x, node.y, number, _fitting(number, node.radius, 14.0), "inside", tag=tag)
        if with_bias or node.role != HIDDEN:
            yield _beside(node, tag)
    if target is not None:
        yield Words(node.x + node.radius + 8, node.y + 17, target, _SMALL, "quiet", "start", tag=tag)
    if with_bias and node.bias_label is not None:
        label = node.bias_label if node.bias is None else node.bias_label.equal_to(node.bias)
        role = sign_of(node.bias, "quiet")
        own = Tag(("bias", f"b{node.layer}-{node.place}"), node.names[-1:], node.names[-1], tag.words)
        yield Words(node.x, node.y + node.radius + 12, label, _SMALL, role, has_halo=True, tag=own)


def _beside(node: Node, tag: Tag) -> Words:
    """Return a node's letter, where its number stands within: at its free side, or above it."""
    if node.role == INPUT:
        return Words(node.x - node.radius - 8, node.y, node.label, 14.0, "ink", "end", tag=tag)
    if node.role == OUTPUT:
        return Words(node.x + node.radius + 8, node.y, node.label, 14.0, "ink", "start", tag=tag)
    return Words(node.x, node.y - node.radius - 10, node.label, _SMALL, "ink", has_halo=True, tag=tag)


def _fitting(label: Label, radius: float, size: float) -> float:
    """Return the size of letters at which a label fits a circle."""
    return round(min(size, size * 1.72 * radius / max(label.width(size), 1.0)), 2)


def _dots(gap: Gap) -> Iterator[Piece]:
    count = "" if gap.omitted is None else f"{gap.omitted:,} "
    words = f"{count}{'nodes' if gap.is_vertical else 'layers'} not drawn"
    tag = Tag(("gap", f"layer-{gap.layer}"), (), "", words)
    for step in (-9, 0, 9):
        x, y = (gap.x, gap.y + step) if gap.is_vertical else (gap.x + step, gap.y)
        yield Circle(x, y, 2.4, "ink", "", 0, tag=tag)


def _box(box: Box) -> Iterator[Piece]:
    tag = Tag((f"layer-{box.layer}", "box", box.role), box.names, "", ", ".join(line.plain for line in box.lines))
    yield Rectangle(box.x, box.y, box.width, box.height, box.role, tag=tag)
    top = box.y - 16 * (len(box.lines) - 1) / 2
    for n, line in enumerate(box.lines):
        size = NAME_SIZE if n == 0 else SMALL_SIZE
        yield Words(box.x, top + 17 * n, line, size, "inside", is_bold=n == 0, tag=tag)


def _arrow(arrow: Arrow) -> Iterator[Piece]:
    yield Line(arrow.points, "ink", 1.4, has_head=True)
    yield Words(*arrow.label_at, arrow.label, SMALL_SIZE, "ink", has_halo=True)
