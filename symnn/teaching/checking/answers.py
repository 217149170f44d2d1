"""A formula that is to be judged: read with the names of a derivation, and compared with one of its tensors.

    delta1 * x'                           rows and columns, entry by entry
    dW1[j, k] = delta1[j]*x[k]            the indices of the left side
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sympy import Add, Expr, Idx, Integer
from sympy.core.basic import Basic

from symnn.language import Entry, Equation, FormulaShapeError, Program, Tensor, fresh_index_over, substitute, transform
from symnn.language.axes import ONE, Axes, Axis
from symnn.language.grammar import parse_tree
from symnn.language.shapes import BoundIndex, Inference, Names
from symnn.language.syntax import Call, Item, Name, Node, Place, Source, postorder, refuse, refuse_shapes
from symnn.language.tensors import same_size, size_of
from symnn.language.translation import Translation
from symnn.language.values import place_of, summed
from symnn.teaching.checking.known import Known, primable, shape_text


@dataclass(frozen=True)
class Reading:
    """One side of an equation, read: its tree, its shapes, and the indices of the left side, if it is written by them.

    Attributes:
        tree: the formula.
        shapes: the shape of every part of it.
        indices: the indices that the left side names.
        misfit: where its shapes cannot agree, the error that says so.
        head: the left side, where it is written with indices.
        free: indices that stand on the right alone, and are not summed over.
    """

    tree: Node
    shapes: Inference
    indices: tuple[BoundIndex, ...] | None = None
    misfit: FormulaShapeError | None = None
    head: Item | None = None
    free: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[Expr, ...] | None:
        """The axes of its value, none where the shapes do not fit: (3,) is a column, (1, 3) a row."""
        if self.misfit is not None:
            return None
        axes = self.shapes.axes
        if self.indices is not None:
            return tuple(axes.size(index.axis) for index in self.indices)
        return plain_shape(*(axes.size(axis) for axis in self.shapes.shapes[self.tree]))


@dataclass(frozen=True)
class Compared:
    """Two sides in index notation: entries of both, and equations for what must stand alone in the right one."""

    left: Entry
    right: Expr
    indices: tuple[Idx, ...]
    equations: tuple[Equation, ...]


def plain_shape(rows: Expr, columns: Expr) -> tuple[Expr, ...]:
    """Return the axes of a tensor with these rows and columns."""
    return (rows, columns) if columns != ONE else (rows,) if rows != ONE else ()


def same_shape(one: Sequence[Any] | None, other: Sequence[Any] | None) -> bool:
    """Whether two shapes are one: an axis of size 1 may be left out at the end, and a scalar may have it."""
    if one is None or other is None:
        return False
    return len(_padded(one)) == len(_padded(other)) and all(map(same_size, _padded(one), _padded(other)))


def _padded(shape: Sequence[Any]) -> tuple[Any, ...]:
    return (*shape, *[ONE] * (2 - len(shape)))


def source_of(known: Known, text: str, name: str | None = None) -> Source:
    """Return a text as a source whose functions may have primes."""
    return Source(text, name, functions=primable(known.functions))


def read(known: Known, place: Place, target: Tensor | None = None, head: Item | None = None) -> Reading:
    """Return the formula that stands at a place, read.

    Args:
        known: what the names mean.
        place: where the formula stands.
        target: what it is compared with.
        head: the left side, where it is written with indices.

    Raises:
        FormulaError: for what is no formula, or a name that nothing has.
    """
    return infer(known, parse_tree(place.source, place.start, place.end), target, head)


def infer(known: Known, tree: Node, target: Tensor | None = None, head: Item | None = None) -> Reading:
    """Return a tree with its shapes: see `read`."""
    names = Names({n: tuple(t.shape) for n, t in known.names.items()}, known.sizes, dict(known.functions))
    shapes = Inference(Axes({*known.names, *known.sizes}), names)
    indices = None if head is None else _indices(names, head, target, shapes.axes)
    free = () if indices is None else free_letters(tree, names, {index.name for index in indices})
    try:
        if free:
            refuse_shapes(tree.place, f"index {', '.join(free)} is neither summed over nor on the left side")
        rows, columns = shapes.infer(tree, indices or ())
        if head is not None and not shapes.axes.is_scalar((rows, columns)):
            refuse_shapes(tree.place, f"{shapes.said(tree)}, and '{head.place.text}' is one entry")
    except FormulaShapeError as misfit:
        return Reading(tree, shapes, indices, misfit, head, free)
    if target is not None:
        _settle(shapes, indices, tree, target)
    return Reading(tree, shapes, indices, None, head)


def _settle(shapes: Inference, indices: Sequence[BoundIndex] | None, tree: Node, target: Tensor) -> None:
    """Let axes that nothing told, as those of vector(1), be those of the other side."""
    wanted: list[Axis] = [*target.shape, *[ONE] * (2 - target.rank)]
    mine = shapes.shapes[tree] if indices is None else tuple(index.axis for index in indices)
    for own, other in zip(mine, wanted, strict=False):
        if not shapes.axes.is_known(own):
            shapes.axes.unify(own, other)
    shapes.find_ranges()


def free_letters(tree: Node, names: Names, bound: set[str]) -> tuple[str, ...]:
    """Return the indices of a formula that no sum and no left side names."""
    found: dict[str, None] = {}
    waiting = [(tree, bound)]
    while waiting:
        node, scope = waiting.pop()
        if isinstance(node, Call) and node.bound:
            scope = scope | {part.name for part in node.bound if isinstance(part, Name)}
        if isinstance(node, Item) and node.name in names.tensors:
            letters = [part.name for index in node.indices for part in postorder(index) if isinstance(part, Name)]
            found.update(dict.fromkeys(n for n in letters if n not in scope and n not in names.all()))
        waiting += [(part, scope) for part in node.parts]
    return tuple(found)


def _indices(names: Names, head: Item, target: Tensor | None, axes: Axes) -> tuple[BoundIndex, ...]:
    found = []
    if target is not None and len(head.indices) != target.rank:
        given = f"is given {len(head.indices)} indices"
        refuse(head.place, f"'{head.name}' has shape {shape_text(target.shape)}, and {given}")
    for index in head.indices:
        if not isinstance(index, Name) or index.name in names.all():
            refuse(index.place, f"'{index.place.text}' is no plain index: the left side is written dW1[j, k]")
        found.append(names.index(index.name))
    if len({index.name for index in found}) != len(found):
        refuse(head.place, "the left side needs distinct indices")
    for bound, size in zip(found, () if target is None else target.shape, strict=False):
        axes.unify(bound.axis, size)
    return tuple(found)


def compared(known: Known, reading: Reading, target: Tensor) -> Compared:
    """Return a reading, whose shape is that of the target, and the target in index notation.

    Raises:
        FormulaError: for what has no meaning as a formula.
    """
    translation = Translation(reading.shapes, dict(known.names), known.program.tensors)
    value = translation.value(reading.tree)
    if reading.indices is not None:
        indices = tuple(translation.index(bound, reading.tree.place) for bound in reading.indices)
        return Compared(target[indices], value.entry, indices, tuple(translation.equations))
    places = [place_of(group) for group in (value.rows, value.columns)][: target.rank]
    indices = (*value.rows, *value.columns)
    return Compared(target[tuple(places)], value.entry, indices, tuple(translation.equations))


def shown(made: Compared) -> Equation | None:
    """Return the two sides as an equation that can be written, or None where the left side has no plain indices."""
    axes = [fresh_index_over(ONE, "jkpq"[n % 4]) if index == 0 else index for n, index in enumerate(made.left.indices)]
    if not all(isinstance(index, Idx) for index in axes):
        return None
    letters = {old: fresh_index_over(size_of(old), "jkpq"[n % 4]) for n, old in enumerate(axes)}
    left = made.left.base[tuple(letters[index] for index in axes)]
    right = _with_indices(substitute(made.right, letters), [i for i in letters.values() if size_of(i) == ONE])
    return Equation(left, right)


def _with_indices(right: Expr, own: Sequence[Idx]) -> Expr:
    """Write the places in axes of size 1 by an index again: the left side's, or else one that is summed over."""

    def indexed(term: Expr) -> Expr:
        index = own[0] if own else fresh_index_over(ONE, "i")

        def enter(part: Basic) -> Basic | None:
            if isinstance(part, Entry) and Integer(0) in part.indices:
                places = zip(part.indices, part.base.shape, strict=True)
                return part.base[tuple(index if at == 0 and size == ONE else at for at, size in places)]
            return None

        found = transform(term, enter)
        return found if found == term or own else summed(found, [index])

    return Add(*map(indexed, Add.make_args(right)))


def with_equations(program: Program, made: Compared) -> Program:
    """Return the program with the equations that a formula needs beside it."""
    return program.extended(made.equations) if made.equations else program
