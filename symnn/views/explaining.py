"""Why a matrix form looks as it does: it is read off the order of the indices.

    Σⱼ δⱼ wⱼₖ = ((W)ᵀ δ)ₖ        j stands first in wⱼₖ, and a product sums over what stands last
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from sympy import Idx

from symnn.language import Entry, Tensor, entries
from symnn.views.matrix import MatrixEquation
from symnn.views.tree import (
    Diagonal,
    Hadamard,
    Leaf,
    Ones,
    Power,
    Product,
    SquaredNorm,
    Trace,
    Transposed,
    Tree,
    Unmarked,
)

Words = tuple[Any, ...]


def explained(shown: MatrixEquation, right: Tree | None = None) -> tuple[Words, ...]:
    """Return sentences, texts with tensors and entries between them, on how the matrix form is read off.

    Args:
        shown: the equation.
        right: its right side as it is printed, where vectors are rows or gradients are turned.

    >>> from sympy import Sum
    >>> from symnn.language import Equation, index, sizes, tensor
    >>> from symnn.views.matrix import matrix_equation
    >>> n, d = sizes("n d"); j, k = index("j", n), index("k", d)
    >>> W, delta, g = tensor("W", (n, d)), tensor("delta", n), tensor("g", d)
    >>> (words,) = explained(matrix_equation(Equation(g[k], Sum(W[j, k] * delta[j], j))))
    >>> "".join(map(str, words))[:50]
    'The sum runs over j, which stands first in W[j, k]'
    """
    nodes = list((shown.right if right is None else right).walk())
    said = [*_transposes(shown, nodes), *_without_sums(nodes)]
    if not said:
        if any(isinstance(node, Product) for node in nodes):
            said = [("Indices that are summed stand side by side: that is a matrix product.",)]
        elif any(isinstance(node, SquaredNorm | Trace) for node in nodes):
            said = [("The sum over all entries is written as one operation on the whole.",)]
        else:
            said = [("Every index of the right side is one of the left side, in the same order: it is left out.",)]
    return tuple(said)


def _transposes(shown: MatrixEquation, nodes: Sequence[Tree]) -> Iterator[Words]:
    """Say of each transposed tensor why it is turned."""
    turned: dict[Tensor, None] = {}
    for node in nodes:
        body = node.body if isinstance(node, Transposed) else None
        body = body.body if isinstance(body, Unmarked) else body
        if isinstance(body, Leaf):
            turned[body.tensor] = None
    equation = shown.equation
    is_row = equation.tensor.rank == 1 and nodes[0].rows is None
    row, column = (None, *equation.indices)[:2] if is_row else (*equation.indices, None, None)[:2]
    said: set[str] = set()
    for tensor in turned:
        if tensor.is_symmetric:
            continue
        found = [e for e in entries(equation.right) if e.base == tensor and all(isinstance(i, Idx) for i in e.indices)]
        words = _turned_vector(found, row, column) if tensor.rank == 1 else _turned_matrix(found, row, column)
        # One sentence of a kind is enough: (x − m)ᵀ turns x and m for the same reason.
        if words and (kind := "".join(word for word in words if isinstance(word, str))) not in said:
            said.add(kind)
            yield words


def _turned_vector(found: Sequence[Entry], row: Any, column: Any) -> Words:
    """Why a vector is turned: its index counts columns of the left side, or it is summed with what follows."""
    order = sorted(found, key=lambda e: (e.indices[0] != column, e.indices[0] == row, str(e)))
    if not order:
        return ()
    (entry,) = order[:1]
    (k,) = entry.indices
    if k == column:
        return ("Of ", entry, " the index ", k, " counts columns on the left side: ", entry.base,
                " lies down as a row, so it is transposed.")  # fmt: skip
    if k == row:
        return ("Of ", entry, " the index ", k, " counts rows on the left side: ", entry.base,
                " stands up as a column, so it is transposed.")  # fmt: skip
    return ("Of ", entry, " the index ", k, " is summed with what stands on the right of it: on the left of a product ",
            entry.base, " lies down as a row, so it is transposed.")  # fmt: skip


def _turned_matrix(found: Sequence[Entry], row: Any, column: Any) -> Words:
    """Why a matrix is turned: untransposed, its first index counts rows, and its last one columns or is summed."""
    free = {row, column} - {None}
    for entry in sorted(found, key=str):
        first, second = entry.indices
        if first not in free and second == row:
            return ("The sum runs over ", first, ", which stands first in ", entry, "; a product sums over the last "
                    "index of what stands on its left. So the indices change places: that is the transpose of ",
                    entry.base, ".")  # fmt: skip
        if second not in free and first == column:
            return ("The sum runs over ", second, ", which stands last in ", entry, "; a product sums over the first "
                    "index of what stands on its right. So the indices change places: that is the transpose of ",
                    entry.base, ".")  # fmt: skip
        if first == column and second == row:
            return ("On the left side ", second, " comes before ", first, ": ", entry, " has them the other way "
                    "round, which is the transpose of ", entry.base, ".")  # fmt: skip
    inner = [entry for entry in sorted(found, key=str) if not free & set(entry.indices)]
    if inner:
        return ("Summed indices must stand side by side: in ", inner[0], " they do so only when ", inner[0].base,
                " is transposed.")  # fmt: skip
    return ()


def _without_sums(nodes: Sequence[Tree]) -> Iterator[Words]:
    """Say what factors with the same index, and no sum, become."""
    products = [node for node in nodes if isinstance(node, Hadamard)]
    divided = any(isinstance(f, Power) and f.exponent.is_negative for node in products for f in node.factors)
    if products:
        how = "multiplied or divided" if divided else "multiplied"
        yield (f"Factors with the same index and no sum over it are {how} entry by entry.",)
    if any(isinstance(node, Diagonal) for node in nodes):
        yield ("A vector whose index stands twice is the diagonal of a matrix.",)
    if any(isinstance(node, Ones) for node in nodes):
        if _sums_by_ones(nodes):
            yield ("A sum with nothing to meet is a product with the vector of ones.",)
        else:
            yield ("What has not all the indices of the left side is the same for all of them: the vector of ones "
                   "spreads it.",)  # fmt: skip


def _sums_by_ones(nodes: Sequence[Tree]) -> bool:
    """Whether ones add something up, M 1 or 1ᵀ v, and do not spread it, s 1 or v 1ᵀ."""
    for node in nodes:
        if isinstance(node, Product):
            for left, right in pairwise(node.factors):
                if isinstance(right, Ones) and left.columns is not None:
                    return True
                if isinstance(left, Transposed) and isinstance(left.body, Ones) and right.rows is not None:
                    return True
    return False
