"""Forward: a table of z and a, to be filled in for given numbers."""

from __future__ import annotations

import random

from symnn.teaching.worksheets.content import (
    Answer,
    Blank,
    Block,
    Equals,
    Formula,
    Given,
    Items,
    Matrix,
    Parts,
    Question,
    Room,
    Sentence,
    Table,
    Term,
    Worked,
)
from symnn.teaching.worksheets.models import Choice
from symnn.teaching.worksheets.numbers import Example, drawn_example
from symnn.views.tree import Leaf


def forward_question(chooser: random.Random, choice: Choice) -> Question:
    """Return a question on the forward pass: every z and a, and the cost."""
    model = choice.draw(chooser, exact=chooser.random() < 0.5)
    example = drawn_example(chooser, model)
    with_cost = chooser.random() < 0.7
    layers = range(1, model.layers + 1)
    names = tuple(name for layer in layers for name in (f"z{layer}", f"a{layer}"))
    asked = (*names, "C") if with_cost else names
    task: list[Block] = [
        Sentence(("Fill in the table for one example.",)),
        Given(given_equations(example, ("x", "y") if with_cost else ("x",))),
        table(example, filled=False),
    ]
    if with_cost:
        cost: Formula = Matrix(Leaf(model.tensor("C")))
        task.append(Items((("The cost is ", Equals(cost, Blank())),), None))
    task.append(Room(3 * model.layers + with_cost))
    reductions = tuple(name for name in model.program.defined if name.startswith("L"))
    solution = [table(example, filled=True), Worked(example.working, reductions + asked, example.digits)]
    answers = tuple(answer for name in asked for answer in answers_of(example, name))
    return Question("forward", model, tuple(task), tuple(solution), example.values, None, answers)


def given_equations(example: Example, others: tuple[str, ...]) -> tuple[Equals, ...]:
    """Return the numbers of the parameters, and of what else is given."""
    return tuple(example.given(name) for name in (*example.model.network.parameters, *others))


def table(example: Example, filled: bool) -> Table:
    """Return a table with a row for each unit: its z and its a."""
    rows = []
    for layer in range(1, example.model.layers + 1):
        z, a = (example.model.tensor(f"{letter}{layer}") for letter in "za")
        for unit in range(int(z.shape[0])):
            name: Parts = (f"layer {layer}, unit {unit + 1}",)
            cells: list[Parts] = [
                (Equals(Term(t[unit]), example.number(t.name, (unit,)) if filled else Blank()),) for t in (z, a)
            ]
            rows.append((name, *cells))
    return Table((("",), ("pre-activation",), ("activation",)), tuple(rows))


def answers_of(example: Example, name: str) -> tuple[Answer, ...]:
    """Return the answers that are a tensor's entries."""
    return tuple(Answer(name, place, example.number(name, place)) for place in example.places(name))
