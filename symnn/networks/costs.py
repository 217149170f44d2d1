"""Costs: one equation for C, from the last layer's activation a and the target y.

A cost is a name, a SymPy expression of `a` and `y` (of one output, summed; or of a[j] and y[j], the
whole example's), the text of one, or a single letter, which stands for an undefined function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sympy import Add, Expr, Idx, Max, Mul, Sum, Symbol, log

from symnn.errors import InputError, suggest
from symnn.language import (
    Entry,
    Fact,
    Tensor,
    body_and_bound,
    entries,
    has_binder,
    index,
    parse_expression,
    plain,
    substitute,
)

Formula = Callable[[Any, Any, Any], Expr]


@dataclass(frozen=True)
class Cost:
    """C as an expression of the output and the target.

    Attributes:
        name: how it is called.
        formula: the right side for one example, from the tensors a and y and their size.
        classes: whether the targets of an example sum to 1, which is then a fact.
        text: what rebuilds it, where text can.
        undefined: whether it is an undefined function.
    """

    name: str
    formula: Formula
    classes: bool = False
    text: str | None = None
    undefined: bool = False

    def facts(self, y: Tensor) -> list[Fact]:
        """Return what is known of the targets."""
        axes = _axes(y)
        return [Fact(Sum(y[axes], axes[-1]), 1)] if self.classes else []

    def right_side(self, a: Tensor, y: Tensor, factors: Sequence[Tensor] = ()) -> Expr:
        """Return the cost of one example (or, for tensors with the example axis, the sum over the examples).

        Args:
            factors: what each output's term is multiplied with: a mask M[n, j], a weight s[n].

        Raises:
            InputError: for factors, where the cost is no sum over the outputs.
        """
        right = self.formula(a, y, _axes(a))
        return Add(*(self._multiplied(term, a, factors) for term in Add.make_args(right))) if factors else right

    def _multiplied(self, term: Expr, a: Tensor, factors: Sequence[Tensor]) -> Expr:
        """Return a term of the cost, c Σⱼ f(aⱼ, yⱼ), with factors inside the sum."""
        coefficient, total = term.as_independent(Sum, Entry, as_Add=False)
        body, bound = body_and_bound(total) if isinstance(total, Sum) else (total, ())
        places = {entry.indices for entry in entries(body)}
        if len(places) != 1 or has_binder(body) or set(next(iter(places))) != set(bound) or len(bound) != a.rank:
            raise InputError(f"cost {self.name}: a mask or weights need a cost that is a sum over the outputs")
        (here,) = places
        return coefficient * _total(body * Mul(*(factor[here[: factor.rank]] for factor in factors)), here)


def _axes(tensor: Tensor) -> tuple[Idx, ...]:
    letters = {1: "j", 2: "nj"}.get(tensor.rank, "nijklp")
    return tuple(index(letters[n], size) for n, size in enumerate(tensor.shape))


def _total(expression: Expr, axes: tuple[Idx, ...]) -> Expr:
    return Sum(expression, *axes) if axes else expression


def quadratic(a: Tensor, y: Tensor, axes: tuple[Idx, ...]) -> Expr:
    """C = ½ Σⱼ (aⱼ − yⱼ)²"""
    return _total((a[axes] - y[axes]) ** 2, axes) / 2


def mean_squared_error(a: Tensor, y: Tensor, axes: tuple[Idx, ...]) -> Expr:
    """C = (1/n) Σⱼ (aⱼ − yⱼ)², with n outputs"""
    return _total((a[axes] - y[axes]) ** 2, axes) / a.shape[-1]


def binary_cross_entropy(a: Tensor, y: Tensor, axes: tuple[Idx, ...]) -> Expr:
    """C = −Σⱼ (yⱼ log aⱼ + (1 − yⱼ) log(1 − aⱼ))"""
    return -_total(y[axes] * log(a[axes]) + (1 - y[axes]) * log(1 - a[axes]), axes)


def cross_entropy(a: Tensor, y: Tensor, axes: tuple[Idx, ...]) -> Expr:
    """C = −Σⱼ yⱼ log aⱼ"""
    return -_total(y[axes] * log(a[axes]), axes)


def hinge(a: Tensor, y: Tensor, axes: tuple[Idx, ...]) -> Expr:
    """C = Σⱼ max(0, 1 − yⱼ aⱼ), with targets −1 and 1 (Cortes and Vapnik, 1995)"""
    return _total(Max(0, 1 - y[axes] * a[axes]), axes)


NAMED_COSTS: dict[str, Cost] = {
    f.__name__: Cost(f.__name__, f, classes=f is cross_entropy, text=f.__name__)
    for f in (quadratic, mean_squared_error, binary_cross_entropy, cross_entropy, hinge)
}


def cost(given: Any) -> Cost:
    """Return a cost from a name, an expression of a and y, a text, or a letter.

    >>> cost("quadratic").name
    'quadratic'
    >>> cost("(a - y)^4").name
    '(a - y)**4'

    Raises:
        InputError: for an unknown name (with the nearest one), or an expression of anything but a and y.
    """
    if isinstance(given, Cost):
        return given
    if isinstance(given, str):
        return _from_text(given.strip())
    if isinstance(given, Expr):
        return _from_expression(given, None)
    raise InputError(f"unknown cost {given!r}{suggest(str(given), NAMED_COSTS)}, or an expression of a and y")


def _from_text(text: str) -> Cost:
    if text in NAMED_COSTS:
        return NAMED_COSTS[text]
    if len(text) == 1 and text.isascii() and text.isalpha() and text not in "ay":
        return Cost(text, _undefined, text=text, undefined=True)
    if text.replace("_", "").isalnum() and text not in ("a", "y") and not text.isdigit():
        raise InputError(f"unknown cost '{text}'{suggest(text, NAMED_COSTS)}")
    if "[" not in text:
        known = {name: Symbol(name, real=True) for name in ("a", "y")}
        return _from_expression(parse_expression(text, known), text)
    size = Symbol("n", integer=True, positive=True)
    j, k = index("j", size), index("k", size)
    names = {"a": Tensor("a", (size,)), "y": Tensor("y", (size,)), "j": j, "k": k, "n": size}
    return _from_expression(parse_expression(text, names), text)


def _undefined(a: Tensor, y: Tensor, axes: tuple[Idx, ...]) -> Expr:
    raise InputError("an undefined cost has no formula")


def _from_expression(expression: Expr, text: str | None) -> Cost:
    used = entries(expression)
    scalars = expression.free_symbols - used - {e.base for e in used}
    names = {e.base.name for e in used} or {str(s) for s in scalars}
    if not names <= {"a", "y"} or "a" not in names:
        found = ", ".join(sorted(names)) or "none"
        raise InputError(f"cost {plain(expression)}: an expression of a (the output) and y (the target), found {found}")
    formula = _whole(expression) if used else _one_output(expression)
    return Cost(plain(expression), formula, text=text or plain(expression))


def _one_output(expression: Expr) -> Formula:
    def formula(a: Tensor, y: Tensor, axes: tuple[Idx, ...]) -> Expr:
        values = {symbol: {"a": a, "y": y}[symbol.name][axes] for symbol in expression.free_symbols}
        return _total(expression.xreplace(values), axes)

    return formula


def _whole(expression: Expr) -> Formula:
    """An expression of a[j] and y[j] for the whole example, moved onto the network's own tensors and size."""

    def formula(a: Tensor, y: Tensor, axes: tuple[Idx, ...]) -> Expr:
        if a.rank != 1:
            raise InputError(f"cost {plain(expression)}: a cost of whole examples needs an output of one axis")
        size = a.shape[0]
        moved = {e.base: {"a": a, "y": y}[e.base.name] for e in entries(expression)}
        sizes = {old.shape[0]: size for old in moved if old.shape[0].is_Symbol}
        indices = {i: Idx(i.label, size) for i in expression.atoms(Idx)}
        values: dict[Any, Any] = {
            e: moved[e.base][tuple(i.xreplace(indices) for i in e.indices)] for e in entries(expression)
        }
        return substitute(expression, {**values, **indices, **sizes})

    return formula
