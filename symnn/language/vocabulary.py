"""The words of formulas: which functions there are, and what an undeclared name is taken for."""

from __future__ import annotations

from typing import Any

import sympy

from symnn.language.parser import FUNCTIONS

CHOICES = ("max", "min")

ELEMENTWISE: dict[str, Any] = {
    **{name: function for name, function in FUNCTIONS.items() if name not in CHOICES},
    **{"tan": sympy.tan, "arctan": sympy.atan, "arcsin": sympy.asin, "arccos": sympy.acos},
}
"""Functions of each entry, by name."""

SYNONYMS = {"trace": "tr", "chol": "cholesky", "Sum": "sum"}
"""Other names of functions."""

CONSTANTS = {"pi": sympy.pi}

GREEK = frozenset(
    """alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lamda lam mu nu xi omicron rho
    sigma tau upsilon phi varphi chi psi omega""".split()  # noqa: SIM905
)
"""Names that are scalars unless they are declared."""


LETTERS = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "ι": "iota", "κ": "kappa", "λ": "lamda", "μ": "mu", "µ": "mu", "ν": "nu", "ξ": "xi", "ο": "omicron", "π": "pi",
    "ρ": "rho", "σ": "sigma", "ς": "sigma", "τ": "tau", "υ": "upsilon", "φ": "phi", "χ": "chi", "ψ": "psi",
    "ω": "omega", "ϵ": "varepsilon", "ϑ": "vartheta", "ϕ": "varphi",
}  # fmt: skip
"""How a Greek letter that is typed as such is spelled in a name."""

JUMPING = {
    **dict.fromkeys(("round", "rint", "floor", "ceil", "ceiling", "trunc", "argmax", "argmin"), "is integer-valued"),
    **dict.fromkeys(("mod", "rem", "fmod", "remainder"), "jumps"),
}
"""What is said of functions that have no derivative to speak of."""


def spelled(name: str) -> str:
    """Return a name with its Greek letters spelled.

    >>> spelled("λ_1"), spelled("x")
    ('lamda_1', 'x')
    """
    return "".join(LETTERS.get(letter, letter) for letter in name)


def default_rank(name: str) -> int:
    """Return how many axes an undeclared tensor has: a capital is a matrix, a Greek letter a scalar.

    >>> [default_rank(name) for name in ("A", "lamda", "x")]
    [2, 0, 1]
    """
    if name[:1].isupper():
        return 2
    return 0 if name.rstrip("0123456789_") in GREEK else 1


MATRIX_FUNCTIONS = frozenset(
    """inv det logdet solve cholesky tr sum mean logsumexp maximum max min softmax norm1 norm2 rowsum colsum diag
    vector matrix eye kron vec within""".split()  # noqa: SIM905
)
"""Functions of whole vectors and matrices: their rules are in `shape_rules` and `translation_rules`."""


def is_word(name: str) -> bool:
    """Whether a name means something in formulas already."""
    return name in ELEMENTWISE or name in MATRIX_FUNCTIONS or name in SYNONYMS or name in CONSTANTS
