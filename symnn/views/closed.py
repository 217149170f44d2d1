"""Closed forms: one matrix equation, with the definitions of the tensors in between put in.

dS[p, q] = V[q, p] + du[p] u[q],   u[p] = Σ V[p, q] r[q], …   →   ∂f/∂S = S⁻ᵀ − S⁻ᵀ (x − m) (x − m)ᵀ S⁻ᵀ

What is long and used more than once keeps its name, and its own equation follows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from symnn.language import Elementwise, Equation, Program, tensors
from symnn.views.matrix import MatrixEquation, matrix_equations
from symnn.views.operations import rebuild
from symnn.views.orientation import oriented
from symnn.views.simplifying import length, simplified, turned
from symnn.views.transposes import transpose
from symnn.views.tree import Apply, Extreme, Leaf, Reduce, Softmax, Transposed, Tree

LINE = 100
"""About a line and a half of text: an equation that is longer keeps some of its names."""
SHORT = 3
"""What is made of more tensors than this is written out once alone."""

_MANAGEABLE = 400
_EQUATION = 10
"""What one more equation costs, in characters, beside its right side."""

Shown = MatrixEquation | Equation


def closed_form(program: Program, name: str, keep: Iterable[str] = (), line: int = LINE) -> tuple[Shown, ...]:
    """Return a tensor of a program in terms of what the program is given, and the "where" equations that it needs.

    The first equation is the tensor's own. Those that follow define, in order, what kept its name: a
    tensor that is used more than once and is long or a function's value, one that would make an
    equation longer than `line`, one that has no matrix form, and those in `keep`.

    Args:
        program: a program; the result of a derivation for one.
        name: a tensor that the program defines.
        keep: tensors that keep their names in any case.
        line: how many characters an equation may have, about.

    >>> from sympy import Sum
    >>> from symnn.calculus import differentiate
    >>> from symnn.language import index, tensor
    >>> i, j = index("i", 3), index("j", 3)
    >>> A, x, f = tensor("A", (3, 3)), tensor("x", 3), tensor("f")
    >>> program = Program([Equation(f, Sum(x[i] * A[i, j] * x[j], i, j))])
    >>> closed_form(differentiate(program, "f", ["x"]).program, "dx")[0].right
    Product(factors=(Plus(terms=(Leaf(tensor=A), Transposed(body=Leaf(tensor=A)))), Leaf(tensor=x)))

    Raises:
        ProgramError: if the program does not define the tensor.
    """
    program[name]
    shown = {_name(one): one for one in matrix_equations(program.pruned([name]))}
    return _Closing(shown, name, frozenset(keep), line).result()


def closed_forms(
    program: Program,
    names: Iterable[str],
    keep: Iterable[str] = (),
    line: int = LINE,
    order: Iterable[str] = (),
) -> tuple[tuple[Shown, ...], tuple[Shown, ...]]:
    """Return several tensors in closed form, and the "where" equations of them all, in the program's order.

    What keeps its name in one of them keeps it in all. Where `order` names variables, differences are
    written with the first of them positive.

    Raises:
        ProgramError: if the program does not define one of the tensors.
    """
    wanted, kept = list(dict.fromkeys(names)), set(keep)
    while True:
        forms = [closed_form(program, name, kept, line) for name in wanted]
        named = {_name(one) for form in forms for one in form[1:]}
        if named <= kept:
            break
        kept |= named
    found = _oriented({_name(one): one for form in forms for one in form}, order)
    others = tuple(found[name] for name in program.defined if name in found and name not in wanted)
    return tuple(found[name] for name in wanted), others


def _oriented(found: dict[str, Shown], order: Iterable[str]) -> dict[str, Shown]:
    whole = {name: one for name, one in found.items() if isinstance(one, MatrixEquation)}
    trees = oriented([one.right for one in whole.values()], order)
    made = [MatrixEquation(one.equation, tree) for one, tree in zip(whole.values(), trees, strict=True)]
    return {**found, **dict(zip(whole, made, strict=True))}


def _name(shown: Shown) -> str:
    return (shown.equation if isinstance(shown, MatrixEquation) else shown).tensor.name


@dataclass(frozen=True)
class _Weight:
    """What a tensor would weigh if it were written out: characters, tensors, and whether functions are in it."""

    characters: int
    leaves: int
    calculated: bool


class _Closing:
    """One closed form in the making: consumers first, so that all uses of a tensor are known when it is decided."""

    def __init__(self, shown: dict[str, Shown], name: str, keep: frozenset[str], line: int) -> None:
        self.shown, self.name, self.keep, self.line = shown, name, keep, line
        self.weights: dict[str, _Weight] = {}
        for one in shown.values():
            self.weights[_name(one)] = self._weight(one)
        self.trees: dict[str, Tree] = {}
        self.kept: list[str] = []
        self.inlined: dict[str, Tree] = {}

    def result(self) -> tuple[Shown, ...]:
        self._open(self.name)
        for other in reversed(list(self.shown)):
            uses = self._uses(other)
            if other == self.name or not uses:
                continue
            one = self.shown[other]
            if isinstance(one, MatrixEquation) and self._is_symmetric(one):
                self._untranspose(other)
                uses = self._uses(other)
            if isinstance(one, MatrixEquation) and self._goes_in(other, uses):
                self._put_in(other, one.right)
            else:
                self._open(other)
        order = [self.name, *(n for n in self.shown if n in self.kept and n != self.name)]
        return tuple(self._equation(n) for n in order)

    def _open(self, name: str) -> None:
        self.kept.append(name)
        one = self.shown[name]
        if isinstance(one, MatrixEquation):
            self.trees[name] = simplified(one.right)

    def _equation(self, name: str) -> Shown:
        one = self.shown[name]
        return MatrixEquation(one.equation, turned(self.trees[name])) if isinstance(one, MatrixEquation) else one

    def _uses(self, name: str) -> dict[str, int]:
        """Return how often each equation that stays uses a tensor."""
        found: dict[str, int] = {}
        for user in self.kept:
            one = self.shown[user]
            if isinstance(one, MatrixEquation):
                count = sum(isinstance(n, Leaf) and n.tensor.name == name for n in self.trees[user].walk())
            else:
                # What has no matrix form keeps the names that it uses: a tree cannot be put into it.
                count = 2 * self.line * (name in {t.name for t in tensors(one.right)})
            if count:
                found[user] = count
        return found

    def _goes_in(self, name: str, uses: dict[str, int]) -> bool:
        if name in self.keep or any(not isinstance(self.shown[user], MatrixEquation) for user in uses):
            return False
        weight = self.weights[name]
        if sum(uses.values()) > 1 and (weight.leaves > SHORT or weight.calculated):
            return not weight.calculated and self._cancels(name, list(uses))
        own = length(simplified(self.shown[name].right))
        return all(length(self.trees[user]) + count * own <= self.line for user, count in uses.items())

    def _cancels(self, name: str, users: list[str]) -> bool:
        """Whether what is put in makes all of it shorter, as a determinant beside inverses may."""
        one = self.shown[name]
        if not isinstance(one, MatrixEquation) or self.weights[name].characters > self.line:
            return False
        whole = simplified(self._written_out(one.right))
        before = sum(length(self.trees[user]) for user in users)
        after = sum(length(self._replaced(self.trees[user], name, whole)) for user in users)
        return after <= before + length(whole) + _EQUATION

    def _put_in(self, name: str, definition: Tree) -> None:
        self.trees = {user: self._replaced(tree, name, definition) for user, tree in self.trees.items()}

    def _replaced(self, tree: Tree, name: str, definition: Tree) -> Tree:
        def replace(part: Tree) -> Tree | None:
            return definition if isinstance(part, Leaf) and part.tensor.name == name else None

        return simplified(rebuild(tree, replace))

    def _is_symmetric(self, one: MatrixEquation) -> bool:
        """Whether a matrix is symmetric by its definition, as Xᵀ X is."""
        if one.right.columns is None or one.right.rows is None or self.weights[_name(one)].characters > _MANAGEABLE:
            return False
        whole = self._written_out(one.right)
        return transpose(whole) == whole

    def _written_out(self, tree: Tree) -> Tree:
        def replace(part: Tree) -> Tree | None:
            known = self.shown.get(part.tensor.name) if isinstance(part, Leaf) else None
            return self._written_out(known.right) if isinstance(known, MatrixEquation) else None

        return rebuild(tree, replace)

    def _untranspose(self, name: str) -> None:
        def replace(part: Tree) -> Tree | None:
            turned = isinstance(part, Transposed) and isinstance(part.body, Leaf) and part.body.tensor.name == name
            return part.body if turned and isinstance(part, Transposed) else None

        self.trees = {user: simplified(rebuild(tree, replace)) for user, tree in self.trees.items()}

    def _weight(self, one: Shown) -> _Weight:
        if not isinstance(one, MatrixEquation):
            return _Weight(2 * self.line, 2 * self.line, True)
        leaves = [node.tensor.name for node in one.right.walk() if isinstance(node, Leaf)]
        known = [self.weights.get(leaf, _Weight(2, 1, False)) for leaf in leaves]
        return _Weight(
            length(one.right) + sum(weight.characters for weight in known),
            sum(weight.leaves for weight in known),
            any(weight.calculated for weight in known) or any(map(_calculates, one.right.walk())),
        )


def _calculates(node: Tree) -> bool:
    """Whether a node is a function that nobody would want to calculate twice."""
    if isinstance(node, Apply):
        return issubclass(node.function, Elementwise) or node.function.__name__ not in ("Abs", "sign")
    return isinstance(node, Softmax | Reduce | Extreme)
