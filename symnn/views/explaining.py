"""Why a matrix form looks as it does: it is read off the order of the indices.

    Σⱼ δⱼ wⱼₖ = ((W)ᵀ δ)ₖ        j stands first in wⱼₖ, and a product sums over what stands last
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sympy import Idx

from symnn.language import Entry, Tensor, entries
from symnn.views.matrix import MatrixEquation
from symnn.views.tree import Diagonal, Hadamard, Leaf, Ones, Product, SquaredNorm, Trace, Transposed, Tree, Unmarked

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
    free = equation.indices
    said: set[str] = set()
    for tensor in turned:
        found = sorted((e for e in entries(equation.right) if e.base == tensor), key=str)
        for entry in found[:1]:
            if all(isinstance(i, Idx) for i in entry.indices):
                words = _turned(entry, free, Leaf(tensor))
                # One sentence of a kind is enough: (x − m)ᵀ turns x and m for the same reason.
                if (kind := "".join(word for word in words if isinstance(word, str))) not in said:
                    said.add(kind)
                    yield words


def _turned(entry: Entry, free: tuple[Idx, ...], whole: Leaf) -> Words:
    if len(entry.indices) == 1:
        (k,) = entry.indices
        if k in free:
            across = free.index(k) == 1
            return ("Of ", entry, " the index ", k, f" counts {'columns' if across else 'rows'} on the left side: ",
                    whole.tensor, f" {'lies down as a row' if across else 'stands up as a column'}, so it is "
                    "transposed.")  # fmt: skip
        return ("A sum over the one index of two columns is a row times a column: ", whole.tensor, " is transposed.")
    first, second = entry.indices
    if first not in free and second in free:
        return ("The sum runs over ", first, ", which stands first in ", entry, "; a product sums over the last index "
                "of what stands on its left. So the indices change places: that is the transpose of ",
                whole.tensor, ".")  # fmt: skip
    if second not in free and first in free:
        return ("The sum runs over ", second, ", which stands last in ", entry, "; a product sums over the first index "
                "of what stands on its right. So the indices change places: that is the transpose of ",
                whole.tensor, ".")  # fmt: skip
    if first in free and second in free:
        return ("On the left side ", second, " comes before ", first, ": ", entry, " has them the other way round, "
                "which is the transpose of ", whole.tensor, ".")  # fmt: skip
    return ("Summed indices must stand side by side: in ", entry, " they do so only when ", whole.tensor,
            " is transposed.")  # fmt: skip


def _without_sums(nodes: Sequence[Tree]) -> Iterator[Words]:
    """Say what factors with the same index, and no sum, become."""
    if any(isinstance(node, Hadamard) for node in nodes):
        yield ("Factors with the same index and no sum over it are multiplied entry by entry.",)
    if any(isinstance(node, Diagonal) for node in nodes):
        yield ("A vector whose index stands twice is the diagonal of a matrix.",)
    if any(isinstance(node, Ones) for node in nodes):
        yield ("A sum with nothing to meet is a product with the vector of ones.",)
