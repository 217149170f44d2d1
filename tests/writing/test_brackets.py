"""Brackets in print: what always holds is left out, and complements are turned round."""

from __future__ import annotations

import pytest
from sympy import Expr, KroneckerDelta, Sum, log

from symnn.language import Equation, Step, Within, index, sizes, tensor
from symnn.writing import write_equation

n = sizes("n")
i, j, k, t = index("i", n), index("j", n), index("k", n - 1), index("t", n)
a, x, r, s = tensor("a", n), tensor("x", n), tensor("r", n), tensor("s", (n, n))


@pytest.mark.parametrize(
    ("right", "text", "ascii", "latex"),
    [
        (Within(i - j, n), "[j ≤ i]", "[j <= i]", r"[j \le i]"),
        (log(Within(i - j, n)), "log [j ≤ i]", "log [j <= i]", r"\log [j \le i]"),
        (Within(i + j, n), "[i + j < n]", "[i + j < n]", "[i + j < n]"),
        (Within(i - j, 3), "[0 ≤ i − j < 3]", "[0 <= i - j < 3]", r"[0 \le i - j < 3]"),
        (1 - Step(a[i] - x[j]), "[xⱼ ≥ aᵢ]", "[x[j] >= a[i]]", r"[x_{j} \ge a_{i}]"),
        (2 - 2 * Step(a[i] - x[j]), "2 [xⱼ ≥ aᵢ]", "2 [x[j] >= a[i]]", r"2 \, [x_{j} \ge a_{i}]"),
    ],
)
def test_brackets(right: Expr, text: str, ascii: str, latex: str) -> None:
    equation = Equation(s[i, j], right)
    written = [write_equation(equation, format=form).partition(" = ")[2] for form in ("text", "ascii", "latex")]
    assert written == [text, ascii, latex]


def test_numbers_stand_on_the_right_of_an_equality() -> None:
    equation = Equation(r[i], Sum(x[t] * KroneckerDelta(2, t), t) * a[i])
    assert write_equation(equation) == "rᵢ = aᵢ Σₜ xₜ [t = 2]"
