"""From index notation to matrices: sums, functions and powers are walked, products become graphs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sympy import Add, Expr, Function, Idx, KroneckerDelta, Max, Min, Mul, Pow, Sum
from sympy.functions.elementary.piecewise import Piecewise

from symnn.language import (
    Cholesky,
    Determinant,
    Entry,
    Inverse,
    LogDeterminant,
    MatrixOperation,
    Reduction,
    Within,
    body_and_bound,
    entries,
    free_indices,
    refresh,
    size_of,
    sum_over,
)
from symnn.views.families import RunningSum
from symnn.views.graph import Graph, NoMatrixFormError, assemble, eliminate
from symnn.views.making import plus, scaled
from symnn.views.operations import cholesky, determinant, inverse, log_determinant
from symnn.views.order import (
    common_factors,
    common_sizes,
    index_order,
    ordered_factors,
    ordered_operands,
    ordered_terms,
    split_number,
)
from symnn.views.transposes import transpose
from symnn.views.tree import (
    Apply,
    DiagonalOf,
    Extreme,
    Identity,
    Leaf,
    Power,
    Reduce,
    Scalar,
    Series,
    Tree,
)


def convert(expression: Expr, row: Idx | None, column: Idx | None) -> Tree:
    """Return the matrix form of an expression, with the given indices as its rows and columns.

    Raises:
        NoMatrixFormError: if there is none.
    """
    if isinstance(expression, MatrixOperation):
        return _operation(expression, row, column)
    if isinstance(expression, Add):
        shared, inner = common_factors(expression)
        if shared:
            return convert(Mul(*shared, inner, evaluate=False), row, column)
        number, rest = split_number(expression)
        sizes, rest = common_sizes(rest)
        if sizes or abs(number) != 1:
            return scaled([Scalar(number)] * (number != 1) + [Scalar(s) for s in sizes], convert(rest, row, column))
        return plus(*(convert(term, row, column) for term in ordered_terms(expression)))
    graph = Graph()
    number, rest = split_number(expression)
    if isinstance(rest, Sum):
        rest = _spread(rest)
    if isinstance(rest, Add):
        return scaled([Scalar(number)], convert(rest, row, column))
    if number != 1:
        graph.scalars.append(Scalar(number))
    factors, bound = _flatten(rest)
    first = [i for i in (row, column) if i is not None]
    for factor in ordered_factors(factors, first):
        _add_factor(graph, factor, first)
    eliminate(graph, bound)
    return assemble(graph, row, column)


def _spread(expression: Sum) -> Expr:
    """Σₖ (A[i, k] + B[i, k]) C[k, j] is a product of matrices, Σₖ (A[i, k] B[k, j] + C[i, k] D[k, j]) a sum of two."""
    body, bound = body_and_bound(expression)
    number, inner = split_number(body)
    if not isinstance(inner, Add) or len(free_indices(inner)) <= 2:
        return expression
    return Add(*(number * sum_over(term, bound) for term in inner.args))


def _flatten(expression: Expr) -> tuple[list[Expr], list[Idx]]:
    """Return all factors of a product, those under its sums too, and the indices summed over."""
    factors: list[Expr] = []
    bound: list[Idx] = []
    for factor in Mul.make_args(expression):
        if not isinstance(factor, Sum):
            factors.append(factor)
            continue
        body, over = body_and_bound(refresh(factor))
        inner, more = _flatten(body)
        if not _product_has_matrix_form(inner):
            raise NoMatrixFormError
        factors.extend(inner)
        bound.extend([*over, *more])
    return factors, bound


def _product_has_matrix_form(factors: list[Expr]) -> bool:
    return all(len(free_indices(factor)) <= 2 for factor in factors)


def _add_factor(graph: Graph, factor: Expr, first: Sequence[Idx]) -> None:
    """Put one factor into the graph."""
    if isinstance(factor, Entry) and factor.base.rank == 2 and len(set(factor.indices)) == 1:
        node = _plain_index(factor.indices[0])
        graph.mark(node, DiagonalOf(Leaf(factor.base)))
        return
    free = _oriented(factor, first)
    if len(free) > 2:
        raise NoMatrixFormError
    if not free:
        graph.scalars.append(_atom(factor, None, None))
    elif len(free) == 1:
        graph.mark(free[0], _atom(factor, free[0], None))
    else:
        graph.edges.append((free[0], free[1], _atom(factor, free[0], free[1])))


def _oriented(factor: Expr, first: Sequence[Idx]) -> list[Idx]:
    if isinstance(factor, Entry):
        return list(dict.fromkeys(_plain_index(place) for place in factor.indices))
    free = free_indices(factor)
    found = [i for i in first if i in free]
    for entry in sorted(entries(factor), key=lambda e: (-len(e.indices), e.base.name)):
        found.extend(i for place in entry.indices for i in sorted(free_indices(place), key=index_order) if i in free)
    found.extend(sorted(free, key=index_order))
    return list(dict.fromkeys(found))


def _plain_index(place: Expr) -> Idx:
    if not isinstance(place, Idx):
        raise NoMatrixFormError
    return place


def _atom(expression: Expr, row: Idx | None, column: Idx | None) -> Tree:
    """Return the matrix form of one factor: an entry, a power, a function, a reduction, a sum of terms."""
    if isinstance(expression, Entry):
        return _entry(expression, row, column)
    if not entries(expression) and not free_indices(expression):
        return Scalar(expression)
    if isinstance(expression, Within | Piecewise):
        raise NoMatrixFormError
    if isinstance(expression, KroneckerDelta):
        if row is None or column is None or not all(isinstance(part, Idx) for part in expression.args):
            raise NoMatrixFormError
        return Identity(size_of(row))
    if isinstance(expression, Add | Mul | Sum | MatrixOperation):
        return convert(expression, row, column)
    if isinstance(expression, Pow):
        if free_indices(expression.exp) or entries(expression.exp):
            raise NoMatrixFormError
        return Power(convert(expression.base, row, column), expression.exp)
    if isinstance(expression, RunningSum):
        body, letter, first, last = expression.args
        return Series(convert(body, row, column), str(letter), int(first), last)
    if isinstance(expression, Reduction):
        return _reduction(expression, row, column)
    if isinstance(expression, Max | Min):
        operands = (convert(operand, row, column) for operand in ordered_operands(expression.args))
        return Extreme(type(expression), tuple(operands))
    if isinstance(expression, Function) and len(expression.args) == 1:
        return Apply(convert(expression.args[0], row, column), type(expression))
    raise NoMatrixFormError


def _entry(entry: Entry, row: Idx | None, column: Idx | None) -> Tree:
    indices = tuple(_plain_index(place) for place in entry.indices)
    if len(indices) > 2:
        raise NoMatrixFormError
    leaf = Leaf(entry.base)
    return leaf if len(indices) < 2 or indices == (row, column) else transpose(leaf)


def _operation(expression: MatrixOperation, row: Idx | None, column: Idx | None) -> Tree:
    """Return the matrix form of an inverse, a determinant or the like, of one matrix: none has more axes."""
    body, bound = body_and_bound(refresh(expression))
    if (row is None) != (expression.rank == 0) or free_indices(expression):
        raise NoMatrixFormError
    return _OPERATIONS[type(expression)](convert(body, *bound))


_OPERATIONS: dict[type[MatrixOperation], Callable[[Tree], Tree]] = {
    Cholesky: cholesky,
    Determinant: determinant,
    Inverse: inverse,
    LogDeterminant: log_determinant,
}


def _reduction(expression: Reduction, row: Idx | None, column: Idx | None) -> Tree:
    body, bound = body_and_bound(expression)
    if column is not None or len(bound) > (1 if row is not None else 2):
        raise NoMatrixFormError
    if row is not None:
        return Reduce(type(expression), convert(body, row, bound[0]), True)
    return Reduce(type(expression), convert(body, bound[0], bound[1] if len(bound) == 2 else None), False)
