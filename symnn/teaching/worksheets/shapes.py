"""Shapes: what shape has a gradient, and which products are defined."""

from __future__ import annotations

import random

from symnn.language import Tensor
from symnn.teaching.worksheets.content import (
    Blank,
    Items,
    Matrix,
    Parts,
    Question,
    Sentence,
    Shape,
    ShapeClaim,
)
from symnn.teaching.worksheets.judging import shape_of
from symnn.teaching.worksheets.models import Choice, Model
from symnn.teaching.worksheets.slips import numbered
from symnn.views.entries import misfit
from symnn.views.tree import Hadamard, Leaf, Product, Transposed, Tree

_LETTERS = ("W", "b", "z", "a", "x", "y", "delta", "dW", "db")
_ASKED, _PRODUCTS = 4, 5
_TRIES = 200


def shapes_question(chooser: random.Random, choice: Choice) -> Question:
    """Return a question on shapes: of tensors and their gradients, and of products, some of them not defined."""
    model = choice.draw(chooser)
    tensors = [t for t in model.tensors.values() if numbered(t.name)[0] in _LETTERS and t.rank]
    gradients = [t for t in tensors if numbered(t.name)[0] in ("delta", "dW", "db")]
    asked = chooser.sample(gradients, min(2, len(gradients)))
    asked += chooser.sample([t for t in tensors if t not in asked], min(_ASKED - len(asked), len(tensors) - len(asked)))
    symbols = tuple(ShapeClaim(Leaf(t), shape_of(Leaf(t))) for t in asked)
    products = _products(chooser, model, tensors)
    task = (
        Sentence(("Which shape, rows × columns, has each of these? A vector is one column.",)),
        Items(tuple((Matrix(claim.tree), " has the shape ", Blank(10)) for claim in symbols)),
        Sentence(
            (
                "Which of these products are defined? Write the shape of the result, or cross the product out "
                "and say which two sizes do not fit.",
            )
        ),
        Items(tuple((Matrix(claim.tree), " ", Blank(24)) for claim in products), len(symbols)),
    )
    solution = (
        Items(tuple((Matrix(claim.tree), *_said(claim)) for claim in symbols + products)),
    )
    return Question("shapes", model, task, solution, shapes=symbols + products)


def _said(claim: ShapeClaim) -> Parts:
    if claim.shape is not None:
        return (" has the shape ", Shape(*claim.shape))
    left, right = misfit(claim.tree) or (claim.tree, claim.tree)
    kind = "⊙ needs equal shapes" if _meets_elementwise(claim.tree, left, right) else "columns and rows do not fit"
    return (
        " is not defined: ", Matrix(left), " is ", Shape(*shape_of(left)), ", ", Matrix(right), " is ",
        Shape(*shape_of(right)), f" ({kind})",
    )  # fmt: skip


def _meets_elementwise(tree: Tree, left: Tree, right: Tree) -> bool:
    return any(isinstance(node, Hadamard) and {left, right} <= set(node.parts) for node in tree.walk())


def _products(chooser: random.Random, model: Model, tensors: list[Tensor]) -> tuple[ShapeClaim, ...]:
    """Return different products, at least two of them defined and at least one not."""
    found: dict[Tree, ShapeClaim] = {}
    wanted = {True: _PRODUCTS - 2, False: 2}
    for _ in range(_TRIES):
        tree = _product(chooser, tensors)
        is_defined = misfit(tree) is None
        if tree not in found and wanted[is_defined]:
            wanted[is_defined] -= 1
            found[tree] = ShapeClaim(tree, shape_of(tree) if is_defined else None)
    claims = list(found.values())
    chooser.shuffle(claims)
    return tuple(claims)


def _product(chooser: random.Random, tensors: list[Tensor]) -> Tree:
    count = chooser.choice((2, 2, 2, 3))
    factors: list[Tree] = []
    for tensor in chooser.sample(tensors, min(count, len(tensors))):
        leaf = Leaf(tensor)
        factors.append(Transposed(leaf) if chooser.random() < 0.4 else leaf)
    if count == 2 and chooser.random() < 0.3:
        return Hadamard(tuple(factors))
    if count == 3 and chooser.random() < 0.5:
        return Hadamard((Product(tuple(factors[:2])), factors[2]))
    return Product(tuple(factors))
