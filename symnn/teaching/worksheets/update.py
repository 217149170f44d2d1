"""Update: one step of gradient descent for one parameter."""

from __future__ import annotations

import random

from symnn.teaching.worksheets.content import (
    Answer,
    Blank,
    Block,
    Equals,
    Given,
    Items,
    Matrix,
    Number,
    Question,
    Room,
    Sentence,
    Term,
    Worked,
)
from symnn.teaching.worksheets.forward import answers_of, given_equations
from symnn.teaching.worksheets.models import Choice
from symnn.teaching.worksheets.numbers import EXACT_DIGITS, Example, drawn_example
from symnn.teaching.worksheets.slips import numbered
from symnn.views.tree import Leaf


def update_question(chooser: random.Random, choice: Choice) -> Question:
    """Return a question on one step of gradient descent: the gradient of a parameter, and its new value."""
    model = choice.draw(chooser, exact=chooser.random() < 0.5)
    example = drawn_example(chooser, model)
    name = chooser.choice(list(model.network.parameters))
    parameter, slope = model.tensor(name), model.tensor(model.derivation.gradients[name])
    layer = numbered(name)[1]
    known = tuple(f"{letter}{n}" for n in range(1, model.layers + 1) for letter in "za")
    answers = answers_of(example, slope.name) + _renewed(example, name)
    rate = Number(example.rate, EXACT_DIGITS)
    wanted = {name for name in model.derivation.backward if numbered(name)[0] not in ("dW", "db")}
    errors = tuple(n for n in model.derivation.backward if n in wanted and numbered(n)[1] >= layer)
    task: tuple[Block, ...] = (
        Sentence(
            (
                "One step of gradient descent is made from these numbers, with the learning rate ",
                Equals(example.eta, rate),
                ". Compute the gradient by ",
                Matrix(Leaf(parameter)),
                " and its new value. The forward pass is done already.",
            )
        ),
        Given((*given_equations(example, ("x", "y")), *(example.given(n) for n in known))),
        Items(
            tuple(
                (Equals(Term(slope[p]), Blank()), "   and the new ", Equals(Term(parameter[p]), Blank()))
                for p in example.places(name)
            ),
            None,
        ),
        Room(4 + len(errors)),
    )
    shown = (*errors, slope.name, example.renewed[name])
    solution = (Worked(example.working, shown, example.digits),)
    return Question("update", model, task, solution, example.values, example.rate, answers)


def _renewed(example: Example, name: str) -> tuple[Answer, ...]:
    new = example.renewed[name]
    return tuple(Answer(name, place, example.number(new, place), True) for place in example.places(name))
