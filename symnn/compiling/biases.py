"""The bias of a layer on the data, as the weight of one more input that is always 1.

    z = x Wᵀ + b,   ∂W = δᵀ x,   ∂b = δᵀ 1        becomes        z = [x 1] [W b]ᵀ,   [∂W ∂b] = δᵀ [x 1]

Two calls less a step. The examples get a column of ones before the first step; W and b are views of one array. The
next layers' inputs are computed in each step, in arrays without gaps, which is worth more than the calls.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnn.compiling.joining import Update
from symnn.compiling.operations import Operation

Array = NDArray[Any]

_PRODUCT = re.compile(r"np\.matmul\((\w+), (\w+)\)")
_TRANSPOSE = re.compile(r"(\w+)\.T")
_TOTAL = re.compile(r"np\.add\.reduce\((\w+), 0\)")
MOST = 2**24
"""Of examples with more numbers than this no copy with a column of ones is made."""


@dataclass(frozen=True)
class Biased:
    """A layer on the data.

    Attributes:
        data, weights, bias: the names of x, W and b.
        transposed, product, result: of Wᵀ, x Wᵀ and z.
        slopes: of ∂W and ∂b.
        delta: of δᵀ.
    """

    data: str
    weights: str
    bias: str
    transposed: str
    product: str
    result: str
    slopes: tuple[str, str]
    delta: str

    @property
    def extended(self) -> str:
        """The name of [x 1]."""
        return f"{self.data}_1"

    @property
    def block(self) -> str:
        """The name of [W b]."""
        return f"{self.weights}_{self.bias}"

    def rewritten(self, operations: Sequence[Operation]) -> tuple[Operation, ...]:
        """Return the operations with [x 1] and [W b]."""
        turned = f"{self.block}_T"
        made = []
        for operation in operations:
            if operation.name == self.transposed:
                made.append(Operation(turned, f"{self.block}.T", (self.block,)))
            elif operation.name == self.result:
                made.append(_product(operation, self.extended, turned))
            elif operation.name == self.slopes[0]:
                made.append(_product(operation, self.delta, self.extended))
            elif operation.name not in (self.product, self.slopes[1]):
                made.append(operation)
        return tuple(made)


def with_ones(examples: Array) -> Array:
    """Return [x 1]."""
    return np.concatenate([examples, np.ones((len(examples), 1), examples.dtype)], axis=1)


def biased(
    operations: Sequence[Operation], updates: Sequence[Update], data: Mapping[str, Array], values: Mapping[str, Any]
) -> dict[int, Biased]:
    """Return the layers on the data whose weights and bias are renewed in one form, by the place of the weights.

    Args:
        operations: all of a step's operations.
        updates: of one form.
        data: all examples, by name.
        values: an array for each name, of the shape that it has in a batch.
    """
    by_name = {operation.name: operation for operation in operations}
    users: dict[str, list[str]] = {}
    for operation in operations:
        for name in operation.uses:
            users.setdefault(name, []).append(operation.name)
    taken = {*by_name, *values}
    found = {}
    for place, (first, second) in enumerate(itertools.pairwise(updates)):
        layer = _layer(first, second, by_name, users)
        if (
            layer is not None
            and layer.data in data
            and data[layer.data].ndim == values[layer.data].ndim == 2
            and data[layer.data].size <= MOST
            and taken.isdisjoint((layer.extended, layer.block, f"{layer.block}_T"))
        ):
            found[place] = layer
    return found


def _layer(
    first: Update, second: Update, by_name: Mapping[str, Operation], users: Mapping[str, Collection[str]]
) -> Biased | None:
    """Return the layer whose weights and bias two updates renew, if z = x Wᵀ + b is the only use of them."""
    slopes = _slope(first), _slope(second)
    into, total = _code(_PRODUCT, by_name.get(slopes[0])), _code(_TOTAL, by_name.get(slopes[1]))
    if into is None or total is None:
        return None
    delta, x = into
    is_same = _code(_TRANSPOSE, by_name.get(delta)) == total
    product = next((name for name in users[x] if name != slopes[0]), "")
    factors = _code(_PRODUCT, by_name.get(product))
    if not is_same or len(users[x]) != 2 or factors is None or factors[0] != x or len(users[product]) != 1:
        return None
    turned, (result,) = factors[1], users[product]
    weights, added = _code(_TRANSPOSE, by_name.get(turned)), by_name[result]
    if weights is None or not added.code.startswith("np.add(") or len(added.uses) != 2:
        return None
    bias = next(name for name in added.uses if name != product)
    inside = [{operation.name for operation in update.operations} for update in (first, second)]
    alone = (
        weights[0] in first.carried
        and bias in second.carried
        and set(users[weights[0]]) <= {turned, *inside[0]}
        and set(users[bias]) <= {result, *inside[1]}
        and list(users[turned]) == [product]
    )
    return Biased(x, weights[0], bias, turned, product, result, slopes, delta) if alone else None


def _slope(update: Update) -> str:
    """Return the one array of an update that was computed before it, or nothing."""
    inside = {operation.name for operation in update.operations}
    before = [name for name in update.arrays if name not in inside and name not in update.carried]
    return before[0] if len(before) == 1 else ""


def _code(pattern: re.Pattern[str], operation: Operation | None) -> tuple[str, ...] | None:
    found = pattern.fullmatch(operation.code) if operation is not None else None
    return found.groups() if found else None


def _product(operation: Operation, left: str, right: str) -> Operation:
    code = f"np.matmul({left}, {right}"
    return replace(operation, code=f"{code})", uses=(left, right), into=f"{code}, {{out}})", entrywise=False)
