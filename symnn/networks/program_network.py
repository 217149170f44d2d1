"""A network from equations of one's own: a program with one input, one target and a cost, ready to be trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from symnn.errors import InputError, ProgramError
from symnn.language import Elementwise, Entry, Fact, LogSumExp, Program, entries, tensors, transform
from symnn.networks.building import Built
from symnn.networks.catalogue import Written, layers_in
from symnn.networks.composing import drawn_by, renamed
from symnn.networks.first_values import first_value, uses_of_parameters
from symnn.networks.layers import Array, Layer
from symnn.networks.network import Network


class ProgramNetwork(Network):
    """A network whose equations are given, for one example (or for all, where they name the example axis).

    Args:
        program: equations with one tensor in the role of input, one in that of target, parameters, and a
            cost as the last equation.
        name: what it is called in titles and messages.
        output: the tensor that is compared with the target; by default the last one before the cost that
            does not depend on the target, and that an equation with the target uses.
        text: the equations as they were written, if a saved model shall contain them.

    >>> from symnn.language import parse_program
    >>> net = ProgramNetwork(parse_program('''
    ...     input x: 2
    ...     target y: 1
    ...     parameter W: 1 x 2
    ...     a = sigmoid(W*x)
    ...     C = sum((a - y).^2)/2'''))
    >>> net.output, net.parameters
    ('a', {'W': (1, 2)})

    Raises:
        InputError, ProgramError: for a program that is no network with a cost.
    """

    def __init__(self, program: Program, name: str = "equations", output: str | None = None, text: str = "") -> None:
        program = _with_plain_names(program, name)
        self.name = name
        made = output or _output_of(program, name)
        if made not in program.defined:
            raise InputError(f"{name}: no equation defines the output '{made}'")
        owned = {n: n for n, tensor in program.inputs.items() if tensor.role == "parameter"}
        if not owned:
            raise InputError(f"{name}: there is no parameter to learn, such as 'parameter W: 3 x 4'")
        self.layers = (_Holder(program, made, layers_in(text, name) if text else []),)
        self._cost, self.l1, self.l2 = None, 0, 0
        self.example_weights = self.masked = False
        self._built = Built(program, made, (owned,))
        self.description = {"equations": text, "name": name, "output": made} if text else None

    @property
    def cost(self) -> str | None:
        """What the cost is called: `own`, because the equations say what it is."""
        return "own"

    @property
    def activations(self) -> tuple[str, ...]:
        """What the output's equation applies last: it decides how outputs are read as classes."""
        return (_activation_of(self.program, self.output),)

    @property
    def title(self) -> str:
        """What the network is, in one line."""
        return f"{self.name} · {_way(self.program)}"


class _Holder(Layer):
    """The whole program as one layer: it draws first values for its parameters."""

    def __init__(self, program: Program, output: str, written: Sequence[Written]) -> None:
        self.written = written
        found = next(tensor for tensor in program.inputs.values() if tensor.role == "input")
        self.inputs, self.outputs = found.shape, program.find(output).shape
        self.program, self.uses = program, uses_of_parameters(program)

    def initial_parameters(
        self, shapes: Mapping[str, tuple[int, ...]], generator: np.random.Generator, method: str | None
    ) -> dict[str, Array]:
        """Return first values: a layer's own draws its, others follow from where they stand (see `first_values`)."""
        drawn: dict[str, Array] = {}
        for layer, names in self.written:
            drawn |= drawn_by(layer, names, shapes, generator, method)
        others = [name for name in shapes if name not in drawn]
        drawn |= {name: first_value(self.program.find(name), self.uses[name], generator) for name in others}
        return {name: drawn[name] for name in shapes}


def _way(program: Program) -> str:
    return "a batch of m examples, rows" if program.names_examples else "one example"


def _with_plain_names(program: Program, name: str) -> Program:
    """Return the program with its input, target and cost called x, y and C, as the training calls them."""
    wanted = {}
    for role, letter in (("input", "x"), ("target", "y")):
        found = [tensor.name for tensor in program.inputs.values() if tensor.role == role]
        if len(found) != 1:
            shown = ", ".join(found) or "none"
            raise InputError(f"{name}: one {role} is needed to train, and it has {shown} (write '{role} {letter}: …')")
        wanted[found[0]] = letter
    last = program.equations[-1].tensor
    if last.rank:
        raise InputError(f"{name}: the last equation defines '{last.name}', which has axes: a cost is a scalar")
    wanted[last.name] = "C"
    for old, new in wanted.items():
        if old != new and new in program.tensors and new not in wanted:
            raise ProgramError(f"{name}: '{new}' is a name of its own beside '{old}', which it stands for in training")
    if all(old == new for old, new in wanted.items()):
        return program
    equations = renamed(program.equations, lambda old: wanted.get(old, old))
    facts = [Fact(_renamed_fact(fact.left, wanted), _renamed_fact(fact.right, wanted)) for fact in program.facts]
    return Program(equations, facts, program.layered)


def _renamed_fact(part: Any, wanted: dict[str, str]) -> Any:
    def change(one: Any) -> Any:
        return one.base.like(wanted.get(one.base.name))[one.indices] if isinstance(one, Entry) else None

    return transform(part, change)


def _output_of(program: Program, name: str) -> str:
    dependent = {t.name for t in program.inputs.values() if t.role == "target"}
    met: set[str] = set()
    for equation in program:
        used = {tensor.name for tensor in tensors(equation.right)}
        if used & dependent:
            dependent.add(equation.tensor.name)
            met |= used
    free = [n for n in program.defined if n not in dependent]
    compared = [n for n in free if n in met] or free
    if not compared:
        raise InputError(f"{name}: the cost compares nothing that is computed from the input with the target")
    return compared[-1]


def _activation_of(program: Program, output: str) -> str:
    right = program[output].right
    if isinstance(right, Elementwise):
        return type(right).__name__
    logarithms = {e.tensor.name for e in program if isinstance(e.right, LogSumExp)}
    exponent: Any = right.args[0] if type(right).__name__ == "exp" else None
    if exponent is not None and any(entry.base.name in logarithms for entry in entries(exponent)):
        return "softmax"
    return "identity"
