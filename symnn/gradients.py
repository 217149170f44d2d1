"""A gradient as people use it: read as equations, printed in any view, compiled into a function."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnn.calculus import Derivation, batched, differentiate
from symnn.calculus import hessian_vector_product as _hessian_vector_product
from symnn.compiling import Compiled, compile_program
from symnn.errors import CompileError, InputError, ShapeError, suggest
from symnn.language import Equation, Program
from symnn.writing import Notation, notebook_latex, write

Array = NDArray[Any]
BACKENDS = ("numpy",)


@dataclass(frozen=True, repr=False)
class Gradient:
    """The gradient of a tensor of a program, as equations.

    >>> from sympy import Sum
    >>> from symnn.language import index, tensor
    >>> i = index("i", 3); w, C = tensor("w", 3, role="parameter"), tensor("C")
    >>> g = gradient(Program([Equation(C, Sum(w[i] ** 2, i))]))
    >>> print(g["w"])
    dw[i] = 2*w[i]
    >>> value, slopes = g.compile()(w=[1, 2, 3])
    >>> value, slopes["w"].tolist()
    (14.0, [2.0, 4.0, 6.0])
    """

    derivation: Derivation
    title: str = ""
    notation: Notation | None = None
    for_batches: bool = False
    """Whether the compiled function takes a batch: a network's does, a program of one's own is taken as it stands."""
    undefined: str = ""
    """The cost, where it is an undefined function."""

    @property
    def program(self) -> Program:
        """The equations, forward and backward, as they were differentiated."""
        return self.derivation.program

    @cached_property
    def batch_derivation(self) -> Derivation:
        """The derivation for a batch of m examples."""
        return batched(self.derivation)

    @property
    def batched(self) -> Program:
        """The equations for a batch of m examples."""
        return self.batch_derivation.program

    @property
    def gradients(self) -> dict[str, str]:
        """For each name that was differentiated by, the tensor in the program that is the derivative."""
        return self.derivation.gradients

    @property
    def of(self) -> str:
        """What was differentiated."""
        return self.derivation.of

    @property
    def wrt(self) -> tuple[str, ...]:
        """What it was differentiated with respect to."""
        return self.derivation.wrt

    def __getitem__(self, name: str) -> Equation:
        if name not in self.gradients:
            raise InputError(f"no derivative with respect to '{name}'{suggest(name, self.gradients)}")
        found = self.program[self.gradients[name]]
        return Equation(found.left, found.right, program=self.program)

    def __str__(self) -> str:
        return self.text()

    def text(self, view: str = "matrix", batch: bool = False, ascii: bool = False) -> str:
        """Return the derivation as text: view is matrix, index or scalar."""
        return self.write("ascii" if ascii else "text", view, batch)

    def latex(self, view: str = "matrix", batch: bool = False) -> str:
        """Return the derivation as a LaTeX fragment: align* with amsmath and bm."""
        return self.write("latex", view, batch)

    def markdown(self, view: str = "matrix", batch: bool = False) -> str:
        """Return the derivation as Markdown, with formulas between dollar signs."""
        return self.write("markdown", view, batch)

    def write(self, format: str = "text", view: str = "matrix", batch: bool = False) -> str:
        """Return the derivation in a format: text, ascii, markdown or latex."""
        derivation = self.batch_derivation if batch else self.derivation
        shown = batch and not self.program.names_examples
        title = self.title.replace("one example, columns", "a batch of m examples, rows") if shown else self.title
        return write(derivation, view=view, format=format, title=title, batch=shown, notation=self.notation)

    def __repr__(self) -> str:
        by = ", ".join(self.wrt)
        return f"<Gradient of {self.of} by {by}: {len(self.program)} equations>"

    def with_notation(self, notation: Notation) -> Gradient:
        """Return the same gradient, written in another notation."""
        return replace(self, notation=notation)

    def _repr_latex_(self) -> str:
        return notebook_latex(self.derivation, notation=self.notation)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": self.text(), "text/latex": self._repr_latex_()}

    def compile(self, backend: str = "numpy", dtype: str = "float64") -> GradientFunction:
        """Return the gradient as a function.

        Args:
            backend: numpy.
            dtype: float64 or float32.

        Raises:
            CompileError: for an undefined function.
            InputError: for an unknown backend or dtype.
        """
        if backend not in BACKENDS:
            raise InputError(f"unknown backend {backend!r}{suggest(str(backend), BACKENDS)}")
        if self.undefined:
            raise CompileError(
                f"the cost '{self.undefined}' is an undefined function: it is printed and differentiated, not compiled"
            )
        program = self.batched if self.for_batches else self.program
        value = [self.of] if self.of in program.defined else []
        compiled = compile_program(program, [*value, *self.gradients.values()], dtype)
        return GradientFunction(
            compiled, self.of, dict(self.gradients), _one(program, "input"), _one(program, "target")
        )


def _one(program: Program, role: str) -> str | None:
    names = [name for name, tensor in program.inputs.items() if tensor.role == role]
    return names[0] if len(names) == 1 else None


@dataclass(frozen=True)
class GradientFunction:
    """A compiled gradient: arrays in; the value, and the derivative with respect to each name, out.

    value, gradients = f(parameters, X, Y)        value, gradients = f(W1=…, b1=…, x=…, y=…)
    """

    compiled: Compiled
    of: str
    gradients: Mapping[str, str]
    input: str | None
    target: str | None

    @property
    def source(self) -> str:
        """The code: one function, and NumPy."""
        return self.compiled.source

    def __call__(
        self, parameters: Mapping[str, Any] | None = None, X: Any = None, Y: Any = None, /, **arrays: Any
    ) -> Any:
        """Return the value (a float where it is a scalar) and a dict of derivatives, fresh arrays.

        Args:
            parameters: an array for each parameter, by name.
            X: the inputs, (examples, inputs); one dimension less is one example.
            Y: the targets, (examples, outputs).
            arrays: instead, or beside these, any array by its own name.

        Raises:
            InputError: for an array that is missing or unknown.
            ShapeError: for sizes that disagree.
        """
        if parameters is not None and not isinstance(parameters, Mapping):
            raise InputError("the first argument is a dict of parameters, as in f({'W1': …}, X, Y)")
        given = {**(parameters or {}), **arrays}
        for name, value, role in ((self.input, X, "X"), (self.target, Y, "Y")):
            if value is not None:
                if name is None:
                    raise InputError(
                        f"{role} was given, and the program has not exactly one such tensor: give it by name"
                    )
                given[name] = self._batch(name, value)
        results = self.compiled(**given)
        gradients = {name: results[made] for name, made in self.gradients.items()}
        value = results.get(self.of)
        return (float(value) if value is not None and np.ndim(value) == 0 else value), gradients

    def _batch(self, name: str, value: Any) -> Any:
        array = np.asarray(value)
        rank = self.compiled.program.tensors[name].rank
        if array.ndim == rank - 1:
            return array[None]
        if array.ndim != rank:
            raise ShapeError(f"'{name}' has shape {array.shape}: one example, or one example a row, is needed")
        return array


def gradient(
    program: Program, of: str = "C", wrt: Iterable[str] | None = None, upstream: str | None = None
) -> Gradient:
    """Return the gradient of a tensor of a program: see `Gradient`.

    Args:
        program: the equations.
        of: what to differentiate: a scalar, or a tensor whose upstream adjoint is then an input.
        wrt: with respect to what; by default every parameter.
        upstream: a name for the upstream adjoint.

    Raises:
        ProgramError, CalculusError: for a tensor that is not there, or on which `of` does not depend.
    """
    return Gradient(differentiate(program, of, wrt, upstream))


def hessian_vector_product(
    program: Program,
    of: str = "C",
    wrt: Iterable[str] | None = None,
    direction: Mapping[str, str] | None = None,
) -> Gradient:
    """Return H v as a gradient: the derivative of Σ ∂of/∂θ · v with respect to each θ in `wrt`.

    Args:
        program: the equations of the scalar `of`.
        wrt: with respect to what; by default every parameter.
        direction: a name for the direction's part for each of them; by default `v` before its name.

    >>> from sympy import Sum
    >>> from symnn.language import index, tensor
    >>> i = index("i", 3); w, C = tensor("w", 3, role="parameter"), tensor("C")
    >>> product = hessian_vector_product(Program([Equation(C, Sum(w[i] ** 3, i))]))
    >>> product.compile()(w=[1, 2, 3], vw=[1, 0, 1])[1]["w"].tolist()
    [6.0, 0.0, 18.0]
    """
    return Gradient(_hessian_vector_product(program, of, wrt, direction))
