"""Delta: the errors δ = ∂C/∂z of the layers, in symbols and in numbers."""

from __future__ import annotations

import random

from symnn.teaching.worksheets.content import (
    Answer,
    Blank,
    Block,
    Claim,
    Equals,
    Given,
    Items,
    Lines,
    Matrix,
    Question,
    Room,
    Sentence,
    Term,
    Worked,
)
from symnn.teaching.worksheets.forward import answers_of
from symnn.teaching.worksheets.models import Choice
from symnn.teaching.worksheets.numbers import drawn_example
from symnn.teaching.worksheets.slips import derivation_lines, numbered
from symnn.views.tree import Leaf


def delta_question(chooser: random.Random, choice: Choice) -> Question:
    """Return a question on the error of a layer: its equation, and its numbers where z and a are known."""
    model = choice.draw(chooser, exact=chooser.random() < 0.4)
    example = drawn_example(chooser, model)
    last = model.layers
    lowest = chooser.randint(1, max(1, last - 1))
    layers = tuple(range(last, lowest - 1, -1))
    lines = {line.tensor.name: line for line in derivation_lines(model)}
    asked = tuple(lines[f"delta{layer}"] for layer in layers)
    known = [name for layer in range(lowest, last + 1) for name in (f"z{layer}", f"a{layer}")]
    given = (*(f"W{layer}" for layer in range(lowest + 1, last + 1)), *known, "y")
    answers: tuple[Answer, ...] = tuple(a for line in asked for a in answers_of(example, line.tensor.name))
    task: tuple[Block, ...] = (
        Sentence(("(a) Write each error in matrix form; derive it from ", Matrix(Leaf(model.tensor("C"))), ".")),
        Lines(tuple(Equals(Matrix(Leaf(line.tensor)), Blank(40)) for line in asked)),
        Room(4),
        Sentence(("(b) The forward pass has given the numbers below. Compute each entry.",)),
        Given(tuple(example.given(name) for name in given)),
        Items(tuple((Equals(Term(model.tensor(a.name)[a.place]), Blank()),) for a in answers), None),
        Room(2 + len(answers)),
    )
    needed = {name for name in model.derivation.backward if numbered(name)[0] not in ("dW", "db")}
    shown = tuple(n for n in model.derivation.backward if n in needed and numbered(n)[1] >= lowest)
    solution: tuple[Block, ...] = (
        Lines(tuple(Equals(Matrix(Leaf(line.tensor)), Matrix(line.tree)) for line in asked)),
        Worked(example.working, shown, example.digits),
    )
    claims = tuple(Claim(line.tensor, line.tree, True) for line in asked)
    return Question("delta", model, task, solution, example.values, None, answers, claims)
