"""A sheet: questions of the kinds that are asked for, all of them from one seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass

from symnn.errors import InputError, suggest
from symnn.teaching.worksheets.content import Question
from symnn.teaching.worksheets.delta import delta_question
from symnn.teaching.worksheets.forward import forward_question
from symnn.teaching.worksheets.mistake import mistake_question
from symnn.teaching.worksheets.models import Choice, checked_choice
from symnn.teaching.worksheets.proving import Fault, faults_of
from symnn.teaching.worksheets.shapes import shapes_question
from symnn.teaching.worksheets.update import update_question

_KINDS: dict[str, Callable[[random.Random, Choice], Question]] = {
    "forward": forward_question,
    "shapes": shapes_question,
    "delta": delta_question,
    "update": update_question,
    "mistake": mistake_question,
}
KINDS = tuple(_KINDS)
"""What may be asked."""
MOST_QUESTIONS = 30
_TRIES = 30


@dataclass(frozen=True, eq=False)
class Worksheet:
    """A sheet of questions and its key.

    Attributes:
        choice: what is said of the networks, and what the seed chose.
        seed: everything follows from it.
        questions: with their solutions.
    """

    choice: Choice
    seed: int
    questions: tuple[Question, ...]

    @property
    def is_rounded(self) -> bool:
        """Whether some numbers have to be rounded."""
        return any(question.answers and not question.model.is_exact for question in self.questions)

    def audit(self) -> tuple[Fault, ...]:
        """Return what is wrong with the key: nothing, where every number and line of it is proved."""
        return tuple(fault for n, question in enumerate(self.questions, 1) for fault in faults_of(n, question))


def worksheet(
    architecture: str,
    kinds: Sequence[str] = KINDS,
    questions: int = 5,
    seed: int = 0,
    activation: tuple[str, ...] | None = None,
    cost: str | None = None,
) -> Worksheet:
    """Return a worksheet with its key: the same for the same seed, and another for every other.

    Args:
        architecture: such as 2-2-1, of at most 30 parameters.
        kinds: forward, shapes, delta, update, mistake: they take turns.
        questions: how many, at most 30.
        seed: everything follows from it.
        activation: one for all layers, or one for each; by default the seed chooses.
        cost: its name; by default the seed chooses.

    Raises:
        InputError: for an unknown kind, a number of questions that is not served, or another network.

    >>> sheet = worksheet("2-2-1", ["mistake"], questions=1, seed=7)
    >>> sheet.questions[0].kind, sheet.audit()
    ('mistake', ())
    """
    choice = checked_choice(architecture, activation, cost)
    if not kinds:
        raise InputError(f"no kind of question was given (accepted: {', '.join(KINDS)})")
    for kind in kinds:
        if kind not in _KINDS:
            raise InputError(f"unknown kind '{kind}'{suggest(kind, KINDS)}")
    if not 1 <= questions <= MOST_QUESTIONS:
        raise InputError(f"{questions} questions: a worksheet has 1 to {MOST_QUESTIONS}")
    if seed < 0:
        raise InputError(f"bad seed {seed}: it is a whole number, at least 0")
    chooser = random.Random(f"{choice.architecture} {seed}")
    made: dict[Hashable, Question] = {}
    for place in range(questions):
        question = _another(chooser, choice, kinds[place % len(kinds)], made)
        made[content_of(question)] = question
    return Worksheet(choice, seed, tuple(made.values()))


def _another(chooser: random.Random, choice: Choice, kind: str, others: Mapping[Hashable, Question]) -> Question:
    """Return a question that is none of the others."""
    for _ in range(_TRIES):
        question = _KINDS[kind](chooser, choice)
        if content_of(question) not in others:
            return question
    raise InputError(f"{choice.architecture} has no more different questions of kind '{kind}': ask for fewer")


def content_of(question: Question) -> Hashable:
    """Return what is asked: equal for equal questions."""
    return question.kind, question.model.activations, question.model.cost, question.task
