"""The general network n0-…-nL: any number of layers, derived for one layer l and for the output layer.

    δ⁽ᴸ⁾ = ∇ₐC ⊙ f′(z⁽ᴸ⁾)                          (BP1)
    δ⁽ˡ⁾ = (W⁽ˡ⁺¹⁾)ᵀ δ⁽ˡ⁺¹⁾ ⊙ f′(z⁽ˡ⁾)              (BP2)
    ∂C/∂b⁽ˡ⁾ = δ⁽ˡ⁾                                 (BP3)
    ∂C/∂W⁽ˡ⁾ = δ⁽ˡ⁾ (a⁽ˡ⁻¹⁾)ᵀ                       (BP4)

Nothing of this is typed: both derivations are gradients like any other, that of layer l from the
upstream adjoint δ⁽ˡ⁺¹⁾.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from symnn.calculus import Derivation, batched, differentiate
from symnn.errors import InputError
from symnn.language import Entry, Equation, Program, Tensor, sizes, tensor, transform
from symnn.networks.activations import activation as activation_of
from symnn.networks.costs import cost as cost_of
from symnn.networks.layers import Dense
from symnn.writing import Mark, Notation, parts_page
from symnn.writing.notation import read_mark
from symnn.writing.sections import Page
from symnn.writing.write import page_text

_LETTERS = {
    "W": "weights", "b": "bias", "z": "preactivation", "a": "activation", "x": "activation", "delta": "error",
}  # fmt: skip
_MARKS = {"prev": "l-1", "l": "l", "next": "l+1", "before": "L-1", "L": "L"}


@dataclass(frozen=True)
class GeneralNetwork:
    """The two derivations of the general network.

    Attributes:
        layer: layer l, from δ⁽ˡ⁺¹⁾.
        output: layer L, from the cost (or from ∇ₐC, where the cost is undefined).
        title: what the network is, in one line.
    """

    layer: Derivation
    output: Derivation
    title: str
    letter: str = "C"
    """The letter of the cost."""
    own_notation: Notation | None = None
    """How it is written, where that was chosen."""

    def write(self, format: str = "text", view: str = "matrix", batch: bool = False) -> str:
        """Return the four fundamental equations in a format.

        Raises:
            InputError: for an unknown format or view; the scalar view needs sizes that are numbers.
        """
        return page_text(self.page(format, view, batch), format)

    def page(self, format: str = "text", view: str = "matrix", batch: bool = False) -> Page:
        """Return the four fundamental equations before they are set on a page; arguments as in `write`."""
        if view == "scalar":
            raise InputError("the general network has no scalar view: its sizes are not numbers (use matrix or index)")
        layer, output = (batched(d, average=True) if batch else d for d in (self.layer, self.output))
        program = Program(
            (*layer.program, *output.program),
            layered=True,
            adjoints={**layer.program.adjoints, **output.program.adjoints},
        )
        marks = {"delta_L": "(BP1)", "delta_l": "(BP2)", "db_l": "(BP3)", "dW_l": "(BP4)"}
        derived = [name for name in (*output.backward, *layer.backward) if name not in ("db_L", "dW_L", *marks)]
        # What stands between, such as the adjoint of a softmax's activation, comes before its use.
        backward = {name: marks.get(name, "") for name in (
            *(n for n in output.backward if n in derived), "delta_L",
            *(n for n in layer.backward if n in derived), "delta_l", "db_l", "dW_l",
        )}  # fmt: skip
        parts = [
            ("Layer l = 1, …, L", {"z_l": "", "L_l": "", "a_l": ""}),
            ("Output layer", {"L_L": "", "a_L": "", "C": ""}),
            ("The four fundamental equations of backpropagation", backward),
        ]
        title = self.title.replace("one example, columns", "a batch of m examples, rows") if batch else self.title
        return parts_page(
            program,
            parts,
            facts=output.facts,
            view=view,
            format=format,
            title=title,
            batch=batch,
            notation=self.notation,
            understood=("delta_L", "delta_next"),
        )

    @property
    def notation(self) -> Notation:
        """W_l is W⁽ˡ⁾, delta_next is δ⁽ˡ⁺¹⁾, n_next is nₗ₊₁, and so on."""
        chosen = self.own_notation or Notation()
        letters = {name: chosen.letter(letter) for name, letter in _LETTERS.items()} | {"L": Mark("L")}
        names: dict[str, str | Mark] = {
            f"{name}_{place}": _at(mark, layer, chosen) for name, mark in letters.items()
            for place, layer in _MARKS.items()
        }  # fmt: skip
        if chosen.output:
            names["a_L"] = chosen.output
        cost = self.letter if self.letter != "C" else chosen.cost
        slope = Mark("∇", subscript=letters["a"].letter, after=read_mark(cost).letter)
        sizes_of = {f"n_{place}": Mark("n", subscript=layer.replace("-", "−")) for place, layer in _MARKS.items()}
        return replace(chosen, cost=cost, names={**names, **sizes_of, "grad_a": slope, **chosen.names})

    def with_notation(self, notation: Notation) -> GeneralNetwork:
        """Return the same network, written in another notation."""
        return replace(self, own_notation=notation)


def _at(mark: Mark, layer: str, notation: Notation) -> Mark:
    """Return a letter of a layer: W⁽ˡ⁺¹⁾, or W_{l+1}."""
    if notation.layers == "subscript":
        return replace(mark, subscript=layer.replace("-", "−"))
    return replace(mark, layer=layer)


def general_network(
    activation: Any = "sigmoid", cost: Any = "quadratic", weights: str = "outputs,inputs"
) -> GeneralNetwork:
    """Return the derivations of a network of any number of dense layers.

    Args:
        activation: one for all layers, or two: of the hidden layers and of the output layer.
        cost: a name, an expression, or a letter for an undefined cost.
        weights: the orientation of W.

    >>> print(general_network("f", "C").layer.program["delta_l"])
    delta_l[j] = Sum(W_next[i, j]*delta_next[i], i)*f_prime(z_l[j])

    Raises:
        InputError: for an unknown activation or cost, or a wrong number of activations.
    """
    given = list(activation) if isinstance(activation, list | tuple) else [activation]
    if len(given) not in (1, 2):
        raise InputError(f"{len(given)} activations: a general network has one for all layers, or two (hidden, output)")
    hidden, last = activation_of(given[0]), activation_of(given[-1])
    chosen = cost_of(cost)
    before, here, after = sizes("n_prev n_l n_next")
    layer = [
        *_dense(before, here, hidden, weights, "prev", "l"),
        *_dense(here, after, hidden, weights, "l", "next")[:1],
    ]
    layer_derivation = differentiate(
        Program(layer, layered=True), "z_next", ["z_l", "b_l", "W_l"], "delta_next", called={"z_l": "delta_l"}
    )
    width, outputs = sizes("n_before n_L")
    top = _dense(width, outputs, last, weights, "before", "L")
    a, y = Tensor("a_L", (outputs,)), Tensor("y", (outputs,), "target")
    facts = [] if chosen.undefined else chosen.facts(y)
    if not chosen.undefined:
        top = [*top, Equation(tensor("C"), chosen.right_side(a, y))]
    program = Program(top, facts, layered=True)
    of, upstream = ("a_L", "grad_a") if chosen.undefined else ("C", None)
    output_derivation = differentiate(program, of, ["z_L", "b_L", "W_L"], upstream, called={"z_L": "delta_L"})
    names = ", ".join(dict.fromkeys([hidden.name, last.name]))
    title = f"n0-…-nL · {names} · {chosen.name.replace('_', ' ')} cost · one example, columns"
    return GeneralNetwork(layer_derivation, output_derivation, title, chosen.name if chosen.undefined else "C")


def _dense(inputs: Any, outputs: Any, activation: Any, weights: str, below: str, here: str) -> list[Equation]:
    """The equations of a dense layer, with names such as W_l and a_prev."""
    source = Tensor(f"a_{below}", (inputs,), "value" if below == "l" else "input")
    equations = Dense(inputs, outputs, activation, weights).equations(source)

    def change(part: Any) -> Any:
        if not isinstance(part, Entry):
            return None
        base = part.base
        return part if base == source else base.like(f"{base.name}_{here}")[part.indices]

    return [Equation(change(e.left), transform(e.right, change)) for e in equations]
