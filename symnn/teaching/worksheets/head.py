"""What stands above the questions: the network, the signs, how to round."""

from __future__ import annotations

from symnn.teaching.worksheets.numbers import ROUNDED_DIGITS
from symnn.teaching.worksheets.setting import Setting, joined
from symnn.teaching.worksheets.sheet import Worksheet
from symnn.writing import notation_statement

ROUNDING = (
    f"Rounding: write each result with {ROUNDED_DIGITS} significant digits, and go on with all the digits that you "
    "have. Where nothing but sums and products is needed, results are exact."
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


def introduction(sheet: Worksheet, setting: Setting) -> list[str]:
    """Return the sentences above the questions."""
    model = sheet.questions[0].model
    told = setting.told(model)
    odot = {"ascii": ".*", "text": "⊙"}.get(setting.format, r"\odot")
    said = [f"The network has the layers {joined(setting, told.sums)}; {_errors(sheet, setting)}."]
    said[0] += f" {setting.math(odot)} is the product entry by entry; vectors are columns."
    if sheet.choice.is_one:
        said.append(f"Here {joined(setting, told.equations)}.")
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


def functions(sheet: Worksheet, setting: Setting) -> list[str]:
    """Return the definitions of the functions that the questions use, each once."""
    found: dict[str, None] = {}
    for question in sheet.questions:
        for definition in setting.told(question.model).definitions:
            if "(t)" in definition.partition("=")[0] or "(0)" in definition.partition("=")[0]:
                found.setdefault(definition, None)
    return [one for one in found if "logsumexp" not in one]
