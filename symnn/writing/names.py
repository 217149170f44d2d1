"""From the names of a program's tensors to the symbols of its notation.

W1 → W⁽¹⁾ (layered) or W₁     delta → δ     W_Q → W_Q     x_hat → x̂     dW1 → ∂C/∂W⁽¹⁾     xbar → x̄
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from symnn.language import Program, Tensor, examples
from symnn.language import tensors as tensors_in
from symnn.writing.characters import ACCENTS, GREEK
from symnn.writing.notation import Mark, Notation, read_mark

_NAME = re.compile(r"(?P<word>[A-Za-z]+)(?P<digits>\d*)(?P<rest>.*)\Z")


@dataclass(frozen=True)
class Names:
    """The symbols of a program's tensors.

    Attributes:
        tensors: every tensor of the program, by name.
        marks: the symbol of each tensor, by name.
        numerator: what every derivative is the derivative of, where that is no tensor of the program.
    """

    tensors: Mapping[str, Tensor]
    marks: Mapping[str, Mark]
    numerator: Mark | None = None

    def whole(self, tensor: Tensor) -> Mark:
        """Return the symbol of a whole tensor: in a batch, a matrix with a row an example is a capital."""
        mark = self.of(tensor)
        if tensor.rank == 2 and tensor.shape[0] == examples and len(mark.letter) == 1:
            capital = replace(mark, letter=mark.letter.upper())
            return mark if capital in self.marks.values() else capital
        return mark

    def entry(self, tensor: Tensor) -> Mark:
        """Return the symbol of an entry: an entry of a matrix W is written w."""
        mark = self.of(tensor)
        small = replace(mark, letter=mark.letter.lower(), of=None)
        if tensor.rank < 2 or len(mark.letter) != 1 or small in self.marks.values():
            return mark
        return replace(mark, letter=mark.letter.lower())

    def of(self, tensor: Tensor) -> Mark:
        """Return the symbol of a tensor, in its own case."""
        return self.marks.get(tensor.name) or mark_of_name(tensor.name, layered=False)


def names_of(
    program: Program,
    notation: Notation,
    requested: Iterable[str] | None = None,
    upstream: str | None = None,
    of: str | None = None,
) -> Names:
    """Return the symbols of a program's tensors.

    Args:
        program: the program.
        notation: the choices of writing.
        requested: the adjoints that are written ∂C/∂W; None means those that no equation uses.
        upstream: the name of the upstream adjoint, if there is one.
        of: the tensor that it is the adjoint of.
    """
    tensors = program.tensors
    if upstream is None:
        upstream, of = next(((n, a.of) for n, a in program.adjoints.items() if a.of == a.wrt), (None, None))
    if requested is None:
        used = {tensor.name for equation in program for tensor in tensors_in(equation.right)}
        requested = [name for name in program.adjoints if name not in used]
    wanted = set(requested)
    marks: dict[str, Mark] = {}
    last = _last_activation(program) if notation.output else None

    def find(name: str) -> Mark:
        if name not in marks:
            marks[name] = _mark(name)
        return marks[name]

    def _mark(name: str) -> Mark:
        if name in notation.names:
            return read_mark(notation.names[name])
        if name == last:
            return read_mark(notation.output)
        if name == upstream and of is not None:
            return _barred(find(of))
        adjoint = program.adjoints.get(name)
        if name == "C":
            return read_mark(notation.cost)
        if adjoint is None or name.startswith("delta"):
            role = tensors[name].role if name in tensors else "value"
            return mark_of_name(name, program.layered and role != "hyperparameter", notation)
        if name in wanted:
            numerator = read_mark(notation.cost) if upstream else find(adjoint.of)
            inner = find(adjoint.wrt)
            return replace(inner, of=numerator) if inner.of is None else mark_of_name(name, program.layered, notation)
        return _barred(find(adjoint.wrt)) if find(adjoint.wrt).of is None else mark_of_name(name, program.layered)

    for name in tensors:
        find(name)
    return Names(tensors, marks, read_mark(notation.cost) if upstream else None)


def mark_of_name(name: str, layered: bool, notation: Notation | None = None) -> Mark:
    """Return the symbol of a name, by rule.

    >>> mark_of_name("delta2", layered=True)
    Mark(letter='δ', layer='2', subscript='', accent='', after='', of=None)
    """
    found = _NAME.match(name)
    if found is None:
        return Mark(name)
    word, digits = found["word"], found["digits"]
    parts = [part for part in found["rest"].split("_") if part]
    accent = ""
    if parts and parts[-1] in ACCENTS:
        accent = parts.pop()
    else:
        accent = next((a for a in ACCENTS if word.endswith(a) and _is_letter(word[: -len(a)])), "")
        word = word[: -len(accent)] if accent else word
    letter = GREEK.get(word, word)
    above = digits if layered and (notation is None or notation.layers == "superscript") else ""
    below = [] if above or not digits else [digits]
    return Mark(letter, above, ",".join([*below, *(GREEK.get(part, part) for part in parts)]), accent)


def _is_letter(word: str) -> bool:
    return len(word) == 1 or word in GREEK


def _barred(mark: Mark) -> Mark:
    return replace(mark, accent="bar")


def _last_activation(program: Program) -> str | None:
    found = [name for name in program.defined if re.fullmatch(r"a\d+", name)]
    return max(found, key=lambda name: int(name[1:]), default=None)
