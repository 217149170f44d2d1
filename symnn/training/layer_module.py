"""A layer as a stand-alone Python module, for those who train by other means: forward, and backward given ∂C/∂output.

Both are compiled from the layer's own equations; around them stand a check of shapes, and a check of the
derivatives against differences, which runs where the module is run as a script.
"""

from __future__ import annotations

from collections.abc import Iterable

from symnn.compiling.compiled import DTYPES
from symnn.errors import InputError, suggest
from symnn.language import Program
from symnn.language.names import check_name
from symnn.training.layer_numpy import numpy_text
from symnn.training.layer_parts import layer_parts
from symnn.training.layer_torch import torch_text

TARGETS = ("numpy", "torch-function")


def layer_source(
    program: Program,
    of: str | None = None,
    wrt: Iterable[str] | None = None,
    target: str = "numpy",
    batch: bool = True,
    name: str = "Layer",
    dtype: str = "float64",
    stable: bool = True,
) -> str:
    """Return the text of a Python module that computes a layer, and its gradient given ∂C/∂output.

        numpy:           output, saved = forward(inputs…);   gradients = backward(saved, grad_output)
        torch-function:  output = Layer(sizes…)(data…), a torch.nn.Module; LayerFunction.apply(inputs…)

    Args:
        program: the layer's equations, for one example.
        of: the output; by default what the last equation defines. For a scalar, grad_output is a number.
        wrt: with respect to what; by default every input and parameter, but not what others are looked up by.
        target: numpy or torch-function.
        batch: whether data have a leading axis, one example a row. A scalar is then the mean over the
            examples; the derivatives by parameters are sums over them, as grad_output has a row for each.
        name: the layer's name.
        dtype: float64 or float32, for NumPy; torch takes tensors of any type.
        stable: whether formulas are rewritten so that they keep their digits.

    >>> from symnn.language import Equation, index, tensor
    >>> i = index("i", 3); x, w, o = tensor("x", 3, "input"), tensor("w", 3, "parameter"), tensor("o", 3)
    >>> source = layer_source(Program([Equation(o[i], w[i] * x[i])]))
    >>> print(source.splitlines()[0][3:])
    Layer: o from x and w, and the gradient of any cost C given grad_output = dC/do.

    Raises:
        CompileError: for an undefined function, or a size that no input tells.
        InputError: for an unknown target or type, and for a batch where nothing has a row an example.
        ProgramError, CalculusError: for a tensor that is not there, or on which `of` does not depend.
    """
    if target not in TARGETS:
        raise InputError(f"unknown target {target!r}{suggest(str(target), TARGETS)}")
    if dtype not in DTYPES:
        raise InputError(f"unknown dtype {dtype!r}{suggest(str(dtype), DTYPES)}")
    check_name(name)
    if target == "numpy":
        return numpy_text(layer_parts(program, of, wrt, batch, dtype, stable), name, dtype)
    return torch_text(layer_parts(program, of, wrt, batch, None, stable), name)
