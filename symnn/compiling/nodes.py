"""Operations on whole arrays, as small SymPy classes: what a right side becomes before it is printed.

Sums, products, powers and functions of arrays stay SymPy's own, elementwise; only what moves axes,
contracts or reduces needs a class here. The printer has one method for each.
"""

from __future__ import annotations

from typing import Any

from sympy import Expr, Integer, Tuple
from sympy.core.symbol import Str
from sympy.printing.precedence import PRECEDENCE

_PRODUCT = PRECEDENCE["Add"]
"""Of what is printed as a product: SymPy gives its own the precedence of a sum too, where a sign can be taken out."""


class ArrayNode(Expr):
    """An operation on arrays; its arguments are arrays first, then what says how."""

    is_commutative = True
    is_real = True
    is_number = False
    is_view = False
    """Whether the result shares memory with the first argument."""
    precedence = PRECEDENCE["Atom"]

    def __new__(cls, *args: Any) -> ArrayNode:
        return Expr.__new__(cls, *(_argument(arg) for arg in args))


def _argument(arg: Any) -> Any:
    if isinstance(arg, str):
        return Str(arg)
    if isinstance(arg, bool | int):
        return Integer(int(arg))
    if isinstance(arg, tuple | list):
        return Tuple(*(_argument(a) for a in arg))
    return arg


class MatMul(ArrayNode):
    """A @ B"""

    precedence = _PRODUCT


class Dot(ArrayNode):
    """The sum of all products of entries of A and B, which have one shape."""


class Einsum(ArrayNode):
    """np.einsum(A, B, subscripts): a product whose axes no matrix product takes."""


class VecDot(ArrayNode):
    """np.vecdot(A, B): the sums of products along the last axis."""


class Reshape(ArrayNode):
    """A.reshape(sizes): neighbouring axes taken together, or apart again."""

    is_view = True


class Transpose(ArrayNode):
    """A with its axes permuted."""

    is_view = True


class Swap(ArrayNode):
    """A with its last two axes exchanged: Aᵀ, of matrices side by side too."""

    is_view = True


class Expand(ArrayNode):
    """A with axes of length 1 inserted: `kept` has 1 for an axis of A and 0 for a new one."""

    is_view = True


class Item(ArrayNode):
    """A[:, 0, :]: an axis taken at one place (or all of it, where the place is Str(':'))."""

    is_view = True


class Diagonal(ArrayNode):
    """np.einsum(A, subscripts): repeated axes taken together, as a view."""

    is_view = True


class Broadcast(ArrayNode):
    """np.broadcast_to(A, shape)"""

    is_view = True


class Full(ArrayNode):
    """np.full(shape, number): numbers in the program's own type; without a shape, one of them"""


class Windows(ArrayNode):
    """A with one axis replaced by several: A[start + Σ step·index], zero outside the array."""

    is_view = True


class Gather(ArrayNode):
    """A at index arrays, one for each axis; indices outside are clipped (and masked by a bracket)."""


class Lookup(ArrayNode):
    """A[:, t]: one axis replaced by the axes of an array of whole numbers."""


class Whole(ArrayNode):
    """t as whole numbers, to look others up by."""


class Overlap(ArrayNode):
    """The adjoint of `Windows`: the sum over taps of A, put down at start + Σ step·index of an axis of its own."""


class ScatterAdd(ArrayNode):
    """The adjoint of a lookup: the rows of A, added up where an array of whole numbers says."""


class Concatenate(ArrayNode):
    """np.concatenate(arrays, axis)"""


class Contiguous(ArrayNode):
    """np.ascontiguousarray(A): in row-major order, for products with it again and again"""


class Slice(ArrayNode):
    """A[..., start:stop]"""

    is_view = True


class Rows(ArrayNode):
    """A[start:stop]"""

    is_view = True


class Placed(ArrayNode):
    """Arrays put down side by side along a new axis, with zeros where there is none."""


class Inv(ArrayNode):
    """np.linalg.inv(A), of the last two axes"""


class Solve(ArrayNode):
    """np.linalg.solve(A, B): A⁻¹ B, with nothing inverted"""


class Det(ArrayNode):
    """np.linalg.det(A)"""


class LogDet(ArrayNode):
    """log det A, nan where the determinant is not positive"""


class CholeskyFactor(ArrayNode):
    """np.linalg.cholesky(A)"""


class Places(ArrayNode):
    """np.arange(size)"""


class Inside(ArrayNode):
    """(0 <= e) & (e < size), for an index array e"""


class Equal(ArrayNode):
    """e == f, for index arrays"""


class Positive(ArrayNode):
    """1 where u > 0, else 0, in the program's own type"""


class NotPositive(ArrayNode):
    """1 where u ≤ 0, else 0, in the program's own type"""


class LogOfTruth(ArrayNode):
    """0 where an array of truth values is true, else −∞: the logarithm of a bracket"""


class Cast(ArrayNode):
    """An array of truth values as numbers of the program's own type."""


class Copy(ArrayNode):
    """A fresh array, so that what is returned shares no memory with what was given."""


class ReduceSum(ArrayNode):
    """np.add.reduce(A, axis)"""


class TapSum(ArrayNode):
    """Σ of A over a few short axes, one slice after the other"""


class TapMax(ArrayNode):
    """max of A over a few short axes, one slice after the other"""


class WindowProduct(ArrayNode):
    """A @ W[n] for each n, where W[n] are the windows of an example, its first axes taken together"""


class WindowSum(ArrayNode):
    """Σₙ W[n] @ B[n]ᵀ, where W[n] are the windows of an example, its first axes taken together"""


class ReduceMax(ArrayNode):
    """np.max(A, axis)"""


class ReduceLogSumExp(ArrayNode):
    """log Σ exp A over axes, with the largest entry taken out first"""


class ExpOfMinus(ArrayNode):
    """exp(−z), with −z held below the overflow of the type"""


class Quotient(ArrayNode):
    """A / B, as it stands: σ = e/(1 + e) and σ′ = σ/(1 + e), with e = exp z, have no square that overflows"""

    precedence = _PRODUCT


class TanhSlope(ArrayNode):
    """tanh′(z) = 4e/(1 + e)² with e = exp(−2|z|), which keeps its digits where tanh is flat"""


class NegativePart(ArrayNode):
    """min(z, 0)"""


class ExpMinusOne(ArrayNode):
    """exp(z) − 1, which keeps its digits where z is small"""


class LogOnePlus(ArrayNode):
    """log(1 + z), which keeps its digits where z is small"""


class NormalDistribution(ArrayNode):
    """Φ(z), the standard normal distribution function"""

    precedence = _PRODUCT


class Gaussian(ArrayNode):
    """exp(−z²/2), with the digits that z² has no room for"""


class Chain(ArrayNode):
    """a * b * c, from left to right: an order in which no intermediate product loses digits"""

    precedence = _PRODUCT


class PositivePart(ArrayNode):
    """max(z, 0)"""


class Softplus(ArrayNode):
    """max(z, 0) + log1p(exp(−|z|))"""
