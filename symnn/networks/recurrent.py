"""Recurrent cells: one step in time, from an input and the states before it to the states after it.

A cell by itself is a layer of one step, its states before given with the data; `symnn.networks.unroll`
makes a layer of T steps with shared parameters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from sympy import Expr, Idx, Sum

from symnn.errors import InputError, suggest
from symnn.language import Equation, Tensor, index
from symnn.language.functions import sigmoid, tanh
from symnn.language.tensors import check_size
from symnn.networks.activations import activation as activation_of
from symnn.networks.initial import DrawnLayer, draw_orthogonal
from symnn.networks.layers import Array


class Cell(DrawnLayer):
    """One step of a recurrent network: subclass it, and write the equations of a step.

    Attributes:
        states: the names of the states; the first is the output h. The equations define a tensor of each
            name, from the tensors of the step before, and define h last.
        inputs: the size of the input of a step.
        outputs: the size of the states.

    Recurrent weights, named U or U_…, start orthogonal (Saxe, McClelland and Ganguli, 2014); the others normal with
    the variance of Glorot and Bengio (2010); biases at 0.
    """

    states: Sequence[str] = ("h",)

    def __init__(self, inputs: Any, outputs: Any) -> None:
        self.inputs, self.outputs = check_size(inputs), check_size(outputs)

    def equations(self, inputs: Tensor, states: Mapping[str, Tensor] | None = None) -> list[Equation]:
        """Return the equations of one step; by default the states before it are inputs named h_0, ….

        Args:
            inputs: the input of the step.
            states: the states before it, by name.
        """
        before = {name: Tensor(f"{name}_0", (self.outputs,), "input") for name in self.states}
        return self.step(inputs, {**before, **(states or {})})

    def step(self, x: Tensor, before: Mapping[str, Tensor]) -> list[Equation]:
        """Return the equations of one step from its input and the states before it."""
        raise NotImplementedError(f"{type(self).__name__} needs a method step(self, x, before)")

    def pre_activation(self, x: Tensor, h: Tensor, j: Idx, gate: str = "") -> Expr:
        """Return (W x + U h + b)_j with the weights of a gate."""
        return self.of_input(x, j, gate) + self.of_state(h, j, gate)

    def of_input(self, x: Tensor, j: Idx, gate: str = "") -> Expr:
        """Return (W x + b)_j with the weights of a gate."""
        k = index("k", self.inputs)
        W = Tensor(f"W{gate}", (self.outputs, self.inputs), "parameter")
        return Sum(W[j, k] * x[k], k) + Tensor(f"b{gate}", (self.outputs,), "parameter")[j]

    def of_state(self, h: Tensor, j: Idx, gate: str = "") -> Expr:
        """Return (U h)_j with the weights of a gate."""
        q = index("q", self.outputs)
        U = Tensor(f"U{gate}", (self.outputs, self.outputs), "parameter")
        return Sum(U[j, q] * h[q], q)

    def values(self, names: str) -> list[Tensor]:
        """Return tensors of the size of the states."""
        return [Tensor(name, (self.outputs,)) for name in names.split()]

    def initial_parameters(
        self, shapes: Mapping[str, tuple[int, ...]], generator: np.random.Generator, method: str | None
    ) -> dict[str, Array]:
        """Return recurrent weights that are orthogonal, and the others drawn by the method (by default glorot)."""
        drawn = super().initial_parameters(shapes, generator, method)
        if method is None:
            turned = [name for name in shapes if name.startswith("U")]
            drawn.update({name: draw_orthogonal(generator, shapes[name][0]) for name in turned})
        return drawn


class RecurrentCell(Cell):
    """A simple recurrent cell: z = W x + U h₀ + b, h = f(z), with h₀ the state before.

    Args:
        inputs: the size of x.
        outputs: the size of h.
        activation: f.

    W is (outputs, inputs), U is (outputs, outputs).

    Source: Elman, Finding structure in time (1990).

    >>> from symnn.language import Program, tensor
    >>> print(Program(RecurrentCell(2, 3).equations(tensor("x", 2))))
    z[j] = Sum(U[j, q]*h_0[q], q) + Sum(W[j, k]*x[k], k) + b[j]
    h[j] = tanh(z[j])
    """

    def __init__(self, inputs: Any, outputs: Any, activation: Any = "tanh") -> None:
        super().__init__(inputs, outputs)
        self.activation = activation_of(activation)

    def step(self, x: Tensor, before: Mapping[str, Tensor]) -> list[Equation]:
        """Return z and h."""
        j = index("j", self.outputs)
        z, h = self.values("z h")
        return [Equation(z[j], self.pre_activation(x, before["h"], j)), *self.activation.build(z, h)]


class LSTMCell(Cell):
    """A long short-term memory cell: c = f ⊙ c₀ + i ⊙ g, h = o ⊙ tanh(c), with h₀ and c₀ the states before.

    The input gate i, the forget gate f and the output gate o are σ(z) with z = W x + U h₀ + b of their own
    weights W_i, U_i, b_i, …; the candidate is g = tanh(z_g).

    Args:
        inputs: the size of x.
        outputs: the size of h and c.

    Each W is (outputs, inputs), each U is (outputs, outputs). The forget gate's bias starts at 1 (Gers,
    Schmidhuber and Cummins, 2000; Jozefowicz, Zaremba and Sutskever, 2015).

    Source: Hochreiter and Schmidhuber, Long short-term memory (1997), with the forget gate of Gers and others.

    >>> from symnn.language import Program, tensor
    >>> print(Program(LSTMCell(2, 3).equations(tensor("x", 2))[-2:]))
    c[j] = c_0[j]*f[j] + g[j]*i[j]
    h[j] = tanh(c[j])*o[j]
    """

    states = ("h", "c")
    initial_values = MappingProxyType({"b_f": 1.0})

    def step(self, x: Tensor, before: Mapping[str, Tensor]) -> list[Equation]:
        """Return the gates' z, then i, f, g, o, c and h."""
        j = index("j", self.outputs)
        gates = []
        for gate, function in (("i", sigmoid), ("f", sigmoid), ("g", tanh), ("o", sigmoid)):
            z, value = self.values(f"z_{gate} {gate}")
            gates.append(Equation(z[j], self.pre_activation(x, before["h"], j, f"_{gate}")))
            gates.append(Equation(value[j], function(z[j])))
        i, f, g, o, c, h = self.values("i f g o c h")
        return [
            *gates,
            Equation(c[j], f[j] * before["c"][j] + i[j] * g[j]),
            Equation(h[j], o[j] * tanh(c[j])),
        ]


class GRUCell(Cell):
    """A gated recurrent unit: h = (1 − u) ⊙ n + u ⊙ h₀, with h₀ the state before.

    The reset gate r = σ(z_r) and the update gate u = σ(z_u) (z in the paper) have z = W x + U h₀ + b of their own
    weights; the
    candidate is n = tanh(z_n), where the reset gate acts after the product or before it:

        after:   z_n = W_n x + b_n + r ⊙ (U_n h₀ + d_n)        before:   z_n = W_n x + b_n + U_n (r ⊙ h₀)

    Args:
        inputs: the size of x.
        outputs: the size of h.
        reset: "after" (as fast implementations have it) or "before" (as in the paper).

    Each W is (outputs, inputs), each U is (outputs, outputs).

    Source: Cho and others, Learning phrase representations using RNN encoder-decoder (2014), section 2.3.

    >>> from symnn.language import Program, tensor
    >>> print(Program(GRUCell(2, 3).equations(tensor("x", 2))[-4:]))
    v[j] = Sum(U_n[j, q]*h_0[q], q) + d_n[j]
    z_n[j] = Sum(W_n[j, k]*x[k], k) + b_n[j] + r[j]*v[j]
    n[j] = tanh(z_n[j])
    h[j] = (1 - u[j])*n[j] + h_0[j]*u[j]

    Raises:
        InputError: for another place of the reset gate.
    """

    def __init__(self, inputs: Any, outputs: Any, reset: str = "after") -> None:
        super().__init__(inputs, outputs)
        if reset not in ("after", "before"):
            raise InputError(f"GRUCell: unknown reset {reset!r}{suggest(str(reset), ('after', 'before'))}")
        self.reset = reset

    def step(self, x: Tensor, before: Mapping[str, Tensor]) -> list[Equation]:
        """Return z_r, r, z_u, u, then z_n, n and h."""
        j, h_0 = index("j", self.outputs), before["h"]
        z_r, r, z_u, u, z_n, n, h = self.values("z_r r z_u u z_n n h")
        return [
            Equation(z_r[j], self.pre_activation(x, h_0, j, "_r")),
            Equation(r[j], sigmoid(z_r[j])),
            Equation(z_u[j], self.pre_activation(x, h_0, j, "_u")),
            Equation(u[j], sigmoid(z_u[j])),
            *self._candidate(x, h_0, r, z_n[j]),
            Equation(n[j], tanh(z_n[j])),
            Equation(h[j], (1 - u[j]) * n[j] + u[j] * h_0[j]),
        ]

    def _candidate(self, x: Tensor, h_0: Tensor, r: Tensor, z_n: Expr) -> list[Equation]:
        """Return the equations of z_n: the reset gate takes part after or before the product with U_n."""
        (j,) = z_n.indices
        (v,) = self.values("v")
        if self.reset == "before":
            return [
                Equation(v[j], r[j] * h_0[j]),
                Equation(z_n, self.pre_activation(x, v, j, "_n")),
            ]
        d_n = Tensor("d_n", (self.outputs,), "parameter")
        return [
            Equation(v[j], self.of_state(h_0, j, "_n") + d_n[j]),
            Equation(z_n, self.of_input(x, j, "_n") + r[j] * v[j]),
        ]
