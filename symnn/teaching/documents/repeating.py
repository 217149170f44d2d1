"""Stages that repeat each other: the derivative by h₂ is found as that by h₃, with other numbers.

Two stages are alike where their lines differ in nothing but one number, by which those of one layer, time
step or head are told apart.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from symnn.writing.steps import ShownStage

_NUMBER = re.compile(r"(?<![\d.])\d+(?![\d.])")
_FEWEST = 3
"""So many stages alike are told once."""


@dataclass(frozen=True)
class Told:
    """A stage that is told line by line, and those that are found in the same way."""

    stage: ShownStage
    others: tuple[ShownStage, ...] = ()


def told_once(stages: Sequence[ShownStage]) -> tuple[Told, ...]:
    """Return stages in order, those that repeat an earlier one with other numbers beside it."""
    groups: list[list[ShownStage]] = []
    by_form: dict[str, list[list[ShownStage]]] = {}
    for stage in stages:
        form, numbers = _form(stage)
        near = by_form.setdefault(form, [])
        group = next((one for one in near if _is_shift(_form(one[0])[1], numbers)), None)
        if group is None:
            group = []
            near.append(group)
            groups.append(group)
        group.append(stage)
    told: list[Told] = []
    for stage in stages:
        group = next(one for one in groups if any(stage is other for other in one))
        if len(group) < _FEWEST:
            told.append(Told(stage))
        elif stage is group[0]:
            told.append(Told(stage, tuple(group[1:])))
    return tuple(told)


def _form(stage: ShownStage) -> tuple[str, tuple[int, ...]]:
    """Return what a stage says with its numbers left out, and the numbers."""
    parts = [stage.heading, stage.result.left, stage.result.right, str(stage.wanted)]
    for step in stage.steps:
        parts += [step.left, step.right, step.rule, step.why, step.shapes]
    text = "\n".join(parts)
    return _NUMBER.sub("#", text), tuple(int(number) for number in _NUMBER.findall(text))


def _is_shift(one: Sequence[int], other: Sequence[int]) -> bool:
    """Whether the numbers of one are those of the other, some of them moved by the same amount."""
    return len({b - a for a, b in zip(one, other, strict=True)} - {0}) <= 1
