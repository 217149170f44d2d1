"""Mistake: a derivation with one wrong line, to be found, mended and explained."""

from __future__ import annotations

import random

from symnn.errors import InputError
from symnn.teaching.worksheets.content import (
    Blank,
    Block,
    Claim,
    Equals,
    Items,
    Lines,
    Matrix,
    Parts,
    Question,
    Room,
    Sentence,
    Shape,
)
from symnn.teaching.worksheets.judging import judged, shape_of
from symnn.teaching.worksheets.models import Choice, Model
from symnn.teaching.worksheets.slips import SLIPS, Line, Slip, derivation_lines
from symnn.views.entries import misfit
from symnn.views.tree import Leaf, Tree

_TRIES = 40


def mistake_question(chooser: random.Random, choice: Choice) -> Question:
    """Return a derivation in which exactly one line is wrong, by a slip that is proved to be one."""
    last = chooser.choice((None, None, "softmax"))
    for _ in range(_TRIES):
        model = choice.draw(chooser, last=last)
        lines = derivation_lines(model)
        found = _planted(chooser, lines)
        if found is not None:
            return _question(model, lines, *found)
    raise InputError(f"no slip can be planted in the derivation of {choice.architecture}")


def _planted(chooser: random.Random, lines: tuple[Line, ...]) -> tuple[int, Slip] | None:
    """Return the place of a line and a slip for it: a kind first, so that no kind is rare."""
    for plant in chooser.sample(SLIPS, len(SLIPS)):
        slips = [(place, slip) for place, line in enumerate(lines) for slip in plant(line)]
        for place, slip in chooser.sample(slips, len(slips)):
            if _is_wrong(lines[place], slip.tree):
                return place, slip
    return None


def _is_wrong(line: Line, tree: Tree) -> bool:
    return judged(line.model, line.tensor, tree).kind == "wrong"


def _question(model: Model, lines: tuple[Line, ...], place: int, slip: Slip) -> Question:
    trees = [slip.tree if n == place else line.tree for n, line in enumerate(lines)]
    task: tuple[Block, ...] = (
        Sentence(("A student has derived the gradient. Exactly one of these lines is wrong.",)),
        Lines(tuple(Equals(Matrix(Leaf(o.tensor)), Matrix(t)) for o, t in zip(lines, trees, strict=True)), True),
        Items(
            (
                ("The wrong line is ", Blank(6)),
                ("It should be ", Blank(40)),
                ("What kind of slip is it, and why is it wrong?",),
            )
        ),
        Room(3),
    )
    line = lines[place]
    right = Equals(Matrix(Leaf(line.tensor)), Matrix(line.tree))
    solution: tuple[Block, ...] = (
        Items(
            (
                (f"The wrong line is ({place + 1}): ", Equals(Matrix(Leaf(line.tensor)), Matrix(slip.tree))),
                ("It should be ", right),
                (f"The slip: {slip.kind}. ", *slip.why, *_of_shapes(line, slip.tree)),
            )
        ),
    )
    claims = tuple(Claim(o.tensor, t, n != place) for n, (o, t) in enumerate(zip(lines, trees, strict=True)))
    mended = Claim(line.tensor, line.tree, True)
    return Question("mistake", model, task, solution, claims=(*claims, mended), slip=slip.kind)


def _of_shapes(line: Line, tree: Tree) -> Parts:
    """Say what the shapes alone tell of a wrong line, if they do."""
    apart = misfit(tree)
    if apart is not None:
        left, right = apart
        return (
            " The shapes show it: ", Matrix(left), " is ", Shape(*shape_of(left)), " and ", Matrix(right), " is ",
            Shape(*shape_of(right)), ".",
        )  # fmt: skip
    whole = Leaf(line.tensor)
    if shape_of(tree) != shape_of(whole):
        return (
            " The shapes show it: the left side is ", Shape(*shape_of(whole)), ", the right side ",
            Shape(*shape_of(tree)), ".",
        )  # fmt: skip
    return ()
