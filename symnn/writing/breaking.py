r"""Long equations in LaTeX: about how wide a formula is, and where it may break.

a &= b + c + d          →          a &= b + c \\ &\quad + d
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[^\s]")
_NOTHING = re.compile(
    r"\\(bm|boldsymbol|mathrm|mathsf|operatorname|left|right|text|bar|hat|tilde|dot|textstyle|nolimits|mathop)\Z"
)
_WIDTHS = {r"\quad": 2.0, r"\sum": 2.2, r"\lVert": 1.0, r"\rVert": 1.0, r"\,": 0.4, r"\;": 0.6, ",": 0.8, "/": 0.9}
_OPERATORS = frozenset(("+", "-", "=", "<", ">", r"\odot", r"\circ", r"\oslash", r"\le", r"\ge", r"\cdot", r"\times"))
_SMALL = 0.75
"""How much narrower a letter in a superscript or a subscript is."""


def measure(latex: str) -> float:
    r"""Return about how wide a formula is, in letters.

    >>> measure("x"), measure(r"\bm{x} + y") > 3
    (1.0, True)
    """
    return _Measure(latex).group(None)


def broken(latex: str, limit: float) -> list[str]:
    """Return a formula in parts that are not wider than a limit, broken before signs that stand in no bracket.

    >>> broken("a + b - c", 5)
    ['a + b', '- c']
    """
    lines: list[str] = []
    for part in _summands(latex):
        if lines and measure(f"{lines[-1]} {part}") <= limit:
            lines[-1] = f"{lines[-1]} {part}"
        else:
            lines.append(part)
    return lines


def _summands(latex: str) -> Iterator[str]:
    """Yield the parts of a formula between the signs that stand in no bracket, each with its sign."""
    depth, start = 0, 0
    for place, letter in enumerate(latex):
        depth += (letter in "([{") - (letter in ")]}")
        if depth == 0 and place > start and latex.startswith((" + ", " - "), place):
            yield latex[start:place].strip()
            start = place
    yield latex[start:].strip()


class _Measure:
    """One walk over the tokens of a formula."""

    def __init__(self, latex: str) -> None:
        self.tokens = _TOKEN.findall(latex)
        self.place = 0

    def group(self, closing: str | None) -> float:
        """Return the width up to a closing brace."""
        total = 0.0
        while self.place < len(self.tokens):
            token = self.tokens[self.place]
            self.place += 1
            if token == closing:
                break
            total += self.width(token)
        return total

    def width(self, token: str) -> float:
        if token == "{":
            return self.group("}")
        if token in ("^", "_"):
            return _SMALL * self.argument()
        if token in (r"\frac", r"\tfrac"):
            return max(self.argument(), self.argument()) + 0.4
        if token in _WIDTHS:
            return _WIDTHS[token]
        if _NOTHING.match(token):
            return 0.0
        if token in _OPERATORS:
            return 2.3
        if token.startswith("\\") and token[1:].isalpha():
            return len(token) - 1.0 if _NAMES.match(token) else 1.2
        return 0.75 if token in "()[]|" else 1.0

    def argument(self) -> float:
        if self.place >= len(self.tokens):
            return 0.0
        self.place += 1
        return self.width(self.tokens[self.place - 1])


_NAMES = re.compile(r"\\(log|exp|max|min|tanh|sinh|cosh|sin|cos|tan|det)\Z")
