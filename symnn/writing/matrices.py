"""The matrix view in writing: one walk over the typed tree, for every dialect."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby

from sympy import Expr, Max, Mul, Number, Pow, Rational

from symnn.language import LogSumExp, Step
from symnn.views.making import fewest_transposes
from symnn.views.matrix import MatrixEquation
from symnn.views.order import split_number
from symnn.views.transposes import is_scalar, transpose, transposes
from symnn.views.tree import (
    Apply,
    CholeskyOf,
    DeterminantOf,
    Diagonal,
    DiagonalOf,
    Extreme,
    Hadamard,
    Identity,
    InverseOf,
    Leaf,
    LogDeterminantOf,
    Norm1,
    Ones,
    Plus,
    Power,
    Product,
    Reduce,
    Scalar,
    Scaled,
    Series,
    Softmax,
    SquaredNorm,
    Trace,
    Transposed,
    Tree,
    Unmarked,
    Zeros,
)
from symnn.views.turning import turned_sides
from symnn.writing.dialects import Piece, Precedence, Text
from symnn.writing.expressions import ExpressionWriter
from symnn.writing.quotients import rational_roots
from symnn.writing.scope import Scope


class MatrixWriter:
    """Writes matrix expressions in a dialect."""

    def __init__(self, writer: ExpressionWriter) -> None:
        self.writer = writer
        self.dialect: Text = writer.dialect

    def equation(self, equation: MatrixEquation) -> tuple[str, str]:
        """Return the two sides of an equation."""
        left, right = self.turned(equation.left, equation.right)
        return self.piece(left).text, self.piece(right).text

    def turned(self, left: Leaf, right: Tree) -> tuple[Tree, Tree]:
        """Return two sides as the notation has them: rows or columns, numerator or denominator layout."""
        names = self.writer.names
        if not names.in_rows and not names.transposed:
            return left, right
        return turned_sides(left, right, names.is_turned, names.turns_axis)

    def piece(self, tree: Tree) -> Piece:
        """Return a matrix expression in writing."""
        if _reads_as_transpose(tree) and not transposes(whole := transpose(tree)):
            return self.dialect.transposed(self.piece(whole))
        method = getattr(self, f"_{type(tree).__name__.lower()}")
        written: Piece = method(tree)
        return written

    def _leaf(self, tree: Leaf) -> Piece:
        return self.dialect.symbol(self.writer.names.whole(tree.tensor), bold=tree.tensor.rank > 0)

    def _scalar(self, tree: Scalar) -> Piece:
        return self.writer.piece(tree.value, Scope())

    def _ones(self, tree: Ones) -> Piece:
        return Piece(self.dialect.ones)

    def _identity(self, tree: Identity) -> Piece:
        return Piece(self.dialect.identity)

    def _zeros(self, tree: Zeros) -> Piece:
        return Piece(self.dialect.zeros)

    def _unmarked(self, tree: Unmarked) -> Piece:
        return self.piece(tree.body)

    def _transposed(self, tree: Transposed) -> Piece:
        if isinstance(tree.body, InverseOf):
            return self.dialect.inverse(self.piece(tree.body.body), transposed=True)
        return self.dialect.transposed(self.piece(tree.body))

    def _product(self, tree: Product) -> Piece:
        pieces = []
        for factor, run in groupby(tree.factors):
            count = len(list(run))
            is_power = count > 1 and isinstance(factor, Leaf | Unmarked | Transposed | Plus) and not _is_inverse(factor)
            one = self.piece(factor)
            pieces += [self.dialect.power(one, self.dialect.number(count))] if is_power else [one] * count
        return self.dialect.product(pieces, spaced=True)

    def _hadamard(self, tree: Hadamard) -> Piece:
        written = ""
        for factor in tree.factors:
            divided = isinstance(factor, Power) and factor.exponent.is_negative
            inner = _reciprocal(factor) if divided else factor
            text = self.dialect.close(self.piece(inner), Precedence.PRODUCT)
            if not written:
                written = f"{self.dialect.ones} {self.dialect.divide} {text}" if divided else text
            else:
                written += f" {self.dialect.divide if divided else self.dialect.times} {text}"
        return Piece(written, Precedence.HADAMARD)

    def _plus(self, tree: Plus) -> Piece:
        written = ""
        for term in tree.terms:
            sign, rest = _sign(term)
            piece = self.dialect.close(self.piece(rest), Precedence.BINDER)
            if not written:
                written = (self.dialect.minus if sign < 0 else "") + piece
            else:
                written += f" {self.dialect.minus if sign < 0 else '+'} {piece}"
        return Piece(written, Precedence.SUM)

    def _power(self, tree: Power) -> Piece:
        if isinstance(tree.body, SquaredNorm) and (2 * tree.exponent).is_Integer and tree.exponent.is_positive:
            norm = self.dialect.norm(self.piece(tree.body.body).text)
            whole = 2 * tree.exponent
            return norm if whole == 1 else self.dialect.power(norm, self.writer.piece(whole, Scope()))
        if tree.exponent.is_negative and is_scalar(tree):
            return self.dialect.fraction([], [self.piece(_reciprocal(tree))])
        if tree.exponent.is_negative:
            return self._hadamard(Hadamard((tree,)))
        body = self.piece(tree.body)
        if tree.exponent == Rational(1, 2):
            return self.dialect.root(body)
        if tree.exponent == 2 and isinstance(tree.body, Leaf | Unmarked | Transposed) and not is_scalar(tree):
            return Piece(f"{body.text} {self.dialect.times} {body.text}", Precedence.HADAMARD)
        return self.dialect.power(body, self.writer.piece(tree.exponent, Scope()), elementwise=not is_scalar(tree))

    def _apply(self, tree: Apply) -> Piece:
        if tree.function is Step and (below := _sign(tree.body))[0] < 0:
            return self.dialect.bracket(f"{self.piece(below[1]).text} < 0")
        inner = self.piece(tree.body)
        if tree.function.__name__ == "exp" and not is_scalar(tree):
            return self.dialect.call("exp", inner)
        return self.writer.apply(tree.function, [inner])

    def _extreme(self, tree: Extreme) -> Piece:
        inside = ", ".join(self.piece(operand).text for operand in tree.operands)
        return self.dialect.call("max" if tree.kind is Max else "min", Piece(inside))

    def _softmax(self, tree: Softmax) -> Piece:
        return self.dialect.call("softmax", self.piece(tree.body))

    def _reduce(self, tree: Reduce) -> Piece:
        return self.dialect.call(reduction_name(tree), self.piece(tree.body))

    def _diagonal(self, tree: Diagonal) -> Piece:
        # The diagonal is the same for a column and for a row.
        of_rows = any(isinstance(node, Unmarked) for node in tree.walk())
        return self.dialect.call("diag", self.piece(fewest_transposes(tree.body) if of_rows else tree.body))

    def _diagonalof(self, tree: DiagonalOf) -> Piece:
        return self.dialect.call("diagonal", self.piece(tree.body))

    def _trace(self, tree: Trace) -> Piece:
        return self.dialect.call("tr", self.piece(tree.body))

    def _squarednorm(self, tree: SquaredNorm) -> Piece:
        return self.dialect.norm_squared(self.piece(tree.body).text)

    def _norm1(self, tree: Norm1) -> Piece:
        return self.dialect.norm_one(self.piece(tree.body).text)

    def _series(self, tree: Series) -> Piece:
        return self.dialect.running_total(
            tree.letter, str(tree.first), self.writer.piece(tree.last, Scope()).text, self.piece(tree.body)
        )

    def _inverseof(self, tree: InverseOf) -> Piece:
        return self.dialect.inverse(self.piece(tree.body))

    def _choleskyof(self, tree: CholeskyOf) -> Piece:
        return self.dialect.call("chol", self.piece(tree.body))

    def _determinantof(self, tree: DeterminantOf) -> Piece:
        return self.dialect.determinant(self.piece(tree.body))

    def _logdeterminantof(self, tree: LogDeterminantOf) -> Piece:
        return self.dialect.log_determinant(self.piece(tree.body))

    def _factor(self, tree: Tree) -> Piece:
        """Return a scalar in writing that something follows: det(S) S⁻ᵀ."""
        if isinstance(tree, DeterminantOf):
            return self.dialect.call("det", self.piece(tree.body))
        return self.piece(tree)

    def _scaled(self, tree: Scaled) -> Piece:
        sign, rest = _sign(tree)
        if sign < 0:
            inner = self.dialect.close(self.piece(rest), Precedence.BINDER)
            return Piece(self.dialect.minus + inner, Precedence.SUM)
        number, front, under = _split(tree.scalars)
        others = [scalar for scalar in tree.scalars if not isinstance(scalar, Scalar)]
        front.extend(scalar.tensor[()] for scalar in others if isinstance(scalar, Leaf) and _is_hyperparameter(scalar))
        core = [self._factor(scalar) for scalar in others if not _divides(scalar) and not _is_hyperparameter(scalar)]
        divisors = [self.piece(_reciprocal(scalar)) for scalar in tree.scalars if _divides(scalar)]
        single = not core and isinstance(tree.body, Leaf | Unmarked | Plus)
        body = self.piece(tree.body)
        if isinstance(tree.body, Product) and core and not divisors and not is_scalar(tree.body):
            front_of_body = " ".join(self.dialect.close(piece, Precedence.POWER) for piece in core)
            core = [Piece(f"{front_of_body} {body.text}", Precedence.PRODUCT)]
        else:
            core = [*core, body]
        scope = Scope()
        scalars = ([self.writer.piece(f, scope) for f in front], [self.writer.piece(f, scope) for f in under])
        return self.writer.compose(number, scalars, core, divisors, single)


def reduction_name(tree: Reduce) -> str:
    """Return the name under which a reduction is written."""
    return "logsumexp" if issubclass(tree.kind, LogSumExp) else "max"


def _sign(tree: Tree) -> tuple[int, Tree]:
    """Return ±1 and what it multiplies."""
    if isinstance(tree, Scalar):
        number, _ = split_number(tree.value)
        return (-1, Scalar(-tree.value)) if number.is_negative else (1, tree)
    if isinstance(tree, Scaled) and isinstance(tree.scalars[0], Scalar):
        sign, first = _sign(tree.scalars[0])
        if sign < 0:
            kept = tree.scalars[1:] if first == Scalar(-_MINUS_ONE) else (first, *tree.scalars[1:])
            return -1, Scaled(kept, tree.body) if kept else tree.body
    return 1, tree


_ELEMENTWISE = (Hadamard, Plus, Power, Apply, Extreme)
"""What is written as (σ′(z) ⊙ v)ᵀ, rather than with a transpose at every leaf."""


def _reads_as_transpose(tree: Tree) -> bool:
    """Whether (…)ᵀ may be written; in a sum of products of matrices, Aᵀ Bᵀ + Bᵀ Aᵀ, transposes stay where they are."""
    if not isinstance(tree, _ELEMENTWISE) or not transposes(tree):
        return False
    is_sum = isinstance(tree, Plus) and tree.rows is not None and tree.columns is not None
    return not (is_sum and any(isinstance(_sign(term)[1], Product) for term in tree.parts))


def _is_inverse(tree: Tree) -> bool:
    return isinstance(tree, Transposed) and isinstance(tree.body, InverseOf)


_MINUS_ONE = Rational(-1)


def _divides(tree: Tree) -> bool:
    return isinstance(tree, Power) and bool(tree.exponent.is_negative)


def _is_hyperparameter(tree: Tree) -> bool:
    return isinstance(tree, Leaf) and tree.tensor.role == "hyperparameter"


def _reciprocal(tree: Tree) -> Tree:
    assert isinstance(tree, Power)
    return tree.body if tree.exponent == -1 else Power(tree.body, -tree.exponent)


def _split(scalars: Sequence[Tree]) -> tuple[Fraction, list[Expr], list[Expr]]:
    """Return the number, and the factors above and below, of a product's scalar."""
    value = next((scalar.value for scalar in scalars if isinstance(scalar, Scalar)), Rational(1))
    number, rest = split_number(value)
    above: list[Expr] = []
    below: list[Expr] = []
    if not number.is_Rational:
        number, irrational = number.as_coeff_Mul()
        above = list(Mul.make_args(irrational))
    for factor in Mul.make_args(rest):
        if isinstance(factor, Pow) and factor.exp.could_extract_minus_sign():
            below.append(factor.base if factor.exp == -1 else Pow(factor.base, -factor.exp))
        elif not (isinstance(factor, Number) and factor == 1):
            above.append(factor)
    number, above, below = rational_roots(number, above, below)
    return Fraction(int(number.p), int(number.q)), above, below
