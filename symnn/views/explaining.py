"""Why a matrix form looks as it does: it is read off the order of the indices.

    Σⱼ δⱼ wⱼₖ = ((W)ᵀ δ)ₖ        j stands first in wⱼₖ, and a product sums over what stands last
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sympy import Idx

from symnn.language import Entry, Tensor, entries
from symnn.views.matrix import MatrixEquation
from symnn.views.tree import Diagonal, Hadamard, Leaf, Ones, Product, SquaredNorm, Trace, Transposed

Words = tuple[Any, ...]


def explained(shown: MatrixEquation) -> tuple[Words, ...]:
    """Return sentences, texts with tensors and entries between them, on how the matrix form is read off.

    >>> from sympy import Sum
    >>> from symnn.language import Equation, index, sizes, tensor
    >>> from symnn.views.matrix import matrix_equation
    >>> n, d = sizes("n d"); j, k = index("j", n), index("k", d)
    >>> W, delta, g = tensor("W", (n, d)), tensor("delta", n), tensor("g", d)
    >>> (words,) = explained(matrix_equation(Equation(g[k], Sum(W[j, k] * delta[j], j))))
    >>> "".join(map(str, words))[:50]
    'The sum runs over j, which stands first in W[j, k]'
    """
    said = [*_transposes(shown), *_without_sums(shown)]
    if not said:
        nodes = list(shown.right.walk())
        if any(isinstance(node, Product) for node in nodes):
            said = [("Indices that are summed stand side by side: that is a matrix product.",)]
        elif any(isinstance(node, SquaredNorm | Trace) for node in nodes):
            said = [("The sum over all entries is written as one operation on the whole.",)]
        else:
            said = [("Every index of the right side is one of the left side, in the same order: it is left out.",)]
    return tuple(said)


def _transposes(shown: MatrixEquation) -> Iterator[Words]:
    """Say of each transposed tensor why it is turned."""
    turned: dict[Tensor, None] = {}
    for node in shown.right.walk():
        if isinstance(node, Transposed) and isinstance(node.body, Leaf):
            turned[node.body.tensor] = None
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
            return ("Of ", entry, " the index ", k, " counts columns on the left side: ", whole.tensor,
                    " lies down as a row, so it is transposed.")  # fmt: skip
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


def _without_sums(shown: MatrixEquation) -> Iterator[Words]:
    """Say what factors with the same index, and no sum, become."""
    nodes = list(shown.right.walk())
    if any(isinstance(node, Hadamard) for node in nodes):
        yield ("Factors with the same index and no sum over it are multiplied entry by entry.",)
    if any(isinstance(node, Diagonal) for node in nodes):
        yield ("A vector whose index stands twice is the diagonal of a matrix.",)
    if any(isinstance(node, Ones) for node in nodes):
        yield ("A sum with nothing to meet is a product with the vector of ones.",)
