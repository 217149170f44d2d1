"""Lowered lines taken apart into single operations, each of which can write into an array that exists already.

    z1 = x @ W1.T + b1        becomes        t1 = W1.T,   t2 = np.matmul(x, t1),   z1 = np.add(t2, b1)

What has no such form (a helper, a view, a number) keeps its code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sympy import Add, Expr, Mul, Pow, S, Symbol
from sympy.core.basic import Basic

from symnn.compiling.nodes import (
    ArrayNode,
    Chain,
    Dot,
    Einsum,
    ExpOfMinus,
    MatMul,
    Quotient,
    ReduceSum,
    Softplus,
    TanhSlope,
)
from symnn.compiling.printing import ArrayPrinter, largest_exponent
from symnn.compiling.sharing import Assignment

_CALL = re.compile(r"np\.(\w+)\(([^()]*)\)(\.astype\(np\.float\d+\))?")
_NUMBER = re.compile(r"-?\d[\d.]*(e[+-]?\d+)?")


@dataclass(frozen=True)
class Operation:
    """name = code, where the code is one operation on names.

    Attributes:
        name: what the result is called.
        code: an expression of Python.
        uses: the names in it that stand for values.
        into: the same with `{out}` for the array that the result is written into, if there is such a form.
        entrywise: whether the result may be written into an operand of its shape.
        values: the names of the lines whose values it gives.
        target: the name of the array that the result is to be written into, if that is settled.
    """

    name: str
    code: str
    uses: tuple[str, ...]
    into: str | None = None
    entrywise: bool = False
    values: tuple[str, ...] = ()
    target: str | None = None


@dataclass(frozen=True)
class Operations:
    """A program's operations, in order, and the numbers in them, by name."""

    operations: tuple[Operation, ...]
    numbers: Mapping[str, str] = field(default_factory=dict)


def operations_of(
    lines: Sequence[Assignment],
    scalars: Iterable[str],
    printer: ArrayPrinter,
    taken: Iterable[str],
) -> Operations:
    """Return the operations of lowered lines.

    Args:
        lines: the lowered lines.
        scalars: the names of tensors without axes.
        printer: says what each operation is called; what it notes of helpers counts.
        taken: names that are not to be used for anything else.
    """
    work = _Operations(printer, set(scalars), {*taken, *(name.name for name, _ in lines)})
    for name, expression in lines:
        work.define(name.name, expression)
    return Operations(tuple(work.made), dict(work.numbers))


class _Operations:
    def __init__(self, printer: ArrayPrinter, scalars: set[str], taken: set[str]) -> None:
        self.printer, self.scalars, self.taken = printer, scalars, taken
        self.made: list[Operation] = []
        self.names: set[str] = set()
        self.numbers: dict[str, str] = {}
        self.known: dict[Basic, str] = {}
        self.renamed: dict[str, str] = {}
        self.counts: dict[str, int] = {}

    def define(self, name: str, expression: Expr) -> None:
        """Give an expression's value a name."""
        before = len(self.made)
        found = self.value(expression)
        new = len(self.made) > before and self.made[-1].name == found
        last = self.made.pop() if new else Operation(name, found, (found,))
        self.made.append(Operation(name, last.code, last.uses, last.into, last.entrywise, (name,)))
        self.names.add(name)
        self.renamed[found] = name if new else found
        if self._is_scalar(expression):
            self.scalars.add(name)

    def value(self, expression: Any) -> str:
        """Return the name of an expression's value, computing it first where it has none."""
        if isinstance(expression, Symbol):
            return str(expression.name)
        if expression in self.known:
            return self.renamed.get(self.known[expression], self.known[expression])
        if isinstance(expression, Expr) and expression.is_number:
            name = self._number(str(self.printer.doprint(expression)))
        elif self._is_scalar(expression):
            name = self._printed(expression)
        else:
            name = self._array(expression)
        self.known[expression] = name
        return name

    def _array(self, expression: Any) -> str:
        for kind, method in (
            (Add, self._sum),
            (Mul, self._product),
            (Pow, self._power),
            (Chain, lambda e: self._folded("multiply", [self.value(arg) for arg in e.args])),
            (Quotient, lambda e: self._ufunc("divide", *(self.value(arg) for arg in e.args))),
            (MatMul, lambda e: self._matmul(*(self.value(arg) for arg in e.args))),
            (Einsum, self._einsum),
            (ReduceSum, self._reduce),
        ):
            if isinstance(expression, kind):
                return str(method(expression))
        if type(expression) in _WRITTEN_OUT:
            return self.value(_WRITTEN_OUT[type(expression)](expression.args[0], self.printer.dtype))
        return self._printed(expression)

    def _is_scalar(self, part: Basic) -> bool:
        """Whether a value has no axes, as far as can be told without its parts' shapes."""
        if isinstance(part, Symbol):
            return bool(part.is_integer) or part.name in self.scalars
        if isinstance(part, Dot):
            return True
        if isinstance(part, ArrayNode):
            return False
        return all(map(self._is_scalar, part.args))

    def _sum(self, expression: Add) -> str:
        signs = [term.as_coeff_Mul()[0].is_negative for term in expression.args]
        plus = [self.value(term) for term, sign in zip(expression.args, signs, strict=True) if not sign]
        minus = [self.value(-term) for term, sign in zip(expression.args, signs, strict=True) if sign]
        plus = self._arrays_first(plus)
        if not plus:
            return self._ufunc("negative", self._folded("add", self._arrays_first(minus)))
        total = self._folded("add", plus)
        return self._folded("subtract", [total, *minus])

    def _product(self, expression: Mul) -> str:
        scalar, above, below = S.One, [], []
        for factor in expression.args:
            if isinstance(factor, Expr) and (factor.is_number or self._is_scalar(factor)):
                scalar *= factor
            elif isinstance(factor, Pow) and factor.exp.is_number and factor.exp.is_negative:
                below.append(self.value(Pow(factor.base, -factor.exp)))
            elif isinstance(factor, Quotient) and factor.args[0] == 1:
                below.append(self.value(factor.args[1]))
            else:
                above.append(self.value(factor))
        negative = scalar == -1
        factors = [] if scalar == 1 or negative else [self.value(scalar)]
        above = self._arrays_first([*above, *factors])
        if not above:
            above, negative = [self.value(scalar)], False
        result = self._folded("divide", [self._folded("multiply", above), *below])
        return self._ufunc("negative", result) if negative else result

    def _power(self, expression: Pow) -> str:
        base, exponent = expression.args
        if exponent == 2:
            return self._ufunc("square", self.value(base))
        if exponent == S.Half:
            return self._ufunc("sqrt", self.value(base))
        if exponent.is_number and exponent.is_negative:
            return self._ufunc("divide", self.value(S.One), self.value(Pow(base, -exponent)))
        if exponent == 3:
            return self._folded("multiply", [self.value(base**2), self.value(base)])
        return self._ufunc("power", self.value(base), self.value(exponent))

    def _matmul(self, left: str, right: str) -> str:
        return self._emit(f"np.matmul({left}, {right})", (left, right), f"np.matmul({left}, {right}, {{out}})")

    def _einsum(self, expression: Einsum) -> str:
        left, right = (self.value(arg) for arg in expression.args[:2])
        written = f'np.einsum("{expression.args[2].name}", {left}, {right}'
        return self._emit(f"{written})", (left, right), f"{written}, out={{out}})")

    def _reduce(self, expression: ReduceSum) -> str:
        array = self.value(expression.args[0])
        axes = [int(axis) for axis in expression.args[1]]
        axis = axes[0] if len(axes) == 1 else tuple(axes)
        written = f"np.add.reduce({array}, {axis}"
        return self._emit(f"{written})", (array,), f"{written}, None, {{out}})")

    def _printed(self, expression: Any) -> str:
        """Return the name of what the printer writes as one operation of its parts."""
        parts = {arg: Symbol(self.value(arg), real=True) for arg in self._arrays_in(expression)}
        code = str(self.printer.doprint(expression.xreplace(parts)))
        call = _CALL.fullmatch(code)
        if call and not self._is_scalar(expression):
            operands = [part.strip() for part in call[2].split(",")]
            function = getattr(np, call[1], None)
            plain = all(part.isidentifier() or _NUMBER.fullmatch(part) for part in operands)
            if isinstance(function, np.ufunc) and function.nin == len(operands) and plain:
                named = [self._number(part) if _NUMBER.fullmatch(part) else part for part in operands]
                return self._ufunc(call[1], *named, cast=call[3] or "")
        uses = tuple(sorted({symbol.name for symbol in expression.xreplace(parts).free_symbols}))
        return self._emit(code, uses, preferred=f"{uses[0]}_T" if uses and code == f"{uses[0]}.T" else None)

    def _arrays_in(self, expression: Basic) -> list[Basic]:
        """Return the largest parts of an expression's arguments that are computed first."""
        found: list[Basic] = []
        for arg in expression.args:
            if isinstance(arg, Symbol) or not arg.args:
                continue
            if isinstance(arg, Expr) and not arg.is_number and not self._is_scalar(arg):
                found.append(arg)
            else:
                found += self._arrays_in(arg)
        return found

    def _arrays_first(self, names: list[str]) -> list[str]:
        """What was just computed comes first: its memory can be written into; numbers come last."""
        return sorted(names, key=lambda name: (name in self.numbers or name in self.scalars, name not in self.names))

    def _folded(self, function: str, names: Sequence[str]) -> str:
        first, *others = names
        for other in others:
            first = self._ufunc(function, first, other)
        return first

    def _ufunc(self, function: str, *operands: str, cast: str = "") -> str:
        written = f"np.{function}({', '.join(operands)}"
        # A third positional argument of these is deprecated, and slow.
        out = "out={out}" if function in ("minimum", "maximum") else "{out}"
        return self._emit(f"{written}){cast}", operands, f"{written}, {out})", entrywise=True)

    def _emit(
        self,
        code: str,
        uses: Sequence[str],
        into: str | None = None,
        entrywise: bool = False,
        preferred: str | None = None,
    ) -> str:
        name = self._fresh("t") if preferred is None or preferred in self.taken else preferred
        self.taken.add(name)
        self.made.append(Operation(name, code, tuple(dict.fromkeys(uses)), into, entrywise))
        self.names.add(name)
        return name

    def _number(self, code: str) -> str:
        for name, known in self.numbers.items():
            if known == code:
                return name
        name = self._fresh("c")
        self.numbers[name] = code
        return name

    def _fresh(self, letter: str) -> str:
        while True:
            self.counts[letter] = self.counts.get(letter, 0) + 1
            if (name := f"{letter}{self.counts[letter]}") not in self.taken:
                self.taken.add(name)
                return name


def _softplus(z: Expr, _: str) -> Expr:
    return _Ufunc("maximum", z, S.Zero) + _Ufunc("log1p", _Ufunc("exp", -_Ufunc("abs", z)))


def _tanh_slope(z: Expr, _: str) -> Expr:
    return (1 / _Ufunc("cosh", z)) ** 2


def _exp_of_minus(z: Expr, dtype: str) -> Expr:
    return _Ufunc("exp", _Ufunc("minimum", -z, largest_exponent(dtype)))


class _Ufunc(ArrayNode):
    """np.function(operands)"""

    def _numpycode(self, printer: Any) -> str:
        name, *operands = self.args
        return f"np.{name.name}({', '.join(printer._print(operand) for operand in operands)})"


_WRITTEN_OUT: dict[type[Basic], Callable[[Expr, str], Expr]] = {
    Softplus: _softplus,
    TanhSlope: _tanh_slope,
    ExpOfMinus: _exp_of_minus,
}
"""What stands for several operations in a row."""
