"""A network as a stand-alone Python module: its gradient, written out, that needs NumPy alone.

What the module computes is compiled from the network's own equations, forward, backward and update;
around them stand a few lines that check shapes, draw initial parameters, and go through the batches.
"""

from __future__ import annotations

import importlib.metadata
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from symnn.calculus import batch_program
from symnn.compiling import Compiled, compile_program
from symnn.compiling.helpers import HELPERS
from symnn.errors import CompileError
from symnn.language import Program
from symnn.networks import Dense, Layer, Network
from symnn.training.module_text import function_text, header, module_text
from symnn.training.optimizers import SGD, learning_rate_for

_DRAWN = {"he": "2 / {inputs}", "glorot": "2 / ({inputs} + {outputs})"}


def module_source(net: Network, dtype: str = "float64", stable: bool = True) -> str:
    """Return the text of a Python module that computes a network's gradient, predicts, and trains.

        cost, gradients = gradient(parameters, X, Y)
        outputs = predict(parameters, X)
        parameters = train(X, Y)

    Args:
        net: a network with a cost; its sizes may be symbols.
        dtype: float64 or float32.
        stable: whether formulas are rewritten so that they keep their digits; what was stands in the header.

    >>> from symnn.networks import mlp
    >>> print(module_source(mlp("2-3-1")).splitlines()[0][3:])
    The gradient of a neural network: 2-3-1 · sigmoid · quadratic cost.

    Raises:
        CompileError: for an undefined function, no cost, or a layer that draws its own initial parameters.
        InputError: for an unknown dtype.
    """
    if net.cost is None:
        raise CompileError("a network without a cost cannot be written as a module: give it one, such as quadratic")
    gradient = net.gradient()
    function = gradient.compile(dtype=dtype, stable=stable)
    compute, batched = function.compiled, gradient.batched
    _check_inputs(compute, tuple(net.parameters))
    forward = net.program if net.program.names_examples else batch_program(net.program, ["C"])
    parts = {
        "compute": compute,
        "forward": compile_program(forward, [net.output], dtype, stable=stable),
        "update": _update(batched, function.gradients, dtype),
    }
    helpers = [HELPERS[name] for name in sorted({name for part in parts.values() for name in part.helpers})]
    shapes = {name: compute.program.tensors[name].shape for name in (*net.parameters, "x", "y")}
    outputs = shapes["y"][1:]
    return module_text(
        header=header(
            title=" · ".join(net.title.split(" · ")[:3]),
            version=_version(),
            dtype=dtype,
            arrays=_arrays(net, shapes),
            equations=gradient.text(batch=True),
            rewritten=compute.rewritten_text(),
        ),
        helpers=helpers,
        functions={name: function_text(part, name) for name, part in parts.items()},
        shapes=shapes,
        sizes=_symbols(shapes),
        drawn=_drawn(net),
        output=net.output,
        learning_rate=learning_rate_for(net, _count(outputs)),
        dtype=dtype,
        targets=_targets(net.cost, outputs),
    )


def _update(batched: Program, gradients: Mapping[str, str], dtype: str) -> Compiled:
    """Return the step θ ← θ − η ∂C/∂θ alone: parameters, η and gradients in; new parameters out."""
    parameters = {name: batched.find(name) for name in gradients}
    # As inputs of a program of their own; the order of arguments is that of the roles.
    adjoints = {name: batched.find(made) for name, made in gradients.items()}
    update = SGD(1.0).update(parameters, adjoints, batched)
    return compile_program(Program(update.equations), tuple(update.renewed.values()), dtype)


def _check_inputs(compute: Compiled, parameters: tuple[str, ...]) -> None:
    given = set(compute.arguments)
    if missing := [name for name in (*parameters, "x", "y") if name not in given]:
        raise CompileError(f"a network whose cost does not depend on '{missing[0]}' cannot be written as a module")
    if extra := sorted(given - {*parameters, "x", "y"}):
        raise CompileError(f"'{extra[0]}' has no value: a module is written for hyperparameters that are numbers")


def _arrays(net: Network, shapes: Mapping[str, Any]) -> list[tuple[str, tuple[Any, ...], str]]:
    """Return the name, the shape and the meaning of each array."""
    found = [
        ("X", shapes["x"], "inputs, one example a row"),
        ("Y", shapes["y"], "targets, one example a row" + (" (a class a column)" if _classes(net) else "")),
    ]
    for number, (layer, owned) in enumerate(zip(net.layers, net._built.owners, strict=True), 1):
        found += [(name, shapes[name], _meaning(layer, own, number)) for name, own in owned.items()]
    return found


def _meaning(layer: Layer, name: str, number: int) -> str:
    if not isinstance(layer, Dense):
        return f"parameter {name} of layer {number} ({type(layer).__name__})"
    if name == "b":
        return f"biases of layer {number}"
    by_row, by_column = layer.weights.split(",")
    return f"weights of layer {number}: a row an {by_row[:-1]}, a column an {by_column[:-1]}"


def _classes(net: Network) -> bool:
    return net.cost == "cross_entropy"


def _drawn(net: Network) -> dict[str, str]:
    """Return, for each parameter, the code that draws its first value as `net.initial_parameters` does."""
    drawn: dict[str, str] = {}
    for number, (layer, owned) in enumerate(zip(net.layers, net._built.owners, strict=True), 1):
        if isinstance(layer, Dense):
            drawn.update({f"W{number}": _weights(layer), f"b{number}": f"np.zeros({layer.outputs})"})
        elif type(layer).initial_parameters is Layer.initial_parameters:
            drawn.update({name: _default(net.parameters[name]) for name in owned})
        else:
            raise CompileError(
                f"layer {number} ({type(layer).__name__}) draws its initial parameters by code of its own, "
                "which cannot be written into a module"
            )
    return {name: drawn[name] for name in net.parameters}


def _weights(layer: Dense) -> str:
    variance = _DRAWN[_method(layer)].format(inputs=layer.inputs, outputs=layer.outputs)
    drawn = f"generator.standard_normal(({layer.outputs}, {layer.inputs})) * np.sqrt({variance})"
    return drawn if layer.weights == "outputs,inputs" else f"np.ascontiguousarray(({drawn}).T)"


def _method(layer: Dense) -> str:
    """Ask the layer itself which method it draws by."""
    shapes = {"W": (2, 1), "b": (2,)}
    mine = layer.initial_parameters(shapes, np.random.default_rng(0), None)["W"]
    for method in _DRAWN:
        if np.array_equal(layer.initial_parameters(shapes, np.random.default_rng(0), method)["W"], mine):
            return method
    raise CompileError(f"the initial parameters of {type(layer).__name__} cannot be written as code")


def _default(shape: tuple[Any, ...]) -> str:
    written = ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "")
    if len(shape) < 2:
        return f"np.zeros(({written}))"
    return f"generator.standard_normal(({written})) / np.sqrt({shape[-1]})"


def _symbols(shapes: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the sizes that are letters, in order: from the input to the output."""
    found = [s.name for size in shapes["x"][1:] for s in size.free_symbols]
    for name, shape in shapes.items():
        if name not in ("x", "y"):
            found += [s.name for size in reversed(shape) for s in sorted(size.free_symbols, key=str)]
    return tuple(dict.fromkeys(found))


def _count(outputs: tuple[Any, ...]) -> int:
    return math.prod(int(size) if size.is_Integer else 1 for size in outputs)


def _targets(cost: str, outputs: tuple[Any, ...]) -> str:
    """Return the code of the demonstration's targets: what a fixed linear rule says of the inputs."""
    if len(outputs) != 1:
        return f"generator.uniform(size=({', '.join(map(str, (100, *outputs)))}))"
    largest = "scores > 0" if outputs[0] == 1 else "scores == scores.max(axis=1, keepdims=True)"
    return f"np.where({largest}, 1.0, {-1.0 if cost == 'hinge' else 0.0})"


def _version() -> str:
    try:
        return importlib.metadata.version("symnn")
    except importlib.metadata.PackageNotFoundError:
        return "(version unknown)"
