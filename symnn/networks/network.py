"""A network: layers and a cost, as one program."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnn.calculus import batch_program, differentiate
from symnn.compiling import Compiled, compile_program
from symnn.errors import InputError, ShapeError, suggest
from symnn.gradients import Gradient
from symnn.language import Program, parse_architecture
from symnn.networks.activations import activation as activation_of
from symnn.networks.building import build
from symnn.networks.costs import Cost
from symnn.networks.costs import cost as cost_of
from symnn.networks.layers import METHODS, Dense, Layer
from symnn.networks.weighting import EXAMPLE_WEIGHTS, MASK, WeighingGradient, mask_of, weights_of
from symnn.writing import Notation

Array = NDArray[Any]


class Network:
    """Layers one after the other, and a cost.

    Args:
        layers: `Dense` layers, or layers of your own.
        cost: a name, a SymPy expression of `a` and `y`, its text, a letter for an undefined cost, or
            None: the gradient is then that of the output, from an upstream adjoint.
        l1, l2: strengths of the penalties l1 Σ|w| and (l2/2) Σ w² on all weights.
        weights: "outputs,inputs" or "inputs,outputs", for every dense layer.
        example_weights: whether each example has a weight, s: the cost is then Σₙ sₙ Cₙ / Σₙ sₙ.
        masked: whether each target has a mask, M, of the shape of y: what multiplies its term of the cost.

    >>> net = Network([Dense(2, 3, "sigmoid"), Dense(3, 1, "sigmoid")], cost="quadratic")
    >>> net.parameters
    {'W1': (3, 2), 'b1': (3,), 'W2': (1, 3), 'b2': (1,)}
    >>> print(net.gradient()["b2"])
    db2[j] = delta2[j]

    Raises:
        InputError, ProgramError: for layers that do not fit together, an unknown cost, a bad penalty.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        cost: Any = "quadratic",
        l1: Any = 0,
        l2: Any = 0,
        weights: str | None = None,
        example_weights: bool = False,
        masked: bool = False,
    ) -> None:
        self.layers = _oriented(layers, weights)
        self._cost: Cost | None = None if cost is None else cost_of(cost)
        self.l1, self.l2 = l1, l2
        self.example_weights, self.masked = bool(example_weights), bool(masked)
        mask = MASK if masked else None
        self._built = build(self.layers, self._cost, l1, l2, self._weights_name, mask)
        self.description: dict[str, Any] | None = _description(self)

    def __repr__(self) -> str:
        return f"<Network {self.title}>"

    @property
    def _weights_name(self) -> str | None:
        return EXAMPLE_WEIGHTS if self.example_weights else None

    @property
    def program(self) -> Program:
        """The forward equations, for one example (for a batch, if a layer names the example axis)."""
        return self._built.program

    @property
    def output(self) -> str:
        """The name of the last layer's output."""
        return self._built.output

    @property
    def cost(self) -> str | None:
        """The cost's name or formula."""
        return None if self._cost is None else self._cost.name

    @property
    def activations(self) -> tuple[str, ...]:
        """The name of each dense layer's activation; of other layers, the class's name."""
        return tuple(
            layer.activation.name if isinstance(layer, Dense) else type(layer).__name__ for layer in self.layers
        )

    @property
    def title(self) -> str:
        """What the network is, in one line."""
        sizes = "-".join(
            [str(self.layers[0].inputs)] + [str(layer.outputs) for layer in self.layers]
            if all(isinstance(layer, Dense) for layer in self.layers)
            else [type(layer).__name__ for layer in self.layers]
        )
        names = list(dict.fromkeys(self.activations)) if len(set(self.activations)) == 1 else self.activations
        cost = "no cost" if self.cost is None else f"{self.cost.replace('_', ' ')} cost"
        cost = f"{'masked ' * self.masked}{cost}{', weighted examples' * self.example_weights}"
        how = "a batch of m examples, rows" if self.program.names_examples else "one example, columns"
        return " · ".join([sizes, ", ".join(names), cost, how])

    @cached_property
    def parameters(self) -> dict[str, tuple[Any, ...]]:
        """The shape of each parameter, by name, layer by layer."""
        tensors = self.program.inputs
        names = [name for owned in self._built.owners for name in owned]
        return {name: tuple(int(s) if s.is_Integer else s for s in tensors[name].shape) for name in names}

    def initial_parameters(self, seed: Any = 0, method: str | None = None) -> dict[str, Array]:
        """Return first values of all parameters, drawn with `numpy.random.Generator`.

        Args:
            seed: a whole number (or a Generator); one seed, one set of values.
            method: normal, scaled_normal, glorot or he (see `Dense`); by default he for the relu family,
                else glorot. A layer of your own draws its own.

        Raises:
            InputError: for symbolic sizes, or an unknown method.
        """
        if method is not None and method not in METHODS:
            raise InputError(f"unknown initial parameters '{method}'{suggest(method, METHODS)}")
        for name, shape in self.parameters.items():
            if not all(isinstance(size, int) for size in shape):
                raise InputError(f"'{name}' has symbolic sizes {shape}: numbers are needed to draw its values")
        generator = np.random.default_rng(seed)
        drawn: dict[str, Array] = {}
        for layer, owned in zip(self.layers, self._built.owners, strict=True):
            own = layer.initial_parameters({n: self.parameters[name] for name, n in owned.items()}, generator, method)
            drawn.update({name: own[n] for name, n in owned.items()})
        return drawn

    def evaluate(
        self, parameters: Mapping[str, Any], X: Any, Y: Any = None, s: Any = None, M: Any = None, **others: Any
    ) -> dict[str, Any]:
        """Return every tensor of the forward pass, by name; C too, if the targets Y are given.

        Args:
            parameters: an array for each parameter.
            X: (examples, inputs); one dimension less is one example.
            Y: (examples, outputs).
            s: the weights of the examples, (examples,), where the network weighs them.
            M: the mask, of the shape of Y, where the cost has one.
            others: further inputs by name, such as the mask of a `Dropout` layer.

        Raises:
            DataError, InputError, ShapeError: for arrays that are missing, unknown, or of the wrong shape.
        """
        inputs, one = np.asarray(X), self.program.find("x").rank
        single = inputs.ndim == one and not self.program.names_examples
        if not single and inputs.ndim != one + (not self.program.names_examples):
            raise ShapeError(f"X has shape {inputs.shape}: one example, or one example a row, is needed")
        given = dict(parameters)
        if unknown := [name for name in given if name not in self.parameters]:
            raise InputError(f"unknown parameter '{unknown[0]}'{suggest(unknown[0], self.parameters)}")
        given |= others
        function = self._forward(single, Y is not None and self._has_cost)
        given["x"] = inputs
        if "y" in function.arguments:
            given["y"] = Y
        beside = {}
        if s is not None:
            beside.update(weights_of(self, [s] if single and np.ndim(s) == 0 else s, 1 if single else len(inputs)))
        if M is not None:
            beside.update(mask_of(self, M, np.shape(M if Y is None else Y)))
        # One example's own cost does not depend on its weight.
        return function(**given, **{name: array for name, array in beside.items() if name in function.arguments})

    @property
    def _has_cost(self) -> bool:
        return "C" in self.program.defined

    def _forward(self, single: bool, with_cost: bool) -> Compiled:
        key = (single, with_cost)
        if key not in self._compiled:
            program = self.program
            if not (single or program.names_examples):
                program = batch_program(program, ["C"], weights=self._weights_name)
            names = list(program.defined)
            if not with_cost:
                names = names[: names.index(self.output) + 1]
            self._compiled[key] = compile_program(program, names)
        return self._compiled[key]

    @cached_property
    def _compiled(self) -> dict[tuple[bool, bool], Compiled]:
        return {}

    def gradient(self, of: str | None = None, wrt: Iterable[str] | None = None) -> Gradient:
        """Return the gradient of the cost: a `Gradient`.

        Args:
            of: what to differentiate: by default the cost, or the output where there is none.
            wrt: with respect to what; by default every parameter.
        """
        key = (of, None if wrt is None else tuple([wrt] if isinstance(wrt, str) else wrt))
        if key not in self._gradients:
            self._gradients[key] = self._gradient(*key)
        return self._gradients[key]

    @cached_property
    def _gradients(self) -> dict[Any, Gradient]:
        return {}

    def _gradient(self, of: str | None, wrt: Iterable[str] | None) -> Gradient:
        undefined = self._cost is not None and self._cost.undefined and of in (None, "C")
        target = (of if of != "C" else None) or ("C" if self._has_cost else self.output)
        by = tuple(self.parameters) if wrt is None else tuple(wrt)
        upstream = "grad_a" if undefined else None
        derivation = differentiate(self.program, target, by, upstream)
        notation = Notation(cost=str(self.cost), names={"grad_a": f"∇_a {self.cost}"}) if undefined else None
        if self.example_weights or self.masked:
            return WeighingGradient(derivation, self.title, for_batches=True, example_weights=self._weights_name)
        return Gradient(derivation, self.title, notation, True, str(self.cost) if undefined else "")


def _oriented(layers: Sequence[Layer], weights: str | None) -> tuple[Layer, ...]:
    """Return the layers with the orientation of the weights; shared weights have that of the layer that owns them."""
    made: list[Layer] = []
    owned: dict[str, str] = {}
    for number, layer in enumerate(layers, 1):
        if isinstance(layer, Dense):
            owner = layer.shared.get("W")
            orientation = weights if owner is None or weights is not None else owned.get(owner)
            layer = layer if orientation is None else layer.oriented(orientation)
            if owner is None:
                owned[f"W{number}"] = layer.weights
        made.append(layer)
    return tuple(made)


def _description(net: Network) -> dict[str, Any] | None:
    """Return what `mlp` rebuilds the network from, where it can be said in numbers and text."""
    dense = [layer for layer in net.layers if isinstance(layer, Dense)]
    texts = [layer.activation.text for layer in dense]
    plain_numbers = all(isinstance(v, int | float | str) for v in (net.l1, net.l2))
    same = len({layer.weights for layer in dense}) == 1 and not any(layer.shared for layer in dense)
    if len(dense) != len(net.layers) or None in texts or not plain_numbers or not same:
        return None
    if net._cost is not None and net._cost.text is None:
        return None
    return {
        "architecture": "-".join(str(s) for s in (dense[0].inputs, *(layer.outputs for layer in dense))),
        "activation": texts,
        "cost": None if net._cost is None else net._cost.text,
        "weights": dense[0].weights,
        "l1": net.l1,
        "l2": net.l2,
        **{name: True for name in ("example_weights", "masked") if getattr(net, name)},
    }


def mlp(
    architecture: Any,
    activation: Any = "sigmoid",
    cost: Any = "quadratic",
    weights: str = "outputs,inputs",
    l1: Any = 0,
    l2: Any = 0,
    example_weights: bool = False,
    masked: bool = False,
) -> Network:
    """Return a multilayer perceptron: dense layers of the given sizes.

    Args:
        architecture: "784-30-10", "n0-n1-n2", or a sequence of sizes.
        activation: one for all layers, or a sequence with one for each.
        cost, weights, l1, l2, example_weights, masked: as in `Network`.

    >>> mlp("784-30-10").parameters["W1"]
    (30, 784)

    Raises:
        InputError: for an architecture, an activation or a cost that is not there.
    """
    sizes = parse_architecture(architecture).sizes if isinstance(architecture, str) else tuple(architecture)
    if isinstance(architecture, str) and parse_architecture(architecture).general:
        raise InputError(f"'{architecture}' is a network of any number of layers: see symnn derive {architecture}")
    if len(sizes) < 2:
        raise InputError(f"architecture {sizes}: an input and an output size at least are needed")
    given = list(activation) if isinstance(activation, list | tuple) else [activation] * (len(sizes) - 1)
    if len(given) == 1:
        given *= len(sizes) - 1
    if len(given) != len(sizes) - 1:
        raise InputError(f"{len(given)} activations for {len(sizes) - 1} layers: give one for all, or one for each")
    made = [activation_of(one) for one in given]
    layers = [Dense(a, b, f, weights) for a, b, f in zip(sizes, sizes[1:], made, strict=False)]
    return Network(layers, cost, l1, l2, example_weights=example_weights, masked=masked)
