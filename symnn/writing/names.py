"""From the names of a program's tensors to the symbols of its notation.

W1 → W⁽¹⁾ (layered) or W₁     delta → δ     W_Q → W_Q     x_hat → x̂     dW1 → ∂C/∂W⁽¹⁾     xbar → x̄

An adjoint has a bar. What is differentiated once more, where first adjoints are values like others, has
a tilde, z̃ = ∂s/∂z, and a hat where it is the adjoint of an adjoint, ẑ = ∂s/∂z̄ or δ̂ = ∂s/∂δ.
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
        if not mark.ranks and tensor.rank == 2 and tensor.shape[0] == examples and len(mark.letter) == 1:
            capital = replace(mark, letter=mark.letter.upper())
            return mark if capital in self.marks.values() else capital
        return mark

    def entry(self, tensor: Tensor) -> Mark:
        """Return the symbol of an entry: an entry of a matrix W is written w."""
        mark = self.of(tensor)
        if mark.ranks:
            return _small_parts(mark)
        small = replace(mark, letter=mark.letter.lower(), of=None)
        # Where s is another tensor, an entry of S is no s, and one of its adjoint no s̄.
        taken = any(one in self.marks.values() for one in (small, replace(small, accent="")))
        if tensor.rank < 2 or len(mark.letter) != 1 or taken:
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
    second = second_adjoints(program)
    directions = directions_of(program)
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
        if adjoint is not None and _axes_of_both(program, name):
            return derivative(name)
        if name == "C":
            return read_mark(notation.cost)
        if name in directions:
            return Mark("v", below=find(directions[name]))
        if adjoint is None or (name.startswith("delta") and name not in second):
            role = tensors[name].role if name in tensors else "value"
            return mark_of_name(name, program.layered and role != "hyperparameter", notation)
        if name in wanted:
            if adjoint.of in program.adjoints and find(adjoint.wrt).of is None:
                return derivative(name)
            numerator = read_mark(notation.cost) if upstream else find(adjoint.of)
            inner = find(adjoint.wrt)
            return replace(inner, of=numerator) if inner.of is None else mark_of_name(name, program.layered, notation)
        inner = find(adjoint.wrt)
        accent = "bar" if name not in second else "hat" if adjoint.wrt in program.adjoints else "tilde"
        own = replace(inner, accent=accent)
        return own if inner.of is None and own not in marks.values() else mark_of_name(name, program.layered, notation)

    def derivative(name: str) -> Mark:
        adjoint = program.adjoints[name]
        inner, by = find(adjoint.wrt), tensors[adjoint.wrt].rank if adjoint.wrt in tensors else 0
        if adjoint.of in program.adjoints:
            above = derivative(adjoint.of)
            return replace(inner, of=above, ranks=(*(above.ranks or (0, tensors[adjoint.of].rank)), by))
        rank = tensors[adjoint.of].rank if adjoint.of in tensors else 0
        return replace(inner, of=find(adjoint.of), ranks=(rank, by))

    for name in tensors:
        find(name)
    return Names(tensors, marks, read_mark(notation.cost) if upstream else None)


def _axes_of_both(program: Program, name: str) -> bool:
    """Whether an adjoint has the axes of what is differentiated in front of those of its variable: a Jacobian."""
    adjoint, known = program.adjoints[name], program.tensors
    if adjoint.of == adjoint.wrt or not {name, adjoint.of, adjoint.wrt} <= known.keys() or not known[adjoint.of].rank:
        return False
    return tuple(known[name].shape) == (*known[adjoint.of].shape, *known[adjoint.wrt].shape)


def _small_parts(mark: Mark) -> Mark:
    """Return a derivative whose matrices are written with small letters, as entries are."""
    if mark.of is None:
        return mark
    small = replace(mark, of=_small_parts(mark.of))
    if len(mark.ranks) == 2 and mark.ranks[0] > 1:
        small = replace(small, of=_lower(mark.of))
    return _lower(small) if mark.ranks and mark.ranks[-1] > 1 else small


def _lower(mark: Mark) -> Mark:
    return replace(mark, letter=mark.letter.lower()) if len(mark.letter) == 1 else mark


def second_adjoints(program: Program) -> set[str]:
    """Return the adjoints of scalars that are made of adjoints themselves: the second derivatives."""
    slopes = {
        adjoint.of
        for adjoint in program.adjoints.values()
        if adjoint.of in program.defined
        and any(tensor.name in program.adjoints for tensor in tensors_in(program[adjoint.of].right))
    }
    return {name for name, adjoint in program.adjoints.items() if adjoint.of in slopes}


def directions_of(program: Program) -> dict[str, str]:
    """Return what each direction belongs to: an input named vW, beside a tensor W of its shape."""
    known = program.tensors
    return {
        name: name[1:]
        for name, tensor in program.inputs.items()
        if tensor.role == "hyperparameter" and name[0] == "v" and name[1:] in known
        and known[name[1:]].shape == tensor.shape
    }  # fmt: skip


def mark_of_name(name: str, layered: bool, notation: Notation | None = None) -> Mark:
    """Return the symbol of a name, by rule.

    >>> mark_of_name("delta2", layered=True)
    Mark(letter='δ', layer='2', subscript='', accent='', after='', of=None, below=None, ranks=())
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
