"""What stands above the questions: the network, the signs, how to round."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from symnn.teaching.worksheets.content import Blank, Block, Formula, Question, Worked
from symnn.teaching.worksheets.numbers import ROUNDED_DIGITS
from symnn.teaching.worksheets.setting import Setting, joined
from symnn.teaching.worksheets.sheet import Worksheet
from symnn.writing import notation_statement

ROUNDING = (
    f"Rounding: write each result with {ROUNDED_DIGITS} significant digits, and go on with unrounded numbers, as the "
    "key does; a last digit that differs by one is right. Questions with relu and identity alone are exact."
)
EXACT = "All results are exact: nothing has to be rounded."
TITLES = {
    "forward": "Forward pass",
    "shapes": "Shapes",
    "delta": "Errors",
    "update": "One step of gradient descent",
    "mistake": "Find the mistake",
}


def title(sheet: Worksheet, key: bool) -> str:
    """Return the title of a sheet or of its key."""
    return f"Backpropagation: {'key to the worksheet' if key else 'a worksheet'}"


def about(sheet: Worksheet) -> str:
    """Return what tells a sheet from others."""
    return f"network {sheet.choice.architecture}, seed {sheet.seed}"


def introduction(sheet: Worksheet, setting: Setting, key: bool) -> list[str]:
    """Return the sentences above the questions, or above their solutions."""
    told = setting.told(sheet.questions[0].model)
    equations = f"Here {joined(setting, told.equations)}."
    if key:
        return [equations] * sheet.choice.is_one + [ROUNDING] * sheet.is_rounded
    odot = {"ascii": ".*", "text": "⊙"}.get(setting.format, r"\odot")
    said = [f"The network has the layers {joined(setting, told.sums)}; {_errors(sheet, setting)}."]
    said[0] += f" {setting.math(odot)} is the product entry by entry; vectors are columns."
    if sheet.choice.is_one:
        said.append(equations)
    else:
        said.append("The activations and the cost are chosen by the seed: each question says its own.")
    defined = functions(sheet, setting)
    if defined:
        said.append(f"Functions: {joined(setting, defined)}.")
    if any(question.answers for question in sheet.questions):
        said.append(ROUNDING if sheet.is_rounded else EXACT)
    notation = setting.notation
    if notation != type(notation)():
        said.append(" ".join(notation_statement(notation, setting.format)))
    return said


def _errors(sheet: Worksheet, setting: Setting) -> str:
    """Return the definition of δ."""
    said = [d for d in setting.told(sheet.questions[0].model).definitions if _is_error(d)]
    return joined(setting, said[:1])


def _is_error(definition: str) -> bool:
    return definition.startswith(("δ", "delta", r"\bm{\delta", r"\boldsymbol{\delta", r"\delta"))


def equations_of(question: Question, sheet: Worksheet, setting: Setting, key: bool) -> list[str]:
    """Return what is said of the network of one question, and in the key of what stands in the working."""
    told = setting.told(question.model)
    said = [] if question.kind == "shapes" or sheet.choice.is_one else list(told.equations)
    if key and any(isinstance(block, Worked) and block.is_roundabout for block in question.solution):
        said += [d for d in told.definitions if not _is_error(d) and not _is_of_function(d)]
        said += told.reductions
    return said


def _is_of_function(definition: str) -> bool:
    """Whether a definition is that of a function of t, or its value at 0."""
    left = definition.partition("=")[0]
    return "(t)" in left or "(0)" in left


def functions(sheet: Worksheet, setting: Setting) -> list[str]:
    """Return the definitions of the functions that the questions and their solutions use, each once."""
    found: dict[str, None] = {}
    for question in sheet.questions:
        defined = [d for d in setting.told(question.model).definitions if _is_of_function(d)]
        for definition in _used(defined, _written(question, sheet, setting)):
            found.setdefault(definition, None)
    return [one for one in found if "logsumexp" not in one]


def _used(defined: Sequence[str], written: str) -> list[str]:
    """Return those definitions whose functions are in a text, or in a definition that is used itself."""
    used: set[str] = set()
    while more := {one for one in defined if one not in used and _speaks_of(written, one)}:
        used |= more
        written = "\n".join([written, *(one.partition("=")[2] for one in more)])
    return [one for one in defined if one in used]


def _speaks_of(written: str, definition: str) -> bool:
    r"""Whether a text has the function that a definition is of.

    >>> _speaks_of("δ = σ′(z)", "σ′(t) = σ(t)(1 − σ(t))"), _speaks_of("δ = σ′(z)", "σ(t) = 1/(1 + e⁻ᵗ)")
    (True, False)
    """
    name = re.split(r"\([t0]\)", definition.partition("=")[0])[0].strip()
    return re.search(rf"(?<![A-Za-z]){re.escape(name)}(?![A-Za-z'′])", written) is not None


def _written(question: Question, sheet: Worksheet, setting: Setting) -> str:
    """Return all formulas of a question and of its solution."""
    blocks = (*question.task, *question.solution)
    # In Markdown the working is text, and the definitions are LaTeX.
    worked = Setting("latex", setting.notation) if setting.format == "markdown" else setting
    formulas = [setting.formula(one, question.model) for one in _formulas(blocks) if not isinstance(one, Blank)]
    for block in blocks:
        if isinstance(block, Worked):
            formulas += [row.symbols for _, rows in worked.rows(block) for row in rows]
    if question.kind != "shapes" or sheet.choice.is_one:
        formulas += setting.told(question.model).equations
    return "\n".join(formulas)


def _formulas(part: Any) -> Iterator[Formula]:
    """Yield the formulas in a block, or in several."""
    if isinstance(part, Formula):
        yield part
    elif isinstance(part, tuple):
        for one in part:
            yield from _formulas(one)
    elif isinstance(part, Block) and not isinstance(part, Worked):
        yield from _formulas(tuple(vars(part).values()))
