"""Shape inference: every part of a formula gets rows and columns, and what is unknown is found by unification.

A scalar has one row and one column. It multiplies anything, and is added to scalars only; a number is
added to every entry.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from sympy import Dummy, Expr, Integer

from symnn.errors import suggest
from symnn.language.axes import ONE, SCALAR, Axes, Axis, Shape, Unknown
from symnn.language.functions import Elementwise
from symnn.language.shape_rules import FUNCTION_SHAPES, OPERATOR_SHAPES
from symnn.language.syntax import (
    Binary,
    Call,
    Item,
    Name,
    Negative,
    Node,
    Number,
    Transposed,
    postorder,
    refuse,
    refuse_shapes,
)
from symnn.language.vocabulary import CONSTANTS, ELEMENTWISE, JUMPING


@dataclass(frozen=True, eq=False)
class BoundIndex:
    """An index of a formula: of its left side, or of one sum in it."""

    name: str
    axis: Axis = field(default_factory=lambda: Unknown(may_be_one=True))


@dataclass
class Names:
    """What the names in a formula mean: tensors by their axes, sizes, and functions of one variable."""

    tensors: dict[str, tuple[Axis, ...]] = field(default_factory=dict)
    sizes: dict[str, Expr] = field(default_factory=dict)
    functions: dict[str, type[Elementwise]] = field(default_factory=dict)
    indices: dict[str, Axis] = field(default_factory=dict)
    """How far the indices run of which it is said."""
    layers: tuple[str, ...] = ()
    """What else can be called, where only a call is accepted."""
    undeclared: str = ""
    """What is said of a name that is not known, with {name} for it."""

    def index(self, name: str) -> BoundIndex:
        """Return a new index of that name."""
        return BoundIndex(name, self.indices[name]) if name in self.indices else BoundIndex(name)

    def unknown(self, name: str) -> str:
        """Say that a name is not known, and what else may have been meant."""
        if name == "lambda":
            return "'lambda' is a word of Python; write lamda, which is printed as the Greek letter"
        near = suggest(name, self.all())
        if self.undeclared and not near.startswith(" (did"):
            near = self.undeclared.format(name=name)
        return f"unknown name '{name}'{near}"

    def all(self) -> list[str]:
        return [*self.tensors, *self.sizes, *CONSTANTS]


def whole_number(tree: Node, meaning: Callable[[Node], Expr]) -> Expr:
    """Return an index or a size such as i + p, 2*i or n - 1; `meaning` tells what a name is."""
    found: dict[Node, Expr] = {}
    for node in postorder(tree):
        match node:
            case Number() if node.value.is_Integer:
                found[node] = node.value
            case Name() | Item():
                found[node] = meaning(node)
            case Negative():
                found[node] = -found[node.operand]
            case Binary(operator="+" | "-" | "*"):
                found[node] = _WHOLE[node.operator](found[node.left], found[node.right])
            case _:
                refuse(node.place, f"'{node.place.text}' is no whole number such as j, i + p, 2*i or n - 1")
    return found[tree]


_WHOLE: dict[str, Callable[[Expr, Expr], Expr]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}


class Inference:
    """The shapes of all parts of formulas that share their names.

    Attributes:
        shapes: rows and columns of each node.
        numbers: the nodes that are made of numbers alone.
        scopes: for each entry, the indices that its brackets may name.
        bound: for each sum over named indices, those indices.
    """

    def __init__(self, axes: Axes, names: Names) -> None:
        self.axes, self.names = axes, names
        self.shapes: dict[Node, Shape] = {}
        self.numbers: set[Node] = set()
        self.scopes: dict[Node, Mapping[str, BoundIndex]] = {}
        self.bound: dict[Node, tuple[BoundIndex, ...]] = {}
        self.ranges: list[tuple[Node, Mapping[str, BoundIndex], Axis]] = []

    def infer(self, tree: Node, indices: Iterable[BoundIndex] = ()) -> Shape:
        """Find the shape of every node of a tree; `indices` are those of the left side."""
        self._enter_scopes(tree, {index.name: index for index in indices})
        for node in postorder(tree):
            self.shapes[node] = self._shape(node)
        self.find_ranges()
        return self.shapes[tree]

    def _enter_scopes(self, tree: Node, outermost: Mapping[str, BoundIndex]) -> None:
        waiting = [(tree, outermost)]
        while waiting:
            node, scope = waiting.pop()
            if isinstance(node, Call) and node.bound:
                self.bound[node] = self._bound(node, scope)
                scope = {**scope, **{index.name: index for index in self.bound[node]}}
            self.scopes[node] = scope
            waiting += [(part, scope) for part in node.parts]

    def _bound(self, node: Call, scope: Mapping[str, BoundIndex]) -> tuple[BoundIndex, ...]:
        """The indices that a sum goes over, which are its own; those of a softmax are free in its value."""
        found: dict[str, BoundIndex] = {}
        for part in node.bound:
            name = part.name if isinstance(part, Name) else ""
            if not name or name in self.names.tensors or name in found:
                refuse(part.place, f"'{part.place.text}' is no index to go over, such as j in {node.function}(x[j], j)")
            if node.function == "softmax" and name not in scope:
                refuse(part.place, f"unknown index '{name}': a softmax over {name} has a value for each {name}")
            found[name] = scope[name] if node.function == "softmax" else self.names.index(name)
        return tuple(found.values())

    def _shape(self, node: Node) -> Shape:
        match node:
            case Number():
                self.numbers.add(node)
                return SCALAR
            case Name():
                return self._name(node)
            case Item():
                self.item(node, self.scopes[node])
                return SCALAR
            case Call():
                return self._call(node)
        if all(part in self.numbers for part in node.parts):
            self.numbers.add(node)
        match node:
            case Transposed():
                rows, columns = self.shapes[node.operand]
                return columns, rows
            case Binary():
                return OPERATOR_SHAPES[node.operator](self, node)
        return self.shapes[node.parts[0]]

    def _name(self, node: Name) -> Shape:
        name = node.name
        if name in self.names.tensors:
            return self._tensor(node, self.names.tensors[name])
        if name in self.names.sizes or name in CONSTANTS:
            self.numbers.add(node)
            return SCALAR
        if name == "eye":
            size = Unknown(may_be_one=True)
            return size, size
        if name in self.scopes[node]:
            refuse(node.place, f"index '{name}' may only stand in brackets, as in x[{name}], or end a sum")
        if name in FUNCTION_SHAPES or name in ELEMENTWISE or name in self.names.functions:
            refuse(node.place, f"'{name}' is a function: write {name}(…)")
        refuse(node.place, self.names.unknown(name))

    def _tensor(self, node: Name, axes: tuple[Axis, ...]) -> Shape:
        if len(axes) > 2:
            letters = ", ".join("ijklpqrstuvw"[: len(axes)])
            refuse(node.place, f"'{node.name}' has {len(axes)} axes: write an entry, such as {node.name}[{letters}]")
        return axes[0] if axes else ONE, axes[1] if len(axes) > 1 else ONE

    def item(self, node: Item, scope: Mapping[str, BoundIndex]) -> None:
        """Give the indices of an entry the axes in which they stand."""
        axes = self.names.tensors.get(node.name)
        if axes is None:
            refuse(node.place, self.names.unknown(node.name))
        if any(isinstance(axis, tuple) for axis in axes):
            axes = tuple(part for axis in axes for part in (axis if isinstance(axis, tuple) else (axis,)))
        if len(axes) != len(node.indices):
            given = f"is given {len(node.indices)} {'index' if len(node.indices) == 1 else 'indices'}"
            refuse(node.place, f"'{node.name}' has {len(axes)} {'axis' if len(axes) == 1 else 'axes'}, and {given}")
        for position, (index, axis) in enumerate(zip(node.indices, axes, strict=True)):
            if isinstance(index, Item):
                self.item(index, scope)
            elif isinstance(index, Name) and index.name in scope:
                met = scope[index.name]
                if not self.axes.unify(met.axis, axis):
                    sizes = self.axes.size(met.axis), self.axes.size(axis)
                    refuse_shapes(
                        node.place,
                        f"index '{index.name}' runs over {sizes[0]}, and axis {position + 1} of "
                        f"'{node.name}' has size {sizes[1]}",
                    )
            else:
                self.in_brackets(index, scope)
                self.ranges.append((index, scope, axis))

    def in_brackets(self, index: Node, scope: Mapping[str, BoundIndex]) -> None:
        """Refuse names in an index that are neither indices nor sizes."""
        whole_number(index, lambda part: self._in_brackets(part, scope))

    def _in_brackets(self, node: Node, scope: Mapping[str, BoundIndex]) -> Expr:
        if isinstance(node, Item):
            refuse(node.place, f"the looked-up index '{node.place.text}' must stand alone in its brackets")
        name = getattr(node, "name", "")
        if name in self.names.sizes or name in scope:
            return ONE
        if name in self.names.tensors:
            refuse(node.place, f"'{name}' is a tensor: it looks an index up where it has brackets, as in {name}[i]")
        near = suggest(name, [*scope, *self.names.sizes]) if scope else ""
        refuse(node.place, f"unknown index '{name}'{near}: sum over it, or write it on the left side")

    def find_ranges(self) -> None:
        """Let an index that only stands in sums such as i + p run as far as its axis allows."""
        before = len(self.ranges) + 1
        while len(self.ranges) < before:
            before = len(self.ranges)
            self.ranges = [each for each in self.ranges if not self._find_range(*each)]

    def _find_range(self, index: Node, scope: Mapping[str, BoundIndex], axis: Axis) -> bool:
        """Find the range of the one unknown index in brackets; return whether there is nothing left to find."""
        symbols = {bound: Dummy(bound.name, integer=True) for bound in scope.values()}
        meanings = {**self.names.sizes, **{name: symbols[bound] for name, bound in scope.items()}}
        form = whole_number(index, lambda part: meanings[getattr(part, "name", "")]).expand()
        used = [bound for bound, symbol in symbols.items() if form.has(symbol)]
        unknown = [bound for bound in used if not self.axes.is_known(bound.axis)]
        if len(unknown) != 1 or not self.axes.is_known(axis):
            return not unknown
        step, highest = form.coeff(symbols[unknown[0]]), form.subs(symbols[unknown[0]], 0)
        for bound in used:
            falls = form.coeff(symbols[bound]).is_negative
            highest = highest.subs(symbols[bound], 0 if falls else self.axes.size(bound.axis) - 1)
        reach = (self.axes.size(axis) - 1 - highest).expand()
        if step == 1:
            # n - w + 1 has no sign that could be known: its use says that it is a size.
            self.axes.found[unknown[0].axis] = reach + 1
        elif step.is_Integer and step.is_positive and reach.is_Integer:
            self.axes.found[unknown[0].axis] = Integer(int(reach) // int(step) + 1)
        return True

    def _call(self, node: Call) -> Shape:
        name, elementwise = node.function, {**ELEMENTWISE, **self.names.functions}
        if name not in elementwise and name not in FUNCTION_SHAPES:
            product = f" (for a product write {name}*(…))" if name in self.names.all() else ""
            if name in self.names.layers:
                refuse(node.place, f"layer '{name}' stands alone on the right of an equation, as in h = {name}(x)")
            if name in JUMPING:
                refuse(node.place, f"{name} {JUMPING[name]}: it has no derivative to speak of")
            known = [*elementwise, *FUNCTION_SHAPES, *self.names.layers]
            refuse(node.place, f"unknown function '{name}'{product or suggest(name, known)}")
        if node.options:
            refuse(node.place, f"{name}(…) takes no option '{node.options[0][0]}'")
        if name not in elementwise:
            return FUNCTION_SHAPES[name](self, node)
        self.count(node, 1)
        if node.arguments[0] in self.numbers:
            self.numbers.add(node)
        return self.shapes[node.arguments[0]]

    def count(self, node: Call, fewest: int, most: int | None = None) -> None:
        """Refuse another number of arguments."""
        given, most = len(node.arguments), fewest if most is None else most
        if not fewest <= given <= most:
            wanted = str(fewest) if fewest == most else f"{fewest} to {most}"
            plural = "" if most == 1 else "s"
            refuse(node.place, f"{node.function} takes {wanted} argument{plural}, and is given {given}")

    def said(self, node: Node) -> str:
        return f"'{node.place.text}' is {self.axes.written(self.shapes[node])}"

    def disagree(self, node: Binary, hint: str = "") -> NoReturn:
        both = f"{self.said(node.left)} and {self.said(node.right)}"
        refuse_shapes(node.place, f"shapes cannot agree: {both}{hint}")

    def square(self, node: Call, argument: Node) -> Axis:
        rows, columns = self.shapes[argument]
        if not self.axes.unify(rows, columns):
            refuse_shapes(node.place, f"{node.function} needs a square matrix, and {self.said(argument)}")
        return rows

    def size(self, node: Node) -> Axis:
        """Return a size that is given as in eye(n)."""

        def meaning(part: Node) -> Expr:
            name = getattr(part, "name", "")
            if isinstance(part, Name) and name in self.names.sizes:
                return self.names.sizes[name]
            refuse(part.place, f"'{part.place.text}' is no size{suggest(name, self.names.sizes)}")

        found = whole_number(node, meaning)
        if found.is_positive is not True:
            refuse(node.place, f"'{node.place.text}' is no size: a positive whole number is needed")
        return found
