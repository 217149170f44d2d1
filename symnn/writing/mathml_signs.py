r"""The commands of LaTeX that are read for MathML, and the characters that they stand for: \odot is ⊙."""

from __future__ import annotations

import unicodedata
from string import ascii_uppercase

from symnn.writing.characters import GREEK

LETTERS = {
    **{f"\\{name}": letter for name, letter in GREEK.items()},
    r"\varepsilon": "ε", r"\epsilon": "ϵ", r"\varphi": "φ", r"\phi": "ϕ", r"\vartheta": "ϑ",
    r"\nabla": "∇", r"\partial": "∂", r"\infty": "∞", r"\ell": "ℓ",
}  # fmt: skip
FUNCTIONS = frozenset([
    "log", "exp", "max", "min", "sin", "cos", "tan", "sinh", "cosh", "tanh", "det", "ln", "lim", "arg", "sup", "inf",
])  # fmt: skip
RELATIONS = {
    "=": "=", "<": "<", ">": ">", r"\le": "≤", r"\ge": "≥", r"\ne": "≠", r"\in": "∈", r"\approx": "≈",
    r"\equiv": "≡", r"\to": "→", r"\leftarrow": "←", r"\sim": "∼", ":": ":", r"\colon": ":",
}  # fmt: skip
SIGNS = {
    "+": "+", "-": "−", r"\odot": "⊙", r"\circ": "∘", r"\oslash": "⊘", r"\cdot": "·", r"\times": "×", "/": "/",
    r"\pm": "±", "*": "∗",
}  # fmt: skip
POINTS = {",": ",", ";": ";", r"\dots": "…", r"\ldots": "…", r"\cdots": "⋯", r"\vdots": "⋮", ".": ".", "!": "!"}
SPACES = {
    r"\,": "0.167em", r"\thinspace": "0.167em", r"\:": "0.222em", r"\;": "0.278em", r"\ ": "0.25em", "~": "0.25em",
    r"\enspace": "0.5em", r"\quad": "1em", r"\qquad": "2em",
}  # fmt: skip
NOTHING = frozenset([r"\!", r"\displaystyle", r"\textstyle", r"\scriptstyle", r"\limits", r"\big", r"\Big"])
FENCES = {"(": "(", "[": "[", r"\{": "{", r"\lVert": "‖", r"\lvert": "|", r"\langle": "⟨", r"\lfloor": "⌊"}
CLOSING = {")": ")", "]": "]", r"\}": "}", r"\rVert": "‖", r"\rvert": "|", r"\rangle": "⟩", r"\rfloor": "⌋"}
PAIRS = {"(": ")", "[": "]", "{": "}", "‖": "‖", "|": "|", "⟨": "⟩", "⌊": "⌋"}
ACCENTS = {r"\bar": "‾", r"\hat": "^", r"\tilde": "~", r"\dot": "˙", r"\overline": "‾"}
ESCAPES = {
    r"\_": "_", r"\%": "%", r"\&": "&", r"\#": "#", r"\$": "$", r"\{": "{", r"\}": "}", "~": "\u00a0", r"\ ": " ",
    r"\textbackslash": "\\", r"\textasciitilde": "~", r"\textasciicircum": "^", r"\dots": "…",
}  # fmt: skip
WORDS = {"-": "−", r"\cdot": "·", "'": "′", r"\times": "×", r"\le": "≤", r"\ge": "≥", r"\infty": "∞"}
"""Signs that stand among words: no formulas."""


def _alphabet(name: str, letter: str) -> str:
    """Return a capital of one of Unicode's alphabets: some of them are older than the alphabet."""
    for form in (f"MATHEMATICAL {name} CAPITAL {letter}", f"{name} CAPITAL {letter}"):
        try:
            return unicodedata.lookup(form)
        except KeyError:
            continue
    return letter


STYLES = {
    r"\mathcal": {letter: _alphabet("SCRIPT", letter) for letter in ascii_uppercase},
    r"\mathbb": {letter: _alphabet("DOUBLE-STRUCK", letter) for letter in ascii_uppercase},
}
