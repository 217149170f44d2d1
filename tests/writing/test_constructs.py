"""Each construct is written as a textbook writes it, in text, ASCII and LaTeX, letter for letter."""

from __future__ import annotations

import pytest
from cases import CASES
from expected import EXPECTED

from symnn.writing import write_equation


@pytest.mark.parametrize("name", list(CASES))
def test_construct(name: str) -> None:
    equation, view = CASES[name]
    written = tuple(write_equation(equation, view=view, format=form) for form in ("text", "ascii", "latex"))
    assert written == EXPECTED[name]
    assert written[1].isascii()
