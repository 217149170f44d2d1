"""The one rule: the chain rule on one equation in index notation.

For T[i…] = right side, each occurrence U[e…] of a tensor under bound indices k… contributes

    Ū[p…] += Σ over i…, k… of  T̄[i…] · (∂right/∂occurrence) · δ(p, e)…

and a delta against a summed index removes that sum by substitution.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from sympy import (
    Abs,
    Add,
    Derivative,
    DiracDelta,
    Dummy,
    Expr,
    Function,
    Heaviside,
    Idx,
    Integer,
    KroneckerDelta,
    Mul,
    Pow,
    Sum,
    count_ops,
    im,
    powsimp,
    re,
    sign,
)

from symnn.calculus.canonical import tidy_sum
from symnn.calculus.primitives import weight_of
from symnn.calculus.shorten import shorten_product
from symnn.calculus.trace import Occurrence, Use
from symnn.errors import CalculusError
from symnn.language import (
    Elementwise,
    Entry,
    Equation,
    Reduction,
    Step,
    Tensor,
    Within,
    body_and_bound,
    contains,
    entries,
    free_indices,
    fresh_index,
    has_binder,
    index_bounds,
    refresh,
    size_of,
    substitute,
    tensors,
)


@dataclass(frozen=True)
class Contribution:
    """What one use of a tensor adds to its adjoint: the term of the use."""

    tensor: Tensor
    use: Use


def contributions(
    equation: Equation,
    adjoint: Expr,
    definition: Expr | None,
    axes: Callable[[Tensor], tuple[Idx, ...]],
    active: Collection[str],
    beside: Tensor | None = None,
) -> Iterator[Contribution]:
    """Yield what an equation T = … contributes to the adjoints of the tensors in it.

    Args:
        equation: the equation, in normal form.
        adjoint: T̄, in the indices that `axes` has for T (an entry of a tensor, or a constant).
        definition: what T̄ equals, where that may be put in its place if the product gets shorter.
        axes: the indices in which the adjoint of a tensor is collected: nothing else has them.
        active: the names of the tensors whose adjoints are wanted.
        beside: the companion of a matrix operation, where its rule needs one.
    """
    own = {i: fresh_index(i) for i in equation.indices}
    places = dict(zip(axes(equation.tensor), own.values(), strict=True))
    renamed = Equation.__new__(Equation)
    object.__setattr__(renamed, "left", substitute(equation.left, own))
    object.__setattr__(renamed, "right", refresh(equation.right, own))
    object.__setattr__(renamed, "program", None)
    cotangent = substitute(adjoint, places)
    defined = None if definition is None else substitute(definition, places)
    for occurrence in occurrences(renamed, active, beside):
        slope = fold(occurrence.slope, renamed)
        product = shorten_product(cotangent, defined, slope, renamed)
        bound = (*own.values(), *occurrence.bound)
        tensor = occurrence.entry.base
        term = contract(product, bound, list(zip(axes(tensor), occurrence.entry.indices, strict=True)))
        yield Contribution(tensor, Use(renamed, cotangent, defined, occurrence, slope, product, term))


def occurrences(equation: Equation, active: Collection[str], beside: Tensor | None = None) -> Iterator[Occurrence]:
    """Yield every occurrence of an active tensor on the right side of an equation, with its local derivative."""
    right = equation.right
    if isinstance(right, Reduction):
        weight = refresh(weight_of(equation.left, right, beside))
        yield from _walk(right.body, weight, right.bound, active)
    else:
        yield from _walk(right, Integer(1), (), active)


def _walk(part: Expr, factor: Expr, bound: tuple[Idx, ...], active: Collection[str]) -> Iterator[Occurrence]:
    if not any(tensor.name in active for tensor in tensors(part)):
        return
    if not has_binder(part):
        yield from _scalar_derivatives(part, factor, bound, active)
    elif isinstance(part, Sum):
        body, inner = body_and_bound(part)
        yield from _walk(body, factor, (*bound, *inner), active)
    elif isinstance(part, Add):
        for term in part.args:
            yield from _walk(term, factor, bound, active)
    elif isinstance(part, Mul):
        # The product rule, with all factors that are free of sums kept together as one scalar.
        sums = [arg for arg in part.args if has_binder(arg)]
        scalar = Mul(*(arg for arg in part.args if not has_binder(arg)))
        yield from _walk(scalar, factor * refresh(Mul(*sums)), bound, active)
        for position, one in enumerate(sums):
            others = Mul(scalar, *sums[:position], *sums[position + 1 :])
            yield from _walk(one, factor * refresh(others), bound, active)
    else:
        raise CalculusError(f"{part}: a sum inside {type(part).__name__} was not named")


def _scalar_derivatives(
    part: Expr, factor: Expr, bound: tuple[Idx, ...], active: Collection[str]
) -> Iterator[Occurrence]:
    """Differentiate the largest scalar subexpression, each occurrence in it replaced by one real dummy."""
    found = sorted(entries(part), key=str) if len(entries(part)) > 1 else entries(part)
    dummies = {entry: _dummy(place) for place, entry in enumerate(found)}
    names = {dummy: entry for entry, dummy in dummies.items()}
    scalar = substitute(part, dummies)
    for entry in found:
        if entry.base.name not in active:
            continue
        slope = _slope(scalar, dummies[entry])
        if slope is None:
            raise CalculusError(f"{part}: SymPy gives no real derivative of this expression")
        if slope != 0:
            yield Occurrence(entry, bound, part, factor, substitute(slope, names))


@cache
def _dummy(place: int) -> Dummy:
    """What stands for the entry in this place: the same in all equations, so that equal formulas are equal."""
    return Dummy(f"u{place:03}", real=True)


class _Absolute(Function):
    """|u|, with the derivative sign(u) of a real u: SymPy's own asks where the argument is complex."""

    is_real = True

    def fdiff(self, argindex: int = 1) -> Expr:
        return sign(self.args[0])


@lru_cache(maxsize=4096)
def _slope(scalar: Expr, by: Expr) -> Expr | None:
    """Return the derivative of a scalar expression, with x^p/x written x^(p − 1), which is finite at 0.

    Where SymPy knows no real derivative it is None.
    """
    slope = scalar.replace(Abs, _Absolute).diff(by).replace(_Absolute, Abs) if scalar.has(Abs) else scalar.diff(by)
    if any(not power.exp.is_number for power in slope.atoms(Pow)):
        slope = powsimp(slope, combine="exp")
    if slope.has(Derivative, re, im):
        return None
    # Jumps have derivative zero where they have one; at the jump itself zero is the convention.
    return slope.replace(Heaviside, lambda u, *_: Step(u)).replace(DiracDelta, lambda *_: Integer(0))


def fold(slope: Expr, equation: Equation) -> Expr:
    """Return a derivative with the equation's known right side folded back into its name.

    exp(z − L) becomes s where s = exp(z − L), and 1/(2 sqrt(v)) becomes 1/(2 s) where s = sqrt(v).
    """
    right = equation.right
    if has_binder(right) or not right.args or isinstance(right, Entry) or right.is_number or isinstance(right, Add):
        return slope
    folded = substitute(slope, {right: equation.left})
    if isinstance(right, Elementwise) or isinstance(slope, Add):
        return folded
    powers = [(power, slope / right**power) for power in (1, -1, 2, 3)]
    # A quotient that divides by what the slope does not divide by would be undefined where that is zero.
    allowed = _divisors(slope)
    names = [quotient * equation.left**power for power, quotient in powers if _divisors(quotient) <= allowed]
    return min([slope, folded, *names], key=_length)


def _divisors(expression: Expr) -> set[Expr]:
    """What stands in denominators."""
    return {power.base for power in expression.atoms(Pow) if power.exp.could_extract_minus_sign()}


def _length(expression: Expr) -> tuple[int, int]:
    return int(count_ops(expression)), len(str(expression))


def contract(product: Expr, bound: Sequence[Idx], deltas: Sequence[tuple[Idx, Expr]]) -> Expr:
    """Return Σ over `bound` of product · Π δ(p, e), with each delta removing the sum that it can.

    A delta is solved for a bound index with coefficient ±1 in e; where the solution may leave that
    index's axis, an Iverson bracket keeps it inside. A delta that can remove no sum stays.
    """
    remaining = list(bound)
    product, own = _without_deltas(product, remaining)
    pairs = [*deltas, *own]
    while pairs:
        target, expression = pairs.pop(0)
        solved = next((q for q in remaining if _unit_coefficient(expression, q)), None)
        if solved is None:
            product *= KroneckerDelta(target, expression)
            continue
        coefficient = expression.coeff(solved)
        solution = ((target - (expression - coefficient * solved)) * coefficient).expand()
        remaining.remove(solved)
        product = substitute(product, {solved: solution})
        pairs = [(substitute(p, {solved: solution}), substitute(e, {solved: solution})) for p, e in pairs]
        if not isinstance(solution, Idx):
            product *= _bracket(solution, size_of(solved))
    return tidy_sum(_needed_brackets(product), remaining)


def _without_deltas(product: Expr, bound: Sequence[Idx]) -> tuple[Expr, list[tuple[Expr, Expr]]]:
    """Split off the deltas that can remove a sum, each as a pair that the index is solved for: Σₜ xₜ [t = 2] is x₂."""
    pairs, rest = [], []
    for factor in Mul.make_args(product):
        if isinstance(factor, KroneckerDelta):
            one, other = factor.args[:2]
            found = next(((a, b) for a, b in ((one, other), (other, one)) if b in bound and not entries(a)), None)
            if found is not None:
                pairs.append(found)
                continue
        rest.append(factor)
    return Mul(*rest) if pairs else product, pairs


def _needed_brackets(product: Expr) -> Expr:
    """Return a product without the brackets that always hold, now that indices have been put in."""
    if not contains(product, Within):
        return product
    return Mul(*(_bracket(*f.args) if isinstance(f, Within) else f for f in Mul.make_args(product)))


def _unit_coefficient(expression: Expr, an_index: Idx) -> bool:
    return an_index in free_indices(expression) and expression.coeff(an_index) in (1, -1)


def _bracket(expression: Expr, size: Expr) -> Expr:
    """Return [0 ≤ expression < size], or 1 where interval arithmetic shows that it always holds."""
    low, high = index_bounds(expression)
    always = low.is_nonnegative and (size - 1 - high).is_nonnegative
    return Integer(1) if always else Within(expression, size)
