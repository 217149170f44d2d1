"""Jacobians and Hessians: a batch of gradients, one for each entry of what is differentiated.

    J[a…, p…] = ∂h[a…]/∂x[p…]

The gradient of h for an upstream adjoint h̄ is linear in h̄. With h̄[i…] = δ(i, a)… every adjoint gets
the axes a… in front, and the deltas remove the sums that they can.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sympy import Add, Expr, Idx, Integer, KroneckerDelta, Mul, Sum, expand_mul

from symnn.calculus.canonical import add_terms, content, tidy_sum
from symnn.calculus.chain_rule import contract
from symnn.calculus.derivation import Derivation
from symnn.calculus.inlining import inlined
from symnn.calculus.sweep import differentiate
from symnn.errors import CalculusError, ProgramError
from symnn.language import (
    Entry,
    Equation,
    Program,
    Tensor,
    body_and_bound,
    fresh_index,
    fresh_index_over,
    refresh,
    size_of,
    substitute,
    tensors,
)
from symnn.language.program import differentiate_with


def jacobian(
    program: Program,
    of: str,
    wrt: Iterable[str] | str | None = None,
    may_be_zero: bool = False,
    called: Mapping[str, str] | None = None,
) -> Derivation:
    """Return the derivative of every entry of a tensor by every entry of others.

        J[a…, p…] = ∂of[a…]/∂wrt[p…]

    Args:
        program: the equations.
        of: what to differentiate; for a scalar, the Jacobian is the gradient.
        wrt: with respect to what; by default every parameter.
        may_be_zero: whether a derivative that is zero throughout is an answer, not an error.
        called: names for the derivatives by some of `wrt`.

    Raises:
        ProgramError, CalculusError: as `differentiate` does.

    >>> from sympy import Sum
    >>> from symnn.language import index, tensor
    >>> i, j = index("i", 2), index("j", 3); W, x, h = tensor("W", (2, 3)), tensor("x", 3), tensor("h", 2)
    >>> print(jacobian(Program([Equation(h[i], Sum(W[i, j] * x[j], j))]), "h", "x").program["dx"])
    dx[i, j] = W[i, j]
    """
    if not program.find(of).rank:
        return differentiate(program, of, wrt, None, may_be_zero, called)
    seeded = differentiate(program, of, wrt, None, may_be_zero, called)
    return _Lifted(seeded, keep_all=True).result()


_MOST_TERMS = 4
"""Deltas in sums of more terms than this keep their name."""


class _Lifted:
    """The adjoints of a derivation with the axes of what is differentiated in front.

    An axis of size 1 may be left out: the sum over it says the same.
    """

    def __init__(self, seeded: Derivation, keep_all: bool) -> None:
        self.seeded, self.program = seeded, seeded.program
        self.seed = str(seeded.upstream)
        shape = self.program.find(seeded.of).shape
        letters = self.program.letters().get(seeded.of, ())
        hints = [i.name for i in letters] if letters else list("abcdef"[: len(shape)])
        self.places = [fresh_index_over(size, hint) for size, hint in zip(shape, hints, strict=True)]
        self.axes = [i for i in self.places if keep_all or size_of(i) != 1]
        self.dropped = [i for i in self.places if i not in self.axes]
        self.shape = [size_of(i) for i in self.axes]
        self.lifted: dict[str, Tensor] = {}
        self.inside: dict[str, Equation] = {}
        """Adjoints that are deltas: where they are used, they remove a sum."""

    def result(self) -> Derivation:
        lifted = [self._equation(equation) for equation in self.seeded.backward_equations]
        backward = [equation for equation in lifted if equation.tensor.name not in self.inside]
        equations = [*self.seeded.forward_equations, *inlined(backward, {*self.seeded.gradients.values()})]
        adjoints = {name: a for name, a in self.program.adjoints.items() if name != self.seed}
        program = Program(equations, self.program.facts, self.program.layered, adjoints)
        return replace(self.seeded, program=program, upstream=None, trace=(), parts=(self.seeded,))

    def _equation(self, equation: Equation) -> Equation:
        name, tensor = equation.tensor.name, equation.tensor
        wanted = name in self.seeded.gradients.values()
        if not self._depends(equation.right) and not wanted:
            return equation
        axes = [fresh_index(i) for i in self.axes]
        own = dict(zip(self.axes, axes, strict=True))
        right = content(add_terms([substitute(self._along(refresh(equation.right), Integer(1), ()), own)]))
        self.lifted[name] = Tensor(name, (*self.shape, *tensor.shape), tensor.role, tensor.is_symmetric)
        made = Equation(self.lifted[name][(*axes, *equation.indices)], right)
        if not wanted and right.has(KroneckerDelta) and len(Add.make_args(right)) <= _MOST_TERMS:
            self.inside[name] = made
        return made

    def _put_in(self, definition: Equation, entry: Entry, factor: Expr, bound: tuple[Idx, ...]) -> Expr:
        """Return Σ factor · entry with what the entry equals in its place, and its deltas contracted."""
        here = dict(zip(definition.indices, (*self.axes, *entry.indices), strict=True))
        terms = Add.make_args(expand_mul(substitute(refresh(definition.right), here)))
        return add_terms(contract(factor * refresh(term), bound, []) for term in terms)

    def _depends(self, part: Expr) -> bool:
        return any(tensor.name == self.seed or tensor.name in self.lifted for tensor in tensors(part))

    def _along(self, part: Expr, factor: Expr, bound: tuple[Idx, ...]) -> Expr:
        """Return Σ over `bound` of factor · part, for the unit seeds; `part` is linear in what is lifted."""
        if not self._depends(part):
            return tidy_sum(factor * part, bound)
        if isinstance(part, Entry):
            if part.base.name == self.seed:
                whole = contract(factor, bound, list(zip(self.places, part.indices, strict=True)))
                return tidy_sum(whole, self.dropped)
            if part.base.name in self.inside:
                return self._put_in(self.inside[part.base.name], part, factor, bound)
            return tidy_sum(factor * self.lifted[part.base.name][(*self.axes, *part.indices)], bound)
        if isinstance(part, Sum):
            body, inner = body_and_bound(part)
            return self._along(body, factor, (*bound, *inner))
        if isinstance(part, Add):
            return add_terms(self._along(term, factor, bound) for term in part.args)
        linear = [arg for arg in part.args if self._depends(arg)]
        if not isinstance(part, Mul) or len(linear) != 1:
            raise CalculusError(f"{part}: an adjoint that is not linear in its upstream adjoint")
        others = Mul(*(arg for arg in part.args if arg is not linear[0]))
        return self._along(linear[0], factor * others, bound)


def hessian(program: Program, of: str = "C", wrt: Iterable[str] | str | None = None) -> Derivation:
    """Return the second derivatives of a scalar: for each pair of names, the block ∂²of/∂a∂b.

        H[i…, p…] = ∂²of/∂a[i…] ∂b[p…]

    The keys of `gradients` are pairs, (a, b) for a not after b in `wrt`: the others are their transposes.

    Args:
        program: the equations of the scalar `of`.
        of: the scalar.
        wrt: with respect to what; by default every parameter.

    Raises:
        ProgramError, CalculusError: as `differentiate` does, and where `of` is no scalar.

    >>> from sympy import Sum
    >>> from symnn.language import index, tensor
    >>> i, j = index("i", 3), index("j", 3); x, A, f = tensor("x", 3), tensor("A", (3, 3)), tensor("f")
    >>> H = hessian(Program([Equation(f, Sum(x[i] * A[i, j] * x[j], i, j))]), "f", "x")
    >>> print(H.program[H.gradients["x", "x"]])
    H[i, j] = A[i, j] + A[j, i]
    """
    if program.find(of).rank:
        raise CalculusError(f"'{of}' has axes: the Hessian is of a scalar (see jacobian)")
    first = differentiate(program, of, wrt)
    whole = first.program
    blocks: dict[tuple[str, str], str] = {}
    parts = [first]
    for place, name in enumerate(first.wrt):
        columns = first.wrt[place:]
        called = {other: "H" if len(first.wrt) == 1 else f"H_{name}_{other}" for other in columns}
        second = jacobian(whole, first.gradients[name], columns, may_be_zero=True, called=called)
        parts.append(second)
        blocks |= {(name, other): made for other, made in second.gradients.items()}
        whole = _joined(whole, second.program)
    order = tuple(e.tensor.name for e in whole if e.tensor.name not in program.defined)
    return Derivation(whole, of, first.wrt, blocks, order, None, first.facts, (), tuple(parts))


def _joined(program: Program, more: Program) -> Program:
    """Return a program with the equations of another one that it lacks after its own."""
    new = [equation for equation in more if equation.tensor.name not in program.defined]
    return program.extended(new, more.adjoints)


def with_derivative(program: Program, of: str, wrt: str, order: int = 1, name: str | None = None) -> Program:
    """Return the program with the derivative of a tensor as one more equation, for later ones to use.

        u_x[…] = ∂u/∂x,   u_xx[…, …] = ∂²u/∂x²,   …

    The axes are those of `of`, then those of `wrt` once for each order; axes of size 1 are left out,
    so that a function of one number has derivatives that are numbers.

    Args:
        program: the equations.
        of: what to differentiate.
        wrt: with respect to what, such as the input of a network.
        order: how often.
        name: what the last derivative is called; by default `u_x`, `u_xx`, …

    Raises:
        ProgramError, CalculusError: as `differentiate` does, and for an order that is no positive number.

    >>> from symnn.language import tensor
    >>> x, u = tensor("x"), tensor("u")
    >>> print(with_derivative(Program([Equation(u, x**3)]), "u", "x", order=2)["u_xx"])
    u_xx = 6*x
    """
    if not isinstance(order, int) or order < 1:
        raise ProgramError(f"derivative of order {order!r}: a positive whole number is needed")
    current, whole = of, program
    for times in range(1, order + 1):
        wanted = f"{of}_{wrt * times if len(wrt) == 1 else '_'.join([wrt] * times)}"
        called = name if name is not None and times == order else whole.fresh_name(wanted)
        if called in whole.tensors:
            raise ProgramError(f"'{called}' is the name of a tensor already: give the derivative another name")
        plain = Program(whole.equations, whole.facts, False, whole.adjoints)
        found = differentiate(plain, current, wrt, called={wrt: called})
        if found.upstream is not None:
            found = _Lifted(found, keep_all=False).result()
        whole = _with_named(whole, found.program, called)
        current = called
    return whole


def _with_named(program: Program, derived: Program, name: str) -> Program:
    """Return the program with a derivative, which has become a value like any other, and what it needs."""
    new = [e for e in derived.pruned([name]) if e.tensor.name not in program.defined]
    last = new.pop()
    kept = [i for i in last.indices if size_of(i) != 1]
    left = Tensor(name, [size_of(i) for i in kept])[tuple(kept)]
    dropped = [i for i in last.indices if i not in kept]
    new.append(Equation(left, add_terms(tidy_sum(term, dropped) for term in Add.make_args(last.right))))
    labels = {e.tensor.name: derived.adjoints[e.tensor.name] for e in new if e.tensor.name in derived.adjoints}
    labels.pop(name, None)
    return program.extended(new, labels)


differentiate_with(with_derivative)
