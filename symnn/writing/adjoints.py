"""What the line under the equations says of adjoints: δ⁽ˡ⁾ = ∂C/∂z⁽ˡ⁾, z̄ = ∂C/∂z, z̃ = ∂s/∂z, and so on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from symnn.language import Program, Tensor, examples, tensors
from symnn.views.matrix import MatrixEquation
from symnn.views.tree import Leaf
from symnn.writing.dialects import Piece, Precedence
from symnn.writing.expressions import ExpressionWriter
from symnn.writing.names import directions_of, mark_of_name, second_adjoints
from symnn.writing.notation import Mark

_MOST = 3
_ACCENTS = ("", "bar", "tilde", "hat")


def adjoint_definitions(writer: ExpressionWriter, shown: Sequence[Any], program: Program, batch: bool) -> list[str]:
    """Return what each adjoint that the shown equations use is the derivative of; many of a kind are said once."""
    present = present_tensors(shown)
    whole = any(isinstance(one, MatrixEquation) for one in shown)
    saying = _Saying(writer, program, whole, batch)
    given = ""
    groups: dict[str, list[str]] = {accent: [] for accent in _ACCENTS}
    for name in present:
        if name in program.adjoints and writer.names.marks[name].of is None:
            accent = writer.names.marks[name].accent
            if saying.is_upstream(name):
                given = name
            else:
                groups[accent if accent in groups else ""].append(name)
    written = [saying.upstream(given)] if given else []
    written += [text for accent, names in groups.items() for text in saying.group(accent, names)]
    return list(dict.fromkeys([*written, *saying.hessian(present), *saying.layout(present)]))


def present_tensors(shown: Sequence[Any]) -> dict[str, Tensor]:
    """Return the tensors of the shown equations, by name, in order."""
    present: dict[str, Tensor] = {}
    for one in shown:
        for tensor in (one.left.tensor if isinstance(one, MatrixEquation) else one.left.base, *_used(one)):
            present.setdefault(tensor.name, tensor)
    return present


def _used(shown: Any) -> list[Tensor]:
    """Return the tensors that the right side is written with: a closed form has others than its equation."""
    if isinstance(shown, MatrixEquation):
        found = {node.tensor for node in shown.right.walk() if isinstance(node, Leaf)}
    else:
        found = set(tensors(shown.right))
    return sorted(found, key=lambda tensor: tensor.name)


class _Saying:
    """How one page says what its adjoints are."""

    def __init__(self, writer: ExpressionWriter, program: Program, whole: bool, batch: bool) -> None:
        self.names, self.dialect = writer.names, writer.dialect
        self.program, self.whole, self.batch = program, whole, batch
        self.example = writer.page.chosen.get("n", "n")

    def group(self, accent: str, names: Sequence[str]) -> list[str]:
        """Return the definitions of the adjoints with one accent."""
        ordered = sorted(names, key=self._layer) if not accent else list(names)
        if len(names) > (1 if accent else 0) and self._of_every_layer(names):
            return [self._definition(ordered[0], general=True)]
        several = bool(accent) and len(names) > _MOST
        written = [self._definition(name) for name in (ordered[:1] if several else ordered)]
        if several:
            written[-1] += self.dialect.prose(f", and likewise for every {accent}")
        return written

    def is_upstream(self, name: str) -> bool:
        """Whether an adjoint is given from outside: that of the tensor itself whose derivative is taken."""
        adjoint = self.program.adjoints[name]
        return adjoint.of == adjoint.wrt and name not in self.program.defined

    def upstream(self, name: str) -> str:
        """Say that an adjoint is given, and by which name, if it is one of the user's own."""
        adjoint, dialect = self.program.adjoints[name], self.dialect
        is_sentence = self._is_matrix_of_examples(self.names.tensors[name])
        said = self._definition(name)
        if is_sentence:
            return said + dialect.prose(" (the upstream adjoint, which is given)")
        said += dialect.prose(" is the upstream adjoint")
        if name == f"d{adjoint.wrt}" or name in dialect.notation.names:
            return said + dialect.prose(", which is given")
        own = dialect.symbol(mark_of_name(name, layered=False), bold=self.whole).text
        return said + dialect.prose(" ") + own + dialect.prose(", which is given")

    def hessian(self, present: dict[str, Tensor]) -> Iterator[str]:
        """Say that the results are parts of a Hessian-vector product: ∂s/∂W = (H v)_W."""
        second, directions = second_adjoints(self.program), directions_of(self.program)
        parts = [
            name
            for name in present
            if name in second and self._mark(name).of and self.program.adjoints[name].wrt in directions.values()
        ]
        costs = [a.of for name, a in self.program.adjoints.items() if name not in second and name in present]
        if parts and costs:
            mark, cost = self._mark(parts[0]), self.dialect.symbol(self._mark(costs[0])).text
            part = self.dialect.hessian_part(replace(mark, of=None))
            yield f"{self.dialect.flat(mark, bold=self.whole)} = {part}" + (
                self.dialect.prose(", and likewise for the others" if len(parts) > 1 else "")
            )
            hessian = self.dialect.symbol(Mark("H"), bold=True).text
            yield hessian + self.dialect.prose(" is the Hessian of ") + cost

    def layout(self, present: dict[str, Tensor]) -> Iterator[str]:
        """Say which way round a Jacobian is: ∂h/∂xᵀ has a row for each entry of h."""
        for name in present:
            mark = self.names.marks.get(name)
            if not self.whole or mark is None or not mark.is_jacobian:
                continue
            parts = zip((mark.numerator, *mark.denominators), mark.ranks, strict=True)
            row, column = (part for part, rank in parts if rank)
            if row != column:
                symbol = self.dialect.symbol(row, bold=True).text
                yield self.dialect.flat(mark, bold=True) + self.dialect.prose(" has a row for each entry of ") + symbol
                return

    def _mark(self, name: str) -> Mark:
        return self.names.marks.get(name) or mark_of_name(name, self.program.layered)

    def _wrt(self, name: str) -> Mark:
        return self._mark(self.program.adjoints[name].wrt)

    def _layer(self, name: str) -> int:
        mark = self._mark(name)
        number = mark.layer or mark.subscript
        return int(number) if number.isdigit() else 0

    def _of_every_layer(self, names: Sequence[str]) -> bool:
        """Whether a general l may stand for the layer: the adjoints are δ⁽¹⁾, δ⁽²⁾, … of z⁽¹⁾, z⁽²⁾, …"""
        letters = {(self._mark(name).letter, self._wrt(name).letter) for name in names}
        marks = [(self._mark(name), self._wrt(name)) for name in names]
        alike = all((m.layer, m.subscript) == (w.layer, w.subscript) for m, w in marks)
        return self.program.layered and len(letters) == 1 and alike and all(map(self._layer, names))

    def _definition(self, name: str, general: bool = False) -> str:
        adjoint, dialect = self.program.adjoints[name], self.dialect
        tensor, known = self.names.tensors[name], self.names.tensors.get(adjoint.wrt)
        mark, wrt = self.names.of(tensor), self._wrt(name)
        of = self.names.numerator or self.names.marks.get(adjoint.of, Mark("C"))
        batch = self._is_of_examples(tensor)
        if self.whole and not batch:
            mark, wrt = self.names.whole(tensor), self.names.whole(known) if known is not None else wrt
        if general:
            mark, wrt = (replace(m, layer="l") if m.layer else replace(m, subscript="l") for m in (mark, wrt))
        bold = self.whole and tensor.rank > 0
        if not batch:
            slope = dialect.flat(replace(wrt, of=of), bold=bold)
            if self.whole and self.names.keeps_its_shape(tensor):
                slope = dialect.transposed(Piece(slope, Precedence.PRODUCT)).text
            return f"{dialect.symbol(mark, bold=bold).text} = {slope}"
        row = dialect.example_derivative(of, wrt, self.whole, self.example)
        if not self._is_matrix_of_examples(tensor):
            return f"{dialect.symbol(mark, [self.example]).text} = {row}"
        capital = replace(mark, letter=mark.letter.upper()) if len(mark.letter) == 1 else mark
        symbol = dialect.symbol(capital, bold=True).text
        return symbol + dialect.prose(" has row ") + self.example + dialect.prose(" equal to ") + row

    def _is_of_examples(self, tensor: Tensor) -> bool:
        """Whether an adjoint has an entry or a row for each example of a batch."""
        return self.batch and bool(tensor.rank) and tensor.shape[0] == examples

    def _is_matrix_of_examples(self, tensor: Tensor) -> bool:
        """Whether an adjoint is written as a matrix with a row for each example: its definition is a sentence."""
        return self._is_of_examples(tensor) and self.whole and tensor.rank == 2
