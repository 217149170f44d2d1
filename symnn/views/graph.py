"""The graph of a product: a product of factors of at most two indices is a small graph.

Indices are nodes, factors are edges (two indices), marks on a node (one index) or scalars (none).
Summed nodes are taken away one by one: edges in series are a matrix product, parallel edges an
elementwise product, a dangling edge a product with the ones vector, a loop a diagonal or a trace.

    Σₖ W[j, k] x[k]  →  W x          Σₙ D[n, j] A[n, k]  →  Dᵀ A          Σₖ A[i, k] v[k] B[k, j]  →  A diag(v) B
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sympy import Abs, Idx

from symnn.language import size_of
from symnn.views.making import ONE, fewest_transposes, hadamard, product, scaled
from symnn.views.transposes import transpose
from symnn.views.tree import (
    Apply,
    Diagonal,
    DiagonalOf,
    Hadamard,
    Identity,
    Norm1,
    Ones,
    Power,
    Product,
    Scalar,
    SquaredNorm,
    Trace,
    Tree,
)


class NoMatrixFormError(Exception):
    """The expression has no matrix form."""


@dataclass
class Graph:
    """The factors of one product: scalars, vectors by node, and matrices with their two nodes."""

    scalars: list[Tree] = field(default_factory=list)
    vectors: dict[Idx, list[Tree]] = field(default_factory=dict)
    edges: list[tuple[Idx, Idx, Tree]] = field(default_factory=list)

    def at(self, node: Idx) -> list[tuple[Idx, Idx, Tree]]:
        return [edge for edge in self.edges if node in edge[:2]]

    def weight(self, node: Idx) -> tuple[int, bool, bool]:
        """Return how late a summed node is taken away: a vector at the end of a matrix needs no transpose."""
        edges = self.at(node)
        return len(edges), node not in self.vectors, len(edges) == 1 and edges[0][1] != node

    def mark(self, node: Idx, vector: Tree) -> None:
        self.vectors.setdefault(node, []).append(vector)

    def take_vector(self, node: Idx) -> Tree | None:
        """Return the elementwise product of all vectors of a node, and take them off."""
        found = self.vectors.pop(node, [])
        return hadamard(*found) if found else None


def eliminate(graph: Graph, bound: Sequence[Idx]) -> None:
    """Take away the summed nodes: those with the fewest edges first."""
    left = list(bound)
    while left:
        _merge(graph)
        node = min(left, key=lambda n: (*graph.weight(n), left.index(n)))
        left.remove(node)
        if _norm(graph, node, left) or _trace(graph, node, left):
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


def _merge(graph: Graph) -> None:
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
        if (norm := _norm_of(only)) is not None:
            return norm
        if isinstance(only, DiagonalOf):
            return Trace(fewest_transposes(only.body))
        if not isinstance(only, Ones):
            return fewest_transposes(product(transpose(Ones(size_of(node))), only))
        return Scalar(size_of(node))
    # A vector that is a product itself reads better on the right: xᵀ Q y.
    *front, last = sorted(vectors, key=lambda vector: isinstance(vector, Product))
    return fewest_transposes(product(transpose(hadamard(*front)), last))


def _norm_of(squared: Tree) -> Tree | None:
    """Return ‖v‖² for v², ‖v‖₁ for |v|, and nothing else."""
    if isinstance(squared, Power) and squared.exponent == 2:
        return SquaredNorm(fewest_transposes(squared.body))
    if isinstance(squared, Apply) and squared.function is Abs:
        return Norm1(fewest_transposes(squared.body))
    return None


def _norm(graph: Graph, node: Idx, left: list[Idx]) -> bool:
    """ΣᵢΣₖ M[i, k]² = ‖M‖², ΣᵢΣₖ |M[i, k]| = ‖M‖₁."""
    other = _lone_edge(graph, node, left)
    if other is None:
        return False
    norm = _norm_of(graph.at(node)[0][2])
    if norm is None:
        return False
    graph.edges = [edge for edge in graph.edges if node not in edge[:2]]
    graph.scalars.append(norm)
    left.remove(other)
    return True


def _trace(graph: Graph, node: Idx, left: list[Idx]) -> bool:
    """ΣᵢΣₖ A[i, k] B[i, k] = tr(Aᵀ B); where one is a function, 1ᵀ (Y ⊙ log A) 1 says more plainly what is summed."""
    other = _lone_edge(graph, node, left)
    if other is None:
        return False
    matrix = graph.at(node)[0][2]
    factors: tuple[Tree, ...] = matrix.factors if isinstance(matrix, Hadamard) else ()
    if len(factors) != 2 or any(isinstance(factor, Apply) for factor in factors):
        return False
    graph.edges = [edge for edge in graph.edges if node not in edge[:2]]
    graph.scalars.append(Trace(fewest_transposes(product(transpose(factors[0]), factors[1]))))
    left.remove(other)
    return True


def _lone_edge(graph: Graph, node: Idx, left: list[Idx]) -> Idx | None:
    """Return the other end of a node's only edge, if both ends are summed and carry nothing else."""
    edges = graph.at(node)
    if len(edges) != 1 or node in graph.vectors:
        return None
    other = edges[0][1] if edges[0][0] == node else edges[0][0]
    if other not in left or other in graph.vectors or len(graph.at(other)) != 1:
        return None
    return other


def _sum_edge(graph: Graph, node: Idx, edge: tuple[Idx, Idx, Tree]) -> None:
    """Σₖ M[j, k] v[k] = M v, and M 1 where there is no v."""
    start, end, matrix = edge
    other, oriented = (start, matrix) if end == node else (end, transpose(matrix))
    vector = graph.take_vector(node)
    graph.edges.remove(edge)
    graph.mark(other, product(oriented, Ones(size_of(node)) if vector is None else vector))


def _sum_series(graph: Graph, node: Idx, edges: list[tuple[Idx, Idx, Tree]]) -> None:
    """Σₖ M[i, k] N[k, j] = M N, and M diag(v) N where there is a v[k]."""
    first, second = edges
    start, left = (first[0], first[2]) if first[1] == node else (first[1], transpose(first[2]))
    end, right = (second[1], second[2]) if second[0] == node else (second[0], transpose(second[2]))
    vector = graph.take_vector(node)
    place = graph.edges.index(first)
    graph.edges = [edge for edge in graph.edges if edge not in edges]
    middle = () if vector is None else (Diagonal(vector),)
    graph.edges.insert(place, (start, end, product(left, *middle, right)))


def assemble(graph: Graph, row: Idx | None, column: Idx | None) -> Tree:
    """Put together what is left at the free nodes, with axes that are missing made explicit."""
    if row is None and column is None:
        return scaled(graph.scalars, ONE)
    if row is None or column is None:
        node = column if row is None else row
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
