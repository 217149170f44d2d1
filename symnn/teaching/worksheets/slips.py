"""Slips that students make, planted in a line of a derivation: one small function for each kind.

    δ⁽¹⁾ = (W⁽²⁾)ᵀ δ⁽²⁾ ⊙ σ′(z⁽¹⁾)     →     δ⁽¹⁾ = W⁽²⁾ δ⁽²⁾ ⊙ σ′(z⁽¹⁾)      wrong transpose
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any, cast

from sympy import Integer

from symnn.language import NAMED, Elementwise, Tensor, prime
from symnn.teaching.worksheets.content import Matrix, Parts
from symnn.teaching.worksheets.models import Model
from symnn.views.tree import (
    Apply,
    Diagonal,
    Hadamard,
    Leaf,
    Ones,
    Plus,
    Product,
    Scalar,
    Scaled,
    Transposed,
    Tree,
)

_NUMBERED = re.compile(r"([A-Za-z]+?)(\d+)\Z")
MINUS = Scalar(Integer(-1))


@dataclass(frozen=True)
class Line:
    """A line of a derivation: a tensor and the matrix expression that it equals."""

    model: Model
    tensor: Tensor
    tree: Tree

    @property
    def layer(self) -> int:
        return numbered(self.tensor.name)[1]


@dataclass(frozen=True)
class Slip:
    """A line with a slip in it.

    Attributes:
        kind: what the slip is called.
        tree: the wrong right side.
        why: a sentence that explains what is wrong.
    """

    kind: str
    tree: Tree
    why: Parts


def numbered(name: str) -> tuple[str, int]:
    """Return the letter and the layer of a name.

    >>> numbered("delta2")
    ('delta', 2)
    """
    found = _NUMBERED.match(name)
    return (found[1], int(found[2])) if found else (name, 0)


def replaced(tree: Tree, old: Tree, new: Tree) -> Tree:
    """Return a tree with another node in the place of each that equals one."""
    if tree == old:
        return new
    changed: dict[str, Any] = {}
    for field in fields(tree):
        value = getattr(tree, field.name)
        if isinstance(value, Tree):
            changed[field.name] = replaced(value, old, new)
        elif isinstance(value, tuple):
            changed[field.name] = tuple(replaced(p, old, new) if isinstance(p, Tree) else p for p in value)
    return replace(cast(Any, tree), **changed)


def without(factors: tuple[Tree, ...], place: int, kind: type[Product] | type[Hadamard]) -> Tree:
    """Return a product without one of its factors."""
    left = factors[:place] + factors[place + 1 :]
    return left[0] if len(left) == 1 else kind(left)


def dropped_transpose(line: Line) -> Iterator[Slip]:
    """W δ for Wᵀ δ"""
    for node in line.tree.walk():
        if isinstance(node, Transposed) and isinstance(node.body, Leaf) and node.body.tensor.rank == 2:
            why = (
                "The rows of ", Matrix(node.body), " belong to what the layer puts out. On the way back the sum goes "
                "over these rows, and that takes the transpose ", Matrix(node), ".",
            )  # fmt: skip
            yield Slip("wrong transpose", replaced(line.tree, node, node.body), why)


def turned_product(line: Line) -> Iterator[Slip]:
    """a δᵀ, or δᵀ a, for δ aᵀ"""
    if not (isinstance(line.tree, Product) and len(line.tree.factors) == 2):
        return
    first, second = line.tree.factors
    if not (isinstance(second, Transposed) and isinstance(second.body, Leaf) and second.body.tensor.rank == 1):
        return
    why = (
        "Entry (j, k) of ", Matrix(Leaf(line.tensor)), " is entry j of ", Matrix(first), " times entry k of ",
        Matrix(second.body), ": the rows come from ", Matrix(first), ", the columns from ", Matrix(second.body), ".",
    )  # fmt: skip
    yield Slip("wrong transpose", Product((second.body, Transposed(first))), why)
    yield Slip("wrong transpose", Product((Transposed(first), second.body)), why)


def forgotten_slope(line: Line) -> Iterator[Slip]:
    """Wᵀ δ for Wᵀ δ ⊙ σ′(z)"""
    for node, place, slope in _slopes(line.tree):
        activation = Matrix(_activation(line.model, slope))
        why = (
            "The cost depends on ", Matrix(slope.body), " through ", activation,
            ", so that the chain rule gives the factor ", Matrix(slope), ".",
        )  # fmt: skip
        yield Slip("forgotten chain factor", replaced(line.tree, node, without(node.factors, place, Hadamard)), why)


def wrong_sign(line: Line) -> Iterator[Slip]:
    """y − a for a − y, or −δ for δ"""
    for node in _errors(line.tree):
        first, second = node.terms[0], cast(Scaled, node.terms[1]).body
        turned = Plus((second, Scaled((MINUS,), first)))
        why: Parts = (
            "Where ", Matrix(first), " is larger than ", Matrix(second), ", the cost grows with ", Matrix(first),
            ": the derivative has the sign of ", Matrix(node), ".",
        )  # fmt: skip
        yield Slip("wrong sign", replaced(line.tree, node, turned), why)
    if not any(isinstance(node, Plus) for node in line.tree.walk()):
        why = (
            "Nothing in ", Matrix(Leaf(line.tensor)),
            " is negated: the minus sign belongs to the update, which goes against the gradient.",
        )  # fmt: skip
        yield Slip("wrong sign", Scaled((MINUS,), line.tree), why)


def elementwise_softmax(line: Line) -> Iterator[Slip]:
    """s ⊙ (1 − s) ⊙ v for (diag(s) − s sᵀ) v"""
    model = line.model
    layer = line.layer
    if numbered(line.tensor.name)[0] != "delta" or model.activations[layer - 1] != "softmax":
        return
    s = _leaf(model, f"a{layer}")
    slope = (s, Plus((Ones(s.tensor.shape[0]), Scaled((MINUS,), s))))
    jacobian = softmax_jacobian(s)
    if isinstance(line.tree, Product) and line.tree.factors[0] == jacobian:
        why: Parts = (
            "Every output of softmax depends on all entries of its argument: its derivative is the Jacobian ",
            Matrix(jacobian), ". Its diagonal alone is ", Matrix(Hadamard(slope)), ".",
        )  # fmt: skip
        rest = line.tree.factors[1:]
        yield Slip("elementwise softmax derivative", Hadamard((*rest, *slope)), why)
        yield Slip("elementwise softmax derivative", Hadamard((*slope, *rest)), why)
    else:
        why = (
            "With the cross entropy the Jacobian of softmax is in ", Matrix(line.tree),
            " already; and it is no elementwise factor ", Matrix(Hadamard(slope)), ".",
        )  # fmt: skip
        yield Slip("elementwise softmax derivative", Hadamard((line.tree, *slope)), why)


def surplus_slope(line: Line) -> Iterator[Slip]:
    """(a − y) ⊙ σ′(z) for a − y, with the binary cross entropy"""
    if not isinstance(line.tree, Plus) or line.model.cost != "binary_cross_entropy":
        return
    slope = _slope(line.model, line.layer)
    why = (
        "The derivative of this cost divides by ", Matrix(slope), ", which cancels the factor: ",
        Matrix(line.tree), " is all that is left.",
    )  # fmt: skip
    yield Slip("surplus factor", Hadamard((line.tree, slope)), why)


def forgotten_factor(line: Line) -> Iterator[Slip]:
    """δ for δ aᵀ"""
    letter = numbered(line.tensor.name)[0]
    for node in line.tree.walk():
        if isinstance(node, Product) and len(node.factors) == 2:
            for place, factor in enumerate(node.factors):
                of_weights = isinstance(factor, Transposed) and factor.rows is not None
                if not of_weights and not (isinstance(factor, Transposed) and letter == "dW"):
                    continue
                through = line.layer + (letter == "delta")
                why = (
                    "The way to the cost leads through ", Matrix(_leaf(line.model, f"z{through}")),
                    ": by the chain rule the derivative of that gives the factor ", Matrix(factor), ".",
                )  # fmt: skip
                yield Slip("forgotten factor", replaced(line.tree, node, without(node.factors, place, Product)), why)


def wrong_layer(line: Line) -> Iterator[Slip]:
    """W⁽ˡ⁾ for W⁽ˡ⁺¹⁾, a⁽ˡ⁾ for a⁽ˡ⁻¹⁾, δ of another layer"""
    for node in dict.fromkeys(line.tree.walk()):
        if not isinstance(node, Leaf):
            continue
        letter, layer = numbered("a0" if node.tensor.name == "x" else node.tensor.name)
        if letter not in ("W", "a", "delta"):
            continue
        if letter == "a" and any(isinstance(part, Plus) for part in line.tree.walk()):
            continue
        for other in (layer - 1, layer + 1):
            name = "x" if (letter, other) == ("a", 0) else f"{letter}{other}"
            if name not in line.model.tensors or name == line.tensor.name:
                continue
            wrong = Leaf(line.model.tensor(name))
            why = (*_which_layer(line, letter), ": here ", Matrix(node), ", and not ", Matrix(wrong), ".")
            yield Slip("wrong layer", replaced(line.tree, node, wrong), why)


def _which_layer(line: Line, letter: str) -> Parts:
    left = Matrix(Leaf(line.tensor))
    if letter == "W":
        return ("An error comes back into ", left, " through the weights of the layer after it")
    if letter == "a":
        return ("A weight is multiplied by what enters its layer, and so ", left, " has that activation as a factor")
    return (left, " needs the error of the layer that its equation passes through")


def wrong_place(line: Line) -> Iterator[Slip]:
    """σ′(a) for σ′(z)"""
    for node, place, slope in _slopes(line.tree):
        wrong = Apply(_activation(line.model, slope), slope.function)
        why = (
            "The derivative is taken where the activation is computed, at ", Matrix(slope.body), ": ",
            Matrix(slope), ", and not ", Matrix(wrong), ".",
        )  # fmt: skip
        factors = (*node.factors[:place], wrong, *node.factors[place + 1 :])
        yield Slip("derivative at a wrong place", replaced(line.tree, node, Hadamard(factors)), why)


def function_for_derivative(line: Line) -> Iterator[Slip]:
    """σ(z), which is a, for σ′(z)"""
    for node, place, slope in _slopes(line.tree):
        wrong = _activation(line.model, slope)
        why = (
            "The factor is the derivative ", Matrix(slope), " of the activation, and not the activation ",
            Matrix(wrong), " itself.",
        )  # fmt: skip
        factors = (*node.factors[:place], wrong, *node.factors[place + 1 :])
        yield Slip("function in place of its derivative", replaced(line.tree, node, Hadamard(factors)), why)


def wrong_constant(line: Line) -> Iterator[Slip]:
    """2(a − y) for a − y"""
    for node in _errors(line.tree) if line.model.cost == "quadratic" else ():
        why = (
            "The exponent 2 and the factor ½ of the cost cancel: its derivative by ", Matrix(node.terms[0]),
            " is ", Matrix(node), ".",
        )  # fmt: skip
        yield Slip("wrong constant", replaced(line.tree, node, Scaled((Scalar(Integer(2)),), node)), why)


SLIPS: tuple[Callable[[Line], Iterator[Slip]], ...] = (
    dropped_transpose,
    turned_product,
    forgotten_slope,
    wrong_sign,
    elementwise_softmax,
    surplus_slope,
    forgotten_factor,
    wrong_layer,
    wrong_place,
    function_for_derivative,
    wrong_constant,
)
"""Each kind of slip."""
KINDS_OF_SLIP = (
    "wrong transpose",
    "forgotten chain factor",
    "wrong sign",
    "elementwise softmax derivative",
    "surplus factor",
    "forgotten factor",
    "wrong layer",
    "derivative at a wrong place",
    "function in place of its derivative",
    "wrong constant",
)
"""What the slips are called."""


def softmax_jacobian(s: Leaf) -> Tree:
    """diag(s) − s sᵀ"""
    return Plus((Diagonal(s), Scaled((MINUS,), Product((s, Transposed(s))))))


@lru_cache(maxsize=256)
def derivation_lines(model: Model) -> tuple[Line, ...]:
    """Return the lines of the backward pass; softmax with its Jacobian, where its error needs it."""
    lines = []
    for name in model.derivation.backward:
        letter, layer = numbered(name)
        if letter not in ("delta", "dW", "db"):
            continue
        tensor, tree = model.tensor(name), model.equations[name].right
        if letter == "delta" and any(numbered(node)[0] in ("da", "dL") for node in _names(tree)):
            s, error = _leaf(model, f"a{layer}"), model.equations[f"da{layer}"].right
            tree = Product((softmax_jacobian(s), error))
        lines.append(Line(model, tensor, tree))
    return tuple(lines)


def _names(tree: Tree) -> list[str]:
    return [node.tensor.name for node in tree.walk() if isinstance(node, Leaf)]


def _slopes(tree: Tree) -> Iterator[tuple[Hadamard, int, Apply]]:
    """Go through the factors σ′(z) of elementwise products."""
    for node in tree.walk():
        if isinstance(node, Hadamard):
            for place, factor in enumerate(node.factors):
                if not isinstance(factor, Apply) or not isinstance(factor.body, Leaf):
                    continue
                if issubclass(factor.function, Elementwise) and factor.function.order:
                    yield node, place, factor


def _errors(tree: Tree) -> Iterator[Plus]:
    """Go through the differences a − y."""
    for node in tree.walk():
        if isinstance(node, Plus) and len(node.terms) == 2:
            last = node.terms[1]
            if isinstance(last, Scaled) and last.scalars == (MINUS,) and isinstance(last.body, Leaf):
                yield node


def _slope(model: Model, layer: int) -> Apply:
    return Apply(_leaf(model, f"z{layer}"), prime(NAMED[model.activations[layer - 1]]))


def _activation(model: Model, slope: Apply) -> Leaf:
    """Return a, for σ′(z)."""
    return _leaf(model, f"a{numbered(_name(slope.body))[1]}")


def _leaf(model: Model, name: str) -> Leaf:
    return Leaf(model.tensor(name))


def _name(tree: Tree) -> str:
    return str(tree.tensor.name) if isinstance(tree, Leaf) else ""
