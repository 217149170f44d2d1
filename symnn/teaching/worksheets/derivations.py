"""The derivation of a gradient as lines of a board, in matrices: what each says is ∂C/∂T for one tensor T.

    δ⁽²⁾ = (a⁽²⁾ − y) ⊙ σ′(z⁽²⁾)         of z2
    ∂C/∂W⁽²⁾ = δ⁽²⁾ (a⁽¹⁾)ᵀ                of W2
    W⁽²⁾ ← W⁽²⁾ − η ∂C/∂W⁽²⁾               of W2_new
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sympy import S

from symnn.teaching.worksheets.judging import RATE, equation_tree
from symnn.teaching.worksheets.parts import Matrix, Relation
from symnn.teaching.worksheets.subject import Subject
from symnn.views.tree import Diagonal, Leaf, Plus, Product, Scalar, Scaled, Transposed, Tree

_MINUS = Scalar(S.NegativeOne)


@dataclass(frozen=True)
class Line:
    """One line of a derivation.

    Attributes:
        wrt: T, where the line says what ∂C/∂T is; W1_new, where it gives W1 its new value.
        role: delta, activation, weights, bias or update.
        layer: the layer that T belongs to.
        left: ∂C/∂T.
        right: what it is.
    """

    wrt: str
    role: str
    layer: int
    left: Tree
    right: Tree

    @property
    def formula(self) -> Relation:
        return relation(self, self.right)


def relation(line: Line, right: Tree) -> Relation:
    """Return a line with another right side."""
    return Relation(Matrix(line.left), Matrix(right), "←" if line.role == "update" else "=")


def minus(tree: Tree) -> Tree:
    """Return −tree."""
    return Scaled((_MINUS,), tree)


def derivation(subject: Subject, long: bool, layers: tuple[int, ...], update: str = "") -> tuple[Line, ...]:
    """Return the lines of a derivation, from the cost back through some layers.

    Args:
        subject: the network.
        long: whether ∂C/∂a has lines of its own; else they are put into those of δ.
        layers: the layers that are shown, the last one first.
        update: a parameter that is given its new value at the end.

    >>> from symnn.teaching.worksheets.subject import subject_of
    >>> lines = derivation(subject_of("2-2-1", ("sigmoid", "sigmoid"), "quadratic"), False, (2, 1))
    >>> [line.wrt for line in lines]
    ['z2', 'W2', 'b2', 'z1', 'W1', 'b1']
    """
    lines: list[Line] = []
    for layer in layers:
        lines += _of_layer(subject, long, layer)
    if update:
        known, slope = Leaf(subject.tensor(update)), Leaf(subject.tensor(f"d{update}"))
        step = Scaled((_MINUS, Leaf(RATE)), slope)
        lines.append(Line(f"{update}_new", "update", int(update[1:]), known, Plus((known, step))))
    return tuple(lines)


def _of_layer(subject: Subject, long: bool, layer: int) -> Iterator[Line]:
    is_softmax = subject.activation(layer) == "softmax"
    if long:
        yield _line(subject, f"a{layer}", "activation", layer, _known(subject, f"da{layer}"))
    if is_softmax and long:
        jacobian = softmax_jacobian(Leaf(subject.tensor(f"a{layer}")))
        yield _line(subject, f"z{layer}", "delta", layer, Product((jacobian, Leaf(subject.tensor(f"da{layer}")))))
    elif long:
        yield _line(subject, f"z{layer}", "delta", layer, _known(subject, f"delta{layer}"))
    else:
        yield _line(subject, f"z{layer}", "delta", layer, _in_the_gradient(subject, layer))
    yield _line(subject, f"W{layer}", "weights", layer, _known(subject, f"dW{layer}"))
    yield _line(subject, f"b{layer}", "bias", layer, _known(subject, f"db{layer}"))


def _line(subject: Subject, wrt: str, role: str, layer: int, right: Tree) -> Line:
    return Line(wrt, role, layer, Leaf(subject.known.gradient_of(wrt)), right)


def _known(subject: Subject, name: str) -> Tree:
    return equation_tree(subject.program[subject.tensor(name).name])


def _in_the_gradient(subject: Subject, layer: int) -> Tree:
    """Return δ as the gradient has it, without ∂C/∂a; of softmax and the quadratic cost, with its Jacobian."""
    derivation = subject.gradient.derivation
    name = derivation.program.tensors.get(f"delta{layer}")
    if subject.activation(layer) == "softmax" and subject.cost != "cross_entropy":
        a = Leaf(subject.tensor(f"a{layer}"))
        return Product((softmax_jacobian(a), _known(subject, f"da{layer}")))
    assert name is not None
    return equation_tree(derivation.program[name.name])


def softmax_jacobian(a: Tree) -> Tree:
    """Return diag(a) − a aᵀ, the derivative of a = softmax(z) by z."""
    return Plus((Diagonal(a), minus(Product((a, Transposed(a))))))
