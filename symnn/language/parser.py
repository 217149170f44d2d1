"""The expression parser: a formula given as text becomes a SymPy expression, and nothing is ever run.

The text is read by Python's `ast` into a tree, and only what an allowlist names is taken from the tree:
numbers, names that the caller gives, arithmetic, known functions, entries such as `W[j, k]`, and sums.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NoReturn

import sympy
from sympy import Add, Expr, Idx, Integer, Mul, Pow, Rational, Symbol, exp, log
from sympy.core.basic import Basic

from symnn.errors import ParseError, ProgramError, ShapeError, suggest
from symnn.language.constants import value
from symnn.language.expressions import LogSumExp, Maximum, free_indices, has_binder, sum_over
from symnn.language.functions import NAMED, PRECISE, Elementwise
from symnn.language.tensors import Tensor, size_of

LONGEST_TEXT = 2_000
DEEPEST_NESTING = 50
LARGEST_EXPONENT = 100
MOST_CHOICES = 12
"""How many arguments all the `max` and `min` of one text may have: SymPy compares every pair of them."""
MOST_DIGITS = 40
LARGEST_NUMBER = 1e60

_CHARACTERS = re.compile(r"[A-Za-z0-9_.,+\-*/^()\[\] \t]")
_NUMBER = re.compile(r"(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?\Z", re.ASCII)

FUNCTIONS: dict[str, Any] = {
    **{f.__name__: f for f in (exp, log, sympy.sqrt, sympy.sign, sympy.sin, sympy.cos)},
    **{f.__name__: f for f in (sympy.sinh, sympy.cosh, sympy.atan, sympy.erf)},
    "abs": sympy.Abs,
    "max": sympy.Max,
    "min": sympy.Min,
    **NAMED,
    **PRECISE,
}
"""The functions that a text may call, by name; those of one variable but for `max` and `min`."""

_CHOICES = ("max", "min")
_ACCEPTED = "accepted: numbers, names, + - * / ** ( ), known functions, entries such as W[j, k], and sum(…, j)"


def parse_expression(text: str, names: Mapping[str, Any]) -> Expr:
    """Return the expression that a text writes; decimals are exact, and `^` is a power.

    Args:
        text: such as ``"sum((a[j] - y[j])**2, j)/2"``.
        names: what each name means: a tensor, an entry, an index, a size, a symbol or an undefined function.

    >>> parse_expression("0.1*t^2 + relu(t)", {"t": Symbol("t", real=True)})
    t**2/10 + relu(t)
    >>> parse_expression("__import__(t)", {"t": Symbol("t", real=True)})
    Traceback (most recent call last):
    symnn.errors.ParseError: cannot read '__import__(t)' at column 1: unknown function '__import__' (accepted: exp, ...

    Raises:
        ParseError: for any text that is not such a formula; the message says what was found, and where.
    """
    return _Reader(text, names).expression()


class _Reader:
    """One text, and what its names mean."""

    def __init__(self, text: str, names: Mapping[str, Any]) -> None:
        self.text, self.names, self.choices = text, names, 0
        if not isinstance(text, str):
            raise ParseError(f"cannot read a {type(text).__name__}: a formula is text")
        if len(text) > LONGEST_TEXT:
            raise ParseError(f"cannot read {text[:30]!r}...: {len(text)} characters (accepted: at most {LONGEST_TEXT})")
        for column, character in enumerate(text):
            if not _CHARACTERS.match(character):
                self.refuse(column, f"unexpected character {character!r}; {_ACCEPTED}")
        if not text.strip():
            raise ParseError(f"cannot read {text!r}: there is no formula in it")
        self.start = len(text) - len(text.lstrip())
        # Python's own ^ binds weaker than +, so that it has to become ** before the tree is built.
        self.source = text.strip().replace("^", "**")
        self.columns = [c for c, character in enumerate(text.strip()) for _ in range(1 + (character == "^"))]

    def expression(self) -> Expr:
        self.check_brackets()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(self.source, mode="eval").body
        except SyntaxError as error:
            self.refuse((error.offset or 1) - 1, str(error.msg), moved=True)
        except (ValueError, MemoryError, RecursionError):
            self.refuse(0, "too deeply nested")
        try:
            return self.read(tree, 0)
        except (TypeError, ValueError, ArithmeticError, AttributeError, NotImplementedError, RecursionError):
            self.refuse(0, f"this has no meaning as a formula; {_ACCEPTED}")

    def check_brackets(self) -> None:
        depth = 0
        for column, character in enumerate(self.text):
            depth += (character in "([") - (character in ")]")
            if depth > DEEPEST_NESTING:
                self.refuse(column, f"more than {DEEPEST_NESTING} brackets inside each other")

    def refuse(self, place: ast.AST | int, problem: str, moved: bool = False) -> NoReturn:
        """Raise the one-line error; `moved` columns count in the source and not in the text."""
        column = place if isinstance(place, int) else getattr(place, "col_offset", 0)
        if moved or not isinstance(place, int):
            column = self.start + (self.columns[column] if column < len(self.columns) else column)
        column = max(0, min(column, len(self.text)))
        shown = self.text if len(self.text) <= 60 else f"{self.text[:57]}..."
        raise ParseError(f"cannot read {shown!r} at column {column + 1}: {problem}")

    def read(self, node: ast.AST, depth: int) -> Expr:
        """Return the expression of one node of the tree, checked."""
        if depth > DEEPEST_NESTING:
            self.refuse(node, f"more than {DEEPEST_NESTING} operations inside each other")
        match node:
            case ast.Constant():
                made = self.number(node)
            case ast.Name():
                made = self.name(node)
            case ast.UnaryOp(op=ast.UAdd() | ast.USub()):
                operand = self.read(node.operand, depth + 1)
                made = -operand if isinstance(node.op, ast.USub) else operand
            case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div()):
                made = self.chain(node, depth)
            case ast.BinOp(op=ast.Pow()):
                made = self.power(node, depth)
            case ast.Subscript():
                made = self.entry(node, depth)
            case ast.Call():
                made = self.call(node, depth)
            case ast.Tuple():
                self.refuse(node, "a comma where none belongs: one formula is accepted")
            case _:
                self.refuse(node, f"'{self.piece(node)}' is not accepted; {_ACCEPTED}")
        self.check(made, node)
        return made

    def piece(self, node: ast.AST) -> str:
        written = ast.get_source_segment(self.source, node) or type(node).__name__
        return written if len(written) <= 40 else f"{written[:37]}..."

    def number(self, node: ast.Constant) -> Expr:
        written = self.piece(node)
        if not _NUMBER.match(written) or len(written) > MOST_DIGITS:
            self.refuse(node, f"'{written}' is not a number such as 2, 0.5 or 1e-3 of at most {MOST_DIGITS} characters")
        exact = Fraction(written)
        return Rational(exact.numerator, exact.denominator)

    def name(self, node: ast.Name) -> Expr:
        if node.id not in self.names:
            if node.id == "pi":
                return sympy.pi
            if node.id in FUNCTIONS or node.id in _BINDERS:
                self.refuse(node, f"'{node.id}' is a function: write {node.id}(…)")
            self.refuse(node, f"unknown name '{self.piece(node)}'{suggest(node.id, [*self.names, 'pi'])}")
        meaning = self.names[node.id]
        if isinstance(meaning, Tensor):
            letters = ", ".join("jklpqrst"[: meaning.rank])
            self.refuse(node, f"'{node.id}' has {_axes(meaning)}: write an entry, such as {node.id}[{letters}]")
        if isinstance(meaning, Idx):
            self.refuse(node, f"index '{node.id}' may only stand in brackets, as in x[{node.id}], or end a sum")
        if not isinstance(meaning, Expr):
            self.refuse(node, f"'{node.id}' is not a quantity")
        return meaning

    def chain(self, node: ast.AST, depth: int) -> Expr:
        """Read a + b − c…, or a·b/c…, from its end, so that a long one is not a deep one."""
        additive = isinstance(node.op, ast.Add | ast.Sub)  # type: ignore[attr-defined]
        kinds = (ast.Add, ast.Sub) if additive else (ast.Mult, ast.Div)
        parts: list[Expr] = []
        while isinstance(node, ast.BinOp) and isinstance(node.op, kinds):
            part = self.read(node.right, depth + 1)
            if isinstance(node.op, ast.Div) and part.is_zero:
                self.refuse(node.right, "division by zero")
            parts.append(-part if isinstance(node.op, ast.Sub) else 1 / part if isinstance(node.op, ast.Div) else part)
            node = node.left
        parts.append(self.read(node, depth + 1))
        return Add(*reversed(parts)) if additive else Mul(*reversed(parts))

    def power(self, node: ast.BinOp, depth: int) -> Expr:
        base, exponent = self.read(node.left, depth + 1), self.read(node.right, depth + 1)
        self.check_exponent(exponent, node.right)
        if base.is_zero and not exponent.is_positive:
            self.refuse(node, "division by zero")
        return Pow(base, exponent)

    def check_exponent(self, exponent: Expr, node: ast.AST) -> None:
        # SymPy multiplies 2**(10**9) out, also where it hides in (2*x)**(10**9).
        if any(abs(number) > LARGEST_EXPONENT for number in exponent.atoms(Rational)):
            self.refuse(node, f"a number above {LARGEST_EXPONENT} in an exponent")

    def entry(self, node: ast.Subscript, depth: int) -> Expr:
        if not isinstance(node.value, ast.Name):
            self.refuse(node, f"'{self.piece(node)}' is not an entry of a tensor, such as W[j, k]")
        name = node.value.id
        base = self.names.get(name)
        if base is None:
            self.refuse(node, f"unknown tensor '{self.piece(node.value)}'{suggest(name, self.tensor_names())}")
        if not isinstance(base, Tensor):
            self.refuse(node, f"'{name}' has no axes, so that it takes no brackets")
        given = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if len(given) != base.rank:
            self.refuse(node, f"'{name}' has {_axes(base)}, and is given {len(given)} indices")
        return base[tuple(self.index(part, depth + 1) for part in given)]

    def tensor_names(self) -> list[str]:
        return [name for name, meaning in self.names.items() if isinstance(meaning, Tensor)]

    def index(self, node: ast.AST, depth: int) -> Expr:
        """Read an affine index such as i + p, 2*i or n - 1 - i."""
        if depth > DEEPEST_NESTING:
            self.refuse(node, f"more than {DEEPEST_NESTING} operations inside each other")
        match node:
            case ast.Constant():
                made = self.number(node)
            case ast.Name() if isinstance(meaning := self.names.get(node.id), Idx) or _is_size(meaning):
                made = meaning
            case ast.Name():
                known = [name for name, meaning in self.names.items() if isinstance(meaning, Idx) or _is_size(meaning)]
                self.refuse(node, f"unknown index '{self.piece(node)}'{suggest(node.id, known)}")
            case ast.UnaryOp(op=ast.USub()):
                made = -self.index(node.operand, depth + 1)
            case ast.BinOp(op=ast.Add()):
                made = self.index(node.left, depth + 1) + self.index(node.right, depth + 1)
            case ast.BinOp(op=ast.Sub()):
                made = self.index(node.left, depth + 1) - self.index(node.right, depth + 1)
            case ast.BinOp(op=ast.Mult()):
                made = self.index(node.left, depth + 1) * self.index(node.right, depth + 1)
            case _:
                self.refuse(node, f"'{self.piece(node)}' is no index such as j, j + p, 2*j or n - 1 - j")
        if not _is_affine(made):
            self.refuse(node, f"'{self.piece(node)}' is no index such as j, j + p, 2*j or n - 1 - j")
        return made

    def call(self, node: ast.Call, depth: int) -> Expr:
        if not isinstance(node.func, ast.Name):
            self.refuse(node, f"'{self.piece(node.func)}' is not a known function")
        name = node.func.id
        if node.keywords or any(isinstance(argument, ast.Starred) for argument in node.args):
            self.refuse(node, f"{name}(…) takes plain arguments only")
        meaning = self.names.get(name)
        own = isinstance(meaning, type) and issubclass(meaning, Elementwise)
        if name in _BINDERS and not own:
            return self.binder(node, name, depth)
        function = meaning if own else FUNCTIONS.get(name)
        if function is None:
            self.refuse(node, f"unknown function '{self.piece(node.func)}'{suggest(name, [*FUNCTIONS, *_BINDERS])}")
        choice = name in _CHOICES and not own
        if (len(node.args) < 2) if choice else (len(node.args) != 1):
            wanted = "at least two arguments" if choice else "one argument"
            self.refuse(node, f"{name} takes {wanted}, and is given {len(node.args)}")
        if choice:
            self.choices += len(node.args)
            if self.choices > MOST_CHOICES:
                self.refuse(node, f"more than {MOST_CHOICES} arguments of max and min")
        arguments = [self.read(argument, depth + 1) for argument in node.args]
        if function is exp and arguments[0].has(log):
            self.check_exponent(arguments[0], node)
        return function(*arguments)

    def binder(self, node: ast.Call, name: str, depth: int) -> Expr:
        if len(node.args) < 2:
            self.refuse(node, f"{name} takes a formula and the index to reduce over, as in {name}(x[j], j)")
        bound: list[Idx] = []
        for argument in node.args[1:]:
            meaning = self.names.get(argument.id) if isinstance(argument, ast.Name) else None
            if not isinstance(meaning, Idx) or meaning in bound:
                indices = [known for known, meaning in self.names.items() if isinstance(meaning, Idx)]
                piece = self.piece(argument)
                self.refuse(argument, f"'{piece}' is not an index to reduce over (accepted: {', '.join(indices)})")
            bound.append(meaning)
        try:
            return _BINDERS[name](self.read(node.args[0], depth + 1), bound)
        except (ProgramError, ShapeError) as error:
            self.refuse(node, str(error))

    def check(self, made: Expr, node: ast.AST) -> None:
        """Refuse what is no real finite number of ordinary size."""
        if made.has(sympy.I, sympy.nan, sympy.zoo, sympy.oo, -sympy.oo):
            self.refuse(node, f"'{self.piece(node)}' is not a real number")
        for power in made.atoms(Pow):
            self.check_exponent(power.exp, node)
        if any(number.p.bit_length() > 400 or number.q.bit_length() > 400 for number in made.atoms(Rational)):
            self.refuse(node, f"'{self.piece(node)}' has more digits than are accepted")
        if made.is_number and not has_binder(made):
            try:
                size = abs(value(made))
            except (OverflowError, ValueError, ZeroDivisionError, TypeError):
                self.refuse(node, f"'{self.piece(node)}' is too large, or no real number")
            if not size <= LARGEST_NUMBER:
                self.refuse(node, f"'{self.piece(node)}' is larger than {LARGEST_NUMBER:.0e}")


def _sum(body: Expr, bound: list[Idx]) -> Expr:
    """Return the sum; over an index that does not occur it is a multiple."""
    present = [index for index in bound if index in free_indices(body)]
    return Mul(*(size_of(index) for index in bound if index not in present), sum_over(body, present))


def _axes(tensor: Tensor) -> str:
    return "1 axis" if tensor.rank == 1 else f"{tensor.rank} axes"


def _is_size(meaning: Any) -> bool:
    return isinstance(meaning, Integer) or (isinstance(meaning, Symbol) and meaning.is_integer is True)


def _is_affine(expression: Basic) -> bool:
    indices, written = free_indices(expression), expression.expand()
    coefficients = {index: written.coeff(index) for index in indices}
    rest = (written - sum(coefficient * index for index, coefficient in coefficients.items())).expand()
    return bool(expression.is_integer) and not free_indices(rest) and not any(map(free_indices, coefficients.values()))


_BINDERS: dict[str, Any] = {
    "sum": _sum,
    "Sum": _sum,
    "logsumexp": lambda body, bound: LogSumExp(body, *bound),
    "maximum": lambda body, bound: Maximum(body, *bound),
}
