"""From index notation to matrices: a product of factors of at most two indices is a small graph.

Indices are nodes, factors are edges (two indices), marks on a node (one index) or scalars (none).
Summed nodes are taken away one by one: edges in series are a matrix product, parallel edges an
elementwise product, a dangling edge a product with the ones vector, a loop a diagonal or a trace.

    Σₖ W[j, k] x[k]  →  W x          Σₙ D[n, j] A[n, k]  →  Dᵀ A          Σₖ A[i, k] v[k] B[k, j]  →  A diag(v) B
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sympy import Add, Expr, Function, Idx, KroneckerDelta, Mul, Pow, Sum
from sympy.functions.elementary.piecewise import Piecewise

from symnn.language import (
    Entry,
    Reduction,
    Within,
    body_and_bound,
    entries,
    free_indices,
    refresh,
    size_of,
)
from symnn.views.order import common_factors, ordered_factors, ordered_terms, split_number
from symnn.views.tree import (
    ONE,
    Apply,
    Diagonal,
    DiagonalOf,
    Identity,
    Leaf,
    Ones,
    Power,
    Product,
    Reduce,
    Scalar,
    SquaredNorm,
    Trace,
    Transposed,
    Tree,
    hadamard,
    plus,
    product,
    scaled,
    transpose,
)


class NoMatrixFormError(Exception):
    """The expression has no matrix form."""


@dataclass
class _Graph:
    """The factors of one product: scalars, vectors by node, and matrices with their two nodes."""

    scalars: list[Tree] = field(default_factory=list)
    vectors: dict[Idx, list[Tree]] = field(default_factory=dict)
    edges: list[tuple[Idx, Idx, Tree]] = field(default_factory=list)

    def at(self, node: Idx) -> list[tuple[Idx, Idx, Tree]]:
        return [edge for edge in self.edges if node in edge[:2]]

    def mark(self, node: Idx, vector: Tree) -> None:
        self.vectors.setdefault(node, []).append(vector)

    def take_vector(self, node: Idx) -> Tree | None:
        """Return the elementwise product of all vectors of a node, and take them off."""
        found = self.vectors.pop(node, [])
        return hadamard(*found) if found else None


def convert(expression: Expr, row: Idx | None, column: Idx | None) -> Tree:
    """Return the matrix form of an expression, with the given indices as its rows and columns.

    Raises:
        NoMatrixFormError: if there is none.
    """
    if isinstance(expression, Add):
        shared, inner = common_factors(expression)
        if shared:
            return convert(Mul(*shared, inner, evaluate=False), row, column)
        return plus(*(convert(term, row, column) for term in ordered_terms(expression)))
    graph = _Graph()
    number, rest = split_number(expression)
    if isinstance(rest, Add):
        return scaled([Scalar(number)], convert(rest, row, column))
    if number != 1:
        graph.scalars.append(Scalar(number))
    factors, bound = _flatten(rest)
    first = [i for i in (row, column) if i is not None]
    for factor in ordered_factors(factors, first):
        _add_factor(graph, factor, first)
    _eliminate(graph, bound)
    return _assemble(graph, row, column)


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


def _add_factor(graph: _Graph, factor: Expr, first: Sequence[Idx]) -> None:
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
        found.extend(i for place in entry.indices for i in free_indices(place) if i in free)
    found.extend(sorted(free, key=str))
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
        if row is None or column is None:
            raise NoMatrixFormError
        return Identity(size_of(row))
    if isinstance(expression, Add | Mul | Sum):
        return convert(expression, row, column)
    if isinstance(expression, Pow):
        if free_indices(expression.exp) or entries(expression.exp):
            raise NoMatrixFormError
        return Power(convert(expression.base, row, column), expression.exp)
    if isinstance(expression, Reduction):
        return _reduction(expression, row, column)
    if isinstance(expression, Function) and len(expression.args) == 1:
        return Apply(convert(expression.args[0], row, column), type(expression))
    raise NoMatrixFormError


def _entry(entry: Entry, row: Idx | None, column: Idx | None) -> Tree:
    indices = tuple(_plain_index(place) for place in entry.indices)
    if len(indices) > 2:
        raise NoMatrixFormError
    leaf = Leaf(entry.base)
    if len(indices) < 2 or indices == (row, column):
        return leaf
    return Transposed(leaf)


def _reduction(expression: Reduction, row: Idx | None, column: Idx | None) -> Tree:
    body, bound = body_and_bound(expression)
    if column is not None or len(bound) > (1 if row is not None else 2):
        raise NoMatrixFormError
    if row is not None:
        return Reduce(type(expression), convert(body, row, bound[0]), True)
    return Reduce(type(expression), convert(body, bound[0], bound[1] if len(bound) == 2 else None), False)


def _eliminate(graph: _Graph, bound: Sequence[Idx]) -> None:
    """Take away the summed nodes: those with the fewest edges first."""
    left = list(bound)
    while left:
        _merge(graph)
        node = min(left, key=lambda n: (len(graph.at(n)), n not in graph.vectors, left.index(n)))
        left.remove(node)
        if _squared_norm(graph, node, left) or _trace(graph, node, left):
            continue
        edges = graph.at(node)
        if not edges:
            graph.scalars.append(_sum_of_vectors(graph.vectors.pop(node, []), node))
        elif len(edges) == 1:
            _sum_edge(graph, node, edges[0])
        elif len(edges) == 2:
            _sum_series(graph, node, edges)
        else:
            raise NoMatrixFormError
    _merge(graph)


def _merge(graph: _Graph) -> None:
    """Put parallel edges together, and make loops into marks."""
    merged: dict[frozenset[Idx], tuple[Idx, Idx, list[Tree]]] = {}
    for start, end, matrix in graph.edges:
        if start == end:
            graph.mark(start, DiagonalOf(matrix))
            continue
        known = merged.setdefault(frozenset((start, end)), (start, end, []))
        known[2].append(matrix if known[0] == start else transpose(matrix))
    graph.edges = [(start, end, hadamard(*matrices)) for start, end, matrices in merged.values()]


def _sum_of_vectors(vectors: list[Tree], node: Idx) -> Tree:
    """Σᵢ u[i] v[i] … = uᵀ v."""
    if not vectors:
        return Scalar(size_of(node))
    if len(vectors) == 1:
        only = vectors[0]
        if isinstance(only, Power) and only.exponent == 2:
            return SquaredNorm(only.body)
        if isinstance(only, DiagonalOf):
            return Trace(only.body)
        if not isinstance(only, Ones):
            return product(transpose(Ones(size_of(node))), only)
        return Scalar(size_of(node))
    # A vector that is a product itself reads better on the right: xᵀ Q y.
    *front, last = sorted(vectors, key=lambda vector: isinstance(vector, Product))
    return product(transpose(hadamard(*front)), last)


def _squared_norm(graph: _Graph, node: Idx, left: list[Idx]) -> bool:
    """ΣᵢΣₖ M[i, k]² = ‖M‖²."""
    other = _lone_edge(graph, node, left)
    if other is None:
        return False
    matrix = graph.edges[0][2] if len(graph.edges) == 1 else graph.at(node)[0][2]
    if not (isinstance(matrix, Power) and matrix.exponent == 2):
        return False
    graph.edges = [edge for edge in graph.edges if node not in edge[:2]]
    graph.scalars.append(SquaredNorm(matrix.body))
    left.remove(other)
    return True


def _trace(graph: _Graph, node: Idx, left: list[Idx]) -> bool:
    """ΣᵢΣₖ A[i, k] B[i, k] = tr(Aᵀ B)."""
    other = _lone_edge(graph, node, left)
    if other is None:
        return False
    matrix = graph.at(node)[0][2]
    factors = getattr(matrix, "factors", ())
    if isinstance(matrix, Product) or len(factors) != 2:
        return False
    graph.edges = [edge for edge in graph.edges if node not in edge[:2]]
    graph.scalars.append(Trace(product(transpose(factors[0]), factors[1])))
    left.remove(other)
    return True


def _lone_edge(graph: _Graph, node: Idx, left: list[Idx]) -> Idx | None:
    """Return the other end of a node's only edge, if both ends are summed and carry nothing else."""
    edges = graph.at(node)
    if len(edges) != 1 or node in graph.vectors:
        return None
    other = edges[0][1] if edges[0][0] == node else edges[0][0]
    if other not in left or other in graph.vectors or len(graph.at(other)) != 1:
        return None
    return other


def _sum_edge(graph: _Graph, node: Idx, edge: tuple[Idx, Idx, Tree]) -> None:
    """Σₖ M[j, k] v[k] = M v, and M 1 where there is no v."""
    start, end, matrix = edge
    other, oriented = (start, matrix) if end == node else (end, transpose(matrix))
    vector = graph.take_vector(node)
    graph.edges.remove(edge)
    graph.mark(other, product(oriented, Ones(size_of(node)) if vector is None else vector))


def _sum_series(graph: _Graph, node: Idx, edges: list[tuple[Idx, Idx, Tree]]) -> None:
    """Σₖ M[i, k] N[k, j] = M N, and M diag(v) N where there is a v[k]."""
    first, second = edges
    start, left = (first[0], first[2]) if first[1] == node else (first[1], transpose(first[2]))
    end, right = (second[1], second[2]) if second[0] == node else (second[0], transpose(second[2]))
    vector = graph.take_vector(node)
    place = graph.edges.index(first)
    graph.edges = [edge for edge in graph.edges if edge not in edges]
    middle = () if vector is None else (Diagonal(vector),)
    graph.edges.insert(place, (start, end, product(left, *middle, right)))


def _assemble(graph: _Graph, row: Idx | None, column: Idx | None) -> Tree:
    """Put together what is left at the free nodes, with axes that are missing made explicit."""
    if row is None and column is None:
        return scaled(graph.scalars, ONE)
    if row is None or column is None:
        node = row if row is not None else column
        vector = graph.take_vector(node) or Ones(size_of(node))
        return scaled(graph.scalars, vector if column is None else transpose(vector))
    on_row, on_column = graph.take_vector(row), graph.take_vector(column)
    if not graph.edges:
        left = Ones(size_of(row)) if on_row is None else on_row
        right = Ones(size_of(column)) if on_column is None else on_column
        return scaled(graph.scalars, product(left, transpose(right)))
    start, _, matrix = graph.edges[0]
    matrix = matrix if start == row else transpose(matrix)
    if isinstance(matrix, Identity) and on_row is not None and on_column is not None:
        on_row, on_column = hadamard(on_row, on_column), None
    front = () if on_row is None else (Diagonal(on_row),)
    back = () if on_column is None else (Diagonal(on_column),)
    return scaled(graph.scalars, product(*front, matrix, *back))
