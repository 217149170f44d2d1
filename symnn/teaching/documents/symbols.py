"""The table of notation: each symbol of a page, what it means, its shape.

    W⁽¹⁾   weights of layer 1   3 × 2
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from symnn.calculus import Derivation
from symnn.language import Program, Tensor
from symnn.views.folding import folded
from symnn.views.labels import labelled
from symnn.writing import Notation
from symnn.writing.expressions import ExpressionWriter
from symnn.writing.running import writer_of_families, writer_of_labels
from symnn.writing.scope import Scope
from symnn.writing.write import writer_for

_KINDS = {"W": "weights", "b": "biases", "z": "pre-activations", "a": "activations", "L": "logarithm of the sum",
          "gamma": "scale", "beta": "shift", "mu": "mean", "delta": "error"}  # fmt: skip
_LAYERED = re.compile(r"([A-Za-z]+)(\d+)\Z")


@dataclass(frozen=True)
class Symbol:
    """One row of the table: a formula, words in LaTeX, a formula."""

    symbol: str
    meaning: str
    shape: str


def symbols_of(
    derivation: Derivation, notation: Notation | None = None, batch: bool = False, word: str = "parameter"
) -> tuple[Symbol, ...]:
    """Return the table of notation for the matrix view of a derivation: inputs, values, adjoints that have names.

    `word` is what a tensor that is differentiated by is called.
    """
    writer = writer_for(derivation, "latex", notation)
    folding = folded(derivation.program)
    writer = writer_of_families(writer, folding)
    labelling = labelled(folding.program)
    writer = writer_of_labels(writer, labelling)
    return tuple(_Table(derivation, labelling.program, writer, batch, word).rows())


class _Table:
    """The table in the making."""

    def __init__(
        self, derivation: Derivation, program: Program, writer: ExpressionWriter, batch: bool, word: str
    ) -> None:
        self.derivation, self.program, self.writer, self.batch = derivation, program, writer, batch
        self.word = word
        self.results = set(derivation.gradients.values())
        self.layers = [int(found[2]) for name in program.tensors if (found := self._layered(name))]

    def rows(self) -> Iterator[Symbol]:
        seen: set[str] = set()
        for name, tensor in self._ordered():
            if name in self.results or self.writer.names.of(tensor).of is not None:
                continue
            symbol = self._symbol(tensor)
            if symbol not in seen and (meaning := self._meaning(name, tensor)):
                seen.add(symbol)
                yield Symbol(symbol, meaning, self._shape(tensor))

    def _ordered(self) -> list[tuple[str, Tensor]]:
        roles = {"input": 0, "target": 1, "parameter": 2, "hyperparameter": 3}
        given = sorted(self.program.inputs.items(), key=lambda one: roles.get(one[1].role, 4))
        return [*given, *((e.tensor.name, e.tensor) for e in self.program)]

    def _symbol(self, tensor: Tensor) -> str:
        return self.writer.dialect.symbol(self.writer.names.whole(tensor), bold=tensor.rank > 0).text

    def _shape(self, tensor: Tensor) -> str:
        sizes = [self.writer.piece(size, Scope()).text for size in tensor.shape]
        return r" \times ".join(sizes) if sizes else r"\text{scalar}"

    def _layered(self, name: str) -> re.Match[str] | None:
        return _LAYERED.match(name) if self.program.layered else None

    def _meaning(self, name: str, tensor: Tensor) -> str:
        """Return what a tensor is, in words."""
        if name == self.derivation.upstream:
            return f"given: the derivative of a cost by ${self._symbol(self._of())}$"
        if name in self.program.adjoints:
            return self._adjoint(name)
        found = self._layered(name)
        kind = _KINDS.get(found[1], "") if found else ""
        where = f" of layer {found[2]}" if found else ""
        if tensor.role in ("input", "target", "hyperparameter"):
            examples = ", one example a row" if self.batch and tensor.rank else ""
            return {"input": "input", "target": "target"}.get(tensor.role, "a number that is chosen") + examples
        if tensor.role == "parameter":
            return f"{kind or self.word}{where}"
        if name == "C" or (name == self.derivation.of and not tensor.rank):
            return "cost" if name == "C" else "the value that is differentiated"
        if name == self.derivation.of:
            return "what is differentiated"
        if found and found[1] == "a" and int(found[2]) == max(self.layers, default=0):
            return f"activations{where}: the output"
        if found and found[1] == "L":
            return f"logarithm of the sum of exponentials{where}"
        return f"{kind or 'intermediate value'}{where}"

    def _of(self) -> Tensor:
        return self.program.find(self.derivation.of)

    def _adjoint(self, name: str) -> str:
        adjoint = self.program.adjoints[name]
        known = self.program.tensors.get(adjoint.wrt)
        if known is None:
            return ""
        of = self.derivation.program.tensors.get(adjoint.of)
        numerator = self.writer.names.numerator or (self.writer.names.of(of) if of is not None else None)
        mark = self.writer.names.whole(known)
        if mark.of is not None or numerator is None:
            return ""
        slope = self.writer.dialect.flat(replace(mark, of=numerator), bold=known.rank > 0)
        found = self._layered(name)
        lead = f"error of layer {found[2]}: " if found and found[1] == "delta" else ""
        return f"{lead}${slope}$" + (", one example a row" if self.batch and known.rank else "")
