"""A researcher's own formula: its text becomes a program whose last equation is the formula's value.

The grammar is that of `symnn.language.grammar`, with the functions of `symnn.language.vocabulary`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sympy import Expr

from symnn.errors import ParseError, ShapeError, suggest
from symnn.language.axes import Axes, Axis, Unknown
from symnn.language.declarations import Declared, checked_name, declared_axes
from symnn.language.grammar import parse_tree
from symnn.language.names import check_name
from symnn.language.program import Program
from symnn.language.shapes import Inference, Names
from symnn.language.syntax import Call, FormulaShapeError, Item, Name, Node, Source, postorder, refuse
from symnn.language.tensors import Tensor
from symnn.language.translation import Translation
from symnn.language.vocabulary import default_rank, is_word

MOST_GUESSES = 6
"""Of so many undeclared names at most is it tried which of them are scalars."""


@dataclass(frozen=True)
class Formula:
    """A formula in index notation.

    Attributes:
        program: its last equation defines the tensor `name`; those before define what must stand alone.
        name: the name of the formula's value.
        variables: the tensors of the formula, by name, in order of first use.
        rows, columns: the shape of the value, each a size; a value that is a column has one column.
        notes: what was inferred, and which rewritings were used, one line each.
    """

    program: Program
    name: str
    variables: dict[str, Tensor]
    rows: Expr
    columns: Expr
    notes: tuple[str, ...] = ()


def parse_formula(
    text: str, shapes: Mapping[str, Any] | None = None, symmetric: Iterable[str] = (), name: str = "f"
) -> Formula:
    """Return the formula that a text writes, in the grammar of matrixcalculus.org.

    Args:
        text: such as ``"log(det(S)) + (x - m)'*inv(S)*(x - m)"``; see `symnn.language.grammar`.
        shapes: of each name ``"n"`` or 3 for a column, ``("n", "m")``, ``(1, "n")`` for a row, or ``()``
            for a scalar. Names without a shape: a capital is a matrix, a Greek letter a scalar, another
            name a column; where these cannot agree, as few of the columns as possible become scalars.
        symmetric: the names of symmetric matrices.
        name: of the formula's value; another one is taken if the formula uses it.

    >>> print(parse_formula("x'*A*x").program)
    f = Sum(A[i, j]*x[i]*x[j], j, i)
    >>> parse_formula("x'*A*x").notes
    ('shapes inferred: x n, A n×n',)

    Raises:
        ParseError: for what is no formula; the message names line and column, `context` points at it.
        ShapeError: for shapes that cannot agree; the message says both.
    """
    if not isinstance(text, str):
        raise ParseError(f"cannot read a {type(text).__name__}: a formula is text")
    return formula_of(parse_tree(Source(text)), shapes, symmetric, name)


def formula_of(
    tree: Node, shapes: Mapping[str, Any] | None = None, symmetric: Iterable[str] = (), name: str = "f"
) -> Formula:
    """Return the formula of a tree: see `parse_formula`."""
    declared, of_symmetric = declared_axes(shapes or {}), set(symmetric)
    used = _names(tree, declared)
    _check_symmetric(declared, used, of_symmetric)
    tried = _with_shapes(tree, used, declared, of_symmetric)
    for given in declared.axes:
        if given not in used:
            raise ShapeError(f"a shape is given for '{given}', which is not in the formula{suggest(given, used)}")
    inference, axes = tried.inference, tried.inference.axes
    for name_used in used:
        for axis in tried.names.tensors[name_used]:
            axes.settle(axis)
    inference.find_ranges()
    tensors = _tensors(used, tried.names, axes, of_symmetric)
    translation = Translation(inference, tensors)
    value = translation.value(tree)
    final = translation.fresh_name(check_name(name))
    variables = {each: tensors[each] for each in used}
    translation.result(final, value, tree.place)
    rows, columns = (axes.size(axis) for axis in inference.shapes[tree])
    program = Program(translation.equations).pruned([final])
    return Formula(program, final, variables, rows, columns, (*tried.notes(), *translation.notes))


@dataclass(frozen=True)
class _Tried:
    """An assignment of shapes to all names, with which the formula's shapes agree."""

    inference: Inference
    names: Names
    undeclared: tuple[str, ...]
    scalars: tuple[str, ...]

    def notes(self) -> Iterator[str]:
        axes = self.inference.axes
        written = []
        for name in self.undeclared:
            own = self.names.tensors[name]
            sizes = "×".join(f"({size})" if size.is_Add else str(size) for size in map(axes.size, own))
            written.append(f"{name} {sizes or 'scalar'}")
        if written:
            yield f"shapes inferred: {', '.join(written)}"
        if self.scalars:
            yield f"taken for scalars, because no shapes agree otherwise: {', '.join(self.scalars)}"


def _names(tree: Node, declared: Declared) -> dict[str, int | None]:
    """Return the names of tensors in order of first use, each with its number of axes where brackets tell it."""
    found: dict[str, int | None] = {}
    items: list[Item] = []
    for node in postorder(tree):
        if isinstance(node, Call):
            for size in node.sizes:
                for part in postorder(size):
                    if isinstance(part, Name):
                        declared.word(part.name, part.place)
        if isinstance(node, Name) and _is_tensor(node, declared):
            found.setdefault(checked_name(node.name, node.place), None)
        if isinstance(node, Item):
            items.append(node)
        while items:
            item = items.pop()
            if item.name not in declared.axes and is_word(item.name):
                refuse(item.place, f"'{item.name}' is a function: write {item.name}(…)")
            if found.get(item.name) is None:
                found[checked_name(item.name, item.place)] = len(item.indices)
            items += [part for index in item.indices for part in postorder(index) if isinstance(part, Item)]
    return found


def _is_tensor(node: Name, declared: Declared) -> bool:
    return node.name in declared.axes or not (is_word(node.name) or node.name in declared.sizes)


def _with_shapes(tree: Node, used: dict[str, int | None], declared: Declared, symmetric: set[str]) -> _Tried:
    """Return the first assignment of shapes that agrees: with the fewest scalars."""
    undeclared = tuple(name for name in used if name not in declared.axes)
    ranks = {name: default_rank(name) if used[name] is None else used[name] or 0 for name in undeclared}
    vectors = [name for name in undeclared if used[name] is None and ranks[name] == 1][:MOST_GUESSES]
    guesses = [choice for size in range(len(vectors) + 1) for choice in itertools.combinations(vectors, size)]
    first: FormulaShapeError | None = None
    for scalars in guesses:
        tensors: dict[str, tuple[Axis, ...]] = dict(declared.axes)
        for name in undeclared:
            axes = tuple(Unknown() for _ in range(0 if name in scalars else ranks[name]))
            tensors[name] = (axes[0], axes[0]) if name in symmetric else axes
        names = Names(tensors, dict(declared.sizes))
        inference = Inference(Axes({*tensors, *declared.sizes}), names)
        try:
            inference.infer(tree)
        except FormulaShapeError as error:
            first = first or error
        else:
            return _Tried(inference, names, undeclared, scalars)
    assert first is not None
    raise first


def _tensors(used: Iterable[str], names: Names, axes: Axes, symmetric: set[str]) -> dict[str, Tensor]:
    return {
        name: Tensor(name, tuple(map(axes.size, names.tensors[name])), "parameter", name in symmetric) for name in used
    }


def _check_symmetric(declared: Declared, used: Mapping[str, Any], symmetric: set[str]) -> None:
    """Refuse symmetry of what is not square, or not in the formula."""
    for name in sorted(symmetric):
        if name not in used:
            raise ShapeError(f"'{name}' is said to be symmetric, and is not in the formula{suggest(name, used)}")
        own = declared.axes.get(name)
        if own is not None and (len(own) != 2 or own[0] != own[1]):
            written = "×".join(map(str, own)) or "a scalar"
            raise ShapeError(f"'{name}' is {written}: only a square matrix is symmetric")
