"""From an equation in index notation to one expression on whole arrays.

Every part of the right side becomes an array whose axes are the indices free in it. Entry by entry
operations bring these axes into line; a sum of a product is contracted; nothing loops.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sympy import (
    Add,
    Expr,
    Function,
    Idx,
    Integer,
    KroneckerDelta,
    Max,
    Min,
    Mul,
    Piecewise,
    Pow,
    S,
    Sum,
    Symbol,
    exp,
    pi,
    sqrt,
)
from sympy.core.basic import Basic
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from symnn.compiling.arrays import Array
from symnn.compiling.contraction import contract, scaled
from symnn.compiling.nodes import (
    Broadcast,
    Cast,
    Chain,
    Diagonal,
    Equal,
    ExpMinusOne,
    ExpOfMinus,
    Gather,
    Inside,
    Item,
    NegativePart,
    NormalDistribution,
    Places,
    Positive,
    PositivePart,
    ReduceLogSumExp,
    ReduceMax,
    Softplus,
    TanhSlope,
    Windows,
)
from symnn.errors import CompileError
from symnn.language import (
    Elementwise,
    Entry,
    Equation,
    LogSumExp,
    Maximum,
    Reduction,
    Step,
    Within,
    body_and_bound,
    entries,
    formula,
    free_indices,
    index_bounds,
    prime,
    refresh,
    size_of,
)
from symnn.language.functions import elu, gelu, relu, sigmoid, softplus, tanh

_NODES: dict[type[Elementwise], Callable[[Expr], Expr]] = {
    relu: PositivePart,
    softplus: Softplus,
    elu: lambda z: PositivePart(z) + ExpMinusOne(NegativePart(z)),
    prime(elu): lambda z: exp(NegativePart(z)),
    prime(tanh): TanhSlope,
    gelu: lambda z: z * NormalDistribution(z),
    prime(gelu): lambda z: NormalDistribution(z) + (1 / sqrt(2 * pi)).evalf(20) * z * exp(-(z**2) / 2),
}
"""Named functions with code of their own: what their formula says, with the digits kept."""

OWN_CODE = (prime(sigmoid), prime(tanh), prime(elu), prime(gelu))
"""Derivatives whose code is not that of their formula."""


def lower(equation: Equation) -> Expr:
    """Return the right side of an equation as an expression on arrays, with the axes of the left side.

    Raises:
        CompileError: for an undefined function, or something that NumPy has no code for.
    """
    return _Lowering(equation).result()


class _Lowering:
    """Lowers one equation; `order` is the order in which axes are kept: the left side's first."""

    def __init__(self, equation: Equation) -> None:
        self.equation = equation
        self.order: list[Idx] = list(equation.indices)

    def result(self) -> Expr:
        array = self.array(refresh(self.equation.right))
        expression = array.aligned(self.equation.indices)
        if set(array.axes) != set(self.equation.indices):
            expression = Broadcast(expression, [size_of(i) for i in self.equation.indices])
        return expression

    def array(self, part: Basic) -> Array:
        """Return any expression as an array."""
        if isinstance(part, Entry):
            return self._entry(part)
        if isinstance(part, Sum):
            return self._sum(part)
        if isinstance(part, Reduction):
            return self._reduction(part)
        if isinstance(part, Mul):
            return self._product(part)
        if isinstance(part, Step):
            inner = self.array(part.args[0])
            return Array(Positive(inner.expression), inner.axes)
        if isinstance(part, Within | KroneckerDelta):
            return self._mask(part)
        if isinstance(part, Elementwise):
            return self._named(part)
        if isinstance(part, Idx):
            self._see([part])
            return Array(Cast(Places(size_of(part))), (part,))
        if not part.args or not (entries(part) or free_indices(part)):
            return Array(part)
        if (
            isinstance(part, Add | Pow | Max | Min | Function | Piecewise | Relational | Boolean)
            or part.func.__name__ == "ExprCondPair"
        ):
            return self._elementwise(part, [self.array(arg) for arg in part.args])
        raise CompileError(f"{self.equation}: NumPy code for {type(part).__name__} is not known")

    def _see(self, indices: Sequence[Idx]) -> None:
        self.order.extend(i for i in indices if i not in self.order)

    def _union(self, arrays: Sequence[Array]) -> tuple[Idx, ...]:
        present = {i for array in arrays for i in array.axes}
        return tuple(i for i in self.order if i in present)

    def _elementwise(self, part: Basic, arrays: Sequence[Array]) -> Array:
        axes = self._union(arrays)
        if isinstance(part, Mul):
            arrays = _with_one_number(arrays)
        return Array(part.func(*(array.aligned(axes) for array in arrays)), axes)

    def _product(self, part: Mul) -> Array:
        """A number times a sum is a sum with the number inside: see `scaled`."""
        sums = [arg for arg in part.args if isinstance(arg, Sum)]
        scalars = [arg for arg in part.args if arg not in sums]
        if len(sums) == 1 and scalars and not any(free_indices(scalar) for scalar in scalars):
            return self._sum(sums[0], Mul(*scalars))
        return self._elementwise(part, self._factors(part.args))

    def _factors(self, factors: Sequence[Basic]) -> list[Array]:
        """Return factors as arrays, without the brackets that zero padding makes superfluous."""
        padded = {e for f in factors if isinstance(f, Entry) for e in f.indices if not isinstance(e, Idx)}
        return [self.array(f) for f in factors if not (isinstance(f, Within) and f.args[0] in padded)]

    def _sum(self, part: Sum, number: Expr = S.One) -> Array:
        body, bound = body_and_bound(part)
        self._see(bound)
        factors: list[Basic] = []
        for factor in Mul.make_args(body):
            if isinstance(factor, Pow) and factor.exp == 2 and len(Mul.make_args(body)) == 1:
                factors += [factor.base, factor.base]
            elif isinstance(factor, Sum):
                inner, more = body_and_bound(factor)
                self._see(more)
                factors += Mul.make_args(inner)
                bound = (*bound, *more)
            else:
                factors.append(factor)
        arrays = self._factors(factors)
        missing = [i for i in bound if not any(i in array.axes for array in arrays)]
        arrays += [Array(size_of(i)) for i in missing]
        numbers = [self.array(number).expression, *(array.expression for array in arrays if not array.axes)]
        arrays = [array for array in arrays if array.axes]
        sign, size = Mul(*numbers).as_coeff_Mul()
        arrays, rest = scaled(arrays, bound, abs(sign) * size, _adjoints(body))
        whole = contract(arrays, bound, self.order) if arrays else Array(Integer(1))
        return Array(Mul(-1 if sign.is_negative else 1, rest, whole.expression), whole.axes)

    def _reduction(self, part: Reduction) -> Array:
        self._see(part.bound)
        body = self.array(part.body)
        axes = self._union([body, *(Array(Integer(0), (i,)) for i in part.bound)])
        expression = body.aligned(axes)
        if set(body.axes) != set(axes):
            expression = Broadcast(expression, [size_of(i) for i in axes])
        node = {LogSumExp: ReduceLogSumExp, Maximum: ReduceMax}.get(type(part))
        if node is None:
            raise CompileError(f"{self.equation}: NumPy code for {type(part).__name__} is not known")
        places = [axes.index(i) for i in part.bound]
        return Array(node(expression, places), tuple(i for i in axes if i not in part.bound))

    def _named(self, part: Elementwise) -> Array:
        inner = self.array(part.args[0])
        z, axes = inner.expression, inner.axes
        if isinstance(part, sigmoid):
            return Array(1 / (1 + ExpOfMinus(z)), axes)
        if isinstance(part, prime(sigmoid)):
            a = 1 / (1 + ExpOfMinus(z))
            return Array(Chain(ExpOfMinus(z), a, a), axes)
        if type(part) in _NODES:
            return Array(_NODES[type(part)](z), axes)
        textbook = formula(type(part), part.args[0])
        if textbook is None:
            root = part.root.__name__
            raise CompileError(
                f"{self.equation}: '{root}' is an undefined function: it is printed and differentiated, not compiled"
            )
        return self.array(textbook)

    def _mask(self, part: Basic) -> Array:
        """A bracket on indices that no padding replaces."""
        if isinstance(part, Within):
            place = self._places(part.args[0])
            return Array(Cast(Inside(place.expression, part.args[1])), place.axes)
        places = [self._places(arg) for arg in part.args[:2]]
        axes = self._union(places)
        return Array(Cast(Equal(*(place.aligned(axes) for place in places))), axes)

    def _places(self, expression: Expr) -> Array:
        """Return the values of an index expression as an array of whole numbers."""
        used = sorted(free_indices(expression), key=str)
        self._see(used)
        arrays = {i: Array(Places(size_of(i)), (i,)) for i in used}
        axes = self._union(list(arrays.values()))
        return Array(expression.xreplace({i: a.aligned(axes) for i, a in arrays.items()}), axes)

    def _entry(self, entry: Entry) -> Array:
        name = Symbol(entry.base.name, real=True)
        indices = entry.indices
        for e in indices:
            self._see(sorted(free_indices(e), key=str))
        if all(isinstance(e, Idx) for e in indices):
            return _with_diagonals(Array(name, indices))
        used = [i for e in indices for i in free_indices(e)]
        if len(used) != len(set(used)):
            return self._gathered(name, entry)
        return self._windowed(Array(name, indices), entry)

    def _windowed(self, array: Array, entry: Entry) -> Array:
        """Replace each axis with an affine index by one axis for each index in it."""
        expression, place = array.expression, 0
        axes: list[Idx] = []
        for e, size in zip(entry.indices, entry.base.shape, strict=True):
            used = [i for i in self.order if i in free_indices(e)]
            if isinstance(e, Idx):
                axes.append(e)
            elif not used:
                before = [":"] * place
                expression = Item(expression, [*before, "@"], [e])
                continue
            else:
                steps = [e.coeff(i) for i in used]
                start = e.xreplace({i: Integer(0) for i in used})
                low, high = index_bounds(e)
                inside = low.is_nonnegative and (size - 1 - high).is_nonnegative
                padding = (0, 0) if inside else (low, high - size + 1)
                counts = [size_of(i) for i in used]
                expression = Windows(expression, Integer(place), start, counts, steps, padding)
                axes.extend(used)
            place += len(used)
        return Array(expression, tuple(axes))

    def _gathered(self, name: Expr, entry: Entry) -> Array:
        places = [self._places(e) for e in entry.indices]
        axes = self._union(places)
        return Array(Gather(name, [place.aligned(axes) for place in places]), axes)


def _with_one_number(arrays: Sequence[Array]) -> Sequence[Array]:
    """Return the factors of a product with irrational numbers multiplied into one: z/sqrt(2) is 0.707… z."""
    numbers = [array for array in arrays if array.expression.is_number]
    product = Mul(*(array.expression for array in numbers))
    if product.is_Rational:
        return arrays
    return [Array(product.evalf(20)), *(array for array in arrays if array not in numbers)]


def _adjoints(body: Expr) -> set[str]:
    return {entry.base.name for entry in entries(body) if entry.base.role == "adjoint"}


def _with_diagonals(array: Array) -> Array:
    """Take repeated axes together: A[i, i] has the single axis i."""
    distinct = tuple(dict.fromkeys(array.axes))
    if distinct == array.axes:
        return array
    letters = {i: "abcdefghijklmnop"[n] for n, i in enumerate(distinct)}
    subscripts = "".join(letters[i] for i in array.axes) + "->" + "".join(letters.values())
    return Array(Diagonal(array.expression, subscripts), distinct)
