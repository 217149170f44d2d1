"""Functions of vectors and matrices as arrays: of the last two axes, whatever stands before them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def _log_sum_exp(array: Array, axes: tuple[int, ...]) -> Array:
    largest = array.max(axis=axes, keepdims=True)
    return largest + np.log(np.exp(array - largest).sum(axis=axes, keepdims=True))


def _softmax(array: Array) -> Array:
    axes = (-1,) if array.shape[-2] > 1 and array.shape[-1] > 1 else (-2, -1)
    return np.exp(array - _log_sum_exp(array, axes))


def _over_vector_or_rows(array: Array) -> Array:
    axes = (-1,) if array.shape[-2] > 1 and array.shape[-1] > 1 else (-2, -1)
    return _log_sum_exp(array, axes)


def _diagonal(array: Array) -> Array:
    if array.shape[-2] > 1 and array.shape[-1] > 1:
        return np.diagonal(array, axis1=-2, axis2=-1)[..., None]
    flat = array.reshape((*array.shape[:-2], -1))
    return flat[..., None] * np.eye(flat.shape[-1])


def _reduced(operation: Any) -> Callable[..., Array]:
    return lambda array: operation(array, axis=(-2, -1), keepdims=True)


def _choice(each: Any, whole: Any) -> Callable[..., Array]:
    def choose(*arrays: Array) -> Array:
        if len(arrays) == 1:
            return np.asarray(whole(arrays[0], axis=(-2, -1), keepdims=True))
        made = arrays[0]
        for other in arrays[1:]:
            made = each(made, other)
        return made

    return choose


def _boxed(array: Array) -> Array:
    return np.asarray(array)[..., None, None]


OF_MATRICES: dict[str, Callable[..., Array]] = {
    "inv": np.linalg.inv,
    "det": lambda a: _boxed(np.linalg.det(a)),
    "logdet": lambda a: _boxed(np.log(np.linalg.det(a))),
    "solve": lambda a, b: np.linalg.inv(a) @ b,
    "cholesky": np.linalg.cholesky,
    "tr": lambda a: _boxed(np.trace(a, axis1=-2, axis2=-1)),
    "sum": _reduced(np.sum),
    "mean": _reduced(np.mean),
    "maximum": _reduced(np.max),
    "norm1": lambda a: np.abs(a).sum(axis=(-2, -1), keepdims=True),
    "norm2": lambda a: np.sqrt((a**2).sum(axis=(-2, -1), keepdims=True)),
    "logsumexp": _over_vector_or_rows,
    "softmax": _softmax,
    "max": _choice(np.maximum, np.max),
    "min": _choice(np.minimum, np.min),
    "rowsum": lambda a: a.sum(axis=-1, keepdims=True),
    "colsum": lambda a: a.sum(axis=-2, keepdims=True),
    "diag": _diagonal,
    "kron": lambda a, b: np.kron(a.reshape(a.shape[-2:]), b.reshape(b.shape[-2:]))[None][0],
    "vec": lambda a: np.swapaxes(a, -1, -2).reshape((*a.shape[:-2], -1, 1)),
}
OVER: dict[str, Callable[[Array, tuple[int, ...]], Array]] = {
    "sum": lambda a, axes: a.sum(axis=axes, keepdims=True),
    "mean": lambda a, axes: a.mean(axis=axes, keepdims=True),
    "maximum": lambda a, axes: a.max(axis=axes, keepdims=True),
    "logsumexp": _log_sum_exp,
    "softmax": lambda a, axes: np.exp(a - _log_sum_exp(a, axes)),
}
