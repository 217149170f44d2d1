"""`mistake`: the lines of a derivation, exactly one of which is wrong; to be found, mended and explained."""

from __future__ import annotations

from random import Random

from symnn.errors import SymnnError
from symnn.teaching.worksheets.derivations import Line, derivation, relation
from symnn.teaching.worksheets.judging import MisfitError, axes, check_shapes, judge
from symnn.teaching.worksheets.parts import Block, Lines, Matrix, Room, Say, Sentence, Shape, say
from symnn.teaching.worksheets.questions import Claim, Question
from symnn.teaching.worksheets.slips import Slip, slips_of
from symnn.teaching.worksheets.subject import Subject
from symnn.teaching.worksheets.telling import described, forward_lines
from symnn.views.tree import Leaf, Tree

_ATTEMPTS = 60


def mistake(subject: Subject, chooser: Random) -> Question:
    """Return a question on a derivation with one planted error.

    Raises:
        SymnnError: where nothing that is wrong could be planted.
    """
    for _ in range(_ATTEMPTS):
        long, last = chooser.random() < 0.5, chooser.randint(2, max(2, subject.layers))
        layers = (last, last - 1) if subject.layers > 1 else (1,)
        update = chooser.choice([f"{letter}{layer}" for letter in "Wb" for layer in layers])
        lines = derivation(subject, long, layers, update)
        place = chooser.randrange(len(lines))
        if planted := _planted(subject, lines[place], chooser):
            return _question(subject, lines, place, planted)
    raise SymnnError("no mistake was found that is one: another network is needed")


def _planted(subject: Subject, line: Line, chooser: Random) -> Slip | None:
    """Return a slip that is proved to be one, in a line that is proved to be right without it."""
    slips = slips_of(subject, line)
    if not slips or not judge(subject, line.wrt, line.right).is_right:
        return None
    # A kind of slip first, then one of that kind: else the kinds that have many would be met too often.
    kind = chooser.choice(list(dict.fromkeys(slip.kind for slip in slips)))
    slip = chooser.choice([one for one in slips if one.kind == kind])
    return slip if judge(subject, line.wrt, slip.wrong).kind == "wrong" else None


def _question(subject: Subject, lines: tuple[Line, ...], place: int, slip: Slip) -> Question:
    shown = tuple(relation(line, slip.wrong if n == place else line.right) for n, line in enumerate(lines))
    line = lines[place]
    claims = [Claim(one.wrt, one.right, True) for one in lines]
    task: tuple[Block, ...] = (
        described(subject),
        Lines(forward_lines(subject)),
        say(
            "A student derives the gradient and one step of gradient descent. Exactly one of these lines is wrong; "
            "all the others are right as they stand.",
        ),
        Lines(shown, numbered=True),
        say("Which line is wrong? Write it as it should be, and say in a sentence what went wrong."),
        Room(5),
    )
    solution: tuple[Block, ...] = (
        say(f"Line ({place + 1}) is wrong: {slip.kind}. It should be"),
        Lines((line.formula,)),
        Say((*slip.why, *_of_shapes(line, slip.wrong))),
    )
    return Question(
        "mistake", "Find the mistake", subject, task, solution,
        claims=(*claims, Claim(line.wrt, slip.wrong, False)),
    )  # fmt: skip


def _of_shapes(line: Line, wrong: Tree) -> Sentence:
    """Say whether the shapes give the slip away."""
    try:
        check_shapes(wrong)
    except MisfitError as error:
        one, other = error.one, error.other
        return (
            " The shapes show it: ", Matrix(one), " is ", Shape(axes(one)), ", and ", Matrix(other), " is ",
            Shape(axes(other)), ", which do not fit.",
        )  # fmt: skip
    if axes(wrong) != axes(line.left):
        return (
            " The shapes show it: what stands here is ", Shape(axes(wrong)), ", and ", Matrix(line.left), " is ",
            Shape(axes(line.left)), ".",
        )  # fmt: skip
    if isinstance(line.left, Leaf) and line.left.tensor.rank == 2 and line.left.rows == line.left.columns:
        return (" All shapes fit, because the matrix is square: the shapes alone do not show it.",)
    return (" All shapes fit: they do not show it.",)
