"""Data sets: built in, from a file or a folder; and their split into training, validation and test parts."""

from __future__ import annotations

import math
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnn.errors import DataError, InputError, suggest
from symnn.training.idx import read_folder
from symnn.training.tables import Table, read_table
from symnn.training.targets import listed

Array = NDArray[Any]

BUILT_IN = ("digits", "iris", "breast_cancer", "moons", "xor")
# A numeric target with no more than so many whole values, each seen twice on average, names classes.
_MOST_CLASSES = 20


@dataclass(frozen=True, eq=False)
class Data:
    """Examples with their targets.

    Attributes:
        name: what the data set is called when it is spoken of.
        X: the inputs, (examples, inputs).
        y: labels or values, (examples,).
        classes: the labels in order, or None where y holds values.
        features: the names of the inputs; empty where they have none.
        target: the name of the target.
        kind: `table` or `image`; it decides the default scaling.
        test: the data set's own test part, where it has one.
        whole: whether the data set is too small to split, and is used whole for every part.
        shape: of an image, its axes, such as (28, 28), where they are known.
    """

    name: str
    X: Array
    y: Array
    classes: tuple[Any, ...] | None
    features: tuple[str, ...] = ()
    target: str = "y"
    kind: str = "table"
    test: Data | None = None
    whole: bool = False
    shape: tuple[int, ...] = ()

    def part(self, rows: Array) -> Data:
        """Return the data set with these rows alone."""
        return replace(self, X=self.X[rows], y=self.y[rows], test=None)

    def of_classes(self, *classes: Any) -> Data:
        """Return the examples of these classes alone.

        >>> print(load_data("digits").of_classes(1, 8))
        digits: 356 examples, 64 inputs, target 'digit' is 2 classes

        Raises:
            InputError: for a class that there is not.
        """
        for one in classes:
            if one not in (self.classes or ()):
                raise InputError(f"{self.name} has no class {one!r} (accepted: {listed(self.classes or ())})")
        test = None if self.test is None else self.test.of_classes(*classes)
        return replace(self.part(np.flatnonzero(np.isin(self.y, classes))), classes=classes, test=test)

    def __len__(self) -> int:
        return len(self.X)

    def __str__(self) -> str:
        kind = f"{len(self.classes)} classes" if self.classes is not None else "a value"
        return f"{self.name}: {len(self)} examples, {self.X.shape[1]} inputs, target '{self.target}' is {kind}"


@dataclass(frozen=True)
class Split:
    """The three parts of a data set: learn from the first, choose by the second, judge by the third."""

    training: Data
    validation: Data
    test: Data


def load_data(spec: str | Path, target: str | None = None) -> Data:
    """Return the data set that `spec` names.

    Args:
        spec: digits, iris, breast_cancer, moons, xor; a CSV file with a header; an `.npz` with X
            and y; or a folder with MNIST's four IDX files.
        target: the target's column in a CSV file; the last one unless given.

    >>> print(load_data("xor"))
    xor: 4 examples, 2 inputs, target 'y' is 2 classes

    Raises:
        DataError: for what cannot be read or learned from, with the place in the file.
        InputError: for an unknown data set, or a target where there are no columns to choose from.
    """
    path = Path(spec)
    if str(spec) in BUILT_IN:
        refuse_target(str(spec), target)
        return _BUILDERS[str(spec)]()
    if path.is_dir():
        refuse_target(str(spec), target)
        return _load_folder(path)
    if not path.is_file():
        hint = suggest(str(spec), BUILT_IN) if path.suffix == "" else ""
        raise DataError(f"no data set or file {str(spec)!r}{hint}")
    if path.suffix == ".npz":
        refuse_target(str(spec), target)
        return _load_npz(path)
    return data_of_table(read_table(path), target)


def split(data: Data, seed: int = 0) -> Split:
    """Return training, validation and test parts: 60, 20 and 20 % of the examples, each class apart.

    A data set's own test part stays the test; the rest is then split 75 to 25. A data set marked
    `whole` is all three.

    Raises:
        DataError: for a data set that is too small.
    """
    if data.whole:
        return Split(data, data, data)
    random = np.random.default_rng([seed, 0])
    groups = [np.arange(len(data))] if data.classes is None else [np.flatnonzero(data.y == c) for c in data.classes]
    shares = (0.6, 0.8) if data.test is None else (0.75, 1.0)
    pieces: tuple[list[Array], list[Array], list[Array]] = ([], [], [])
    for group in groups:
        cuts = [max(1, round(shares[0] * len(group))), round(shares[1] * len(group))]
        for piece, rows in zip(pieces, np.split(random.permutation(group), cuts), strict=True):
            piece.append(rows)
    training, validation, test = (data.part(np.sort(np.concatenate(piece))) for piece in pieces)
    test = data.test if data.test is not None else test
    if not (len(training) and len(validation) and len(test)):
        raise DataError(f"{data.name}: {len(data)} examples are too few to split into training, validation and test")
    return Split(training, validation, test)


def moons(examples: int = 500, noise: float = 0.2, seed: int = 0) -> Data:
    """Return two interleaved half circles with normal noise: no straight line tells them apart.

    >>> moons(100).X.shape
    (100, 2)
    """
    random = np.random.default_rng(seed)
    second = np.arange(examples) % 2
    angle = random.uniform(0, np.pi, examples) + np.pi * second
    X = np.stack([np.cos(angle) + second, np.sin(angle) + 0.5 * second], axis=1)
    return Data("moons", X + noise * random.standard_normal(X.shape), second, (0, 1), ("x1", "x2"))


def data_of_table(table: Table, target: str | None = None) -> Data:
    """Return the data set in a table: every column but the target's is an input."""
    target = table.header[-1] if target is None else target
    table.position(target)
    features = tuple(name for name in table.header if name != target)
    if not features:
        raise DataError(f"{table.path}: there is no column beside the target {target!r}")
    values = table.text(target)
    labels = table.numbers([target])[:, 0] if table.is_numeric(target) else np.array(values)
    y, classes = labels_or_values(labels, table.path)
    return Data(table.path, table.numbers(features), y, classes, features, target)


def labels_or_values(y: Array, name: str) -> tuple[Array, tuple[Any, ...] | None]:
    """Return the targets, and the classes where they are labels: text, truth values, few whole numbers.

    Raises:
        DataError: where there is one class only, or the values are not finite.
    """
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise DataError(f"{name}: the target is not finite in row {int(np.argmin(np.isfinite(y))) + 1}")
    found = np.unique(y)
    if len(found) == 1:
        raise DataError(f"{name}: the target is {found[0]} in every row: one class only, nothing to tell apart")
    if y.dtype.kind in "iuf":
        whole = bool(np.all(y == np.round(y)))
        if not whole or len(found) > _MOST_CLASSES or len(y) < 2 * len(found):
            return y.astype(float), None
        y, found = y.astype(int), found.astype(int)
    if len(y) < 2 * len(found):
        raise DataError(f"{name}: the target has {len(found)} different texts in {len(y)} rows ({listed(found, 3)})")
    return y, tuple(found.tolist())


def refuse_target(spec: str, target: str | None) -> None:
    """Raise if a target was named for a data set without columns to choose from."""
    if target is not None:
        raise InputError(f"'{spec}' has its own target: --target names a column of a CSV file")


def read_npz(path: Path) -> tuple[Array, Array | None, tuple[int, ...]]:
    """Return X, (examples, inputs), y where there is one, and the shape of one of X's images, where X held images.

    Raises:
        DataError: for a file that is no such thing; nothing in it is ever unpickled.
    """
    if not zipfile.is_zipfile(path):
        raise DataError(f"{path.name}: not a readable .npz file")
    try:
        with np.load(path, allow_pickle=False) as file:
            if "X" not in file:
                raise DataError(f"{path.name}: no array X (it has: {listed(file.files) or 'nothing'})")
            X, y = file["X"], file.get("y")
    except DataError:
        raise
    except Exception as error:  # a broken archive can raise anything: zipfile, zlib and NumPy have their own
        if "pickle" in str(error):
            raise DataError(f"{path.name}: holds Python objects; save plain arrays of numbers or text") from error
        raise DataError(f"{path.name}: not a readable .npz file") from error
    if X.dtype.kind not in "bifu" or X.ndim < 2 or X.size == 0:
        raise DataError(
            f"{path.name}: X has shape {X.shape} and type {X.dtype} (accepted: numbers, (examples, inputs))"
        )
    image, X = X.shape[1:] if X.ndim > 2 else (), X.reshape(len(X), -1)
    if not np.isfinite(X).all():
        row, column = (int(i) + 1 for i in np.argwhere(~np.isfinite(X))[0])
        raise DataError(f"{path.name}: X is not finite in row {row}, column {column}")
    if y is not None:
        y = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
        if y.shape != (len(X),) or y.dtype.kind not in "bifuU":
            raise DataError(f"{path.name}: y has shape {y.shape} and type {y.dtype}, X has {len(X)} examples")
    return X, y, image


def _load_npz(path: Path) -> Data:
    X, y, image = read_npz(path)
    if y is None:
        raise DataError(f"{path.name}: no array y")
    y, classes = labels_or_values(y, path.name)
    return Data(path.name, X, y, classes, kind="image" if image else "table", shape=image)


def _load_folder(folder: Path) -> Data:
    name = folder.resolve().name
    (X, y), (X_test, y_test) = read_folder(folder, "training"), read_folder(folder, "test")
    if X.shape[1] != X_test.shape[1]:
        raise DataError(f"{name}: training images have {X.shape[1]} pixels, test images {X_test.shape[1]}")
    classes = tuple(np.unique(y).tolist())
    if len(classes) == 1:
        raise DataError(f"{name}: one class only ({classes[0]}): nothing to tell apart")
    if unseen := set(np.unique(y_test).tolist()) - set(classes):
        raise DataError(f"{name}: the test part has the label {min(unseen)}, never seen in training")
    side = math.isqrt(X.shape[1])
    shape = (side, side) if side**2 == X.shape[1] else ()
    test = Data(name, X_test, y_test.astype(int), classes, target="label", kind="image", shape=shape)
    return Data(name, X, y.astype(int), classes, target="label", kind="image", test=test, shape=shape)


def _xor() -> Data:
    X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    return Data("xor", X, np.array([0, 1, 1, 0]), (0, 1), ("x1", "x2"), whole=True)


def _bundled(name: str) -> Any:
    try:
        import sklearn.datasets
    except ImportError as error:
        raise DataError(f"the data set '{name}' comes with scikit-learn: pip install symnn[learn]") from error
    return getattr(sklearn.datasets, f"load_{name}")()


def _digits() -> Data:
    bundle = _bundled("digits")
    return Data("digits", bundle.data, bundle.target, tuple(range(10)), target="digit", kind="image", shape=(8, 8))


def _named(name: str, target: str) -> Data:
    bundle = _bundled(name)
    names = bundle.target_names.astype(str)
    features = tuple(str(feature) for feature in bundle.feature_names)
    return Data(name, bundle.data, names[bundle.target], tuple(sorted(names.tolist())), features, target)


_BUILDERS = {
    "digits": _digits,
    "iris": lambda: _named("iris", "species"),
    "breast_cancer": lambda: _named("breast_cancer", "diagnosis"),
    "moons": moons,
    "xor": _xor,
}
