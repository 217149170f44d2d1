"""First values of the parameters of a program, from the equations in which they stand.

    a factor, as W in Σₖ W[j, k] x[k]        drawn with variance 1/n, n the number of terms of that sum: were it
                                             0, all units would stay alike, or nothing would reach those before
    only added, as b in z + b                0; a matrix or more is drawn, so that its rows differ
    divided by, or under a root or logarithm 1
    gamma…, which scales what is normalised  1
    a symmetric matrix                       the identity, which has an inverse
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sympy import Add, Expr, Mul, Pow, Sum, log
from sympy.core.basic import Basic

from symnn.language import Entry, Program, Tensor, body_and_bound, size_of, tensors

SCALING = "gamma"
"""How the names begin of parameters that start at 1."""


@dataclass(frozen=True)
class Use:
    """One place where a tensor stands.

    Attributes:
        name: the tensor's.
        factor: whether it multiplies something that depends on inputs or parameters.
        terms: the number of terms of the sum in which it does.
        positive: whether it must not be 0 there: it is divided by, or under a root or a logarithm.
    """

    name: str
    factor: bool = False
    terms: int = 1
    positive: bool = False


def first_value(
    tensor: Tensor, uses: list[Use], generator: np.random.Generator
) -> NDArray[np.float64]:
    """Return the first value of a parameter with these uses (see this module); its sizes are numbers.

    >>> from symnn.language import tensor
    >>> first_value(tensor("b", 2, "parameter"), [Use("b")], np.random.default_rng(0))
    array([0., 0.])
    """
    shape = tuple(int(size) for size in tensor.shape)
    if tensor.is_symmetric:
        return np.zeros(shape) + np.eye(shape[-1])
    if tensor.name.startswith(SCALING) or any(use.positive for use in uses):
        return np.ones(shape)
    terms = [use.terms for use in uses if use.factor]
    if terms or len(shape) > 1:
        return generator.standard_normal(shape) / math.sqrt(max(terms, default=shape[-1] if shape else 1))
    return np.zeros(shape)


def uses_of_parameters(program: Program) -> dict[str, list[Use]]:
    """Return where each parameter of a program stands.

    >>> from symnn.language import parse_program
    >>> program = parse_program("input x: 3\\nparameter w: 3\\nparameter b\\nz = w'*x + b")
    >>> uses_of_parameters(program)["w"]
    [Use(name='w', factor=True, terms=3, positive=False)]
    """
    found: dict[str, list[Use]] = {name: [] for name, t in program.inputs.items() if t.role == "parameter"}
    # What a product with it moves: constants and hyperparameters only scale.
    moving = {name for name, t in program.inputs.items() if t.role in ("input", "parameter")}
    for equation in program:
        if any(tensor.name in moving for tensor in tensors(equation.right)):
            moving.add(equation.tensor.name)
        for use in _uses(equation.right, moving, False, 1):
            if use.name in found:
                found[use.name].append(use)
    return found


def _uses(part: Basic, moving: set[str], factor: bool, terms: int) -> Iterator[Use]:
    """Go over the uses in an expression that stands as a factor, in a sum of so many terms."""
    match part:
        case Entry():
            yield Use(part.base.name, factor, terms)
        case Sum():
            body, bound = body_and_bound(part)
            sizes = [int(size) for size in map(size_of, bound) if size.is_Integer]
            yield from _uses(body, moving, factor, terms * math.prod(sizes))
        case Add():
            for term in part.args:
                yield from _uses(term, moving, factor, terms)
        case Mul():
            moved = [any(tensor.name in moving for tensor in tensors(one)) for one in part.args]
            for one, own in zip(part.args, moved, strict=True):
                yield from _uses(one, moving, factor or sum(moved) > own, terms)
        case Pow() if isinstance(part.base, Entry):
            yield Use(part.base.base.name, factor, terms, _needs_positive(part.exp))
        case log() if isinstance(part.args[0], Entry):
            yield Use(part.args[0].base.name, positive=True)
        case _:
            for inner in part.args:
                yield from _uses(inner, moving, False, 1)


def _needs_positive(exponent: Expr) -> bool:
    return not (exponent.is_integer and exponent.is_positive)
