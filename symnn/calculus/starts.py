"""From one start to many: what differs between them, and all that depends on it, gets a leading axis r.

    z[j] = Σₖ W[j, k] x[k] + b[j]    becomes    z[r, j] = Σₖ W[r, j, k] x[r, k] + b[r, j]

Each start has its own parameters, sees its own examples, and may have its own learning rate; nothing is summed
over r, so that each goes the way that it would go alone.
"""

from __future__ import annotations

from collections.abc import Collection

from sympy import Expr, Idx
from sympy.core.basic import Basic

from symnn.errors import InputError
from symnn.language import (
    Entry,
    Equation,
    Fact,
    Program,
    Tensor,
    body_and_bound,
    fresh_index_over,
    is_binder,
    rebind,
    rebuild,
    sizes,
    tensors,
)


def with_starts(program: Program, differing: Collection[str], name: str = "R") -> Program:
    """Return a program for several starts at once: a leading axis counts them.

    Args:
        program: the equations of one start.
        differing: the names of the inputs that each start has of its own.
        name: what the number of starts is called; digits are added where a size is called so already.

    >>> from symnn.language import index, tensor
    >>> j = index("j", 2)
    >>> w, x, a = tensor("w", 2, role="parameter"), tensor("x", 2, role="input"), tensor("a", 2)
    >>> print(with_starts(Program([Equation(a[j], w[j] * x[j])]), ["w"]))
    a[r, j] = w[r, j]*x[j]

    Raises:
        InputError: for a name that is no input of the program.
    """
    for one in differing:
        if one not in program.inputs:
            raise InputError(f"'{one}' is no input of the program (accepted: {', '.join(program.inputs)})")
    count = sizes(program.fresh_name(name))
    widened = {one: _widened(program.inputs[one], count) for one in program.inputs if one in differing}
    equations = []
    for equation in program:
        if any(tensor.name in widened for tensor in tensors(equation.right)):
            widened[equation.tensor.name] = _widened(equation.tensor, count)
            r = fresh_index_over(count, "r")
            left = widened[equation.tensor.name][(r, *equation.indices)]
            equation = Equation(left, _of_start(equation.right, r, widened))
        equations.append(equation)
    facts = [_fact(fact, count, widened) for fact in program.facts]
    return Program(equations, facts, program.layered, program.adjoints)


def _widened(tensor: Tensor, count: Expr) -> Tensor:
    return tensor.like(shape=(count, *tensor.shape))


def _fact(fact: Fact, count: Expr, widened: dict[str, Tensor]) -> Fact:
    r = fresh_index_over(count, "r")
    return Fact(_of_start(fact.left, r, widened), _of_start(fact.right, r, widened))


def _of_start(part: Basic, r: Idx, widened: dict[str, Tensor]) -> Basic:
    """Return an expression with the index r in each entry of a tensor that has the axis."""
    if isinstance(part, Entry):
        places = [_of_start(index, r, widened) for index in part.indices]
        own = widened.get(part.base.name)
        return part.base[tuple(places)] if own is None else own[(r, *places)]
    if isinstance(part, Idx | Tensor) or not part.args:
        return part
    if is_binder(part):
        body, bound = body_and_bound(part)
        return rebind(part, _of_start(body, r, widened), bound)
    return rebuild(part, [_of_start(arg, r, widened) for arg in part.args])
