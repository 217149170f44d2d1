"""An outer product that is only summed over again is never written out.

    T[i, j] = a[i] b[j],   u[j] = Σ_i V[i, j] T[i, k] …        becomes        … Σ_i V[i, j] a[i] b[k] …

so that a matrix meets vectors, and never another matrix. Before an inverse, which then is solved with
what is narrow, this goes for products of matrices too.
"""

from __future__ import annotations

from collections.abc import Collection

from sympy import Expr, Idx, Mul, Sum
from sympy.core.basic import Basic

from symnn.compiling.rewriting import Rewriting
from symnn.language import (
    Entry,
    Equation,
    Inverse,
    Program,
    Tensor,
    body_and_bound,
    entries,
    free_indices,
    rebuild,
    refresh,
    substitute,
    tensors,
)


def with_vectors(program: Program, kept: Collection[str]) -> tuple[Program, tuple[Rewriting, ...]]:
    """Return the program with outer products put into the sums that use them, and what was rewritten.

    Args:
        program: the equations.
        kept: the names of tensors that are wanted themselves.
    """
    products = _products(program, kept)
    if not products:
        return program, ()
    equations, rewritings = [], []
    for equation in program:
        if equation.tensor.name in products:
            continue
        right = _put_in(equation.right, products)
        if right != equation.right:
            rewritings.append(Rewriting(equation, Equation(equation.left, right)))
            equation = Equation(equation.left, right)
        equations.append(equation)
    return Program(equations, program.facts, program.layered, program.adjoints), tuple(rewritings)


def _products(program: Program, kept: Collection[str]) -> dict[str, Equation]:
    """Return the equations that are better written where they are used, by name."""
    inverses = {e.tensor.name for e in program if isinstance(e.right, Inverse)}
    found = {e.tensor.name: e for e in program if e.tensor.name not in kept and _is_outer(e, bool(inverses))}
    for equation in program:
        used = {tensor.name for tensor in tensors(equation.right)}
        for name in used & found.keys():
            of_matrices = isinstance(found[name].right, Sum)
            if (of_matrices and not used & inverses) or not _only_summed(equation.right, found[name].tensor):
                del found[name]
    return found


def _is_outer(equation: Equation, or_matrices: bool) -> bool:
    """Whether an equation is a product (or a sum of products) of entries of which none has all of its axes."""
    right = equation.right
    body = body_and_bound(right)[0] if isinstance(right, Sum) and or_matrices else right
    factors = Mul.make_args(body)
    found = [f for f in factors if isinstance(f, Entry)]
    plain = all(isinstance(i, Idx) for f in found for i in f.indices)
    whole = all(isinstance(f, Entry) or f.is_number for f in factors)
    axes = set(equation.indices)
    return whole and plain and all(free_indices(f) & axes < axes for f in found)


def _only_summed(part: Basic, tensor: Tensor, summed: bool = False) -> bool:
    """Whether every entry of a tensor is a factor of what a sum adds up."""
    if isinstance(part, Entry):
        return summed or part.base != tensor
    if isinstance(part, Sum):
        body, bound = body_and_bound(part)
        return all(
            _only_summed(f, tensor, bool(free_indices(f) & set(bound)) and isinstance(f, Entry))
            for f in Mul.make_args(body)
        )
    if isinstance(part, Idx | Tensor) or not part.args:
        return True
    return all(_only_summed(arg, tensor) for arg in part.args)


def _put_in(part: Basic, products: dict[str, Equation]) -> Expr:
    if not any(entry.base.name in products for entry in entries(part)):
        return part
    if isinstance(part, Entry):
        known = products[part.base.name]
        inner = substitute(refresh(known.right), dict(zip(known.indices, part.indices, strict=True)))
        return _put_in(inner, products)
    return rebuild(part, [_put_in(arg, products) for arg in part.args])
