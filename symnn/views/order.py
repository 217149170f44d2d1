"""The textbook's order of factors and terms.

SymPy sorts the arguments of a sum or a product by its own rules, so the order of writing is found
anew: numbers and scalars first, then tensors along the path that their indices make from the left
side's first index (`W[j, k] x[k]`, `delta[j] a[k]`), then functions, derivatives of functions last;
positive terms before negative ones, terms with all the indices before those that are spread over an axis,
values before targets, products before lone parameters, numbers that are hardly more than zero last.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from sympy import Add, Expr, Function, Idx, KroneckerDelta, Max, Min, Mul, Number, Pow, Rational, S, Sum, floor, log
from sympy.core.function import AppliedUndef

from symnn.language import (
    Elementwise,
    Entry,
    Partial,
    Reduction,
    Step,
    Total,
    Within,
    body_and_bound,
    entries,
    free_indices,
    sum_over,
)

_FACTOR_ROLES = {"adjoint": 0, "parameter": 1, "target": 2, "hyperparameter": 3, "input": 4, "value": 4}
_TERM_ROLES = {"adjoint": 0, "value": 0, "input": 0, "target": 1, "parameter": 2, "hyperparameter": 4}


_FULL = 9
SMALL = Rational(1, 100)
"""A number below this one stands last in a sum: 1 − a, but v + 10⁻⁵."""


def natural(name: str) -> tuple[Any, ...]:
    """Return a key that sorts names with their numbers as numbers.

    >>> sorted(["a10", "a2"], key=natural)
    ['a2', 'a10']
    """
    return tuple((1, int(part), "") if part.isdigit() else (0, 0, part) for part in re.split(r"(\d+)", name) if part)


def index_order(an_index: Idx) -> tuple[str, int]:
    """Return a key that sorts indices, those of one name too: a set of them has no order of its own."""
    return an_index.name, getattr(an_index.label, "dummy_index", 0)


def sign_and_rest(expression: Expr) -> tuple[int, Expr]:
    """Return ±1 and what it multiplies, so that what is left is not written with a minus in front."""
    if isinstance(expression, Number):
        return (-1, -expression) if expression.is_negative else (1, expression)
    if isinstance(expression, Mul):
        coefficient, rest = expression.as_coeff_Mul()
        sign = -1 if coefficient.is_negative else 1
        factors = [abs(coefficient)] if abs(coefficient) != 1 else []
        for factor in Mul.make_args(rest):
            inner, kept = sign_and_rest(factor) if isinstance(factor, Sum | Add) else (1, factor)
            sign *= inner
            factors.append(kept)
        return sign, _product(factors)
    if isinstance(expression, Add):
        if all(sign_and_rest(term)[0] < 0 for term in expression.args):
            return -1, Add(*(sign_and_rest(term)[1] for term in expression.args))
        return 1, expression
    if isinstance(expression, Sum):
        body, bound = body_and_bound(expression)
        sign, rest = sign_and_rest(body)
        return sign, sum_over(rest, bound) if sign < 0 else expression
    return 1, expression


def split_number(expression: Expr) -> tuple[Expr, Expr]:
    """Return a number and what it multiplies; the number that all terms of a sum share stands in front.

    >>> from sympy import symbols
    >>> x, y = symbols("x y"); split_number(x / 2 + y / 2)
    (1/2, x + y)
    """
    sign, rest = sign_and_rest(expression)
    number, factors = S(sign), []
    for factor in Mul.make_args(rest):
        inner, kept = _number_of(factor)
        number *= inner
        if kept != 1:
            factors.append(kept)
    return number, _product(factors)


def common_factors(expression: Add) -> tuple[list[Expr], Expr]:
    """Return the factors, with all the indices there are, that all terms of a sum share, and what they multiply."""
    first, *others = expression.args
    everything = free_indices(expression) or None
    shared = [
        factor
        for factor in Mul.make_args(first)
        if entries(factor)
        and free_indices(factor) == everything
        and all(factor in Mul.make_args(term) for term in others)
    ]
    if not shared:
        return [], expression
    rest = [Mul(*(f for f in Mul.make_args(term) if f not in shared)) for term in expression.args]
    return shared, Add(*rest)


def common_sizes(expression: Expr) -> tuple[list[Expr], Expr]:
    """Return the factors made of sizes alone that all terms of a sum share, and what they multiply.

    >>> from symnn.language import sizes, tensor
    >>> m, a, y = sizes("m"), tensor("a"), tensor("y"); common_sizes(a / m - y / m)
    ([1/m], a - y)
    """
    if not isinstance(expression, Add):
        return [], expression
    first, *others = expression.args
    shared = [
        factor
        for factor in Mul.make_args(first)
        if not (entries(factor) or free_indices(factor) or factor.is_number)
        and all(factor in Mul.make_args(term) for term in others)
    ]
    return shared, Add(*(term / Mul(*shared) for term in expression.args)) if shared else expression


def ordered_factors(factors: Iterable[Expr], first: Sequence[Idx] = ()) -> list[Expr]:
    """Return the factors of a product in the order in which a textbook writes them.

    Args:
        factors: the factors, without a numeric coefficient.
        first: the indices of the left side; the path of tensors starts at the first of them.
    """
    groups: dict[int, list[Expr]] = {}
    factors = list(factors)
    are_scalars = not any(free_indices(factor) for factor in factors)
    for factor in factors:
        # A logarithm is written without brackets: y log a, for (log a) y is hard to read.
        is_late = are_scalars and isinstance(factor, log) and entries(factor)
        groups.setdefault(_FUNCTION if is_late else _factor_class(factor), []).append(factor)
    ordered: list[Expr] = []
    for rank in sorted(groups):
        members = sorted(groups[rank], key=_factor_key)
        ordered.extend(_along_path(members, first) if rank == _TENSOR else members)
    return ordered


def ordered_terms(expression: Expr) -> list[Expr]:
    """Return the terms of a sum in the order in which a textbook writes them."""
    return sorted(Add.make_args(expression), key=_term_key)


def ordered_operands(operands: Iterable[Expr]) -> list[Expr]:
    """Return the operands of a maximum or a minimum in order: numbers first, as in max(0, 1 − y a)."""
    return sorted(operands, key=lambda operand: (not operand.is_number, str(operand)))


(
    _NUMBER, _SCALAR, _TOTAL, _RESIDUAL, _TENSOR, _DIFFERENCE, _SUM, _FUNCTION, _DERIVATIVE, _PARTIAL, _BRACKET,
) = range(11)  # fmt: skip


def _product(factors: Sequence[Expr]) -> Expr:
    # A Mul of a number and a sum would be distributed by SymPy.
    if not factors:
        return S.One
    return factors[0] if len(factors) == 1 else Mul(*factors, evaluate=False)


def _number_of(factor: Expr) -> tuple[Expr, Expr]:
    if isinstance(factor, Number):
        return factor, S.One
    if isinstance(factor, Sum):
        body, bound = body_and_bound(factor)
        number, rest = split_number(body)
        return number, sum_over(rest, bound)
    if isinstance(factor, Add):
        numbers = [term.as_coeff_Mul()[0] for term in factor.args]
        shared = abs(numbers[0])
        if shared != 1 and all(abs(number) == shared for number in numbers):
            return shared, Add(*(term / shared for term in factor.args))
    return S.One, factor


@lru_cache(maxsize=16384)
def _factor_class(factor: Expr) -> int:
    if isinstance(factor, Number) or factor.is_number:
        return _NUMBER
    if isinstance(factor, Step | Within | KroneckerDelta):
        return _BRACKET
    if isinstance(factor, Partial):
        return _TOTAL if isinstance(factor, Total) else _PARTIAL
    if not free_indices(factor) and not isinstance(factor, Sum | Add | Reduction) and not _has_integer_entry(factor):
        return _SCALAR
    base = factor.base if isinstance(factor, Pow) else factor
    if isinstance(base, Entry):
        return _TENSOR
    if isinstance(base, Add):
        return _RESIDUAL if any(entry.base.role == "target" for entry in entries(base)) else _DIFFERENCE
    if isinstance(base, Sum):
        return _SUM
    if isinstance(base, Elementwise) and type(base).order:
        return _DERIVATIVE
    return _FUNCTION if isinstance(base, Function | AppliedUndef) else _DIFFERENCE


def _has_integer_entry(factor: Expr) -> bool:
    return any(entry.indices for entry in entries(factor))


@lru_cache(maxsize=16384)
def _factor_key(factor: Expr) -> tuple[Any, ...]:
    found = sorted(entries(factor), key=_entry_key)
    roles = min((_FACTOR_ROLES[entry.base.role] for entry in found), default=-1)
    # A letter stands before what is raised to another letter: η γᵗ.
    raised = (isinstance(factor, Pow) and not factor.exp.is_number) or isinstance(factor, Max | Min | floor)
    return (roles, raised, tuple(_entry_key(entry) for entry in found), str(type(factor)))


def _entry_key(entry: Entry) -> tuple[Any, ...]:
    places = tuple((0, int(i), "") if i.is_Integer else (1, 0, str(i)) for i in entry.indices)
    return (natural(entry.base.name), places)


def _along_path(members: list[Expr], first: Sequence[Idx]) -> list[Expr]:
    """Return tensors such that each follows one with which it shares an index, from the left side's first on.

    What stands at a place that is calculated comes last: w[p] x[i + p].
    """
    moved = [member for member in members if any(isinstance(place, Add) for place in _indices(member))]
    if moved and len(moved) < len(members):
        still = _along_path([member for member in members if member not in moved], first)
        return still + _along_path(moved, first)
    left = list(members)
    if not any(free_indices(member) for member in members):
        return sorted(left, key=lambda member: not any(e.base.role == "parameter" for e in entries(member)))
    path: list[Expr] = []
    wanted: list[Idx] = list(first)
    if not wanted and any(len(free_indices(member)) > 1 for member in left):
        left.sort(key=lambda member: len(free_indices(member)))
    while left:
        chosen = next((m for i in wanted for m in left if i in free_indices(m)), left[0])
        left.remove(chosen)
        path.append(chosen)
        ahead = [i for i in _places(chosen) if i not in first] + [i for i in first[1:] if i not in wanted[:1]]
        wanted = ahead + [i for i in wanted if i not in ahead]
    return path


def _places(factor: Expr) -> list[Idx]:
    return [i for place in _indices(factor) for i in sorted(free_indices(place), key=index_order)]


def _indices(factor: Expr) -> tuple[Expr, ...]:
    base = factor.base if isinstance(factor, Pow) else factor
    return tuple(base.indices)


@lru_cache(maxsize=16384)
def _term_key(term: Expr) -> tuple[Any, ...]:
    sign, rest = sign_and_rest(term)
    found = entries(rest)
    roles = {entry.base.role for entry in found}
    data = min((_TERM_ROLES[role] for role in roles), default=-1 if rest.is_number else 3)
    lone = isinstance(rest, Entry)
    names = tuple(sorted(_entry_key(entry) for entry in found))
    return (
        bool(rest.is_Rational and rest < SMALL),
        data == _TERM_ROLES["parameter"] and rest.has(Sum),
        sign < 0,
        -len(free_indices(rest)) if not rest.is_number else -_FULL,
        1 if data in (0, 1) else (0 if data < 0 else data),
        "target" in roles,
        not lone,
        not rest.has(Sum),
        "adjoint" not in roles and not lone,
        "parameter" not in roles and not lone,
        rest.count_ops() if not rest.has(Sum) else 0,
        names,
        str(rest),
    )
