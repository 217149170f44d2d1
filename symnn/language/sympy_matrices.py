"""SymPy's matrix expressions become the same trees as formulas that are typed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Any

import sympy
from sympy import Expr, Integer, KroneckerProduct, Rational, Symbol
from sympy.matrices import expressions as matrices
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.matexpr import MatrixElement, MatrixExpr

from symnn.errors import ParseError
from symnn.language.equation import plain
from symnn.language.formulas import Formula, formula_of
from symnn.language.functions import NAMED
from symnn.language.grammar import DEEPEST_NESTING
from symnn.language.parser import FUNCTIONS
from symnn.language.syntax import Binary, Call, Item, Name, Negative, Node, Number, Place, Source, Transposed
from symnn.language.tensors import check_size
from symnn.language.vocabulary import ELEMENTWISE

_LONGEST = 2_000


def from_sympy_matrix(expression: Any, symmetric: Iterable[str] = (), name: str = "f") -> Formula:
    """Return the formula that a SymPy expression of matrix symbols and symbols is.

    A `MatrixSymbol` with one column is a vector, a `Symbol` a scalar, unless it is the size of a matrix.

    >>> from sympy import MatrixSymbol, Symbol
    >>> n = Symbol("n"); A, x = MatrixSymbol("A", n, n), MatrixSymbol("x", n, 1)
    >>> print(from_sympy_matrix(x.T * A * x).program)
    f = Sum(A[i, j]*x[i]*x[j], j, i)

    Raises:
        ParseError: for a class that has no counterpart in formulas, by its name.
        ShapeError: for shapes that cannot agree.
    """
    if not isinstance(expression, Expr):
        raise ParseError(f"cannot read a {type(expression).__name__}: a SymPy matrix or scalar expression is needed")
    reader = _Reader(expression)
    return formula_of(reader.tree(expression, 0), reader.shapes, symmetric, name)


class _Reader:
    """One expression, and the shapes of what occurs in it."""

    def __init__(self, expression: Expr) -> None:
        self.sizes: dict[str, Expr] = {}
        self.shapes: dict[str, Any] = {}
        self.letters: dict[Any, tuple[str, Expr]] = {}
        for symbol in sorted(expression.atoms(matrices.MatrixSymbol), key=str):
            self.shapes[symbol.name] = tuple(self.size(size) for size in symbol.shape)
        for constant in expression.atoms(matrices.Identity, matrices.ZeroMatrix, matrices.OneMatrix):
            for size in constant.shape:
                self.size(size)
        for symbol in sorted(expression.free_symbols, key=str):
            if isinstance(symbol, Symbol) and symbol.name not in self.sizes:
                self.shapes[symbol.name] = ()

    def size(self, given: Any) -> Expr:
        """Return a size with symnn's own symbols, which are positive whole numbers."""
        size = sympy.sympify(given) if isinstance(given, int) else given
        named = {each: Symbol(each.name, integer=True, positive=True) for each in size.free_symbols}
        self.sizes.update({symbol.name: symbol for symbol in named.values()})
        return check_size(size.xreplace(named))

    def tree(self, part: Any, depth: int) -> Node:
        """Return the tree of a part."""
        if depth > DEEPEST_NESTING:
            raise ParseError(f"cannot read the expression: more than {DEEPEST_NESTING} operations inside each other")
        place = _place(part)
        if isinstance(part, Rational):
            number = Number(place, abs(part))
            return Negative(place, number) if part < 0 else number
        if isinstance(part, Symbol | matrices.MatrixSymbol):
            return Name(place, part.name)
        if part is sympy.pi:
            return Name(place, "pi")
        if isinstance(part, sympy.Float):
            return self.tree(Rational(str(part)), depth)
        made = self.of_class(part, place, depth + 1)
        if made is None:
            known = ", ".join(kind.__name__ for kind in _ACCEPTED)
            kind = type(part).__name__
            raise ParseError(f"cannot read '{place.text}': {kind} has no counterpart in formulas (accepted: {known})")
        return made

    def of_class(self, part: Any, place: Place, depth: int) -> Node | None:
        kind = type(part)
        if kind in _CHAINS:
            return self.chain(_CHAINS[kind], part.args, depth)
        if kind is KroneckerProduct:
            return reduce(lambda one, other: Call(place, "kron", (one, other)), self.trees(part.args, depth))
        if kind is matrices.Inverse:
            return Call(place, "inv", (self.tree(part.arg, depth),))
        if kind is sympy.Sum:
            return self.sum(part, place, depth)
        if kind in _CALLS:
            return Call(place, _CALLS[kind], tuple(self.trees(part.args, depth)))
        if kind is matrices.Transpose:
            return Transposed(place, self.tree(part.args[0], depth))
        if isinstance(part, sympy.Pow | matrices.MatPow | matrices.HadamardPower):
            return self.power(part, place, depth)
        if isinstance(part, MatrixElement):
            return self.element(part, place, depth)
        if isinstance(part, matrices.Identity | matrices.ZeroMatrix | matrices.OneMatrix):
            return self.constant(part, place)
        if isinstance(part, ElementwiseApplyFunction):
            return self.applied(part, depth)
        name = _FUNCTIONS.get(kind)
        return None if name is None else Call(place, name, (self.tree(part.args[0], depth),))

    def trees(self, parts: Iterable[Any], depth: int) -> list[Node]:
        return [self.tree(part, depth) for part in parts]

    def chain(self, operator: str, arguments: Sequence[Any], depth: int) -> Node:
        """Return a op b op c: scalars first in a product, as SymPy has them."""
        made = self.tree(arguments[0], depth)
        for count, argument in enumerate(arguments[1:], 2):
            place = _place(" ".join(f"{operator}{plain(part)}" for part in arguments[:count])[len(operator) :])
            made = Binary(place, operator, made, self.tree(argument, depth))
        return made

    def power(self, part: Any, place: Place, depth: int) -> Node:
        base, exponent = part.args
        if base is sympy.E:
            return Call(place, "exp", (self.tree(exponent, depth),))
        if exponent == Rational(1, 2) and not isinstance(base, MatrixExpr):
            return Call(place, "sqrt", (self.tree(base, depth),))
        operator = ".^" if isinstance(part, matrices.HadamardPower) else "^"
        return Binary(place, operator, self.tree(base, depth), self.tree(exponent, depth))

    def element(self, part: Any, place: Place, depth: int) -> Node:
        """The only entry of a 1×1 matrix, or an entry of a matrix symbol."""
        matrix, *indices = part.args
        if matrix.shape == (1, 1) and indices == [0, 0]:
            return self.tree(matrix, depth)
        if not isinstance(matrix, matrices.MatrixSymbol):
            raise ParseError(f"cannot read '{place.text}': entries of matrix symbols are accepted")
        axes = [axis for axis in (0, 1) if matrix.shape[axis] != 1 or (axis == 0 and matrix.shape[1] != 1)]
        return Item(place, matrix.name, tuple(self.place_in(part, indices[axis], matrix.shape[axis]) for axis in axes))

    def place_in(self, part: Any, index: Any, size: Any) -> Node:
        """An index of an entry: a number, or one that a sum goes over."""
        place = _place(part)
        if index.is_Integer and index >= 0:
            return Number(place, index)
        if index not in self.letters or self.letters[index][1] != self.size(size):
            raise ParseError(f"cannot read '{place.text}': index {index} is not that of a sum over the whole axis")
        return Name(place, self.letters[index][0])

    def sum(self, part: Any, place: Place, depth: int) -> Node:
        """Σ over whole axes, as SymPy writes the entry of a product."""
        bound = []
        for index, first, last in part.limits:
            if first != 0:
                raise ParseError(f"cannot read '{place.text}': sums over whole axes, from 0, are accepted")
            self.letters[index] = f"i{len(self.letters) + 1}", self.size(last + 1)
            self.shapes.pop(index.name, None)
            bound.append(Name(place, self.letters[index][0]))
        return Call(place, "sum", (self.tree(part.function, depth), *bound))

    def constant(self, part: Any, place: Place) -> Node:
        rows, columns = (_of_size(self.size(size)) for size in part.shape)
        if isinstance(part, matrices.Identity):
            return Call(place, "eye", (rows,))
        return Call(place, "matrix", (Number(place, Integer(isinstance(part, matrices.OneMatrix))), rows, columns))

    def applied(self, part: Any, depth: int) -> Node:
        """f applied to each entry: the function's formula, with the matrix in place of its variable."""
        variable, matrix = part.function.variables[0], part.expr
        self.shapes.pop(variable.name, None)
        return _entrywise(self.tree(part.function.expr, depth), variable.name, self.tree(matrix, depth))


def _entrywise(node: Node, variable: str, matrix: Node) -> Node:
    """Return a scalar formula with a matrix for its variable, and its products and powers by entries."""
    match node:
        case Name(name=name) if name == variable:
            return matrix
        case Binary(place=place, operator=operator, left=left, right=right):
            operator = {"*": ".*", "/": "./", "^": ".^"}.get(operator, operator)
            return Binary(place, operator, _entrywise(left, variable, matrix), _entrywise(right, variable, matrix))
        case Negative(place=place, operand=operand):
            return Negative(place, _entrywise(operand, variable, matrix))
        case Call(place=place, function=function, arguments=arguments):
            return Call(place, function, tuple(_entrywise(part, variable, matrix) for part in arguments))
    return node


def _of_size(size: Expr) -> Node:
    """Return the tree of a size: a number, a symbol, or sums and products of them."""
    place = _place(size)
    if size.is_Integer:
        return Number(place, abs(size)) if size >= 0 else Negative(place, Number(place, -size))
    if isinstance(size, Symbol):
        return Name(place, size.name)
    operator = "+" if size.is_Add else "*"
    made = _of_size(size.args[0])
    for part in size.args[1:]:
        made = Binary(place, operator, made, _of_size(part))
    return made


def _place(part: Any) -> Place:
    text = (part if isinstance(part, str) else plain(part))[:_LONGEST]
    return Place(Source(text), 0, len(text))


_CHAINS: dict[Any, str] = {
    sympy.Add: "+",
    sympy.Mul: "*",
    matrices.MatAdd: "+",
    matrices.MatMul: "*",
    matrices.HadamardProduct: ".*",
}

_CALLS: dict[Any, str] = {
    matrices.Determinant: "det",
    matrices.Trace: "tr",
    matrices.DiagMatrix: "diag",
    matrices.DiagonalMatrix: "diag",
    matrices.DiagonalOf: "diag",
    sympy.Max: "max",
    sympy.Min: "min",
}

_ACCEPTED = (*_CHAINS, *_CALLS, matrices.Inverse, matrices.Transpose, matrices.MatPow, KroneckerProduct)

_FUNCTIONS: dict[Any, str] = {function: name for name, function in {**ELEMENTWISE, **FUNCTIONS, **NAMED}.items()}
