"""From an equation in index notation to one expression on whole arrays.

Every part of the right side becomes an array whose axes are the indices free in it. Entry by entry
operations bring these axes into line; a sum of a product is contracted; nothing loops.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sympy import (
    Add,
    Expr,
    Function,
    Idx,
    Integer,
    Max,
    Min,
    Mul,
    Piecewise,
    Pow,
    S,
    Sum,
    log,
)
from sympy.core.basic import Basic
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from symnn.compiling.algebra import distributed, not_positive, with_common_factor
from symnn.compiling.arrays import Array, entrywise, filled
from symnn.compiling.contraction import are_taps, contract, scaled
from symnn.compiling.functions import NODES
from symnn.compiling.merging import with_sums_merged
from symnn.compiling.nodes import (
    Cast,
    CholeskyFactor,
    Det,
    ExpOfMinus,
    Inv,
    LogDet,
    LogOfTruth,
    NotPositive,
    Placed,
    Places,
    Positive,
    Quotient,
    ReduceLogSumExp,
    ReduceMax,
    TapMax,
)
from symnn.compiling.places import Axes, is_mask, laid_out, length, padded
from symnn.compiling.scatter import Placement, always, constants, placed, put_down, resolved
from symnn.errors import CompileError
from symnn.language import (
    Cholesky,
    Determinant,
    Elementwise,
    Entry,
    Equation,
    Inverse,
    LogDeterminant,
    LogSumExp,
    MatrixOperation,
    Maximum,
    Reduction,
    Step,
    Within,
    binds_apart,
    body_and_bound,
    entries,
    formula,
    free_indices,
    prime,
    refresh,
    size_of,
    sum_over,
    transform,
)
from symnn.language.functions import sigmoid

_MATRICES: dict[Any, Any] = {Inverse: Inv, Determinant: Det, LogDeterminant: LogDet, Cholesky: CholeskyFactor}


def lower(equation: Equation, inverses: Collection[str] = (), numbers_outside: bool = False) -> Expr:
    """Return the right side of an equation as an expression on arrays, with the axes of the left side.

    Args:
        equation: the equation.
        inverses: the names of matrices that are inverses: numbers stay outside their products, so that
            one solution of linear equations serves them all.
        numbers_outside: whether a sum is multiplied by a number after it was taken, not one of its factors before.

    Raises:
        CompileError: for an undefined function, or something that NumPy has no code for.
    """
    return _Lowering(equation, inverses, numbers_outside).result()


class _Lowering(Axes):
    """Lowers one equation."""

    def __init__(self, equation: Equation, inverses: Collection[str], numbers_outside: bool) -> None:
        super().__init__(equation)
        self.inverses, self.numbers_outside = inverses, numbers_outside

    def result(self) -> Expr:
        right = self.equation.right
        array = self.array(right if binds_apart(right) else refresh(right))
        return filled(array, self.equation.indices).expression

    def array(self, part: Basic) -> Array:
        """Return any expression as an array."""
        if isinstance(part, Entry):
            return self.entry(part)
        if isinstance(part, Sum):
            return self._sum(part)
        if isinstance(part, MatrixOperation):
            return self._matrix(part)
        if isinstance(part, Reduction):
            return self._reduction(part)
        if (side_by_side := constants(part)) is not None:
            return self._side_by_side(*side_by_side)
        if isinstance(part, Expr) and part.is_number:
            return Array(self._number(part))
        if isinstance(part, Mul):
            return self._product(part)
        if isinstance(part, Step):
            inner = self.array(part.args[0])
            return Array(Positive(inner.expression), inner.axes)
        if (under := not_positive(part)) is not None:
            inner = self.array(under)
            return Array(NotPositive(inner.expression), inner.axes)
        if is_mask(part):
            return self.mask(part)
        if isinstance(part, log) and is_mask(part.args[0]):
            mask = self.mask(part.args[0])
            return Array(LogOfTruth(mask.expression.args[0]), mask.axes)
        if isinstance(part, Elementwise):
            return self._named(part)
        if isinstance(part, Idx):
            self.see([part])
            return Array(Cast(Places(size_of(part))), (part,))
        if not part.args or not (entries(part) or free_indices(part) or part.has(Elementwise)):
            return Array(part)
        if (
            isinstance(part, Add | Pow | Max | Min | Function | Piecewise | Relational | Boolean)
            or part.func.__name__ == "ExprCondPair"
        ):
            if isinstance(part, Add):
                part = with_common_factor(part)
            if isinstance(part, Mul):
                return self._product(part)
            arrays = [self.array(arg) for arg in part.args]
            if isinstance(part, Add):
                arrays = with_sums_merged(arrays)
            return self._elementwise(part, arrays)
        raise CompileError(f"{self.equation}: NumPy code for {type(part).__name__} is not known")

    def _elementwise(self, part: Basic, arrays: Sequence[Array]) -> Array:
        arrays = [laid_out(array) for array in arrays]
        axes = self._best(arrays)
        if isinstance(part, Mul):
            arrays = _with_one_number(arrays)
        return entrywise(part.func, arrays, axes)

    def _best(self, arrays: Sequence[Array]) -> tuple[Idx, ...]:
        """Return the axes of all arrays, as the first has them that has them all: it need not be turned."""
        axes = self.union(arrays)
        return next((array.axes for array in arrays if len(array.axes) == len(axes)), axes)

    def _product(self, part: Mul) -> Array:
        """A number times a sum is a sum with the number inside: see `scaled`."""
        sums = [arg for arg in part.args if isinstance(arg, Sum)]
        scalars = [arg for arg in part.args if arg not in sums]
        if len(sums) == 1 and scalars and not any(free_indices(scalar) for scalar in scalars):
            return self._sum(sums[0], Mul(*scalars))
        return self._elementwise(part, self._factors(part.args))

    def _factors(self, factors: Sequence[Basic]) -> list[Array]:
        """Return factors as arrays, without the brackets that zero padding makes superfluous."""
        zeros = set().union(*map(padded, factors))
        return [self.array(f) for f in factors if not (isinstance(f, Within) and (f.args in zeros or always(f)))]

    def _sum(self, part: Sum, number: Expr = S.One) -> Array:
        body, bound = body_and_bound(part)
        self.see(bound)
        factors: list[Basic] = []
        for factor in Mul.make_args(body):
            if isinstance(factor, Pow) and factor.exp == 2 and len(Mul.make_args(body)) == 1:
                factors += [factor.base, factor.base]
            elif isinstance(factor, Sum):
                inner, more = body_and_bound(factor)
                self.see(more)
                factors += Mul.make_args(inner)
                bound = (*bound, *more)
            else:
                factors.append(factor)
        if (terms := distributed(factors)) is not None:
            return self.array(Add(*(number * sum_over(term, bound) for term in terms)))
        factors, bound, placements = placed(*resolved(factors, bound))
        kept = self._kept(placements)
        arrays = self._factors(factors)
        missing = [i for i in bound if i not in kept and not any(i in array.axes for array in arrays)]
        arrays += [Array(size_of(i)) for i in missing]
        numbers = [self.array(number).expression, *(array.expression for array in arrays if not array.axes)]
        arrays = [array for array in arrays if array.axes]
        sign, size = Mul(*numbers).as_coeff_Mul()
        rest = abs(sign) * size
        if not self.numbers_outside and not any(entry.base.name in self.inverses for entry in entries(body)):
            arrays, rest = scaled(arrays, bound, rest, _adjoints(body))
        whole = contract(arrays, [i for i in bound if i not in kept], self.order) if arrays else Array(Integer(1))
        if placements:
            whole = put_down(self._with_axes(whole, kept), placements, self)
        return entrywise(Mul, [Array(Integer(-1 if sign.is_negative else 1)), Array(rest), whole], whole.axes)

    def _kept(self, placements: Sequence[Placement]) -> list[Idx]:
        """Return the indices of places, put into the order of axes where their targets stand: long ones last."""
        if not placements:
            return []
        kept = sorted({i for p in placements for i in free_indices(p.place)}, key=lambda i: (length(i), str(i)))
        self.order = [i for i in self.order if i not in kept]
        first = min((self.order.index(p.target) for p in placements if p.target in self.order), default=0)
        self.order[first:first] = kept
        return kept

    def _with_axes(self, array: Array, wanted: Sequence[Idx]) -> Array:
        """Return an array that has all the wanted axes."""
        if set(wanted) <= set(array.axes):
            return array
        return filled(array, self.union([array, Array(Integer(0), tuple(wanted))]))

    def _side_by_side(self, target: Idx, parts: Mapping[Expr, Expr], rest: Expr) -> Array:
        """Return terms that have each a place of its own on an axis, put down there, and what is added to them."""
        self.see([target])
        arrays = [self.array(part) for part in parts.values()]
        axes = self.union(arrays)
        whole = [filled(array, axes).expression for array in arrays]
        after = self.union([*arrays, Array(Integer(0), (target,))])
        made = Array(Placed(Integer(after.index(target)), size_of(target), tuple(parts), tuple(whole)), after)
        if rest == 0:
            return made
        others = self.array(rest)
        axes = self.union([made, others])
        return entrywise(Add, [made, others], axes)

    def _matrix(self, part: MatrixOperation) -> Array:
        """Return a matrix operation: its matrix has the bound indices as its last two axes."""
        self.see(part.bound)
        body = self.array(part.body)
        lead = [i for i in self.union([body]) if i not in part.bound]
        matrix = self._with_axes(body, part.bound).transposed([*lead, *part.bound]).expression
        node = _MATRICES.get(type(part))
        if node is None:
            raise CompileError(f"{self.equation}: NumPy code for {type(part).__name__} is not known")
        own = [i for i in self.equation.indices if i not in lead] if part.rank else []
        return Array(node(matrix), (*lead, *own))

    def _reduction(self, part: Reduction) -> Array:
        self.see(part.bound)
        body = self._with_axes(self.array(part.body), part.bound)
        axes = self.union([body])
        expression = body.aligned(axes)
        node = {LogSumExp: ReduceLogSumExp, Maximum: ReduceMax}.get(type(part))
        if node is None:
            raise CompileError(f"{self.equation}: NumPy code for {type(part).__name__} is not known")
        places = [axes.index(i) for i in part.bound]
        node = TapMax if node is ReduceMax and are_taps(body, part.bound) else node
        return Array(node(expression, places), tuple(i for i in axes if i not in part.bound))

    def _named(self, part: Elementwise) -> Array:
        inner = self.array(part.args[0])
        z, axes = inner.expression, inner.axes
        if isinstance(part, sigmoid | prime(sigmoid)):
            return Array(_sigmoid(z, slope=part.order > 0), axes)
        if type(part) in NODES:
            return Array(NODES[type(part)](z), axes)
        return self.array(self._formula(part))

    def _number(self, part: Any) -> Any:
        """Return a number with each named function written out: its digits are exact as they are evaluated."""
        return transform(part, lambda f: self._number(self._formula(f)) if isinstance(f, Elementwise) else None)

    def _formula(self, part: Elementwise) -> Expr:
        textbook = formula(type(part), part.args[0])
        if textbook is None:
            root = part.root.__name__
            raise CompileError(
                f"{self.equation}: '{root}' is an undefined function: it is printed and differentiated, not compiled"
            )
        return textbook


def _sigmoid(z: Expr, slope: bool) -> Expr:
    """Return σ(z) = e/(1 + e), σ(−z) = 1/(1 + e) or σ′(z) = σ(z)/(1 + e), with e = exp(z): all keep their digits."""
    is_turned = z.could_extract_minus_sign()
    e = ExpOfMinus(z if is_turned else -z)
    if slope:
        return Quotient(Quotient(e, 1 + e), 1 + e)
    return Quotient(1 if is_turned else e, 1 + e)


def _with_one_number(arrays: Sequence[Array]) -> Sequence[Array]:
    """Return the factors of a product with irrational numbers multiplied into one: z/sqrt(2) is 0.707… z."""
    numbers = [array for array in arrays if array.expression.is_number]
    product = Mul(*(array.expression for array in numbers))
    if product.is_Rational:
        return arrays
    return [Array(product.evalf(20)), *(array for array in arrays if array not in numbers)]


def _adjoints(body: Expr) -> set[str]:
    return {entry.base.name for entry in entries(body) if entry.base.role == "adjoint"}
