"""The normal form in which programs are differentiated: sums are linear, reductions stand alone.

Every sum inside a nonlinear function, and every reduction that is not a whole right side, becomes
an equation with a name of its own, so that nothing is computed twice and one rule is enough. What
the adjoint rule of a matrix operation needs beside it, such as an inverse, is named here too.
"""

from __future__ import annotations

from sympy import Add, Expr, Idx, Mul, Sum, Symbol
from sympy.core.basic import Basic

from symnn.calculus.canonical import canonical
from symnn.calculus.primitives import companion_of
from symnn.language import (
    Entry,
    Equation,
    MatrixOperation,
    Maximum,
    Program,
    Reduction,
    Tensor,
    body_and_bound,
    entries,
    free_indices,
    fresh_index,
    has_binder,
    is_binder,
    rebind,
    rebuild,
    refresh,
    size_of,
    substitute,
)
from symnn.language.matrices import gives_symmetric


def normal_form(program: Program) -> Program:
    """Return an equivalent program in which sums stand only in sums, products and other sums.

    >>> from sympy import Sum, log
    >>> from symnn.language import index, tensor
    >>> i = index("i", 3); x, h = tensor("x", 3), tensor("h")
    >>> print(normal_form(Program([Equation(h, log(Sum(x[i] ** 2, i)))])))
    s = Sum(x[i]**2, i)
    h = log(s)
    """
    named = program
    if any(_needs_names(equation.right) for equation in program):
        named = _Naming(program).result()
    return _with_companions(named)


def companions(program: Program) -> dict[str, Tensor]:
    """Return, for each matrix operation that needs one, the tensor that holds its companion."""
    known = {_key(e.left, e.right): e.tensor for e in program if isinstance(e.right, MatrixOperation)}
    wanted = {e.tensor.name: (e.left, companion_of(e)) for e in program}
    return {name: known[_key(left, made)] for name, (left, made) in wanted.items() if made is not None}


def _with_companions(program: Program) -> Program:
    """Name what adjoint rules need, unless it has a name already."""
    known = {_key(e.left, e.right) for e in program if isinstance(e.right, MatrixOperation)}
    names: list[str] = []
    equations: list[Equation] = []
    for equation in program:
        equations.append(equation)
        made = companion_of(equation)
        if made is None or (key := _key(equation.left, made)) in known:
            continue
        known.add(key)
        names.append(program.fresh_name("V", names))
        axes = [i for i in equation.indices if i in free_indices(made)]
        axes += [fresh_index(i) for i in made.bound]
        left = Tensor(names[-1], [size_of(i) for i in axes], "value", gives_symmetric(made))[tuple(axes)]
        equations.append(Equation(left, made))
    if not names:
        return program
    return Program(equations, program.facts, program.layered, program.adjoints)


def _key(left: Entry, operation: Expr) -> Expr:
    """What a matrix operation computes, whatever its indices are called."""
    shared = [i for i in left.indices if i in free_indices(operation)]
    places = {i: Idx(Symbol(f"n{n}", integer=True), size_of(i)) for n, i in enumerate(shared)}
    return canonical(substitute(refresh(operation), places))


def _needs_names(right: Expr) -> bool:
    """Whether some sum is under something nonlinear, or some reduction is not alone."""
    if isinstance(right, Reduction):
        unnamed = isinstance(right, Maximum) and not isinstance(right.body, Entry)
        return unnamed or _is_nonlinear_above_a_binder(right.body) or has_binder(right.body)
    return _is_nonlinear_above_a_binder(right)


def _is_nonlinear_above_a_binder(part: Basic) -> bool:
    if not has_binder(part):
        return False
    if isinstance(part, Reduction):
        return True
    if isinstance(part, Sum):
        return _is_nonlinear_above_a_binder(body_and_bound(part)[0])
    if isinstance(part, Add | Mul):
        return any(_is_nonlinear_above_a_binder(arg) for arg in part.args)
    return True


class _Naming:
    """Gives names to sums as it goes through a program; equal sums get one name."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.equations: list[Equation] = []
        self.names: list[str] = []
        self.known: dict[Expr, Entry] = {}

    def result(self) -> Program:
        for equation in self.program:
            right = equation.right
            if isinstance(right, Reduction):
                right = rebind(right, self._body(right), right.bound)
            else:
                right = self._named(right, linear=True)
            self.equations.append(Equation(equation.left, right))
        return Program(self.equations, self.program.facts, self.program.layered, self.program.adjoints)

    def _body(self, reduction: Reduction) -> Expr:
        """Return what is reduced; what a maximum is compared with again has a name, so that it is the same number."""
        body = self._named(reduction.body, linear=False)
        plain = isinstance(body, Entry) or not isinstance(reduction, Maximum)
        return body if plain else self._name(body)

    def _named(self, part: Expr, linear: bool) -> Expr:
        """Return the part with names for the sums in it that are not linear in the whole."""
        if not has_binder(part):
            return part
        if is_binder(part):
            body, bound = body_and_bound(part)
            inner = rebind(part, self._named(body, True) if isinstance(part, Sum) else self._body(part), bound)
            return inner if linear and isinstance(part, Sum) else self._name(inner)
        if not linear and isinstance(part, Add) and any(map(_is_multiple_of_a_sum, part.args)):
            # W x + b under a function is named whole, as a textbook names it.
            return self._name(rebuild(part, [self._named(arg, True) for arg in part.args]))
        keeps = linear and isinstance(part, Add | Mul)
        return rebuild(part, [self._named(arg, keeps) for arg in part.args])

    def _letter(self) -> str:
        """A letter for sums that no tensor of the program has, with whatever number."""
        stems = {name.rstrip("0123456789") for name in self.program.tensors}
        return next((letter for letter in "sqtuv" if letter not in stems), "s")

    def _name(self, binder: Expr) -> Entry:
        key = canonical(binder)
        if key not in self.known:
            free = sorted(free_indices(binder), key=lambda i: _position(binder, i))
            name = self.program.fresh_name(self._letter(), self.names)
            self.names.append(name)
            left = Tensor(name, [size_of(i) for i in free])[tuple(free)]
            self.equations.append(Equation(left, binder))
            self.known[key] = left
        return self.known[key]


def _is_multiple_of_a_sum(term: Expr) -> bool:
    return any(isinstance(factor, Sum) for factor in Mul.make_args(term))


def _position(expression: Expr, an_index: Idx) -> tuple[int, str, list[tuple[str, int]], int]:
    """Leading axes come first: an index is placed by the first axis in which it stands, then by where else."""
    places = sorted(
        (entry.base.name, n)
        for entry in entries(expression)
        for n, e in enumerate(entry.indices)
        if an_index in free_indices(e)
    )
    first = min((place for _, place in places), default=0)
    return first, str(an_index), places, getattr(an_index.label, "dummy_index", 0)
