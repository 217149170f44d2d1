"""Brackets in short: what of 0 ≤ e < n always holds is left out, and 1 − [u > 0] is a bracket itself.

    [0 ≤ i − j < n]  →  [j ≤ i]          1 − [a − x > 0]  →  [x ≥ a]

What always holds is found by interval arithmetic over the ranges of the indices.
"""

from __future__ import annotations

from collections.abc import Callable

from sympy import Add, Expr, Idx, Integer
from sympy.core.basic import Basic

from symnn.errors import ProgramError
from symnn.language import Entry, Step, Within, index_bounds, transform
from symnn.writing.dialects import Text


def within(bracket: Within, dialect: Text, write: Callable[[Expr], str], base: int = 0) -> str:
    """Return 0 ≤ e < n, or what of it does not always hold; where indices count from 1, 1 ≤ e ≤ n."""
    place, size = bracket.args
    below, above = range_sides(bracket)
    if base:
        place = counted_from(place, base)
        if above:
            inside = f"{write(place)} {dialect.less_equal} {write(size)}"
            return f"1 {dialect.less_equal} {inside}" if below else inside
        place = place - base
    if not above:
        small, large = map(write, compared(place))
        return f"{small} {dialect.less_equal} {large}"
    inside = f"{write(place)} < {write(size)}"
    return f"0 {dialect.less_equal} {inside}" if below else inside


def not_above_zero(difference: Expr, dialect: Text, write: Callable[[Expr], str]) -> str:
    """Return x ≥ a, which says that a − x is not above 0."""
    large, small = compared(difference)
    if large == 0:
        return f"{write(small)} {dialect.less_equal} 0"
    return f"{write(large)} {dialect.greater_equal} {write(small)}"


def counted_from(place: Expr, base: int) -> Expr:
    """Return an index expression where indices count from 1 instead of 0: i + p is then i + p − 1.

    >>> from symnn.language import index
    >>> i, p = index("i", 3), index("p", 2); counted_from(i + p, 1)
    i + p - 1
    """
    if not base:
        return place

    def change(part: Basic) -> Basic | None:
        return part - base if isinstance(part, Idx | Entry) else None

    return (transform(place, change) + base).expand()


def range_sides(bracket: Within) -> tuple[bool, bool]:
    """Return whether a bracket [0 ≤ e < n] says anything by 0 ≤ e, and by e < n, of the indices in it.

    >>> from symnn.language import index, sizes
    >>> n = sizes("n"); i, j = index("i", n), index("j", n)
    >>> range_sides(Within(i - j, n)), range_sides(Within(i + j, n)), range_sides(Within(i - j, n - 1))
    ((True, False), (False, True), (True, True))
    """
    place, size = bracket.args
    try:
        low, high = index_bounds(place)
    except ProgramError:
        return True, True
    return not low.is_nonnegative, not (size - 1 - high).expand().is_nonnegative


def is_order(bracket: Within) -> bool:
    """Whether a bracket only compares two indices, [j ≤ i], so that it is the same from wherever they count."""
    return range_sides(bracket) == (True, False) and not any(term.is_number for term in Add.make_args(bracket.args[0]))


def compared(difference: Expr) -> tuple[Expr, Expr]:
    """Return what stands on either side of l ≤ r, which says 0 ≤ r − l.

    >>> from sympy import symbols
    >>> i, j = symbols("i j"); compared(i - j)
    (j, i)
    """
    terms = Add.make_args(difference)
    low = [-term for term in terms if term.could_extract_minus_sign()]
    return Add(*low), Add(*(term for term in terms if not term.could_extract_minus_sign()))


def complement(expression: Add) -> Expr | None:
    """Return u of 1 − [u > 0], and nothing for any other sum."""
    number, *others = expression.args
    if number != Integer(1) or len(others) != 1 or not isinstance(-others[0], Step):
        return None
    return (-others[0]).args[0]
