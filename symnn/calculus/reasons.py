"""Why one line of a derivation follows from the one before: the rule's name, and a sentence.

A sentence is a tuple of texts and, between them, expressions and tensors, which are written in the
notation of the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Add, Expr, Idx, Mul, Pow, Sum, log
from sympy.core.function import Function

from symnn.calculus.trace import Closing, Occurrence
from symnn.language import (
    Cholesky,
    Determinant,
    Elementwise,
    Entry,
    Equation,
    Fact,
    Inverse,
    LogDeterminant,
    LogSumExp,
    Maximum,
    Program,
    Reduction,
    Tensor,
    entries,
    free_indices,
    has_binder,
    refresh,
    substitute,
)
from symnn.language.names import is_error_name

Words = tuple[Any, ...]

_REDUCTIONS: dict[type[Reduction], tuple[str, Words]] = {
    LogSumExp: (
        "rule of log-sum-exp",
        ("The derivative of log Σ exp by one of its terms is that term's share of the sum, exp(term − value).",),
    ),
    Maximum: (
        "rule of the maximum",
        ("Only the largest entry counts: its derivative is 1, that of the others 0; equal ones share it.",),
    ),
    Inverse: (
        "rule of the inverse",
        ("From S S⁻¹ = I, the change of the inverse is −S⁻¹ dS S⁻¹.",),
    ),
    Determinant: ("Jacobi's formula", ("The derivative of a determinant is det(S) times the transposed inverse.",)),
    LogDeterminant: (
        "Jacobi's formula",
        ("The derivative of the logarithm of a determinant is the transposed inverse.",),
    ),
    Cholesky: (
        "rule of the Cholesky factor",
        ("From S = L Lᵀ: dL is L times the lower triangle, with half of the diagonal, of L⁻¹ dS L⁻ᵀ.",),
    ),
}


def reduction_rule(reduction: Reduction) -> tuple[str, Words]:
    """Return the name of the rule of a reduction that is no sum, and why it holds."""
    name = type(reduction).__name__
    return _REDUCTIONS.get(type(reduction), (f"rule of {name}", (f"The registered adjoint rule of {name}.",)))


def through(of: Any, by: Tensor, equations: Sequence[Equation]) -> Words:
    """Why the chain rule has the terms that it has."""
    names = _listed([equation.tensor for equation in equations])
    if len(equations) > 1:
        return (of, " depends on ", by, " through ", *names, ": what goes through each is added.")
    entry = equations[0].left
    if not entry.indices:
        return (of, " depends on ", by, " only through ", *names, ".")
    return (of, " depends on ", by, " only through ", *names, ": every ", entry, " has its share, and all are added.")


def _listed(things: Sequence[Any]) -> list[Any]:
    found: list[Any] = []
    for place, thing in enumerate(things):
        if place:
            found.append(" and " if place == len(things) - 1 else ", ")
        found.append(thing)
    return found


def known(above: Expr, value: Expr) -> Words:
    """Why a derivative from further up is replaced."""
    if isinstance(value, Entry) and is_error_name(value.base.name):
        return (value, " is the name of ", above, ".")
    return (above, " was found before.")


def sum_rule(right: Expr, by: Entry) -> tuple[str, Words]:
    """Why a derivative goes inside sums and products."""
    products = [p for p in _nodes(right) if isinstance(p, Mul) and sum(map(has_binder, p.args)) > 1]
    if products:
        return "sum and product rule", (
            "The derivative of a sum is the sum of the derivatives; of a product, one factor is differentiated "
            "at a time.",
        )
    terms = [term for node in _nodes(right) if isinstance(node, Add) for term in node.args]
    dropped = [t for t in terms if not any(e.base == by.base for e in entries(t))]
    ending: Words = ("; a term without ", by.base, " has derivative 0.") if dropped else (".",)
    return "sum rule", ("The derivative of a sum is the sum of the derivatives", *ending)


def _nodes(expression: Expr) -> list[Expr]:
    """The sums, terms and products above the scalar parts of an expression."""
    found = [expression]
    if isinstance(expression, Sum):
        found += _nodes(expression.args[0])
    elif isinstance(expression, Add | Mul):
        found += [node for arg in expression.args if has_binder(arg) for node in _nodes(arg)]
    return found


def local_rule(occurrences: Sequence[Occurrence]) -> tuple[str, Words]:
    """Return the name of the rule by which scalar parts are differentiated, and why."""
    part, entry, local = occurrences[0].part, occurrences[0].entry, occurrences[0].local
    if len({o.entry for o in occurrences if o.part == part}) > 1:
        return "product rule", ("Each factor is differentiated in turn, the others held fixed; the results are added.",)
    if entry not in entries(local):
        if part == entry:
            return "derivative of itself", ("A number changes with itself at the rate 1.",)
        return "constant factor rule", ("Only ", entry, " varies here: what multiplies it is a constant factor.",)
    if isinstance(part, Elementwise):
        plain = part.args[0] == entry
        rest = "" if plain else ", times the derivative of the argument"
        if not entry.indices:
            return f"derivative of {type(part).__name__}", (
                "The slope of ", part, " at its argument is ", part.fdiff(), f"{rest}.",
            )  # fmt: skip
        return "elementwise rule", (
            "Each entry ", part, " depends on its own argument alone; its slope there is ", part.fdiff(), f"{rest}.",
        )  # fmt: skip
    functions = {type(f) for f in part.atoms(Function, log) if entry in entries(f)}
    powers = [p for p in part.atoms(Pow) if entry in entries(p.base) and not entries(p.exp)]
    if powers and not functions:
        power = powers[0]
        inner = "" if power.base == entry else ", times the derivative of what is inside"
        if power.exp == 2:
            return "power rule", (f"The derivative of a square is twice the base{inner}.",)
        return "power rule", (f"The derivative of a power is the exponent times the next lower power{inner}.",)
    if len(functions) == 1 and not powers:
        name = next(iter(functions)).__name__
        sentence = _OF_FUNCTIONS.get(name, f"The derivative of {name}")
        return f"derivative of {name}", (f"{sentence}; the chain rule inside.",)
    return "scalar chain rule", ("The rules for functions of one number, from the outside to the inside.",)


_OF_FUNCTIONS = {
    "log": "The derivative of log t is 1/t",
    "exp": "The exponential is its own derivative",
    "Abs": "The derivative of |t| is the sign of t",
    "Step": "A bracket is constant on either side of its jump, so its derivative is 0",
}


def named(equation: Equation) -> Words:
    """Why a right side is written by its name."""
    return ("What is met here has a name already: ", equation.right, " is ", equation.left, ".")


def cancelled(equation: Equation) -> Words:
    """Why factors cancel."""
    right = equation.right
    if isinstance(right, Elementwise):
        return (right.fdiff(), " is written by ", equation.left, ", and what is above and below a fraction cancels.")
    return ("What is above and below a fraction cancels.",)


def independent(entry: Entry, by: Entry) -> Words:
    """Why the derivative of an entry by an entry is a delta."""
    if entry.base.is_symmetric:
        return ("For now the entries of ", entry.base, " count as independent, and its symmetry is heeded at the end: "
                "the derivative is 1 where the indices are equal, else 0.")  # fmt: skip
    return ("The entries of ", entry.base, " are independent: the derivative is 1 where the indices are equal, else 0.")


def contracted(occurrences: Sequence[Occurrence], by: Entry) -> Words:
    """Why sums vanish with deltas."""
    if not by.indices:
        return ("What does not depend on the index of a sum stands before the sum.",)
    summed = list(dict.fromkeys(i for o in occurrences for e in o.entry.indices for i in free_indices(e)))
    if len(occurrences) == 1 and summed and all(isinstance(e, Idx) for e in occurrences[0].entry.indices):
        pairs = list(zip(occurrences[0].entry.indices, by.indices, strict=True))
        said = _listed([part for pair in pairs for part in [Equal(*pair)]])
        return ("Of the sum over ", *_listed(summed), " only the term with ", *said, " is left.")
    return ("Each delta leaves one term of a sum: the one where its two sides are equal.",)


class Equal(tuple):  # type: ignore[type-arg]
    """Two indices with a sign of equality between them, in a sentence."""

    def __new__(cls, left: Idx, right: Idx) -> Equal:
        return super().__new__(cls, (left, right))


def symmetric(tensor: Tensor) -> Words:
    """Why the gradient by a symmetric tensor is symmetric."""
    return (tensor, " is symmetric, and so is its gradient: half of the sum of what was found and its transpose. What "
            "is symmetric already stays as it is.")  # fmt: skip


def folded(closing: Closing, program: Program) -> Words:
    """Why a known right side is written by its name."""
    before, after = entries(closing.collected), entries(closing.named)
    new = [e.base for e in after - before]
    if not new or new[0].name not in program.defined:
        return ("A right side that has a name is written by its name.",)
    equation = program[new[0].name]
    own: dict[Any, Any] = {}
    if len(equation.indices) == len(closing.axes):
        own = dict(zip(equation.indices, closing.axes, strict=True))
    left, right = (substitute(refresh(part), own) for part in (equation.left, equation.right))
    return ("What is met here has a name already: ", right, " is ", left, ".")


def fact(facts: Sequence[Fact]) -> Words:
    """Why a sum has a known value."""
    if not facts:
        return ("The value of this sum is known from the definitions.",)
    said = [part for one in facts for part in (", ", one.left, " = ", one.right)]
    return ("Known of these sums: ", *said[1:], ".")


def naming(name: Entry, tensor: Tensor) -> Words:
    """Why the result gets a name."""
    if is_error_name(name.base.name):
        return ("This is the error of the layer: it is called ", name, " from here on.")
    return ("The derivative by ", tensor, " is called ", name, " from here on.")

