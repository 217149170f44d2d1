"""Walks over index expressions: what occurs in them, which indices are free, safe substitution.

Every walk is written once here. Sums and reductions bind their indices; `substitute` may only be
used on an expression whose bound indices are the caller's own (see `refresh`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from sympy import Expr, Idx, Integer, Sum, Tuple
from sympy.core.basic import Basic

from symnn.errors import ProgramError
from symnn.language.tensors import Entry, Tensor, fresh_index, size_of


class Reduction(Expr):
    """A reduction over bound indices that is no sum of scalar formulas: a primitive of the calculus.

    `args` are the body and the tuple of bound indices. Its adjoint rule is registered by class in
    `symnn.calculus.primitives`.
    """

    is_commutative = True
    is_real = True

    def __new__(cls, body: Any, *indices: Any) -> Reduction:
        bound = indices[0] if len(indices) == 1 and isinstance(indices[0], Tuple) else Tuple(*indices)
        if not bound or not all(isinstance(index, Idx) for index in bound):
            raise ProgramError(f"{cls.__name__} needs the indices to reduce over, as in {cls.__name__}(z[k], k)")
        return Expr.__new__(cls, body if isinstance(body, Basic) else Integer(body), bound)

    @property
    def body(self) -> Expr:
        return self.args[0]

    @property
    def bound(self) -> tuple[Idx, ...]:
        return tuple(self.args[1])

    @property
    def free_symbols(self) -> set[Any]:
        return self.body.free_symbols - set(self.bound)

    def _sympystr(self, printer: Any) -> str:
        inside = ", ".join(printer.doprint(part) for part in (self.body, *self.bound))
        return f"{type(self).__name__}({inside})"


class LogSumExp(Reduction):
    """log Σₖ exp(body): the smooth maximum, and the logarithm of softmax's denominator."""


class Maximum(Reduction):
    """max over the bound indices; where several are largest, each takes an equal share of the derivative."""


def is_binder(expression: Basic) -> bool:
    """Whether the expression binds indices: a `Sum` or a `Reduction`."""
    return isinstance(expression, Sum | Reduction)


def body_and_bound(expression: Basic) -> tuple[Expr, tuple[Idx, ...]]:
    """Return the body of a `Sum` or a `Reduction`, and the indices that it binds."""
    if isinstance(expression, Reduction):
        return expression.body, expression.bound
    bound = tuple(limit[0] for limit in expression.limits)
    for limit in expression.limits:
        if not isinstance(limit[0], Idx) or len(limit) != 3 or (limit[1], limit[2]) != (limit[0].lower, limit[0].upper):
            raise ProgramError(f"{expression}: sum over a whole axis, with an index from symnn.index(name, size)")
    return expression.args[0], bound


def rebind(expression: Basic, body: Expr, bound: Iterable[Idx]) -> Expr:
    """Return the same kind of binder with another body and other bound indices."""
    if isinstance(expression, Reduction):
        return type(expression)(body, *bound)
    return sum_over(body, bound)


def sum_over(body: Expr, bound: Iterable[Idx]) -> Expr:
    """Return Σ body, without SymPy's own processing of limits (ten times the cost, and it folds Piecewise)."""
    indices = tuple(bound)
    if not indices or body == 0:
        return body
    made = Expr.__new__(Sum, body, *(Tuple(i, i.lower, i.upper) for i in indices))
    made.is_commutative = True
    return made


def rebuild(expression: Basic, args: Iterable[Basic]) -> Basic:
    """Return the expression with other arguments."""
    new = tuple(args)
    if new == expression.args:
        return expression
    if isinstance(expression, Sum):
        return sum_over(new[0], (limit[0] for limit in new[1:]))
    return expression.func(*new)


def entries(expression: Basic) -> frozenset[Entry]:
    """Return every entry that occurs in the expression, those that others are looked up by too."""
    return _parts(expression)[0]


@lru_cache(maxsize=65536)
def tensors(expression: Basic) -> frozenset[Tensor]:
    """Return every tensor that occurs in the expression."""
    return frozenset(entry.base for entry in entries(expression))


@lru_cache(maxsize=65536)
def lookups(expression: Basic) -> frozenset[Tensor]:
    """Return the tensors of whole numbers by which others are looked up: t in E[t[i], k]."""
    places = [index for entry in entries(expression) for index in entry.indices]
    return frozenset().union(*(tensors(place) for place in places))


def free_indices(expression: Basic) -> frozenset[Idx]:
    """Return the indices that occur in the expression and are not bound in it."""
    return _parts(expression)[1]


def has_binder(expression: Basic) -> bool:
    """Whether a sum or a reduction stands anywhere in the expression."""
    return contains(expression, Sum, Reduction)


def contains(expression: Basic, *classes: type) -> bool:
    """Whether something of one of the classes stands in the expression: within tensors and indices nothing does."""
    return any(issubclass(found, classes) for found in _parts(expression)[2])


_Parts = tuple[frozenset[Entry], frozenset[Idx], frozenset[type]]
_NONE: frozenset[Any] = frozenset()


def _parts(expression: Basic) -> _Parts:
    """Return the entries, the free indices and the classes that occur in an expression: one walk for all three."""
    if isinstance(expression, Idx):
        return _NONE, frozenset((expression,)), _only(Idx)
    if not expression.args or isinstance(expression, Tensor):
        return _NONE, _NONE, _only(type(expression))
    return _parts_inside(expression)


@lru_cache(maxsize=65536)
def _parts_inside(expression: Basic) -> _Parts:
    binds = is_binder(expression)
    inner = [_parts(arg) for arg in (expression.args[:1] if binds else expression.args)]
    found = _union([parts[0] for parts in inner])
    free = _union([parts[1] for parts in inner])
    classes = _union([*(parts[2] for parts in inner), _only(type(expression))])
    if binds:
        bound = expression.bound if isinstance(expression, Reduction) else [limit[0] for limit in expression.limits]
        free -= frozenset(bound)
    elif isinstance(expression, Entry):
        found |= {expression}
    return found, free, classes


def _union(sets: list[frozenset[Any]]) -> frozenset[Any]:
    """Return the union; what adds nothing costs nothing."""
    whole = _NONE
    for one in sets:
        if not one <= whole:
            whole = whole | one if whole else one
    return whole


def _only(kind: type) -> frozenset[type]:
    return frozenset((kind,))


def transform(expression: Basic, change: Callable[[Basic], Basic | None]) -> Basic:
    """Return the expression with `change` applied from the top: None means "look inside"."""
    changed = change(expression)
    if changed is not None:
        return changed
    if isinstance(expression, Idx | Tensor) or not expression.args:
        return expression
    return rebuild(expression, [transform(arg, change) for arg in expression.args])


def substitute(expression: Any, replacements: Mapping[Any, Any]) -> Any:
    """Return the expression with each key replaced: the caller owns all indices bound in it."""
    if not replacements:
        return expression
    known: dict[Basic, Basic] = {}

    def walk(part: Basic) -> Basic:
        if part in replacements:
            return replacements[part]
        if isinstance(part, Tensor) or not part.args:
            return part
        if isinstance(part, Idx):
            return part
        if part not in known:
            known[part] = rebuild(part, [walk(arg) for arg in part.args])
        return known[part]

    return walk(expression)


def refresh(expression: Any, free: Mapping[Any, Any] = MappingProxyType({})) -> Any:
    """Return the expression with every bound index renamed to a new one, so that nothing can be captured.

    Args:
        free: what free indices are replaced by on the way.
    """
    if not has_binder(expression):
        return substitute(expression, free)

    def walk(part: Basic, names: dict[Idx, Idx]) -> Basic:
        if isinstance(part, Idx):
            return names.get(part, part)
        if isinstance(part, Tensor) or not part.args:
            return part
        if is_binder(part):
            body, bound = body_and_bound(part)
            inner = {**names, **{index: fresh_index(index) for index in bound}}
            return rebind(part, walk(body, inner), (inner[index] for index in bound))
        return rebuild(part, [walk(arg, names) for arg in part.args])

    return walk(expression, dict(free))


@lru_cache(maxsize=65536)
def binds_apart(expression: Basic) -> bool:
    """Whether every binder in the expression has indices of its own, which are not free in it either."""
    bound = _bound(expression)
    return len(set(bound)) == len(bound) and free_indices(expression).isdisjoint(bound)


def _bound(expression: Basic) -> list[Idx]:
    """Return the bound indices, as often as they are bound."""
    if not has_binder(expression):
        return []
    own = body_and_bound(expression)[1] if is_binder(expression) else ()
    return [*own, *(index for arg in expression.args for index in _bound(arg))]


def index_bounds(expression: Expr) -> tuple[Expr, Expr]:
    """Return the smallest and the largest value of an affine index expression (interval arithmetic).

    Raises:
        ProgramError: for an expression that is not affine in its indices.
    """
    written, indices = expression.expand(), free_indices(expression)
    coefficients = {i: written.coeff(i) for i in indices}
    rest = (written - sum(coefficient * i for i, coefficient in coefficients.items())).expand()
    whole = (rest, *coefficients.values())
    if any(free_indices(part) or not part.is_integer for part in whole):
        raise ProgramError(f"index {expression} is not a whole number plus whole multiples of indices")
    low = high = rest
    for i, coefficient in coefficients.items():
        reach = coefficient * (size_of(i) - 1)
        if coefficient.is_nonnegative:
            low, high = low + coefficient * i.lower, high + reach
        else:
            low, high = low + reach, high + coefficient * i.lower
    return low.expand(), high.expand()
