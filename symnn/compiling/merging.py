"""Many small matrix products as one: what a call costs is then paid once.

Σ_t A_t B_t        becomes  [A₁ A₂ …] [B₁; B₂; …]        (a gradient that is a sum over time)
X Wᵀ, X Uᵀ, …      become   parts of X [W; U; …]ᵀ        (the gates of a recurrent cell)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sympy import Add, Expr, Integer, Symbol, preorder_traversal
from sympy.core.basic import Basic

from symnn.compiling.arrays import Array
from symnn.compiling.nodes import (
    Concatenate,
    Contiguous,
    Expand,
    Item,
    MatMul,
    Placed,
    ReduceSum,
    Slice,
    Swap,
    Transpose,
)
from symnn.compiling.sharing import Assignment
from symnn.language import Tensor

_MANY_TERMS = 4
_MANY_PRODUCTS, _MANY_STEPS = 2, 4


def with_sums_merged(arrays: Sequence[Array]) -> list[Array]:
    """Return the terms of a sum, with matrix products (and sums over rows) of the same axes made one each."""
    made = list(arrays)
    for kind, merged in ((MatMul, _one_product), (ReduceSum, _one_sum)):
        for axes in dict.fromkeys(array.axes for array in made):
            same = [array for array in made if array.axes == axes and isinstance(array.expression, kind)]
            one = merged([array.expression for array in same], len(axes)) if len(same) >= _MANY_TERMS else None
            if one is not None:
                made = [array for array in made if array not in same] + [Array(one, axes)]
    return made


def _one_product(products: Sequence[Expr], rank: int) -> Expr | None:
    if rank != 2:
        return None
    pairs = sorted((product.args for product in products), key=lambda pair: _natural(pair[0]))
    left, right = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    return MatMul(_beside(left, 1), _beside(right, 0))


def _one_sum(sums: Sequence[Expr], rank: int) -> Expr | None:
    """Σ over rows of each of several matrices, as one sum over all their rows."""
    if rank != 1 or any(tuple(one.args[1]) != (0,) for one in sums):
        return None
    return ReduceSum(Concatenate(Integer(0), tuple(sorted((one.args[0] for one in sums), key=_natural))), [0])


def _beside(matrices: Sequence[Expr], axis: int) -> Expr:
    """Return matrices side by side along an axis; transposes of matrices are the transpose of them side by side."""
    if all(isinstance(matrix, Transpose) for matrix in matrices):
        return Transpose(Concatenate(Integer(1 - axis), tuple(matrix.args[0] for matrix in matrices)), [1, 0])
    return Concatenate(Integer(axis), tuple(matrices))


def _natural(part: Basic) -> tuple[tuple[int, str], ...]:
    """What to sort by, so that z_2 comes before z_10, and sums over the same terms have them in the same order."""
    return tuple(sorted((len(symbol.name), symbol.name) for symbol in part.free_symbols))


def with_products_merged(lines: Sequence[Assignment], inputs: Mapping[str, Tensor]) -> list[Assignment]:
    """Return the lines with pre-activations of the same matrices, z = X Wᵀ + H Uᵀ + b, made one and taken apart.

    The weights side by side are made once; it pays where they are used again and again, step by step.

    Args:
        lines: the lowered lines.
        inputs: the tensors that are given.
    """
    groups: dict[tuple[Any, ...], dict[Symbol, tuple[Symbol, ...]]] = {}
    for name, line in lines:
        found = _pre_activation(line, inputs)
        if found is not None:
            groups.setdefault(found[0], {})[name] = found[1]
    groups = {matrices: weights for matrices, weights in groups.items() if len(weights) >= _MANY_PRODUCTS}
    if not groups:
        return list(lines)
    uses = Counter(tuple(sorted(weights.values(), key=str)) for weights in groups.values())
    kinds = _functions_of({name: weights for group in groups.values() for name, weights in group.items()}, lines)
    changed = dict(lines)
    for matrices, weights in groups.items():
        # Gates with equal functions lie side by side: `widening` takes those together.
        ordered = sorted(weights, key=lambda name: (kinds[weights[name]], str(weights[name])))
        if uses[tuple(sorted(weights.values(), key=str))] >= _MANY_STEPS:
            sizes = [inputs[weights[name][-1].name].shape[0] for name in ordered]
            parts = _parts(matrices, [weights[name] for name in ordered], sizes)
            changed.update(zip(ordered, parts, strict=True))
    return list(changed.items())


def _functions_of(
    names: Mapping[Symbol, tuple[Symbol, ...]], lines: Sequence[Assignment]
) -> dict[tuple[Symbol, ...], list[str]]:
    """Return for each choice of weights what kinds of functions its pre-activations go into."""
    kinds: dict[tuple[Symbol, ...], set[str]] = {weights: set() for weights in names.values()}
    for _, line in lines:
        for part in preorder_traversal(line):
            if len(part.args) == 1 and part.args[0] in names:
                kinds[names[part.args[0]]].add(type(part).__name__)
    return {weights: sorted(found) for weights, found in kinds.items()}


def _pre_activation(line: Expr, inputs: Mapping[str, Tensor]) -> tuple[tuple[Any, ...], tuple[Symbol, ...]] | None:
    """Return the matrices X, H, … (None for a bias) and the weights W, U, …, b of X Wᵀ + H Uᵀ + b."""
    pairs: list[tuple[Any, Symbol]] = []
    for term in Add.make_args(line):
        matrix, weight = None, term
        if isinstance(term, MatMul) and isinstance(term.args[1], Transpose):
            matrix, weight = term.args[0], term.args[1].args[0]
        rank = 1 if matrix is None else 2
        if not isinstance(weight, Symbol) or weight.name not in inputs or inputs[weight.name].rank != rank:
            return None
        pairs.append((matrix, weight))
    if all(matrix is None for matrix, _ in pairs):
        return None
    pairs.sort(key=lambda pair: (pair[0] is None, () if pair[0] is None else _natural(pair[0])))
    return tuple(matrix for matrix, _ in pairs), tuple(weight for _, weight in pairs)


def _parts(matrices: Sequence[Any], weights: Sequence[tuple[Symbol, ...]], sizes: Sequence[Expr]) -> list[Expr]:
    """Return X Wᵀ + H Uᵀ + b for each of several weights, as parts of one array: one above the other, if they can."""
    if len(set(sizes)) == 1:
        whole = _whole(matrices, weights, _above)
        return [Item(whole, (), (place,)) for place in range(len(sizes))]
    whole = _whole(matrices, weights, lambda parts: Concatenate(Integer(0), parts))
    stops = [Add(*sizes[: place + 1]) for place in range(len(sizes))]
    return [Slice(whole, stop - size, stop) for size, stop in zip(sizes, stops, strict=True)]


def _above(parts: tuple[Symbol, ...]) -> Expr:
    return Placed(Integer(0), Integer(len(parts)), tuple(range(len(parts))), parts)


def _whole(
    matrices: Sequence[Any], weights: Sequence[tuple[Symbol, ...]], together: Callable[[tuple[Symbol, ...]], Expr]
) -> Expr:
    """Return X [W; …]ᵀ + H [U; …]ᵀ + [b; …]."""
    terms = []
    for matrix, parts in zip(matrices, zip(*weights, strict=True), strict=True):
        stacked = together(parts)
        above = isinstance(stacked, Placed)
        if matrix is None:
            terms.append(Expand(stacked, [1, 0, 1]) if above else stacked)
        else:
            turned = Swap(stacked) if above else Transpose(stacked, [1, 0])
            terms.append(MatMul(matrix, Contiguous(turned)))
    return Add(*terms)
