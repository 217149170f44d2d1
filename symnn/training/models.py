"""Saved models: one `.npz` file with the parameters as plain arrays and a `model.json`; nothing is pickled."""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnn.errors import DataError, InputError
from symnn.networks import Network, ProgramNetwork, mlp, parse_program
from symnn.training.evaluating import as_inputs, evaluate, outputs_of
from symnn.training.examples import encoded
from symnn.training.files import check_writable, write_atomically
from symnn.training.fit import Fit
from symnn.training.scaling import SCALES, UNSCALED, Scaling
from symnn.training.shapes import input_shape, output_shape
from symnn.training.targets import Targets

Array = NDArray[Any]

HISTORY = ("epoch", "cost", "accuracy", "validation_cost", "validation_accuracy")
"""What a history says of each epoch."""

_FORMAT = "symnn model 1"
_DESCRIPTION = "model.json"
_LARGEST_DESCRIPTION = 2**22
_HEADER = 4096
_MOST_EPOCHS = 5000
_LARGEST = 1e300


@dataclass(frozen=True, eq=False)
class Model:
    """A trained network with everything that is needed to use it on data as it comes.

    Attributes:
        network, parameters, targets: as in `Fit`.
        scaling: of the inputs.
        value_scaling: of the targets, where they are values.
        features: the names of the inputs' columns, or nothing.
        target: the name of the target's column.
        information: whatever else is worth keeping, such as the test accuracy; JSON-able.
        history: a list an attribute of the epochs: epoch, cost, accuracy, validation_cost, validation_accuracy.
        image: the shape of one example, where it is an image; else nothing.
    """

    network: Any
    parameters: dict[str, Array] = field(repr=False)
    targets: Targets
    scaling: Scaling = UNSCALED
    value_scaling: Scaling = UNSCALED
    features: tuple[str, ...] = ()
    target: str = "y"
    information: dict[str, Any] = field(default_factory=dict)
    history: dict[str, list[float | None]] = field(default_factory=dict, repr=False)
    image: tuple[int, ...] = ()

    @classmethod
    def of(cls, fit: Fit, **more: Any) -> Model:
        """Return the model of a finished training; `more` are the other attributes."""
        known = {"history": columns_of(fit.history), "information": information_of(fit), **more}
        return cls(fit.network, fit.parameters, fit.targets, **known)

    def scaled(self, X: Any) -> Array:
        """Return inputs as the network sees them, of inputs as they come."""
        X = as_inputs(X, input_shape(self.network))
        return self.scaling.apply(X.reshape(len(X), -1)).reshape(X.shape)

    def targets_for(self, Y: Any) -> Any:
        """Return labels as they are, and values scaled as the network gives them."""
        Y = np.asarray(Y)
        if self.targets.classes is not None or self.value_scaling.name == "none" or Y.dtype.kind not in "bifu":
            return Y
        return self.value_scaling.apply(Y.reshape(len(Y), -1))

    def fit(self, X: Any, Y: Any) -> Fit:
        """Return the training that this model came from, as far as it is known: for `certify` and `diagnose`.

        Args:
            X, Y: the examples that it learned from, as they come.

        Raises:
            DataError, ShapeError: for what the network cannot have learned from.
        """
        net, stopped, optimizer = self.network, self.information.get("stopped"), self.information.get("optimizer")
        examples = encoded(net, net.gradient().batched, self.targets, self.scaled(X), self.targets_for(Y))
        cost = evaluate(net, self.parameters, examples.X, examples.Y, examples.beside)[1]
        rows = zip(*self.history.values(), strict=True)
        history = [dict.fromkeys(HISTORY) | dict(zip(self.history, row, strict=True)) for row in rows]
        return Fit(
            net, self.parameters, self.targets, cost, history, int(self.number("epochs") or len(history)),
            stopped=stopped if isinstance(stopped, str) else None, seed=abs(int(self.number("seed") or 0)),
            learning_rate=float(self.number("learning_rate") or 0.0),
            optimizer=optimizer if isinstance(optimizer, str) else "", examples=examples,
        )  # fmt: skip

    def number(self, name: str) -> float | None:
        """Return a number of the information, or None where it has none: a file can say anything."""
        found = self.information.get(name)
        return found if isinstance(found, int | float) and abs(found) < _LARGEST else None

    def outputs(self, X: Any) -> Array:
        """Return the network's outputs for inputs that are not yet scaled."""
        return outputs_of(self.network, self.parameters, self.scaled(X))

    def predict(self, X: Any) -> Array:
        """Return the label of each example, or its values."""
        predicted = self.targets.decode(self.outputs(X))
        return predicted if self.targets.classes is not None else self.value_scaling.undo(predicted)

    def predict_probability(self, X: Any) -> Array:
        """Return a probability for each class, (examples, classes)."""
        return self.targets.probability(self.outputs(X))

    def accuracy(self, X: Any, Y: Any) -> float | None:
        """Return the share of examples that are given their right class, or None where there are no classes."""
        return self.targets.accuracy(self.outputs(X), self.targets.encode(Y))


def information_of(fit: Fit) -> dict[str, Any]:
    """Return what a model keeps of how its training went, beside the history."""
    rate = _finite(fit.learning_rate)
    return {
        "optimizer": fit.optimizer, "learning_rate": rate, "seed": fit.seed, "epochs": fit.epochs,
        "stopped": fit.stopped, "train_cost": _finite(fit.cost),
    }  # fmt: skip


def columns_of(history: Sequence[Mapping[str, Any]]) -> dict[str, list[float | None]]:
    """Return a history as columns; of very many epochs, evenly chosen ones and the last. What is not finite is None.

    >>> columns_of([{"epoch": 1, "cost": 0.5}, {"epoch": 2, "cost": 0.25}])
    {'epoch': [1, 2], 'cost': [0.5, 0.25]}
    """
    step = -(-len(history) // _MOST_EPOCHS) or 1
    kept = [entry for place, entry in enumerate(history) if place % step == 0 or place == len(history) - 1]
    names = [name for name in HISTORY if kept and name in kept[0]]
    return {name: [_finite(entry[name]) for entry in kept] for name in names}


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def save_model(path: str | Path, model: Model | Fit) -> None:
    """Write a model to an `.npz` file, whole or not at all.

    Raises:
        InputError: for a path that cannot be written or does not end in `.npz`, and for a network of
            user-written layers, which no file can rebuild.
    """
    model = Model.of(model) if isinstance(model, Fit) else model
    path = check_model_path(path)
    if model.network.description is None:
        raise InputError("cannot save a network of user-written layers: save fit.parameters with numpy.savez instead")
    described = {
        "format": _FORMAT,
        "network": model.network.description,
        "targets": asdict(model.targets),
        "scaling": asdict(model.scaling),
        "value_scaling": asdict(model.value_scaling),
        "features": model.features,
        "target": model.target,
        "information": model.information,
        "history": model.history,
        "image": model.image,
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_DESCRIPTION, json.dumps(described, indent=1, ensure_ascii=False))
        for name, value in model.parameters.items():
            with archive.open(f"{name}.npy", "w") as file:
                np.lib.format.write_array(file, np.asarray(value), allow_pickle=False)
    write_atomically(path, buffer.getvalue())


def check_model_path(path: str | Path) -> Path:
    """Return the path if a model can be saved there: it is writable and ends in `.npz`."""
    if Path(path).suffix != ".npz":
        raise InputError(f"cannot save a model as {str(path)!r} (accepted: a name that ends in .npz)")
    return check_writable(path)


def load_model(path: str | Path) -> Model:
    """Read a model that `save_model` wrote; nothing in the file is run or unpickled.

    Raises:
        DataError: for a file that is missing, broken, or no model.
    """
    path = Path(path)
    try:
        with zipfile.ZipFile(path) as archive:
            described = _read_description(archive, path.name)
            network = _rebuilt(described["network"])
            parameters = {
                name: _read_array(archive, path.name, name, shape) for name, shape in network.parameters.items()
            }
        return _model(path.name, described, network, parameters)
    except OSError as error:
        raise DataError(f"cannot read {str(path)!r}: {(error.strerror or str(error)).lower()}") from error
    except zipfile.BadZipFile as error:
        raise DataError(f"{path.name}: not a model file (accepted: an .npz written by symnn train -o)") from error
    except DataError:
        raise
    except Exception as error:  # a hostile file can raise anything: zlib, json, NumPy and SymPy have their own
        raise DataError(f"{path.name}: the model is broken: {error or type(error).__name__}") from error


def _read_description(archive: zipfile.ZipFile, shown: str) -> dict[str, Any]:
    if _DESCRIPTION not in archive.namelist():
        raise DataError(f"{shown}: not a model file: it has no {_DESCRIPTION} (accepted: what symnn train -o wrote)")
    if archive.getinfo(_DESCRIPTION).file_size > _LARGEST_DESCRIPTION:
        raise DataError(f"{shown}: the model is broken: its description is too long")
    described = json.loads(archive.read(_DESCRIPTION).decode())
    if not isinstance(described, dict) or described.get("format") != _FORMAT:
        raise DataError(f"{shown}: the model is broken or from another version (accepted: '{_FORMAT}')")
    layers = str(described["network"].get("architecture", "")).count("-")
    if layers > len(archive.namelist()):
        raise DataError(f"{shown}: the model is broken: {layers} layers, and fewer arrays")
    return described


def _read_array(archive: zipfile.ZipFile, shown: str, name: str, shape: tuple[int, ...]) -> Array:
    member = f"{name}.npy"
    if member not in archive.namelist():
        raise DataError(f"{shown}: the model is broken: it has no array {name}")
    # The size is checked before anything is unpacked: a small file can claim to hold terabytes.
    if archive.getinfo(member).file_size > 8 * int(np.prod(shape, dtype=float)) + _HEADER:
        raise DataError(f"{shown}: the model is broken: {name} does not have shape {tuple(shape)}")
    array = np.lib.format.read_array(io.BytesIO(archive.read(member)), allow_pickle=False)
    if array.shape != tuple(shape) or array.dtype.kind != "f" or not np.isfinite(array).all():
        raise DataError(f"{shown}: the model is broken: {name} is no finite array of shape {tuple(shape)}")
    return np.asarray(array)


def _rebuilt(network: dict[str, Any]) -> Network:
    """Return the network of a description: of its equations, or of an architecture."""
    if "equations" not in network:
        return mlp(**network)
    name = str(network["name"])
    text = network["equations"]
    return ProgramNetwork(parse_program(text, name), name, network["output"], text)


def _model(shown: str, described: dict[str, Any], network: Any, parameters: dict[str, Array]) -> Model:
    inputs, outputs = math.prod(input_shape(network)), math.prod(output_shape(network))
    targets = described["targets"]
    classes = targets["classes"]
    targets = Targets(**{**targets, "classes": None if classes is None else tuple(classes)})
    features = tuple(str(name) for name in described["features"])
    scaling = _scaling(described["scaling"], inputs)
    value_scaling = _scaling(described["value_scaling"], outputs)
    known = targets.classes is None or len(targets.classes) == max(outputs, 2)
    if targets.outputs != outputs or not known or len(features) not in (0, inputs):
        raise DataError(f"{shown}: the model is broken: its description does not fit its network")
    # Models of earlier versions have neither a history nor the shape of an image.
    image = tuple(described.get("image", ()))
    if not all(type(size) is int and size > 0 for size in image) or (image and math.prod(image) != inputs):
        raise ValueError("the shape of its images does not fit its network")
    return Model(
        network, parameters, targets, scaling, value_scaling, features, str(described["target"]),
        dict(described["information"]), _history(described.get("history", {})), image,
    )  # fmt: skip


def _history(described: dict[str, Any]) -> dict[str, list[float | None]]:
    columns = {name: list(values) for name, values in described.items() if name in HISTORY}
    entries = [entry for column in columns.values() for entry in column]
    if len({len(column) for column in columns.values()}) > 1 or not all(
        entry is None or (isinstance(entry, int | float) and math.isfinite(entry)) for entry in entries
    ):
        raise ValueError("its history is no table of numbers")
    return columns


def _scaling(described: dict[str, Any], width: int) -> Scaling:
    offset = tuple(float(value) for value in described["offset"])
    spread = tuple(float(value) for value in described["spread"])
    if described["name"] not in SCALES or {len(offset), len(spread)} - {1, width}:
        raise ValueError("its scaling does not fit its network")
    if not np.isfinite((*offset, *spread)).all() or not all(spread):
        raise ValueError("its scaling is not finite")
    return Scaling(described["name"], offset, spread)
