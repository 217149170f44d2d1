"""Nothing is inverted that need not be: a product with an inverse is the solution of linear equations.

    S⁻¹ u  becomes  solve(S, u)        u S⁻¹  becomes  solve(Sᵀ, uᵀ)ᵀ

Where nothing else needs the inverse itself, its line goes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from sympy import Expr, Symbol
from sympy.core.basic import Basic

from symnn.compiling.nodes import Inv, MatMul, Solve, Swap, Transpose
from symnn.compiling.sharing import Assignment


def with_solves(lines: Sequence[Assignment], kept: Iterable[str], symmetric: Collection[str] = ()) -> list[Assignment]:
    """Return the lines with every product with an inverse solved, and without inverses that nobody needs.

    Args:
        lines: the lowered lines.
        kept: the names of what is returned.
        symmetric: the names of symmetric matrices, which are their own transposes.

    >>> S, V, u, w = (Symbol(name, real=True) for name in "SVuw")
    >>> with_solves([(V, Inv(S)), (w, MatMul(V, u))], ["w"])
    [(w, Solve(S, u))]
    """
    matrices = {name: line.args[0] for name, line in lines if isinstance(line, Inv)}
    if not matrices:
        return list(lines)
    solving = _Solving(matrices, symmetric)
    changed = [(name, solving.solved(line)) for name, line in lines]
    needed = {Symbol(name, real=True) for name in kept}.union(*(line.free_symbols for _, line in changed))
    return [(name, line) for name, line in changed if name not in matrices or name in needed]


class _Solving:
    """Replaces products with inverses; `matrices` has what each is the inverse of, by name."""

    def __init__(self, matrices: Mapping[Symbol, Expr], symmetric: Collection[str]) -> None:
        self.matrices, self.symmetric = matrices, symmetric

    def solved(self, part: Basic) -> Basic:
        """Return an expression with every product with an inverse solved."""
        if not part.args or not part.free_symbols & self.matrices.keys():
            return part
        part = part.func(*map(self.solved, part.args))
        if not isinstance(part, MatMul):
            return part
        left, right = part.args
        if (matrix := self.inverted(left)) is not None:
            return Solve(matrix, right)
        if (matrix := self.inverted(right)) is not None:
            return Swap(Solve(self.swapped(matrix), self.swapped(left)))
        return part

    def inverted(self, factor: Expr) -> Expr | None:
        """Return the matrix that a factor is the inverse of, if it is one."""
        if isinstance(factor, Transpose) and _swaps_last(factor):
            matrix = self.matrices.get(factor.args[0])
            return None if matrix is None else self.swapped(matrix)
        return self.matrices.get(factor)

    def swapped(self, matrix: Expr) -> Expr:
        """Return Aᵀ, of the last two axes."""
        if isinstance(matrix, Swap) or (isinstance(matrix, Transpose) and _swaps_last(matrix)):
            return matrix.args[0]
        return matrix if isinstance(matrix, Symbol) and matrix.name in self.symmetric else Swap(matrix)


def _swaps_last(transpose: Transpose) -> bool:
    order = [int(place) for place in transpose.args[1]]
    count = len(order)
    return order == [*range(count - 2), count - 1, count - 2]
