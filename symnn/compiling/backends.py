"""The backends: what makes code of a program, and what takes its steps, by name.

A further backend is one more line in `BACKENDS`: a function from lowered lines to code, and one from a step to what
begins its runs. Its package is imported when it is asked for.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass

from symnn.compiling.jax_backend import jax_function, jax_steps
from symnn.compiling.lowered import Maker
from symnn.compiling.numba_backend import numba_function, numba_steps
from symnn.compiling.numpy_function import numpy_function
from symnn.compiling.numpy_steps import numpy_steps
from symnn.compiling.stepping import Begin, StepProgram
from symnn.compiling.torch_backend import torch_function, torch_steps
from symnn.errors import InputError, suggest


@dataclass(frozen=True)
class Backend:
    """A way to run programs.

    Attributes:
        name: what it is asked for by.
        function: makes code of a lowered program: NumPy arrays in, fresh NumPy arrays out.
        steps: makes what begins runs of a step.
        package: what has to be installed, beside NumPy.
        extra: the extra of symnn that installs it.
        together: whether its steps take an order for each of several starts, (starts, examples).
    """

    name: str
    function: Maker
    steps: Callable[[StepProgram], Begin]
    package: str = ""
    extra: str = ""
    together: bool = False

    def check_installed(self) -> None:
        """Import the package.

        Raises:
            InputError: where it is not installed, with the command that installs it.
        """
        if not self.package:
            return
        try:
            importlib.import_module(self.package)
        except ImportError:
            raise InputError(
                f"the backend {self.name} needs {self.package}, which is not installed: "
                f'pip install "symnn[{self.extra}]"'
            ) from None


_ALL = (
    Backend("numpy", numpy_function, numpy_steps, together=True),
    Backend("numba", numba_function, numba_steps, "numba", "jit"),
    Backend("jax", jax_function, jax_steps, "jax", "jax", together=True),
    Backend("torch", torch_function, torch_steps, "torch", "torch", together=True),
)

BACKENDS = {backend.name: backend for backend in _ALL}
"""Each backend by its name."""


def backend_of(name: str) -> Backend:
    """Return a backend that can be used.

    >>> backend_of("numpi")
    Traceback (most recent call last):
    symnn.errors.InputError: unknown backend 'numpi' (did you mean 'numpy'?)

    Raises:
        InputError: for an unknown name, or a package that is not installed.
    """
    if name not in BACKENDS:
        raise InputError(f"unknown backend {name!r}{suggest(str(name), BACKENDS)}")
    BACKENDS[name].check_installed()
    return BACKENDS[name]
