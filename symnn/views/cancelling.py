"""What a matrix beside an inverse comes to: S S⁻¹ = I, B (A B)⁻¹ = A⁻¹, (A B)⁻¹ A = B⁻¹, and their transposes."""

from __future__ import annotations

from collections.abc import Sequence

from symnn.views.transposes import same_axis, transpose
from symnn.views.tree import Identity, InverseOf, Product, Transposed, Tree


def cancelled(left: Tree, right: Tree) -> Tree | None:
    """Return what S S⁻¹, B (A B)⁻¹ or (A B)⁻¹ A comes to, where A and B are square; None for anything else."""
    found = _cancelled_after(left, right)
    if found is None:
        found = _transposed(_cancelled_after(transpose(right), transpose(left)))
    if found is None:
        found = _cancelled_before(left, right)
    return _transposed(_cancelled_before(transpose(right), transpose(left))) if found is None else found


def _transposed(tree: Tree | None) -> Tree | None:
    return None if tree is None else transpose(tree)


def _cancelled_after(left: Tree, right: Tree) -> Tree | None:
    """B (A B)⁻¹ = A⁻¹"""
    if not isinstance(right, InverseOf) or not same_axis(left.rows, left.columns):
        return None
    factors = right.body.factors if isinstance(right.body, Product) else (right.body,)
    return _inverse_of_product(factors[:-1], left) if factors[-1] == left else None


def _cancelled_before(left: Tree, right: Tree) -> Tree | None:
    """(A B)⁻¹ A = B⁻¹"""
    if not isinstance(left, InverseOf) or not same_axis(right.rows, right.columns):
        return None
    factors = left.body.factors if isinstance(left.body, Product) else (left.body,)
    return _inverse_of_product(factors[1:], right) if factors[0] == right else None


def _inverse_of_product(factors: Sequence[Tree], cancelled: Tree) -> Tree:
    if not factors:
        return Identity(cancelled.rows)
    if len(factors) > 1:
        return InverseOf(Product(tuple(factors)))
    only = factors[0]
    if isinstance(only, Transposed):
        return Transposed(InverseOf(only.body))
    return only.body if isinstance(only, InverseOf) else InverseOf(only)
