r"""Where a long formula may break: TeX decides by its real width, and a typesetter's taste is in the penalties.

    a + (b + c)        →        a \penalty0 + (b \penalty300 + c)

A line ends before a sign, best before one that stands in no bracket. Brackets that grow are set in a fixed
size where a formula is long, for what stands between \left and \right does not break.
"""

from __future__ import annotations

import re

from symnn.writing.breaking import measure

LONG = 40.0
"""Formulas wider than so many letters may have to break."""

_WIDE = 26.0
"""Numerators wider than so many letters do not stay above."""

_TOKEN = re.compile(r"\\begin\{\w+\}|\\end\{\w+\}|\\[A-Za-z]+|\\.|\s+|.", re.DOTALL)
_SIGNS = frozenset(("+", "-", "="))
_TIMES = frozenset((r"\odot", r"\circ", r"\oslash", r"\cdot", r"\le", r"\ge"))
_DEEPER, _PRODUCT, _FACTOR = 200, 120, 600
_DEPTHS = {"(": 1, ")": -1, "[": 40, "]": -40}
"""How much deeper a bracket goes: [j = k] is to stay whole."""


def breakable(latex: str, long: float = LONG) -> str:
    r"""Return a formula with penalties where it may break; a short one as it is.

    >>> breakable("a + (b - c)", 1)
    'a \\penalty0 + (b \\penalty200 - c)'
    """
    if measure(latex) <= long:
        return latex
    return _Breaking(_without_growth(_with_short_fractions(latex))).result()


def _with_short_fractions(latex: str) -> str:
    r"""Return a formula in which a long numerator stands beside its fraction, for a fraction does not break."""
    found = re.search(r"\\frac\{", latex)
    if found is None:
        return latex
    above, end = _argument(latex, found.end() - 1)
    below, end = _argument(latex, end)
    rest = _with_short_fractions(latex[end:])
    if measure(above) <= _WIDE:
        return f"{latex[: found.start()]}\\frac{{{above}}}{{{below}}}{rest}"
    above = _with_short_fractions(above)
    is_sum = any(token in _SIGNS for token in _Breaking(above).outside())
    return f"{latex[: found.start()]}\\frac{{1}}{{{below}}} " + (rf"\left({above}\right)" if is_sum else above) + rest


def _argument(latex: str, place: int) -> tuple[str, int]:
    """Return what stands in the braces that open at a place, and the place after them."""
    level = 0
    for end in range(place, len(latex)):
        level += (latex[end] == "{") - (latex[end] == "}")
        if not level:
            return latex[place + 1 : end], end + 1
    return latex[place + 1 :], len(latex)


def _without_growth(latex: str) -> str:
    r"""Return a formula whose \left and \right brackets have a fixed size, as far as they stand in no argument."""
    sized, depth, openings = "", 0, []
    tokens = _TOKEN.findall(latex)
    inside = 0
    for place, token in enumerate(tokens):
        if token.startswith(r"\begin{"):
            inside += 1
        if token.startswith(r"\end{"):
            inside -= 1
        depth += (token == "{") - (token == "}")
        if token == r"\left":
            grows = depth or inside or tokens[place + 1] not in ("(", "[") or _holds_rows(tokens, place)
            openings.append(bool(grows))
            sized += r"\left" if grows else r"\biggl"
        elif token == r"\right" and openings:
            sized += r"\right" if openings.pop() else r"\biggr"
        else:
            sized += token
    return sized


def _holds_rows(tokens: list[str], place: int) -> bool:
    """Whether the bracket that opens here has an environment in it, such as cases."""
    level = 0
    for token in tokens[place:]:
        level += (token == r"\left") - (token == r"\right")
        if token.startswith(r"\begin{"):
            return True
        if not level:
            return False
    return False


class _Breaking:
    """One walk over the tokens of a formula."""

    def __init__(self, latex: str) -> None:
        self.tokens = _TOKEN.findall(latex)
        self.depth = self.group = self.fixed = 0
        self.written: list[str] = []
        self.last = ""

    def result(self) -> str:
        for place, token in enumerate(self.tokens):
            # What opens here is not yet a bracket that this place stands in.
            free = not self.group and not self.fixed and self.last not in (r"\left", r"\right")
            if free and place and (penalty := self._penalty(place, token)) is not None:
                self.written.append(rf"\penalty{min(penalty, 9000)} ")
            self._count(token)
            self.written.append(token)
        return "".join(self.written)

    def outside(self) -> list[str]:
        """Return the tokens that stand in no bracket and no argument."""
        found = []
        for token in self.tokens:
            self._count(token)
            if not (self.group or self.fixed or self.depth):
                found.append(token)
        return found

    def _count(self, token: str) -> None:
        self.group += (token == "{") - (token == "}")
        self.fixed += (token == r"\left") - (token == r"\right")
        self.fixed += token.startswith(r"\begin{") - token.startswith(r"\end{")
        if not self.group and not self.fixed and self.last not in (r"\left", r"\right"):
            self.depth += _DEPTHS.get(token, 0)
        self.last = token

    def _penalty(self, place: int, token: str) -> int | None:
        before = self.tokens[place - 1]
        if not before.isspace():
            return None
        if token in _SIGNS:
            return _DEEPER * self.depth
        if token in _TIMES:
            return _PRODUCT + _DEEPER * self.depth
        return _FACTOR + _DEEPER * self.depth if self._begins_a_factor(place) else None

    def _begins_a_factor(self, place: int) -> bool:
        """Whether a factor ends before this place, and another one begins here."""
        token = self.tokens[place]
        last = next((one for one in reversed(self.tokens[:place]) if one != r"\," and not one.isspace()), "")
        starts = token in ("(", "[", r"\bm", r"\boldsymbol", r"\frac", r"\biggl", r"\sum") or token[0].isalpha()
        return starts and last in (")", "}", "]") and not self._is_operator(place)

    def _is_operator(self, place: int) -> bool:
        r"""Whether what stands before is no factor: a sum's sign with its index, or ∂/∂x."""
        text = "".join(self.tokens[:place]).rstrip()
        if re.search(r"(\\sum|\\nolimits|\\max|\\min|\\operatorname\{\w+\})(_\{[^{}]*\}|\^\{[^{}]*\})*\Z", text):
            return True
        return re.search(r"\\frac\{\\partial( \^\{\d\})?\}\{(?:[^{}]|\{[^{}]*\})*\}\Z", text) is not None
