"""Index and scalar expressions in writing: one walk over SymPy expressions, for every dialect."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from sympy import (
    Abs,
    Add,
    Expr,
    Float,
    Function,
    Idx,
    KroneckerDelta,
    Max,
    Min,
    Mul,
    Number,
    Pow,
    Rational,
    S,
    Sum,
    Symbol,
    exp,
    floor,
    log,
    pi,
)
from sympy.core.basic import Basic
from sympy.core.relational import Relational
from sympy.functions.elementary.piecewise import Piecewise

from symnn.errors import ProgramError
from symnn.language import (
    Determinant,
    Elementwise,
    Entry,
    Equation,
    Inverse,
    LogDeterminant,
    LogSumExp,
    MatrixOperation,
    Partial,
    Reduction,
    Step,
    Within,
    body_and_bound,
    free_indices,
    size_of,
)
from symnn.language.functions import log_sigmoid, sigmoid
from symnn.views.families import RunningSum
from symnn.views.order import (
    common_factors,
    ordered_factors,
    ordered_operands,
    ordered_terms,
    sign_and_rest,
    split_number,
)
from symnn.writing.brackets import complement, counted_from, not_above_zero, within
from symnn.writing.characters import GREEK
from symnn.writing.dialects import Piece, Precedence, Text
from symnn.writing.names import Names, mark_of_name
from symnn.writing.notation import read_mark
from symnn.writing.quotients import in_front, is_negative, number_first, rational_roots, size_terms, times
from symnn.writing.scope import PageLetters, Scope, scope_of


class ExpressionWriter:
    """Writes index expressions, with the symbols of a program, in a dialect."""

    def __init__(self, dialect: Text, names: Names) -> None:
        self.dialect = dialect
        self.names = names
        self.base = 1
        """Where whole numbers count from: 1 for scalars by name, 0 beside indices that are calculated with."""
        self.swaps_gradients = False
        """Whether an entry of a gradient that is written as a transpose has its indices exchanged."""
        self.limits = dialect.notation.sums == "limits"
        """Whether sums have their limits."""
        self.page = PageLetters()
        """What the letters of indices have to heed."""

    def equation(self, equation: Equation) -> tuple[str, str]:
        """Return the two sides of an equation."""
        return self.sides(equation.left, equation.right)

    def sides(self, left: Entry, right: Expr) -> tuple[str, str]:
        """Return the two sides of an index equation or of a scalar equation."""
        scope = scope_of(left, right, self.dialect, self.page)
        return self.entry(left, scope).text, self.piece(right, scope).text

    def piece(self, expression: Any, scope: Scope) -> Piece:
        """Return an expression in writing."""
        if isinstance(expression, Entry):
            return self.entry(expression, scope)
        if isinstance(expression, Idx):
            letter = scope.letters.get(expression, expression.name)
            return Piece(f"{letter} {self.dialect.minus} 1", Precedence.SUM) if self.base else Piece(letter)
        if isinstance(expression, Float):
            return Piece(f"{float(expression):.6g}".replace("-", self.dialect.minus))
        if isinstance(expression, Add):
            return self.terms(expression, scope)
        if isinstance(expression, Number | Mul | Pow | Sum):
            return self.product(expression, scope)
        if isinstance(expression, Reduction):
            return self._reduction(expression, scope)
        if isinstance(expression, RunningSum):
            body, letter, first, last = expression.args
            end = self.piece(last, scope).text
            return self.dialect.running_total(str(letter), str(first), end, self.piece(body, scope))
        if isinstance(expression, Function | Max | Min):
            return self._function(expression, scope)
        if isinstance(expression, Relational):
            return Piece(self._relation(expression, scope))
        if isinstance(expression, Partial):
            return self._derivative(expression, scope)
        if expression == pi:
            return Piece(self.dialect.pi)
        if expression == S.Exp1:
            return Piece("e")
        if expression.is_Symbol:
            chosen = self.dialect.notation.names.get(expression.name)
            return self.dialect.symbol(read_mark(chosen) if chosen else mark_of_name(expression.name, layered=False))
        raise ProgramError(f"{expression}: no way to write a {type(expression).__name__}")

    def entry(self, entry: Entry, scope: Scope) -> Piece:
        """Return an entry with its indices; whole numbers count from 1."""
        indices = [self.index(place, scope) for place in entry.indices]
        if self.swaps_gradients and entry.base.rank == 2 and self.names.of(entry.base).of is None:
            indices = indices[::-1] if self.names.is_turned(entry.base) else indices
        small = indices and self.dialect.small_entries
        return self.dialect.symbol(self.names.entry(entry.base) if small else self.names.of(entry.base), indices)

    def _derivative(self, expression: Partial, scope: Scope) -> Piece:
        """Return a derivative that is not worked out: ∂zⱼ/∂aₖ, or ∂/∂aₖ before what is differentiated."""
        of, by = expression.args
        places = [self.index(place, scope) for place in by.indices]
        below = replace(self.names.entry(by.base), of=None, ranks=())
        if not isinstance(of, Entry):
            return self.dialect.derivative_operator(self.dialect.symbol(below, places).text, self.piece(of, scope))
        above = self.names.entry(of.base)
        if above.of is not None:
            return self.dialect.derivative_operator(self.dialect.symbol(below, places).text, self.entry(of, scope))
        before = [self.index(place, scope) for place in of.indices]
        ranks = (len(before), len(places)) if before else ()
        return self.dialect.symbol(replace(below, of=above, ranks=ranks), [*before, *places])

    def index(self, place: Expr, scope: Scope) -> str:
        """Return an index expression such as i+p, close set."""
        if place.is_Integer:
            return str(int(place) + self.base)
        if isinstance(place, Entry):
            return self.entry(place, scope).text
        return self._calculated(counted_from(place, self.base), scope)

    def _calculated(self, place: Expr, scope: Scope) -> str:
        """Return an index expression as it stands."""
        if isinstance(place, Entry):
            return self.entry(place, scope).text
        terms = sorted(
            Add.make_args(place),
            key=lambda t: (t.is_number, t.could_extract_minus_sign(), not _is_plain(t), self.index_key(t, scope)),
        )
        parts = [self._index_term(term, scope) for term in terms]
        # Indices side by side with products read better with space around the signs: l + q k.
        space = " " if any(self.dialect.index_times in text for _, text in parts) else ""
        written = ""
        for sign, text in parts:
            mark = self.dialect.minus if sign < 0 else "+"
            written += f"{space}{mark}{space}{text}" if written else text if sign > 0 else mark + text
        return written

    def _index_term(self, term: Expr, scope: Scope) -> tuple[int, str]:
        """Return the sign of a term of an index expression, and what follows it: 2i, or q k with a size."""
        number, rest = term.as_coeff_Mul()
        size = "" if abs(number) == 1 and rest != 1 else str(abs(number))
        factors = sorted((f for f in Mul.make_args(rest) if f != 1), key=lambda f: (bool(free_indices(f)), str(f)))
        texts = [self._index_factor(factor, scope) for factor in factors]
        return (-1 if number < 0 else 1), size + self.dialect.index_times.join(texts)

    def _index_factor(self, factor: Expr, scope: Scope) -> str:
        if isinstance(factor, Add):
            return self.dialect.parentheses(self._calculated(factor, scope))
        return scope.letters.get(factor) or self.piece(factor, scope).text

    def index_key(self, term: Expr, scope: Scope) -> str:
        found = sorted(scope.letters[index] for index in free_indices(term) if index in scope.letters)
        return "".join(found) or str(term)

    def terms(self, expression: Add, scope: Scope) -> Piece:
        """Return a sum, positive terms first; a number that all its terms share stands in front."""
        if (met := complement(expression)) is not None:
            return self.dialect.bracket(not_above_zero(met, self.dialect, lambda part: self.piece(part, scope).text))
        number, rest = split_number(expression)
        if number != 1:
            return self.product(expression, scope)
        shared, inner = common_factors(rest)
        if shared:
            return self.product(Mul(*shared, inner, evaluate=False), scope)
        written = ""
        for term in size_terms(rest) or ordered_terms(rest):
            factor, body = split_number(term)
            piece = self.dialect.close(self.product(abs(factor) * body if body != 1 else abs(factor), scope), _TERM)
            if not written:
                written = (self.dialect.minus if factor < 0 else "") + piece
            else:
                written += f" {self.dialect.minus if factor < 0 else '+'} {piece}"
        return Piece(written, Precedence.SUM)

    def product(self, expression: Expr, scope: Scope) -> Piece:
        """Return a product, a quotient, a power or a sum over indices."""
        number, rest = split_number(expression)
        if number < 0:
            inner = self.product(times(-number, rest), scope)
            return Piece(self.dialect.minus + self.dialect.close(inner, _TERM), Precedence.SUM)
        above: list[Expr] = []
        below: list[Expr] = []
        number, irrational = number.as_coeff_Mul()
        for factor in (*Mul.make_args(irrational), *Mul.make_args(rest)):
            if isinstance(factor, Pow) and is_negative(factor.exp):
                below.append(factor.base if factor.exp == -1 else Pow(factor.base, -factor.exp))
            elif factor != 1:
                above.append(factor)
        number, above, below = rational_roots(number, above, below)
        front = [self._factor(f, scope) for f in ordered_factors(filter(in_front, above))]
        under = [self._factor(f, scope) for f in ordered_factors(filter(in_front, below))]
        core = ordered_factors(number_first([f for f in above if not in_front(f)]), scope.first)
        divisors = ordered_factors((f for f in below if not in_front(f)), scope.first)
        return self.compose(
            Fraction(int(number.p), int(number.q)) if number.is_Rational else number,
            (front, under),
            [self._factor(factor, scope) for factor in core],
            [self._factor(factor, scope) for factor in divisors],
            len(core) == 1 and not isinstance(core[0], Sum),
        )

    def compose(
        self,
        number: Any,
        scalars: tuple[list[Piece], list[Piece]],
        core: list[Piece],
        divisors: list[Piece],
        single: bool,
    ) -> Piece:
        """Set number · scalars · core / divisors; `single` says that the core may stand above a fraction bar."""
        front, under = list(scalars[0]), list(scalars[1])
        p, q = (number.numerator, number.denominator) if isinstance(number, Fraction) else (1, 1)
        if not under and (decimal := self.dialect.decimal(p, q)):
            front.insert(0, decimal)
            p = q = 1
        if not isinstance(number, Fraction):
            front.insert(0, self.piece(number, Scope()))
        if not core and not divisors:
            return self._scalar(p, q, front, under)
        if not core:
            over = ([self.dialect.number(p)] if p != 1 else []) + front
            return self.dialect.fraction(over, ([self.dialect.number(q)] if q != 1 else []) + under + divisors)
        main = self.dialect.product(core)
        if under and p == 1 and not front and single and not divisors:
            return self.dialect.fraction(core, ([self.dialect.number(q)] if q != 1 else []) + under)
        if divisors:
            over = ([self.dialect.number(p)] if p != 1 else []) + front + core
            return self.dialect.fraction(over, ([self.dialect.number(q)] if q != 1 else []) + under + divisors)
        if p == q == 1 and not front and not under:
            return main
        return self._with_front(self._front(p, q, front, under), main)

    def _with_front(self, front: str, main: Piece) -> Piece:
        body = self.dialect.close(main, Precedence.BINDER)
        binds = main.precedence if main.precedence >= Precedence.BINDER else Precedence.PRODUCT
        return Piece(self.dialect.times_number(front, body), min(binds, Precedence.PRODUCT))

    def _front(self, p: int, q: int, front: list[Piece], under: list[Piece]) -> str:
        above = ([self.dialect.number(p)] if p != 1 else []) + front
        if q == 1 and not under:
            # What is glued may stand above a bar, where it needs no parentheses; here a factor follows.
            return self.dialect.close(above[0], Precedence.PREFIX) if len(above) == 1 else self.dialect.glued(above)
        numerator = self.dialect.glued(above) if above else "1"
        below = ([self.dialect.number(q)] if q != 1 else []) + under
        return self.dialect.front(numerator, below, *((p, q) if not front and not under else (0, 1)))

    def _scalar(self, p: int, q: int, front: list[Piece], under: list[Piece]) -> Piece:
        if not front and not under:
            return self.dialect.number(p, q)
        above = ([self.dialect.number(p)] if p != 1 else []) + front
        below = ([self.dialect.number(q)] if q != 1 else []) + under
        if not below:
            single = above[0] if len(above) == 1 else None
            return single or Piece(self.dialect.glued(above), Precedence.PRODUCT)
        return self.dialect.fraction([Piece(self.dialect.glued(above), _TIGHT)] if above else [], below)

    def _factor(self, factor: Expr, scope: Scope) -> Piece:
        if isinstance(factor, Sum):
            return self._sum(factor, scope)
        if isinstance(factor, Pow):
            return self._power(factor, scope)
        return self.piece(factor, scope)

    def _sum(self, expression: Sum, scope: Scope) -> Piece:
        body, bound = body_and_bound(expression)
        inner = scope.with_indices(bound, self.dialect)
        return self._total(bound, inner, self.piece(body, inner))

    def _total(self, bound: Sequence[Idx], scope: Scope, body: Piece) -> Piece:
        """Return a sum over indices, Σⱼₖ or Σⱼ₌₁³ Σₖ₌₁²: in the order of their letters."""
        bound = sorted(bound, key=lambda i: scope.letters[i])
        if not self.limits:
            return self.dialect.total([scope.letters[i] for i in bound], body)
        for one in reversed(bound):
            last = self.piece(size_of(one) - 1 + self.base, Scope()).text
            body = self.dialect.running_total(scope.letters[one], str(self.base), last, body)
        return body

    def _power(self, expression: Pow, scope: Scope) -> Piece:
        base, exponent = expression.base, expression.exp
        if exponent == Rational(1, 2):
            return self.dialect.root(self.piece(base, scope))
        return self.dialect.power(self.piece(base, scope), self.piece(exponent, scope))

    def _reduction(self, expression: Reduction, scope: Scope) -> Piece:
        body, bound = body_and_bound(expression)
        inner = scope.with_indices(bound, self.dialect)
        letters = [inner.letters[i] for i in bound]
        if isinstance(expression, MatrixOperation):
            return self._operation(expression, self._matrix(body, bound, inner), scope)
        written = self.piece(body, inner)
        if isinstance(expression, LogSumExp):
            total = self._total(bound, inner, self.dialect.call("exp", written))
            return Piece(f"{self.dialect.function('log')} {total.text}", Precedence.BINDER)
        name = {"Maximum": "max"}.get(type(expression).__name__, type(expression).__name__.lower())
        return self.dialect.over(name, letters, written)

    def _matrix(self, body: Expr, bound: Sequence[Idx], scope: Scope) -> tuple[Piece, bool]:
        """Return the matrix whose entries are the body, and whether it is transposed: S, or [bodyᵢⱼ]ᵢⱼ."""
        if isinstance(body, Entry) and set(body.indices[-2:]) == set(bound):
            before = [self.index(place, scope) for place in body.indices[:-2]]
            symbol = self.dialect.symbol(self.names.of(body.base), before)
            return symbol, tuple(body.indices[-2:]) != tuple(bound) and not body.base.is_symmetric
        inside = self.dialect.bracket(self.piece(body, scope).text).text
        return Piece(inside + self.dialect.lowered([scope.letters[i] for i in bound])), False

    def _operation(self, expression: MatrixOperation, matrix: tuple[Piece, bool], scope: Scope) -> Piece:
        """Return (S⁻¹)ᵢⱼ, det S, log det S or chol(S)ᵢⱼ."""
        inside, transposed = matrix
        if isinstance(expression, Determinant):
            return self.dialect.determinant(inside)
        if isinstance(expression, LogDeterminant):
            return self.dialect.log_determinant(inside)
        if isinstance(expression, Inverse):
            whole = self.dialect.inverse(inside, transposed)
        else:
            whole = self.dialect.call("chol", self.dialect.transposed(inside) if transposed else inside)
        indices = [scope.letters[i] for i in scope.first if i not in free_indices(expression)]
        return Piece(self.dialect.close(whole, Precedence.ATOM) + self.dialect.lowered(indices))

    def _function(self, expression: Function, scope: Scope) -> Piece:
        dialect, arguments = self.dialect, expression.args
        if isinstance(expression, Within):
            return dialect.bracket(within(expression, dialect, self._place_writer(scope), self.base))
        if isinstance(expression, Step) and (below := sign_and_rest(arguments[0]))[0] < 0:
            return dialect.bracket(f"{self.piece(below[1], scope).text} < 0")
        if isinstance(expression, KroneckerDelta):
            sides = sorted(arguments, key=lambda part: (bool(part.is_number), isinstance(part, Entry)))
            write = self._place_writer(scope)
            return dialect.bracket(" = ".join(write(counted_from(part, self.base)) for part in sides))
        if isinstance(expression, Piecewise):
            cases = [
                (self.piece(value, scope).text, "" if condition == True else self._relation(condition, scope))  # noqa: E712
                for value, condition in arguments
            ]
            return dialect.cases(cases)
        if isinstance(expression, Max | Min):
            inside = ", ".join(self.piece(part, scope).text for part in ordered_operands(arguments))
            return dialect.call("max" if isinstance(expression, Max) else "min", Piece(inside))
        return self.apply(type(expression), [self.piece(part, scope) for part in arguments])

    def _place_writer(self, scope: Scope) -> Callable[[Expr], str]:
        """Return what writes a side of a bracket, in which a letter is an index as it is counted."""

        def write(place: Expr) -> str:
            known = {i: Symbol(scope.letters[i], integer=True) for i in free_indices(place) if i in scope.letters}
            return self.piece(place.xreplace(known) if self.base else place, scope).text

        return write

    def apply(self, function: Any, pieces: Sequence[Piece]) -> Piece:
        """Return a function of what is written already."""
        first = pieces[0]
        if issubclass(function, Step):
            return self.dialect.bracket(f"{first.text} > 0")
        if issubclass(function, Abs):
            return self.dialect.absolute(first.text)
        if issubclass(function, exp):
            return self.dialect.exponential(first)
        if issubclass(function, floor):
            return self.dialect.floor(first.text)
        if issubclass(function, log):
            return self.dialect.named("log", first)
        if issubclass(function, log_sigmoid):
            return self.dialect.named("log", self.apply(sigmoid, pieces))
        if issubclass(function, Elementwise):
            name = function.root.__name__
            return self.dialect.call(GREEK.get(name, name), first, function.order)
        return self.dialect.call(function.__name__, Piece(", ".join(piece.text for piece in pieces)))

    def _relation(self, condition: Basic, scope: Scope) -> str:
        if not isinstance(condition, Relational):
            joined = f" {self.dialect.words(type(condition).__name__.lower())} "
            return joined.join(self._relation(part, scope) for part in condition.args)
        signs = {
            ">": ">", "<": "<", ">=": self.dialect.greater_equal, "<=": self.dialect.less_equal,
            "==": "=", "!=": self.dialect.unequal,
        }  # fmt: skip
        left, right = (self.piece(part, scope).text for part in condition.args)
        return f"{left} {signs[condition.rel_op]} {right}"


def _is_plain(term: Expr) -> bool:
    """Whether a term of an index is a letter with a number at most: 2i, and not q k."""
    return not term.as_coeff_Mul()[1].is_Mul


_TERM = Precedence.BINDER
_TIGHT = Precedence.ATOM
