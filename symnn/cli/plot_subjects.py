"""What `symnn plot` is about: a saved model, or an architecture that is trained here; and the data."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from symnn.cli.files import is_file, read_network
from symnn.cli.options import default_activations, given_options, network_of, refuse_network_options
from symnn.cli.training_work import fitted_scalings
from symnn.errors import DataError, InputError, ShapeError, suggest
from symnn.language import parse_assignments
from symnn.networks import Network, mlp
from symnn.training import (
    BUILT_IN,
    SGD,
    Data,
    Model,
    learning_rate_for,
    load_data,
    load_model,
    targets_of,
    train,
)
from symnn.training.shapes import input_shape, output_shape

EPOCHS = 200
"""So many steps, each on all examples, train an architecture."""


def data_for(model: Model, spec: str | None, target: str | None) -> Data | None:
    """Return the data of a saved model: what is given, else the built-in data that it was trained on.

    Raises:
        DataError: for data without the columns that the model takes.
    """
    known = model.information.get("data")
    if spec is None and known not in BUILT_IN:
        return None
    named = Path(spec).is_file() and Path(spec).suffix != ".npz" if spec is not None else False
    data = load_data(spec or str(known), target or (model.target if named else None))
    if not (model.features and data.features) or data.features == model.features:
        return data
    missing = [name for name in model.features if name not in data.features]
    if missing:
        raise DataError(f"{data.name}: no column {missing[0]!r}{suggest(missing[0], data.features)}")
    columns = [data.features.index(name) for name in model.features]
    return replace(data, X=data.X[:, columns], features=model.features)


def model_of_file(path: str, given: tuple[str, ...]) -> Model:
    """Return a saved model; what --set gives stands instead of what was learned."""
    refuse_network_options("a saved model says it itself")
    for name in ("scale", "epochs"):
        if name in given_options():
            raise InputError(f"--{name} is for an architecture: a saved model is trained already")
    return with_values(load_model(path), given)


def model_of_architecture(subject: str, options: dict[str, Any]) -> tuple[Model, Data, str]:
    """Return a network trained on data by full-batch gradient descent, the data, and how it was trained, in words.

    Raises:
        InputError: for no data, and settings that make no sense.
        ShapeError: for a network that does not fit the data.
    """
    if options["data"] is None:
        raise InputError(f"a hill of {subject} needs examples: give --data NAME|PATH")
    data = load_data(options["data"], options["target"])
    net = _network(subject, data.classes is None, options)
    _check_widths(subject, net, data)
    scaling, value_scaling = fitted_scalings(data, options["scale"], net)
    model = Model(
        net,
        dict(net.initial_parameters(options["seed"])),
        targets_of(_targets(data), math.prod(output_shape(net)), str(net.cost), net.activations[-1], data.classes),
        scaling,
        value_scaling,
        data.features,
        data.target,
        {"data": data.name, "seed": options["seed"]},
        image=data.shape,
    )
    epochs = EPOCHS if options["epochs"] is None else options["epochs"]
    if epochs < 0:
        raise InputError(f"bad epochs {epochs}: it is a whole number, at least 0")
    told = f"initial parameters, seed {options['seed']}"
    if epochs:
        rate = learning_rate_for(net, model.targets.outputs)
        X = model.scaling.apply(data.X).reshape(len(data), *input_shape(net))
        Y = data.y if data.classes is not None else model.value_scaling.apply(_targets(data))
        fit = train(net, X, Y, SGD(rate), epochs, batch_size=len(data), seed=options["seed"], classes=data.classes)
        model = replace(model, parameters=fit.parameters, information={**model.information, "epochs": fit.epochs})
        told = f"trained for {fit.epochs} steps on all examples, learning rate {rate:g}, seed {options['seed']}"
    return with_values(model, options["given"]), data, told


def with_values(model: Model, given: tuple[str, ...]) -> Model:
    """Return a model with other numbers in some of its parameters, as W1=2,0.2;1,1 gives them.

    Raises:
        InputError: for a parameter that there is not.
        ShapeError: for another count of numbers.
    """
    if not given:
        return model
    parameters = dict(model.parameters)
    for name, value in parse_assignments(" ".join(given)).items():
        if name not in parameters:
            raise InputError(f"--set: unknown parameter '{name}'{suggest(name, parameters)}")
        array, shape = np.array(value, dtype=float), np.shape(parameters[name])
        if array.size != math.prod(shape) or (array.ndim == 2 and array.shape != shape):
            raise ShapeError(f"--set: {name} has shape {shape}, {array.size} numbers were given")
        parameters[name] = array.reshape(shape)
    return replace(model, parameters=parameters)


def _network(subject: str, values: bool, options: dict[str, Any]) -> Network:
    if is_file(subject):
        refuse_network_options("a file of equations says it itself")
        return read_network(subject)
    named = {name: options[name] for name in ("weights", "l1", "l2")}
    if options["activation"] is None:
        layers = max(subject.count("-"), 1)
        return mlp(subject, default_activations(options["cost"], layers, values), options["cost"], **named)
    return network_of(subject, options["activation"], options["cost"], **named)


def _check_widths(subject: str, net: Network, data: Data) -> None:
    try:
        inputs, outputs = math.prod(input_shape(net)), math.prod(output_shape(net))
    except InputError:
        raise ShapeError(f"{subject} has sizes that are no numbers: a hill needs numbers, such as 2-3-1") from None
    if inputs != data.X.shape[1]:
        raise ShapeError(f"the data has {data.X.shape[1]} inputs, the network {subject} takes {inputs}")
    count = 1 if data.classes is None else len(data.classes)
    if outputs != count and not (count == 2 and outputs == 1):
        wanted = "one value to learn" if data.classes is None else f"{count} classes"
        raise ShapeError(f"the data has {wanted}, the network {subject} gives {outputs}")


def _targets(data: Data) -> Any:
    return data.y if data.classes is not None else np.asarray(data.y, dtype=float)[:, None]

