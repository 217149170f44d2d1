"""Slips that students make, planted in a line of a derivation: each function yields wrong right sides, and why.

    (W⁽²⁾)ᵀ δ⁽²⁾ ⊙ σ′(z⁽¹⁾)     →     W⁽²⁾ δ⁽²⁾ ⊙ σ′(z⁽¹⁾)          a wrong transpose

Whether what is yielded is wrong is for the proof to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sympy import Integer, Rational


from symnn.teaching.worksheets.derivations import Line, minus
from symnn.teaching.worksheets.parts import Matrix, Sentence
from symnn.teaching.worksheets.subject import Subject
from symnn.views.making import plus
from symnn.views.tree import Apply, Hadamard, Leaf, Ones, Plus, Power, Product, Scalar, Scaled, Transposed, Tree


@dataclass(frozen=True)
class Slip:
    """A line with a slip in it: the wrong right side, the kind of the slip, and why it is one."""

    wrong: Tree
    kind: str
    why: Sentence


Planting = Callable[[Subject, Line], Iterator[Slip]]


def replaced(tree: Tree, old: Tree, new: Tree | None) -> Tree:
    """Return a tree with a part replaced, or left out of the product or sum that it stands in."""
    if tree == old:
        assert new is not None
        return new
    match tree:
        case Product() | Hadamard() | Plus():
            parts = [replaced(part, old, new) if part != old else new for part in tree.parts]
            kept = tuple(part for part in parts if part is not None)
            return kept[0] if len(kept) == 1 else type(tree)(kept)
        case Transposed():
            return Transposed(replaced(tree.body, old, new))
        case Scaled():
            return Scaled(tree.scalars, replaced(tree.body, old, new))
        case Apply():
            return Apply(replaced(tree.body, old, new), tree.function)
        case Power():
            return Power(replaced(tree.body, old, new), tree.exponent)
    return tree


def untransposed_weights(subject: Subject, line: Line) -> Iterator[Slip]:
    """W δ for Wᵀ δ"""
    for node in line.right.walk():
        if isinstance(node, Transposed) and _is_weights(node.body):
            back, delta = f"{line.layer}", Leaf(subject.tensor(f"delta{line.layer + 1}"))
            why = (
                f"A unit of layer {back} acts on every unit of layer {line.layer + 1}. Its errors ", Matrix(delta),
                " are summed over the units of that layer, which are the rows of ", Matrix(node.body),
                ": the sum runs over the first index, so the matrix stands transposed.",
            )  # fmt: skip
            yield Slip(replaced(line.right, node, node.body), "wrong transpose", why)


def exchanged_factors(subject: Subject, line: Line) -> Iterator[Slip]:
    """a δᵀ for δ aᵀ"""
    match line.right:
        case Product(factors=(one, Transposed(body=other))) if line.role == "weights":
            why = (
                "The entry in row j and column k is the product of entry j of ", Matrix(one), " and entry k of ",
                Matrix(other), ". The first index belongs to ", Matrix(one),
                ", so it stands first, as a column, and the other is the row. What stands here has the shape of the "
                "transpose.",
            )  # fmt: skip
            yield Slip(Product((other, Transposed(one))), "wrong transpose", why)


def lost_transpose(subject: Subject, line: Line) -> Iterator[Slip]:
    """δᵀ a, or δ a, for δ aᵀ"""
    match line.right:
        case Product(factors=(one, Transposed(body=other))) if line.role == "weights":
            why: Sentence = (
                "Every entry of ", Matrix(one), " is multiplied by every entry of ", Matrix(other),
                ": that is a column times a row.",
            )  # fmt: skip
            yield Slip(Product((one, other)), "wrong transpose", why)
            yield Slip(Product((Transposed(one), other)), "wrong transpose", why)


def forgotten_slope(subject: Subject, line: Line) -> Iterator[Slip]:
    """Wᵀ δ for Wᵀ δ ⊙ σ′(z)"""
    for node in _slopes(line):
        z = node.body
        a = Leaf(subject.tensor(f"a{line.layer}"))
        why = (
            "The chain rule goes through the activation: ", Matrix(a), " depends on ", Matrix(z), ", and its "
            "derivative ", Matrix(node), " is a factor.",
        )  # fmt: skip
        if isinstance(line.right, Hadamard):
            yield Slip(replaced(line.right, node, None), "forgotten factor of the chain rule", why)


def slope_at_activation(subject: Subject, line: Line) -> Iterator[Slip]:
    """σ′(a) for σ′(z)"""
    for node in _slopes(line):
        a = Leaf(subject.tensor(f"a{line.layer}"))
        why = (
            "The activation was computed at ", Matrix(node.body), ", so its derivative is taken there, and not at ",
            Matrix(a), ".",
        )  # fmt: skip
        yield Slip(replaced(line.right, node, Apply(a, node.function)), "derivative at the wrong place", why)


def function_for_slope(subject: Subject, line: Line) -> Iterator[Slip]:
    """σ(z) for σ′(z)"""
    for node in _slopes(line):
        function = node.function.root
        why = ("The chain rule asks for the derivative of the activation, and not for the activation itself.",)
        yield Slip(replaced(line.right, node, Apply(node.body, function)), "function instead of derivative", why)


def turned_difference(subject: Subject, line: Line) -> Iterator[Slip]:
    """y − a for a − y"""
    for node in line.right.walk():
        match node:
            case Plus(terms=(Leaf() as one, Scaled(body=Leaf() as other))) if node != Plus((other, minus(one))):
                if node == Plus((one, minus(other))) and line.role != "update":
                    why: Sentence = (
                        "The cost grows as ", Matrix(one), " moves away from ", Matrix(other), ", and its derivative "
                        "by ", Matrix(one), " is ", Matrix(node), ". The sign is wrong.",
                    )  # fmt: skip
                    yield Slip(replaced(line.right, node, Plus((other, minus(one)))), "wrong sign", why)


def lost_minus(subject: Subject, line: Line) -> Iterator[Slip]:
    """y ⊘ a for −y ⊘ a"""
    match line.right:
        case Scaled(scalars=(Scalar(value=number),), body=body) if number == -1 and line.role == "activation":
            why = ("The derivative of the cost by each output is negative: ", Matrix(line.right), ".")
            yield Slip(body, "wrong sign", why)


def uphill(subject: Subject, line: Line) -> Iterator[Slip]:
    """W + η ∂C/∂W for W − η ∂C/∂W"""
    match line.right:
        case Plus(terms=(known, Scaled(scalars=(Scalar(), rate), body=slope))) if line.role == "update":
            why = (
                "The gradient ", Matrix(slope), " points to where the cost grows. Gradient descent goes the other way.",
            )  # fmt: skip
            yield Slip(Plus((known, Scaled((rate,), slope))), "wrong sign", why)


def lost_rate(subject: Subject, line: Line) -> Iterator[Slip]:
    """W − ∂C/∂W for W − η ∂C/∂W"""
    match line.right:
        case Plus(terms=(known, Scaled(scalars=(Scalar(), rate), body=slope))) if line.role == "update":
            why = ("The step is ", Matrix(rate), " times the gradient: the learning rate is missing.")
            yield Slip(Plus((known, minus(slope))), "forgotten factor", why)


def only_the_step(subject: Subject, line: Line) -> Iterator[Slip]:
    """−η ∂C/∂W for W − η ∂C/∂W"""
    match line.right:
        case Plus(terms=(known, step)) if line.role == "update":
            why = ("The step is added to ", Matrix(known), ", it does not take its place.")
            yield Slip(step, "forgotten term", why)


def softmax_elementwise(subject: Subject, line: Line) -> Iterator[Slip]:
    """a ⊙ (1 − a) in the place of diag(a) − a aᵀ"""
    match line.right:
        case Product(factors=(Plus() as jacobian, slope)) if subject.activation(line.layer) == "softmax":
            a = Leaf(subject.tensor(f"a{line.layer}"))
            own = (a, Plus((Ones(a.rows), minus(a))))
            why = (
                "Every output of softmax depends on every entry of ", Matrix(Leaf(subject.tensor(f"z{line.layer}"))),
                ", not on its own alone. Its derivative is the matrix ", Matrix(jacobian), "; only its diagonal is ",
                Matrix(Hadamard(own)), ".",
            )  # fmt: skip
            yield Slip(Hadamard((slope, *own)), "softmax differentiated entry by entry", why)
            diagonal = replaced(line.right, jacobian, jacobian.parts[0])
            yield Slip(diagonal, "softmax differentiated entry by entry", why)


def slope_too_many(subject: Subject, line: Line) -> Iterator[Slip]:
    """(a − y) ⊙ σ′(z) where the slope cancels: sigmoid with binary cross-entropy, softmax with cross-entropy"""
    cancels = {"sigmoid": "binary_cross_entropy", "softmax": "cross_entropy"}
    name = subject.activation(line.layer)
    if line.role == "delta" and cancels.get(name) == subject.cost and isinstance(line.right, Plus):
        a = Leaf(subject.tensor(f"a{line.layer}"))
        own = (a, Plus((Ones(a.rows), minus(a))))
        why = (
            "With this cost the derivative of the activation cancels: what is left is ", Matrix(line.right), ".",
        )  # fmt: skip
        yield Slip(Hadamard((line.right, *own)), "factor too many", why)


def factor_two(subject: Subject, line: Line) -> Iterator[Slip]:
    """2 (a − y) where the ½ of the cost cancels the 2, and ½ (a − y)"""
    if subject.cost != "quadratic" or line.layer != subject.layers or line.role not in ("delta", "activation"):
        return
    y, a = Leaf(subject.tensor("y")), Leaf(subject.tensor(f"a{line.layer}"))
    residual = Plus((a, minus(y)))
    if residual not in set(line.right.walk()):
        return
    why: Sentence = (
        "The derivative of a square brings down a factor 2, and it cancels the factor ", Matrix(Scalar(Rational(1, 2))),
        " of the cost.",
    )  # fmt: skip
    for number in (Integer(2), Rational(1, 2)):
        yield Slip(_with_factor(line.right, Scalar(number)), "wrong factor", why)


def _with_factor(tree: Tree, number: Scalar) -> Tree:
    return Scaled((number,), tree)


def own_weights(subject: Subject, line: Line) -> Iterator[Slip]:
    """W⁽ˡ⁾ for W⁽ˡ⁺¹⁾"""
    for node in line.right.walk():
        if isinstance(node, Transposed) and _is_weights(node.body) and line.layer < subject.layers:
            other = Leaf(subject.tensor(f"W{line.layer}"))
            why = (
                f"From layer {line.layer + 1} the error comes back through the weights between layer {line.layer} and "
                f"layer {line.layer + 1}. These are ", Matrix(node.body), ".",
            )  # fmt: skip
            yield Slip(replaced(line.right, node, Transposed(other)), "weights of the wrong layer", why)


def own_activation(subject: Subject, line: Line) -> Iterator[Slip]:
    """a⁽ˡ⁾ for a⁽ˡ⁻¹⁾"""
    if line.role == "weights":
        right = Leaf(subject.tensor("x" if line.layer == 1 else f"a{line.layer - 1}"))
        for name in (f"a{line.layer}", f"z{line.layer - 1}"):
            if name in subject.known.names:
                why = (
                    "The weights ", Matrix(Leaf(subject.tensor(f"W{line.layer}"))), " multiply ", Matrix(right),
                    ", which goes into the layer: the derivative has that factor.",
                )  # fmt: skip
                wrong = Leaf(subject.tensor(name))
                kind = "activation of the wrong layer" if name[0] == "a" else "pre-activation for activation"
                yield Slip(replaced(line.right, right, wrong), kind, why)


def slope_of_other_layer(subject: Subject, line: Line) -> Iterator[Slip]:
    """σ′(z⁽ˡ⁺¹⁾) for σ′(z⁽ˡ⁾)"""
    for node in _slopes(line):
        if line.layer < subject.layers:
            z = Leaf(subject.tensor(f"z{line.layer + 1}"))
            why = (
                f"The error goes through the activation of layer {line.layer}, which was computed at ",
                Matrix(node.body), ".",
            )  # fmt: skip
            yield Slip(replaced(line.right, node, Apply(z, node.function)), "derivative at the wrong place", why)


def input_at_bias(subject: Subject, line: Line) -> Iterator[Slip]:
    """δ ⊙ a, or δ ⊙ b, for δ"""
    if line.role == "bias":
        b = Leaf(subject.tensor(f"b{line.layer}"))
        why = (
            "The bias ", Matrix(b), " is added, its derivative in ", Matrix(Leaf(subject.tensor(f"z{line.layer}"))),
            " is 1, and nothing else is a factor.",
        )  # fmt: skip
        yield Slip(Hadamard((line.right, b)), "factor too many", why)
        yield Slip(Hadamard((line.right, Leaf(subject.tensor(f"a{line.layer}")))), "factor too many", why)


SLIPS: dict[str, Planting] = {
    slip.__name__: slip
    for slip in (
        untransposed_weights, exchanged_factors, lost_transpose, forgotten_slope, slope_at_activation,
        function_for_slope, turned_difference, lost_minus, uphill, lost_rate, only_the_step, softmax_elementwise,
        slope_too_many, factor_two, own_weights, own_activation, slope_of_other_layer, input_at_bias,
    )
}  # fmt: skip
"""Every kind of slip, by its name."""


def slips_of(subject: Subject, line: Line) -> list[Slip]:
    """Return everything that can go wrong in a line, as far as it is something else."""
    return [slip for plant in SLIPS.values() for slip in plant(subject, line) if slip.wrong != line.right]


def _slopes(line: Line) -> list[Apply]:
    """Return the derivatives of activations in a line of δ."""
    if line.role != "delta":
        return []
    return [node for node in line.right.walk() if isinstance(node, Apply) and getattr(node.function, "order", 0) == 1]


def _is_weights(tree: Tree) -> bool:
    return isinstance(tree, Leaf) and tree.tensor.role == "parameter" and tree.tensor.rank == 2
