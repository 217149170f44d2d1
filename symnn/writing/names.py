"""From the names of a program's tensors to the symbols of its notation.

W1 → W⁽¹⁾ (layered) or W₁     delta → δ     W_Q → W_Q     x_hat → x̂     dW1 → ∂C/∂W⁽¹⁾     xbar → x̄

An adjoint has a bar. What is differentiated once more, where first adjoints are values like others, has
a tilde, z̃ = ∂s/∂z, and a hat where it is the adjoint of an adjoint, ẑ = ∂s/∂z̄ or δ̂ = ∂s/∂δ.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from symnn.language import Program, Tensor, examples, same_size
from symnn.language import tensors as tensors_in
from symnn.language.names import is_error_name
from symnn.writing.characters import ACCENTS, GREEK
from symnn.writing.notation import LETTERS, Mark, Notation, read_mark

_NAME = re.compile(r"(?P<word>[A-Za-z]+)(?P<digits>\d*)(?P<rest>.*)\Z")


@dataclass(frozen=True)
class Names:
    """The symbols of a program's tensors.

    Attributes:
        tensors: every tensor of the program, by name.
        marks: the symbol of each tensor, by name.
        numerator: what every derivative is the derivative of, where that is no tensor of the program.
        in_rows: whether vectors are rows.
        transposed: the gradients that have the shape of their variable's transpose, by name.
    """

    tensors: Mapping[str, Tensor]
    marks: Mapping[str, Mark]
    numerator: Mark | None = None
    in_rows: bool = False
    transposed: frozenset[str] = frozenset()

    def is_turned(self, tensor: Tensor) -> bool:
        """Whether the symbol of a tensor stands for the transpose of its column, or of its matrix.

        A vector with an entry for each example of a batch is a column.
        """
        if tensor.rank not in (1, 2) or (tensor.rank == 2 and tensor.is_symmetric):
            return False
        turned = tensor.name in self.transposed and not self.keeps_its_shape(tensor)
        return turned != (tensor.rank == 1 and self.turns_axis(tensor.shape[0]))

    def keeps_its_shape(self, tensor: Tensor) -> bool:
        """Whether a gradient has the shape of its variable in numerator layout too, and is (∂C/∂z)ᵀ there.

        That is ∇, and what has an entry or a row for each example under a symbol of its own.
        """
        if tensor.name not in self.transposed or tensor.rank not in (1, 2):
            return False
        mark = self.of(tensor)
        return mark.letter == "∇" or (mark.of is None and same_size(tensor.shape[0], examples))

    def turns_axis(self, size: Any) -> bool:
        """Whether a vector with an axis of this size is a row."""
        return self.in_rows and not same_size(size, examples)

    def with_tensors(
        self, tensors: Mapping[str, Tensor], marks: Mapping[str, Mark], like: Mapping[str, str]
    ) -> Names:
        """Return the symbols of more tensors; `like` says which known one each of them is like."""
        turned = self.transposed | {name for name, known in like.items() if known in self.transposed}
        return replace(self, tensors={**tensors, **self.tensors}, marks={**self.marks, **marks}, transposed=turned)

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
        if name == "C" and not (name in tensors and tensors[name].rank):
            return read_mark(notation.cost)
        if name in directions:
            return Mark("v", below=find(directions[name]))
        if adjoint is None or (is_error_name(name) and name not in second):
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
    numerator = read_mark(notation.cost) if upstream else None
    odd = _transposed(program, marks) if notation.in_numerator_layout else frozenset()
    return Names(tensors, marks, numerator, notation.in_rows, odd)


def _transposed(program: Program, marks: Mapping[str, Mark]) -> frozenset[str]:
    """Return the gradients of scalars in numerator layout: the gradient by a gradient is the right way round again.

    A Jacobian has its rows by its own symbol.
    """
    found: set[str] = set()
    for name in marks:
        turns, at = 0, name
        while (adjoint := program.adjoints.get(at)) is not None and not marks[at].ranks:
            turns, at = turns + 1, adjoint.wrt
            if at not in marks:
                break
        if turns % 2:
            found.add(name)
    return frozenset(found)


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
    above = digits if layered and (notation is None or notation.layers != "subscript") else ""
    below = [] if above or not digits else [digits]
    made = Mark(letter, above, ",".join([*below, *(GREEK.get(part, part) for part in parts)]), accent)
    chosen = _chosen(name, notation) if layered and notation is not None else None
    if chosen is None:
        return made
    lowered = ",".join(part for part in (made.subscript, chosen.subscript) if part)
    return replace(chosen, layer=above or chosen.layer, subscript=lowered)


def _chosen(name: str, notation: Notation) -> Mark | None:
    """Return the letter that a notation has for a tensor of a network: W1, b1, z1, a1, delta1, x or y."""
    for letter, usual in LETTERS.items():
        if letter != "cost" and (name == usual if usual in "xy" else re.fullmatch(rf"{usual}\d+", name)):
            return notation.letter(letter)
    return None


def _is_letter(word: str) -> bool:
    return len(word) == 1 or word in GREEK


def _barred(mark: Mark) -> Mark:
    return replace(mark, accent="bar")


def _last_activation(program: Program) -> str | None:
    found = [name for name in program.defined if re.fullmatch(r"a\d+", name)]
    return max(found, key=lambda name: int(name[1:]), default=None)
