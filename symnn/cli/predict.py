"""`symnn predict`: a saved model and data in, one prediction a line out."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from symnn.cli.options import (
    data_option,
    ending_of,
    json_option,
    json_text,
    note,
    output_option,
    refuse_overwriting,
)
from symnn.errors import DataError, InputError, ShapeError
from symnn.training import BUILT_IN, Model, check_writable, load_data, load_model, write_atomically
from symnn.training.data import read_npz
from symnn.training.shapes import input_shape
from symnn.training.tables import Table, read_table

Array = NDArray[Any]

_ENDINGS = (".txt", ".csv", ".json")


@click.command("predict")
@click.argument("model", metavar="MODEL.npz")
@data_option
@click.option("--probability", is_flag=True, help="Print the probability of each class too.")
@output_option(f"Write the predictions to a file ({', '.join(_ENDINGS)}).")
@json_option
def predict_command(model: str, data: str, probability: bool, output: str | None, as_json: bool) -> None:
    """Print what a trained model says of each example, one a line.

    A CSV file needs the columns that the model was trained on, in any order; where it has the target
    as well, the accuracy is said on standard error.
    """
    refuse_overwriting(output)
    if output is not None:
        if ending_of(output) not in _ENDINGS:
            raise InputError(f"cannot write {output!r} (accepted: a name that ends in {', '.join(_ENDINGS)})")
        check_writable(output)
    trained = load_model(model)
    X, y = _examples(trained, data)
    results: dict[str, Any] = {"examples": len(X), "predictions": trained.predict(X).reshape(len(X), -1)}
    if results["predictions"].shape[1] == 1:
        results["predictions"] = results["predictions"][:, 0]
    if probability:
        results["probabilities"], results["classes"] = trained.predict_probability(X), trained.targets.classes
    results |= _judged(trained, X, y)
    if not as_json:
        note(_heading(trained, model, data, results))
    if output is not None:
        ending = ending_of(output)
        write_atomically(output, (json_text(results) if ending == ".json" else _lines(results, ending)) + "\n")
    if as_json:
        click.echo(json_text(results))
    elif output is None:
        click.echo(_lines(results))


def _examples(model: Model, spec: str) -> tuple[Array, Array | None]:
    """Return the inputs of a data set, and its targets where it has them."""
    path, width = Path(spec), math.prod(input_shape(model.network))
    if spec not in BUILT_IN and path.is_file() and path.suffix != ".npz":
        return _of_table(model, read_table(path), width)
    if spec not in BUILT_IN and path.is_file():
        X, y, _ = read_npz(path)
    else:
        data = load_data(spec)
        X, y = data.X, data.y
    if X.shape[1] != width:
        raise ShapeError(f"the data has {X.shape[1]} inputs, the model takes {width}")
    return X, y


def _of_table(model: Model, table: Table, width: int) -> tuple[Array, Array | None]:
    features = model.features
    if not features:
        features = tuple(name for name in table.header if name != model.target)
        if len(features) != width:
            raise ShapeError(f"{table.path}: {len(features)} columns of inputs, the model takes {width}")
    missing = [name for name in features if name not in table.header]
    if missing:
        raise DataError(
            f"{table.path}: no column {missing[0]!r}; the model takes {len(features)} columns, "
            f"{len(missing)} of them missing (the file has: {', '.join(table.header[:8])})"
        )
    X = table.numbers(features)
    if model.target not in table.header or model.target in features or table.is_blank(model.target):
        return X, None
    classes = model.targets.classes
    if classes is not None and isinstance(classes[0], str):
        return X, np.array(table.text(model.target))
    return X, table.numbers([model.target])[:, 0]


def _judged(model: Model, X: Array, y: Array | None) -> dict[str, Any]:
    if y is None:
        return {"accuracy": None}
    if model.targets.classes is None:
        error = model.predict(X).reshape(len(X), -1) - np.asarray(y, float).reshape(len(X), -1)
        return {"accuracy": None, "root_mean_square_error": float(np.sqrt(np.mean(error**2)))}
    return {"accuracy": model.accuracy(X, y)}


def _heading(model: Model, path: str, data: str, results: dict[str, Any]) -> str:
    description = model.network.description
    called = description.get("architecture") or description["name"]
    said = f"{path}: {called}, trained on {model.information.get('data', 'data unknown')}"
    said += f"; scale {model.scaling.name}; {results['examples']} examples of {data}"
    if results["accuracy"] is not None:
        said += f"; accuracy {results['accuracy']:.4f}"
    if "root_mean_square_error" in results:
        said += f"; root mean square error {results['root_mean_square_error']:.6g}"
    same = model.information.get("data") in (data, Path(data).name)
    return said + (" (the examples that it was trained on are among them)" if same else "")


def _lines(results: dict[str, Any], ending: str = ".txt") -> str:
    """Return a line for each example: the prediction, then the probabilities of the classes."""
    separator = "," if ending == ".csv" else " "
    rows = [_cells(row) for row in results["predictions"].reshape(results["examples"], -1).tolist()]
    header = ["prediction"] if len(rows[0]) == 1 else [f"prediction{n + 1}" for n in range(len(rows[0]))]
    if "probabilities" in results:
        header += [f"probability of {name}" for name in results["classes"]]
        rows = [row + _cells(more) for row, more in zip(rows, results["probabilities"].tolist(), strict=True)]
    if ending != ".csv":
        return "\n".join(separator.join(row) for row in rows)
    return "\n".join(separator.join(_quoted(cell) for cell in row) for row in [header, *rows])


def _cells(values: list[Any]) -> list[str]:
    return [f"{value:.6g}" if isinstance(value, float) else str(value) for value in values]


def _quoted(cell: str) -> str:
    escaped = cell.replace('"', '""')
    return f'"{escaped}"' if set(cell) & set(',"\n\r') else cell
