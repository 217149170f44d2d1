"""Conventions in which a symbol stands for a transpose: vectors as rows, gradients in numerator layout.

    z = W x + b     →     z = x Wᵀ + b              ∂C/∂W = δ xᵀ     →     ∂C/∂W = x δ

An equation is transposed as a whole where its left side is; every symbol that stands for a transpose is
an `Unmarked` node, which evaluates to the transpose of what it was. In a product, 1 is a column of ones in
either convention; elsewhere, as in 1 − a, it has the shape that is needed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symnn.language import Tensor
from symnn.views.making import fewest_transposes, product
from symnn.views.operations import rebuild
from symnn.views.transposes import transpose
from symnn.views.tree import DiagonalOf, Leaf, Ones, Product, Reduce, Softmax, Transposed, Tree, Unmarked


def turned_sides(
    left: Leaf, right: Tree, is_turned: Callable[[Tensor], bool], turns_axis: Callable[[Any], bool]
) -> tuple[Tree, Tree]:
    """Return the two sides of an equation in a convention.

    Args:
        left: the left side, as it is in columns and denominator layout.
        right: the right side.
        is_turned: whether the symbol of a tensor stands for its transpose.
        turns_axis: whether a vector without a symbol, such as 1, is a row if its axis is this one.
    """
    made = rebuild(right, _visitor(is_turned, turns_axis))
    if not is_turned(left.tensor):
        return left, made
    return Unmarked(left), transpose(made)


def _visitor(is_turned: Callable[[Tensor], bool], turns_axis: Callable[[Any], bool]) -> Callable[[Tree], Tree | None]:
    def visit(part: Tree) -> Tree | None:
        if isinstance(part, Leaf):
            return Transposed(Unmarked(part)) if is_turned(part.tensor) else part
        if isinstance(part, Product):
            return product(*(factor if _is_ones(factor) else rebuild(factor, visit) for factor in part.factors))
        if isinstance(part, Reduce) and not part.by_row:
            return Reduce(part.kind, fewest_transposes(rebuild(part.body, visit)), False)
        if part.rows is None or part.columns is not None or not turns_axis(part.rows):
            return None
        if isinstance(part, Ones):
            return Transposed(Unmarked(part))
        if isinstance(part, DiagonalOf):
            return Transposed(Unmarked(DiagonalOf(rebuild(part.body, visit))))
        if isinstance(part, Reduce):
            return Transposed(Unmarked(Reduce(part.kind, rebuild(part.body, visit), part.by_row)))
        if isinstance(part, Softmax):
            return Transposed(Softmax(transpose(rebuild(part.body, visit))))
        return None

    return visit


def _is_ones(tree: Tree) -> bool:
    return isinstance(tree.body if isinstance(tree, Transposed) else tree, Ones)
