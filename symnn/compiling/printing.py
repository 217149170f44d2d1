"""The printer: one method for each operation on arrays, on top of SymPy's own NumPy printer.

Constants are printed as Python numbers, never as `numpy.sqrt(2)`, so that float32 stays float32.
"""

from __future__ import annotations

from typing import Any

from sympy import Add, Expr, Float, Integer, Pow
from sympy.core.basic import Basic
from sympy.core.function import Application
from sympy.printing.numpy import NumPyPrinter
from sympy.printing.precedence import PRECEDENCE

from symnn.compiling.nodes import ArrayNode, MatMul

_LARGEST_EXPONENT = {"float64": "708.0", "float32": "87.0"}


def largest_exponent(dtype: str) -> Float:
    """Return the largest whole number for which neither exp(z) nor 1/(1 + exp(z)) leaves the normal numbers."""
    return Float(_LARGEST_EXPONENT[dtype])


class ArrayPrinter(NumPyPrinter):
    """Prints lowered expressions as NumPy code, with NumPy called `np`."""

    def __init__(self, dtype: str) -> None:
        super().__init__({"fully_qualified_modules": True, "precision": 17})
        self.dtype = dtype
        self.helpers: set[str] = set()

    def _module_format(self, fqn: str, register: bool = True) -> str:
        module, _, name = fqn.rpartition(".")
        return f"np.{name}" if module in ("numpy", "math") else fqn

    def _handle_UnevaluatedExpr(self, expr: Any) -> Any:
        return expr

    def _helper(self, name: str) -> str:
        self.helpers.add(name)
        return name

    def _print(self, expr: Any, **kwargs: Any) -> str:
        if isinstance(expr, Expr) and not expr.is_Atom and expr.is_number and not expr.is_Rational:
            return repr(float(expr))
        code = str(super()._print(expr, **kwargs))
        is_numpy = isinstance(expr, Application) and code.startswith("np.")
        return f"{code}.item()" if is_numpy and _is_of_sizes(expr) else code

    def _inner(self, expr: Basic) -> str:
        return str(self.parenthesize(expr, PRECEDENCE["Mul"], strict=False))

    def _atom(self, expr: Basic) -> str:
        return str(self.parenthesize(expr, PRECEDENCE["Atom"], strict=True))

    def parenthesize(self, item: Any, level: int, strict: bool = False) -> str:
        shown = self._print(item)
        if isinstance(item, Expr) and item.is_Rational and not item.is_negative and "/" not in shown:
            return shown
        if isinstance(item, Pow) and shown.startswith("1/"):
            return f"({shown})" if level > PRECEDENCE["Mul"] - (not strict) else shown  # it binds as a quotient does
        return str(super().parenthesize(item, level, strict))

    def _as_ordered_terms(self, expr: Any, order: Any = None) -> list[Any]:
        """Matrix products before what is added to them, numbers first of all."""
        terms = super()._as_ordered_terms(expr, order)
        return sorted(terms, key=lambda term: (bool(term.free_symbols), not term.has(MatMul)))

    def _print_NumberSymbol(self, expr: Any) -> str:
        return repr(float(expr))

    def _print_Rational(self, expr: Any) -> str:
        return repr(float(expr)) if _is_decimal(expr.q) else f"{expr.p}/{expr.q}"

    def _print_Half(self, expr: Any) -> str:
        return "0.5"

    def _print_Float(self, expr: Any) -> str:
        return repr(float(expr))

    def _print_Pow(self, expr: Any, rational: bool = False, sqrt: str = "np.sqrt") -> str:
        if _is_of_sizes(expr.base) and not expr.exp.is_integer:
            return f"{self._atom(expr.base)}**({self._print(expr.exp)})"
        return str(self._hprint_Pow(expr, rational=rational, sqrt=sqrt))

    def _print_Mul(self, expr: Any) -> str:
        # SymPy gives a product with a minus sign the precedence of a sum, and then leaves out parentheses.
        if expr.as_coeff_Mul()[0].is_negative:
            rest = -expr
            return f"-{self._inner(rest) if isinstance(rest, MatMul) else self._strict(rest)}"
        return str(super()._print_Mul(expr))

    def _strict(self, expr: Basic) -> str:
        return str(self.parenthesize(expr, PRECEDENCE["Mul"], strict=True))

    def _print_MatMul(self, expr: Any) -> str:
        return f"{self._inner(expr.args[0])} @ {self._inner(expr.args[1])}"

    def _print_Dot(self, expr: Any) -> str:
        return f"np.vdot({self._print(expr.args[0])}, {self._print(expr.args[1])})"

    def _print_Einsum(self, expr: Any) -> str:
        left, right, subscripts = expr.args
        return f'np.einsum("{subscripts.name}", {self._print(left)}, {self._print(right)})'

    def _print_Diagonal(self, expr: Any) -> str:
        return f'np.einsum("{expr.args[1].name}", {self._print(expr.args[0])})'

    def _print_Transpose(self, expr: Any) -> str:
        array, order = expr.args
        if tuple(order) == tuple(reversed(range(len(order)))):
            return f"{self._atom(array)}.T"
        return f"{self._atom(array)}.transpose({', '.join(map(self._print, order))})"

    def _print_Swap(self, expr: Any) -> str:
        return f"{self._atom(expr.args[0])}.mT"

    def _print_Expand(self, expr: Any) -> str:
        places = ", ".join(":" if kept else "None" for kept in expr.args[1])
        return f"{self._atom(expr.args[0])}[{places}]"

    def _print_Item(self, expr: Any) -> str:
        array, before, places = expr.args
        values = iter(places)
        shown = [str(b.name) if b.name != "@" else self._print(next(values)) for b in before]
        return f"{self._atom(array)}[{', '.join([*shown, *map(self._print, values)])}]"

    def _print_Broadcast(self, expr: Any) -> str:
        return f"np.broadcast_to({self._print(expr.args[0])}, {self._tuple(expr.args[1])})"

    def _print_Full(self, expr: Any) -> str:
        number, shape = expr.args
        if not shape:
            return f"np.{self.dtype}({self._print(number)})"
        return f"np.full({self._tuple(shape)}, {self._print(number)}, np.{self.dtype})"

    def _print_Windows(self, expr: Any) -> str:
        array, axis, start, counts, steps, padding = expr.args
        shown = ", ".join(
            [self._print(array), self._print(axis), self._print(start), *map(self._tuple, (counts, steps, padding))]
        )
        return f"{self._helper('_windows')}({shown})"

    def _print_Gather(self, expr: Any) -> str:
        places = ", ".join(self._print(p) for p in expr.args[1])
        return f"{self._helper('_gather')}({self._print(expr.args[0])}, {places})"

    def _print_VecDot(self, expr: Any) -> str:
        return f"np.vecdot({self._print(expr.args[0])}, {self._print(expr.args[1])})"

    def _print_Reshape(self, expr: Any) -> str:
        array, sizes = expr.args
        return f"{self._atom(array)}.reshape({', '.join(map(self._print, sizes))})"

    def _print_Lookup(self, expr: Any) -> str:
        array, axis, places = expr.args
        return f"{self._atom(array)}[{':, ' * int(axis)}{self._print(places)}]"

    def _print_Whole(self, expr: Any) -> str:
        return f"np.asarray({self._print(expr.args[0])}, np.intp)"

    def _print_Overlap(self, expr: Any) -> str:
        array, axes, size, start, steps = expr.args
        shown = [self._print(array), self._tuple(axes), self._print(size), self._print(start), self._tuple(steps)]
        return f"{self._helper('_overlap')}({', '.join(shown)})"

    def _print_ScatterAdd(self, expr: Any) -> str:
        return f"{self._helper('_scatter_add')}({', '.join(map(self._print, expr.args))})"

    def _print_Concatenate(self, expr: Any) -> str:
        return f"np.concatenate({self._tuple(expr.args[1])}, axis={expr.args[0]})"

    def _print_Contiguous(self, expr: Any) -> str:
        return f"np.ascontiguousarray({self._print(expr.args[0])})"

    def _print_Slice(self, expr: Any) -> str:
        array, start, stop = expr.args
        return f"{self._atom(array)}[..., {self._print(start)}:{self._print(stop)}]"

    def _print_Rows(self, expr: Any) -> str:
        array, start, stop = expr.args
        return f"{self._atom(array)}[{self._print(start)}:{self._print(stop)}]"

    def _print_Placed(self, expr: Any) -> str:
        axis, size, places, arrays = expr.args
        if size.is_Integer and [int(p) for p in places if p.is_Integer] == list(range(int(size))):
            return f"np.stack({self._tuple(arrays)}, axis={axis})"
        shown = [self._print(axis), self._print(size), self._tuple(places), self._tuple(arrays)]
        return f"{self._helper('_placed')}({', '.join(shown)})"

    def _print_Inv(self, expr: Any) -> str:
        return f"np.linalg.inv({self._print(expr.args[0])})"

    def _print_Solve(self, expr: Any) -> str:
        return f"np.linalg.solve({self._print(expr.args[0])}, {self._print(expr.args[1])})"

    def _print_Det(self, expr: Any) -> str:
        return f"np.linalg.det({self._print(expr.args[0])})"

    def _print_LogDet(self, expr: Any) -> str:
        return f"{self._helper('_log_determinant')}({self._print(expr.args[0])})"

    def _print_CholeskyFactor(self, expr: Any) -> str:
        return f"np.linalg.cholesky({self._print(expr.args[0])})"

    def _print_Places(self, expr: Any) -> str:
        return f"np.arange({self._print(expr.args[0])})"

    def _print_Inside(self, expr: Any) -> str:
        return f"{self._helper('_inside')}({self._print(expr.args[0])}, {self._print(expr.args[1])})"

    def _print_Equal(self, expr: Any) -> str:
        return f"np.equal({self._print(expr.args[0])}, {self._print(expr.args[1])})"

    def _print_Positive(self, expr: Any) -> str:
        return f"np.greater({self._sides(expr.args[0])}).astype(np.{self.dtype})"

    def _print_NotPositive(self, expr: Any) -> str:
        return f"np.less_equal({self._sides(expr.args[0])}).astype(np.{self.dtype})"

    def _sides(self, difference: Any) -> str:
        """What is compared in a − b > 0: a and b, with no pass for their difference."""
        if isinstance(difference, Add) and len(difference.args) == 2:
            for one, other in (difference.args, difference.args[::-1]):
                if other.as_coeff_Mul()[0] == -1:
                    return f"{self._print(one)}, {self._print(-other)}"
        return f"{self._print(difference)}, 0.0"

    def _print_TapSum(self, expr: Any) -> str:
        return f"{self._helper('_over_taps')}(np.add, {self._print(expr.args[0])}, {self._tuple(expr.args[1])})"

    def _print_TapMax(self, expr: Any) -> str:
        return f"{self._helper('_over_taps')}(np.maximum, {self._print(expr.args[0])}, {self._tuple(expr.args[1])})"

    def _print_WindowProduct(self, expr: Any) -> str:
        return f"{self._helper('_window_product')}({', '.join(map(self._print, expr.args))})"

    def _print_WindowSum(self, expr: Any) -> str:
        return f"{self._helper('_window_sum')}({', '.join(map(self._print, expr.args))})"

    def _print_LogOfTruth(self, expr: Any) -> str:
        return f"np.where({self._print(expr.args[0])}, 0.0, -np.inf).astype(np.{self.dtype})"

    def _print_Cast(self, expr: Any) -> str:
        return f"{self._atom(expr.args[0])}.astype(np.{self.dtype})"

    def _print_Copy(self, expr: Any) -> str:
        return f"np.array({self._print(expr.args[0])}, dtype=np.{self.dtype})"

    def _print_ReduceSum(self, expr: Any) -> str:
        return f"np.add.reduce({self._print(expr.args[0])}, axis={self._axes(expr.args[1])})"

    def _print_ReduceMax(self, expr: Any) -> str:
        return f"np.max({self._print(expr.args[0])}, axis={self._axes(expr.args[1])})"

    def _print_ReduceLogSumExp(self, expr: Any) -> str:
        return f"{self._helper('_logsumexp')}({self._print(expr.args[0])}, {self._axes(expr.args[1])})"

    def _print_ExpOfMinus(self, expr: Any) -> str:
        inner = self._print(-expr.args[0])
        return f"np.exp(np.minimum({inner}, {_LARGEST_EXPONENT[self.dtype]}))"

    def _print_Chain(self, expr: Any) -> str:
        return "*".join(self._inner(arg) for arg in expr.args)

    def _print_Quotient(self, expr: Any) -> str:
        return f"{self._inner(expr.args[0])}/{self._strict(expr.args[1])}"

    def _print_Softplus(self, expr: Any) -> str:
        return f"{self._helper('_softplus')}({self._print(expr.args[0])})"

    def _print_TanhSlope(self, expr: Any) -> str:
        return f"{self._helper('_tanh_slope')}({self._print(expr.args[0])})"

    def _print_NegativePart(self, expr: Any) -> str:
        return f"np.minimum({self._print(expr.args[0])}, 0.0)"

    def _print_ExpMinusOne(self, expr: Any) -> str:
        return f"np.expm1({self._print(expr.args[0])})"

    def _print_LogOnePlus(self, expr: Any) -> str:
        return f"np.log1p({self._print(expr.args[0])})"

    def _print_Gaussian(self, expr: Any) -> str:
        return f"{self._helper('_gaussian')}({self._print(expr.args[0])})"

    def _print_NormalDistribution(self, expr: Any) -> str:
        self._helper("_gaussian")
        return f"{self._helper('_normal')}({self._print(expr.args[0])})"

    def _print_PositivePart(self, expr: Any) -> str:
        return f"np.maximum({self._print(expr.args[0])}, 0.0)"

    def _print_Max(self, expr: Any) -> str:
        return self._fold("np.maximum", expr.args)

    def _print_Min(self, expr: Any) -> str:
        return self._fold("np.minimum", expr.args)

    def _fold(self, function: str, args: Any) -> str:
        first, *others = (self._print(arg) for arg in args)
        for other in others:
            first = f"{function}({first}, {other})"
        return str(first)

    def _print_Abs(self, expr: Any) -> str:
        return f"np.abs({self._print(expr.args[0])})"

    def _print_erf(self, expr: Any) -> str:
        return f"{self._helper('_erf')}({self._print(expr.args[0])})"

    def _print_Str(self, expr: Any) -> str:
        return str(expr.name)

    def _tuple(self, items: Any) -> str:
        shown = ", ".join(self._print(Integer(i) if isinstance(i, int) else i) for i in items)
        return f"({shown},)" if len(items) == 1 else f"({shown})"

    def _axes(self, places: Any) -> str:
        return self._print(places[0]) if len(places) == 1 else self._tuple(places)


def _is_of_sizes(part: Basic) -> bool:
    """Whether an expression holds sizes alone: as a Python number, unlike NumPy's own, it leaves float32 alone."""
    sizes = isinstance(part, Expr) and bool(part.free_symbols) and not part.has(ArrayNode)
    return sizes and all(symbol.is_integer for symbol in part.free_symbols)


def _is_decimal(denominator: int) -> bool:
    """Whether a fraction is a short decimal: its denominator has no prime factors but 2 and 5."""
    return any(10**digits % denominator == 0 for digits in range(9))
