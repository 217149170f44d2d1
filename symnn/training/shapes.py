"""What one example of a network is: the shapes of its input, of its output and of its target."""

from __future__ import annotations

import math
from typing import Any

from symnn.errors import InputError, ShapeError
from symnn.language import Tensor, examples
from symnn.networks.weighting import names_beside


def input_shape(net: Any) -> tuple[int, ...]:
    """Return the shape of one example's input.

    >>> from symnn.networks import mlp
    >>> input_shape(mlp("3-2")), output_shape(mlp("3-2"))
    ((3,), (2,))

    Raises:
        InputError: for symbolic sizes, or several inputs.
    """
    found = [tensor for tensor in net.program.inputs.values() if tensor.role == "input"]
    if len(found) != 1:
        raise InputError(f"the network needs one input, it has {', '.join(t.name for t in found) or 'none'}")
    return _shape_of(found[0])


def output_shape(net: Any) -> tuple[int, ...]:
    """Return the shape of one example's output.

    Raises:
        InputError: for symbolic sizes.
    """
    return _shape_of(net.program.find(net.output))


def target_shape(net: Any) -> tuple[int, ...]:
    """Return the shape of one example's target, which has as many entries as the output, and may have other axes.

    Raises:
        InputError: for symbolic sizes, or not one target.
        ShapeError: for a target of more or fewer entries than the output.
    """
    targets = [tensor for tensor in net.program.inputs.values() if tensor.role == "target"]
    found = [tensor for tensor in targets if tensor.name not in names_beside(net)]
    if len(found) != 1:
        raise InputError(f"the network needs one target, it has {', '.join(t.name for t in found) or 'none'}")
    shape, output = _shape_of(found[0]), output_shape(net)
    if math.prod(shape) != math.prod(output):
        raise ShapeError(
            f"the output '{net.output}' has shape {output}, the target '{found[0].name}' has shape {shape}: "
            "as many entries are needed"
        )
    return shape


def _shape_of(tensor: Tensor) -> tuple[int, ...]:
    sizes: list[Any] = [size for size in tensor.shape if size != examples]
    if not all(size.is_Integer for size in sizes):
        shown = ", ".join(str(size) for size in sizes)
        raise InputError(f"symbolic sizes: '{tensor.name}' has shape ({shown}); numbers are needed to run a network")
    return tuple(int(size) for size in sizes)
