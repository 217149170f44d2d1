"""A known right side folds back into its name: exp(z − L) is written s where s = exp(z − L) is an equation."""

from __future__ import annotations

from collections.abc import Collection

from sympy import Expr, Function, Idx, Symbol
from sympy.core.basic import Basic

from symnn.language import (
    Elementwise,
    Program,
    Step,
    Tensor,
    Within,
    contains,
    entries,
    has_binder,
    rebuild,
    size_of,
    substitute,
)


class Names:
    """The functions of entries that have a name in a program, whatever their indices are called."""

    def __init__(self, program: Program) -> None:
        self.known: dict[Expr, tuple[Tensor, tuple[int, ...]]] = {}
        self.classes: set[type] = set()
        for equation in program:
            if _may_be_named(equation.right):
                key, order = _signature(equation.right)
                if set(order) == set(equation.indices):
                    self.known.setdefault(key, (equation.tensor, tuple(order.index(i) for i in equation.indices)))
                    self.classes.add(type(equation.right))

    def apply(self, expression: Expr, allowed: Collection[str] | None = None) -> Expr:
        """Return the expression with every named part replaced by its name (one of `allowed`, if that is given)."""
        if not contains(expression, *self.classes):
            return expression
        return self._walk(expression, allowed)

    def _walk(self, part: Basic, allowed: Collection[str] | None) -> Basic:
        if isinstance(part, Idx | Tensor) or not part.args:
            return part
        if type(part) in self.classes and _may_be_named(part):
            key, order = _signature(part)
            tensor, places = self.known.get(key, (None, ()))
            if tensor is not None and (allowed is None or tensor.name in allowed):
                return tensor[tuple(order[p] for p in places)]
        return rebuild(part, [self._walk(arg, allowed) for arg in part.args])


def _may_be_named(part: Basic) -> bool:
    """Functions are folded; derivatives f′ stay, and so do brackets: they are shorter than any name."""
    if not isinstance(part, Function) or isinstance(part, Step | Within) or has_binder(part):
        return False
    return not (isinstance(part, Elementwise) and part.order) and bool(entries(part))


def _signature(part: Expr) -> tuple[Expr, list[Idx]]:
    """Return the expression with its indices named by where they stand, and those indices in that order."""
    order: list[Idx] = []
    for entry in sorted(entries(part), key=lambda e: (e.base.name, str(e))):
        order.extend(i for i in entry.indices if isinstance(i, Idx) and i not in order)
    places = {i: Idx(Symbol(f"f{n}", integer=True), size_of(i)) for n, i in enumerate(order)}
    return substitute(part, places), order
