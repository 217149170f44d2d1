"""Making nodes of the matrix view: axes that do not fit are refused, and what says nothing is left out.

Products, sums and scalar factors are made here; `symnn.views.operations` makes what acts on one matrix.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from sympy import Abs, Expr, Integer, S, sign

from symnn.errors import ShapeError
from symnn.language import Step
from symnn.views.cancelling import cancelled
from symnn.views.transposes import is_scalar, same_axis, transpose, transposes
from symnn.views.tree import (
    Apply,
    Axis,
    Diagonal,
    Hadamard,
    Identity,
    Ones,
    Plus,
    Power,
    Product,
    Scalar,
    Scaled,
    SquaredNorm,
    Transposed,
    Tree,
    Zeros,
)

ONE = Scalar(Integer(1))
ZERO = Scalar(Integer(0))


def zeros(rows: Axis, columns: Axis) -> Tree:
    """Return zeros of a shape."""
    return ZERO if rows is None and columns is None else Zeros(rows, columns)


def is_zero(tree: Tree) -> bool:
    """Whether the tree is nothing but zeros."""
    return isinstance(tree, Zeros) or tree == ZERO


def _taken_apart(factors: Iterable[Tree], kind: type[Product | Hadamard]) -> tuple[list[Tree], list[Tree]]:
    """Return the scalars in front of factors, and the factors, those inside products of the same kind too."""
    scalars: list[Tree] = []
    chain: list[Tree] = []
    for factor in factors:
        inner = factor
        if isinstance(inner, Scaled):
            scalars.extend(inner.scalars)
            inner = inner.body
        chain.extend(inner.factors if isinstance(inner, kind) else (inner,))
    return scalars, chain


def product(*factors: Tree) -> Tree:
    """Return the matrix product: scalars of it go in front, identities and a matrix beside its inverse are left out."""
    scalars, chain = _taken_apart(factors, Product)
    for left, right in pairwise(chain):
        if not same_axis(left.columns, right.rows):
            raise ShapeError(f"a product of {shape_text(left)} and {shape_text(right)}")
    if any(isinstance(factor, Zeros) for factor in chain):
        return zeros(chain[0].rows, chain[-1].columns)
    *inner, main = _segments(_shortened(chain))
    return scaled([*scalars, *(_chained(part) for part in inner)], _chained(main))


def _shortened(chain: Sequence[Tree]) -> list[Tree]:
    """Return the factors without identities, inverses beside what they invert, and diag(v) before a column."""
    kept: list[Tree] = []
    for factor in chain:
        if isinstance(factor, Identity):
            continue
        met = cancelled(kept[-1], factor) if kept else None
        if met is not None:
            kept = _shortened([*kept[:-1], met])
            kept = [] if isinstance(kept[0], Identity) else kept
        elif kept and factor.columns is None and factor.rows is not None and isinstance(kept[-1], Diagonal):
            kept[-1] = hadamard(kept[-1].body, factor)
        else:
            kept.append(factor)
    if len(kept) > 1 and kept[0].rows is None and isinstance(kept[1], Diagonal):
        kept[:2] = [hadamard(kept[0], transpose(kept[1].body))]
    return kept or [Identity(chain[0].rows)]


def _segments(chain: Sequence[Tree]) -> list[list[Tree]]:
    """Return the scalars that stand as products within a product, x (uᵀ v) wᵀ, and what is left, last."""
    parts: list[list[Tree]] = [[]]
    for factor in chain:
        if parts[-1] and parts[-1][-1].columns is None and factor.rows is None:
            parts.append([])
        parts[-1].append(factor)
    inner = [part for part in parts if part[0].rows is None and part[-1].columns is None]
    outer = [part for part in parts if part not in inner]
    if not outer:
        return inner
    return [*inner, [factor for part in outer for factor in part]]


def _chained(factors: Sequence[Tree]) -> Tree:
    """Return a product that is scalar as a whole, or not at all; vᵀ v is ‖v‖², and 1ᵀ 1 a size."""
    if len(factors) == 1:
        return factors[0]
    first, *rest = factors
    if len(rest) == 1 and first.rows is None and rest[0] == transpose(first):
        return Scalar(rest[0].size) if isinstance(rest[0], Ones) else SquaredNorm(rest[0])
    return Product(tuple(factors))


def hadamard(*factors: Tree) -> Tree:
    """Return the elementwise product; scalars of its factors go in front."""
    scalars, chain = _taken_apart(factors, Hadamard)
    _same_shapes("an elementwise product", chain)
    if any(isinstance(factor, Zeros) for factor in chain):
        return zeros(chain[0].rows, chain[0].columns)
    kept = sorted((f for f in chain if not _is_ones(f)), key=_hadamard_rank) or chain[:1]
    return scaled(scalars, kept[0] if len(kept) == 1 else Hadamard(tuple(kept)))


def plus(*terms: Tree) -> Tree:
    """Return the sum of terms of one shape; equal terms are counted, and zeros left out."""
    _same_shapes("a sum", terms)
    coefficients: dict[Tree, Expr] = {}
    written: dict[Tree, tuple[int, Tree]] = {}
    for term in _summands(terms):
        coefficient, rest = coefficient_and_rest(term)
        turn, key = _reading(rest)
        if key == ONE and not coefficient.is_number:
            key = term  # sizes are not added up: 1 − 1/n stays as it is
        coefficients[key] = coefficients.get(key, S.Zero) + turn * coefficient
        written.setdefault(key, (turn, rest))
    made = [scaled([Scalar(written[key][0] * c)], written[key][1]) for key, c in coefficients.items()]
    kept = [term for term in made if not is_zero(term)]
    if not kept:
        return zeros(terms[0].rows, terms[0].columns)
    return kept[0] if len(kept) == 1 else Plus(tuple(kept))


def _summands(terms: Iterable[Tree]) -> Iterator[Tree]:
    for term in terms:
        if isinstance(term, Plus):
            yield from term.terms
        elif isinstance(term, Scaled) and term.scalars == (Scalar(-S.One),) and isinstance(term.body, Plus):
            yield from (scaled([Scalar(-S.One)], inner) for inner in term.body.terms)
        else:
            yield term


def coefficient_and_rest(term: Tree) -> tuple[Expr, Tree]:
    """Return a number, with sizes in it, and what it multiplies."""
    if isinstance(term, Scalar):
        return term.value, ONE
    if isinstance(term, Scaled) and isinstance(term.scalars[0], Scalar):
        return term.scalars[0].value, scaled(term.scalars[1:], term.body)
    return S.One, term


def _reading(tree: Tree) -> tuple[int, Tree]:
    """Return one way to write what may be written in several, with a sign: yᵀ S (m − x) is −(x − m)ᵀ Sᵀ y."""
    if isinstance(tree, Scaled):
        parts = [_reading(part) for part in (*tree.scalars, tree.body)]
        turn = 1
        for sign_of_part, _ in parts:
            turn *= sign_of_part
        return turn, scaled([part for _, part in parts[:-1]], parts[-1][1])
    if isinstance(tree, Product):
        turns = [_turn(factor) for factor in tree.factors]
        turn = -1 if turns.count(-1) % 2 else 1
        factors = [_negative(f) if t < 0 else _sorted(f) for t, f in zip(turns, tree.factors, strict=True)]
        made = Product(tuple(factors))
        other = Product(tuple(transpose(factor) for factor in reversed(factors)))
        return turn, min(made, other, key=repr) if is_scalar(tree) else made
    return 1, tree


def _turn(factor: Tree) -> int:
    """Return −1 for one of x − m and m − x, and 1 for the other."""
    if not isinstance(factor, Plus):
        return 1
    firsts = sorted(factor.terms, key=lambda term: repr(coefficient_and_rest(term)[1]))
    return -1 if coefficient_and_rest(firsts[0])[0].could_extract_minus_sign() else 1


def _sorted(tree: Tree) -> Tree:
    return Plus(tuple(sorted(tree.terms, key=repr))) if isinstance(tree, Plus) else tree


def _negative(tree: Tree) -> Tree:
    minus = Scalar(S.NegativeOne)
    return Plus(tuple(sorted((scaled([minus], term) for term in tree.parts), key=repr)))


def scaled(scalars: Any, body: Tree) -> Tree:
    """Return the product of scalars with the body: all numbers and sizes in one, in front."""
    value: Expr = S.One
    others: list[Tree] = []
    pending = list(scalars)
    if isinstance(body, Scaled):
        pending, body = [*pending, *body.scalars], body.body
    if is_scalar(body) and body != ONE:
        pending, body = [*pending, body], ONE
    for scalar in pending:
        inner = (*scalar.scalars, scalar.body) if isinstance(scalar, Scaled) else (scalar,)
        for part in inner:
            if isinstance(part, Scalar):
                value = value * part.value
            else:
                others.append(part)
    if value == 0 or is_zero(body):
        return zeros(body.rows, body.columns)
    others = _powers_together(others)
    if body == ONE and others:
        body = others.pop()
    if value != 1 and body == ONE:
        return Scalar(value)
    front = ((Scalar(value),) if value != 1 else ()) + tuple(others)
    return Scaled(front, body) if front else body


def _powers_together(factors: Iterable[Tree]) -> list[Tree]:
    """Return scalar factors with powers of one base put together: f f⁻¹ is left out."""
    exponents: dict[Tree, Expr] = {}
    for factor in factors:
        base, exponent = (factor.body, factor.exponent) if isinstance(factor, Power) else (factor, S.One)
        exponents[base] = exponents.get(base, S.Zero) + exponent
    for signed in [base for base in exponents if isinstance(base, Apply) and issubclass(base.function, sign)]:
        # sign(u) u = |u|
        if exponents[signed] == 1 and exponents.get(signed.body) == 1:
            del exponents[signed], exponents[signed.body]
            whole = Apply(signed.body, Abs)
            exponents[whole] = exponents.get(whole, S.Zero) + 1
    return [base if e == 1 else Power(base, e) for base, e in exponents.items() if e != 0]


def fewest_transposes(body: Tree) -> Tree:
    """Return the body or its transpose, where both are worth the same: whichever needs fewer transposes.

    The body is a scalar product, or stands under a norm or a trace.
    """
    if isinstance(body, Scaled):
        return scaled(body.scalars, fewest_transposes(body.body))
    if isinstance(body, Product):
        other: Tree = Product(tuple(transpose(factor) for factor in reversed(body.factors)))
    else:
        other = transpose(body)
    return other if transposes(other) < transposes(body) else body


def shape_text(tree: Tree) -> str:
    """Return a node's shape as a text: ``3×2``."""
    return "×".join("1" if axis is None else str(axis) for axis in (tree.rows, tree.columns))


def _is_ones(tree: Tree) -> bool:
    return isinstance(tree.body if isinstance(tree, Transposed) else tree, Ones)


def _hadamard_rank(tree: Tree) -> int:
    """Matrix products come first, derivatives of functions after other functions, brackets last."""
    if isinstance(tree, Apply):
        return 4 if tree.function is Step else 3 if getattr(tree.function, "order", 0) else 2
    if isinstance(tree, Power) and tree.exponent.is_negative:
        return 5
    return 0 if isinstance(tree, Product) else 1


def _same_shapes(what: str, trees: Any) -> None:
    for tree in trees:
        if not (same_axis(tree.rows, trees[0].rows) and same_axis(tree.columns, trees[0].columns)):
            raise ShapeError(f"{what} of {shape_text(trees[0])} and {shape_text(tree)}")
