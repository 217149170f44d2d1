"""Parts that several styles have: lines, the words under them, tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from symnn.teaching.documents.breaking import LONG, breakable
from symnn.teaching.documents.escaping import escaped
from symnn.teaching.documents.symbols import Symbol
from symnn.writing.lines import Line
from symnn.writing.sections import Page

MARKS = {
    "exact": r"$\checkmark$", "50 digits": r"$\approx$", "wrong": r"\textbf{wrong}", "unchecked": "?", "": "",
}  # fmt: skip
"""The signs of what the proof says of a line."""
LEGEND = {
    "exact": "checked exactly: both sides agree at random places, computed with whole numbers modulo large primes",
    "50 digits": "checked to 50 digits: both sides agree at random places, computed with 50 digits",
    "wrong": "does not follow from the line before",
    "unchecked": "could not be checked",
}


def inline(formulas: Sequence[str]) -> str:
    """Return formulas in a paragraph, with commas between."""
    # A formula that ends in words closes its dollars itself.
    return ", ".join(f"${breakable(formula, 60)}$".replace("$$", "") for formula in formulas)


def flat(latex: str) -> str:
    r"""Return a derivative on one line, for a heading.

    >>> flat(r"\frac{\partial C}{\partial \bm{W}}")
    '\\partial C / \\partial \\bm{W}'
    """
    found = re.fullmatch(r"\\frac\{(.*?)\}\{(.*)\}", latex)
    parts = found.groups() if found and latex.count(r"\frac") == 1 else ()
    return f"{parts[0]} / {parts[1]}" if parts and all(part.count("{") == part.count("}") for part in parts) else latex


def formulas(listed: str) -> str:
    """Return formulas with commas between, each by itself, so that a line may end after any of them."""
    shown = []
    for one in re.split(r"(?<!\\), ", listed):
        symbol, space, size = one.rpartition(r"\; ")
        shown.append(f"${flat(symbol)}{space}{size}$")
    return ", ".join(shown)


def measured(lefts: Iterable[str]) -> str:
    """Return what makes the left sides of the lines that follow equally wide."""
    return r"\beginlines" + "".join(rf"\wide{{{left}}}" for left in dict.fromkeys(lefts) if left)


def beside(line: Line) -> str:
    """Return what stands beside an equation: from where to where t goes, and words."""
    words = rf"\footnotesize {escaped(line.remark.replace('index form: ', ''))}" if line.remark else ""
    parts = [f"$({line.condition})$" if line.condition else "", words]
    return r"\quad ".join(part for part in parts if part)


def result_lines(lines: Sequence[Line], long: float = LONG) -> str:
    """Return equations under each other, without numbers; those that are long, in letters, may break."""
    rows = [measured(line.left for line in lines)]
    for line in lines:
        end = beside(line)
        right = breakable(line.right, long)
        rows.append(
            rf"\conditionline{{{line.left}}}{{{right}}}{{{end}}}" if end else rf"\resultline{{{line.left}}}{{{right}}}"
        )
    return "\n".join(rows)


def under(page: Page) -> list[str]:
    """Return what stands under the equations: definitions, facts, choices of notation."""
    said = []
    if page.definitions:
        said.append(rf"{{\raggedright where {inline(page.definitions)}.\par}}")
    if page.facts:
        said.append(rf"{{\raggedright Using ${page.facts}$.\par}}")
    return said


def table(symbols: Sequence[Symbol], long: bool = True) -> str:
    """Return the table of notation, which may run over pages."""
    rows = "\n".join(rf"${row.symbol}$ & {row.meaning} & ${row.shape}$ \\" for row in symbols)
    head = r"\toprule symbol & meaning & shape \\ \midrule"
    if not long:
        return f"\\begin{{tabular}}{{@{{}}ll@{{\\quad}}l@{{}}}}\n{head}\n{rows}\n\\bottomrule\n\\end{{tabular}}"
    return (
        "{\\renewcommand\\arraystretch{1.15}\\setlength\\LTleft{0pt}\\setlength\\LTright{0pt plus 1fill}\n"
        "\\begin{longtable}{@{}l@{\\quad}>{\\raggedright\\arraybackslash}p{0.58\\linewidth}@{\\quad}l@{}}\n"
        f"{head} \\endhead\n\\bottomrule \\endlastfoot\n{rows}\n\\end{{longtable}}}}"
    )


def document(preamble: str, body: Iterable[str]) -> str:
    """Return a whole document."""
    return f"{preamble}\\begin{{document}}\n" + "\n\n".join(part for part in body if part) + "\n\\end{document}\n"
