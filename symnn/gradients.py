"""A gradient as people use it: read as equations, printed in any view, compiled into a function."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnn.calculus import Derivation, batched, differentiate
from symnn.calculus import hessian as _hessian
from symnn.calculus import hessian_vector_product as _hessian_vector_product
from symnn.calculus import jacobian as _jacobian
from symnn.compiling import Compiled, compile_program
from symnn.compiling.backends import backend_of
from symnn.errors import CalculusError, CompileError, InputError, ShapeError, suggest
from symnn.language import Equation, Program, Tensor
from symnn.proof import Audit, audit, code_errors
from symnn.steps import Steps
from symnn.writing import Notation, notebook_latex, write

Array = NDArray[Any]


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
    with_value: bool = True
    """Whether the compiled function returns the value too; of a Jacobian and a Hessian it returns the derivative."""
    known: Mapping[str, Tensor] = field(default_factory=dict)
    """What the program was given before it was differentiated: what is not needed any more may still be given."""

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
    def gradients(self) -> dict[Any, str]:
        """For each name that was differentiated by (or pair of names), the tensor that is the derivative."""
        return self.derivation.gradients

    @property
    def of(self) -> str:
        """What was differentiated."""
        return self.derivation.of

    @property
    def wrt(self) -> tuple[str, ...]:
        """What it was differentiated with respect to."""
        return self.derivation.wrt

    def __getitem__(self, name: Any) -> Equation:
        if name not in self.gradients:
            known = {str(key).replace("'", "").strip("()"): key for key in self.gradients}
            asked = str(name).replace("'", "").strip("()")
            raise InputError(f"no derivative with respect to '{asked}'{suggest(asked, known)}")
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

    def steps(self, *wrt: str, detail: int = 2, proof: bool | None = None, batch: bool = False) -> Steps:
        """Return how the gradient is found, step by step, each line with its rule: see `Steps`.

        Args:
            wrt: with respect to what; by default everything that it was differentiated by.
            detail: 1 brief, 2 as a teacher writes it, 3 every rule on a line of its own.
            proof: whether each line is checked, and marked with what the check says; by default where that takes
                seconds.
            batch: whether the mean over a batch of examples is taken at the end.

        Raises:
            CalculusError: for a name that it was not differentiated by.
        """
        return Steps(self.derivation, wrt or self.wrt, detail, self.title, self.notation, proof=proof, batch=batch)

    def audit(self, seed: int = 0, steps: bool = True) -> Audit:
        """Return what a check of every equation, of every step and of the compiled function says: see `Audit`.

        Args:
            seed: the random points follow from it.
            steps: whether every line of every step is checked too.
        """
        found = audit(self.derivation, seed, steps)
        if self.for_batches and not self.program.names_examples:
            found = found.with_batch(audit(self.batch_derivation, seed, False, each_example=True))
        try:
            function = self.compile()
        except CompileError:
            return found
        program, known = (self.batched, {}) if self.for_batches else (self.program, self.known)

        def run(arrays: Mapping[str, Any]) -> Mapping[str, Any]:
            return function.compiled(**{n: a for n, a in arrays.items() if n not in function.unneeded})

        try:
            return found.with_code(code_errors(program, self.gradients.values(), run, known, seed))
        except CalculusError:
            return found

    def with_notation(self, notation: Notation) -> Gradient:
        """Return the same gradient, written in another notation."""
        return replace(self, notation=notation)

    def _repr_latex_(self) -> str:
        return notebook_latex(self.derivation, notation=self.notation)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": self.text(), "text/latex": self._repr_latex_()}

    def compile(
        self, backend: str = "numpy", dtype: str = "float64", batch: bool | None = None, stable: bool = True
    ) -> GradientFunction:
        """Return the gradient as a function.

        Args:
            backend: numpy, numba, jax or torch: arrays in and out are NumPy's all the same.
            dtype: float64 or float32.
            batch: whether it takes a batch of examples; by default a network's does, and a program of one's
                own is taken as it stands.
            stable: whether formulas are rewritten so that they keep their digits (`.compiled.rewritings` lists
                them); without, every function is computed as it is defined: to show what goes wrong.

        Raises:
            CompileError: for an undefined function.
            InputError: for an unknown backend or dtype, or a backend whose package is not installed.
        """
        make = backend_of(backend).function
        if self.undefined:
            raise CompileError(
                f"the cost '{self.undefined}' is an undefined function: it is printed and differentiated, not compiled"
            )
        batch = self.for_batches if batch is None else batch
        program = self.batched if batch else self.program
        known = {} if batch else self.known
        value = [self.of] if self.with_value and self.of in program.defined else []
        outputs = dict.fromkeys([*value, *self.gradients.values()])
        compiled = compile_program(program, list(outputs), dtype, known=known, make=make, stable=stable)
        unneeded = {**self.known, **program.inputs}.keys() - set(compiled.arguments)
        return GradientFunction(
            compiled,
            self.of,
            dict(self.gradients),
            _one(program, "input"),
            _one(program, "target"),
            self.with_value,
            frozenset(unneeded),
            {key: self._rank(key[1]) for key in self.gradients if isinstance(key, tuple)},
        )


    def _rank(self, name: str) -> int:
        return int({**self.known, **self.program.tensors}[name].rank)


def _one(program: Program, role: str) -> str | None:
    names = [name for name, tensor in program.inputs.items() if tensor.role == role]
    usual = {"input": "x", "target": "y"}[role]
    return usual if usual in names else names[0] if len(names) == 1 else None


@dataclass(frozen=True)
class GradientFunction:
    """A compiled gradient: arrays in; the value, and the derivative with respect to each name, out.

    value, gradients = f(parameters, X, Y)        value, gradients = f(W1=…, b1=…, x=…, y=…)
    """

    compiled: Compiled
    of: str
    gradients: Mapping[Any, str]
    input: str | None
    target: str | None
    with_value: bool = True
    unneeded: frozenset[str] = frozenset()
    """Names of the program that the code does not need: they may be given."""
    behind: Mapping[Any, int] = field(default_factory=dict)
    """Of a Hessian's blocks, how many axes the second name has."""

    @property
    def source(self) -> str:
        """The code: one function, and NumPy."""
        return self.compiled.source

    def __call__(
        self, parameters: Mapping[str, Any] | None = None, X: Any = None, Y: Any = None, /, **arrays: Any
    ) -> Any:
        """Return the value (a float where it is a scalar) and a dict of derivatives, fresh arrays.

        Of a Jacobian or a Hessian, only the dict: a Hessian's keys are pairs of names.

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
        results = self.compiled(**{name: array for name, array in given.items() if name not in self.unneeded})
        gradients = {name: results[made] for name, made in self.gradients.items()}
        if not self.with_value:
            return gradients | self._transposed(gradients)
        value = results.get(self.of)
        return (float(value) if value is not None and np.ndim(value) == 0 else value), gradients

    def _transposed(self, blocks: Mapping[Any, Any]) -> dict[Any, Any]:
        """A Hessian's other blocks: ∂²/∂b∂a is ∂²/∂a∂b with the axes of a and b exchanged."""
        other = {}
        for key, block in blocks.items():
            if isinstance(key, tuple) and key[0] != key[1]:
                behind = self.behind[key]
                front = np.ndim(block) - behind
                other[key[::-1]] = np.moveaxis(block, range(front), range(behind, front + behind))
        return other

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
    return Gradient(differentiate(program, of, wrt, upstream), known=program.inputs)


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


def jacobian(program: Program, of: str, wrt: Iterable[str] | str | None = None) -> Gradient:
    """Return the derivative of every entry of a tensor by every entry of others: J[a…, p…] = ∂of[a…]/∂wrt[p…].

    Args:
        program: the equations.
        of: what to differentiate.
        wrt: with respect to what; by default every parameter.

    >>> from sympy import Sum
    >>> from symnn.language import Equation, index, tensor
    >>> i = index("i", 2); x, h = tensor("x", 2), tensor("h", 2)
    >>> jacobian(Program([Equation(h[i], x[i] ** 2)]), "h", "x").compile()(x=[1, 3])["x"].tolist()
    [[2.0, 0.0], [0.0, 6.0]]
    """
    return Gradient(_jacobian(program, of, wrt), with_value=False, known=program.inputs)


def hessian(program: Program, of: str = "C", wrt: Iterable[str] | str | None = None) -> Gradient:
    """Return the second derivatives of a scalar, a block for each pair of names: H[i…, p…] = ∂²of/∂a[i…]∂b[p…].

    Args:
        program: the equations of the scalar `of`.
        of: the scalar.
        wrt: with respect to what; by default every parameter.

    >>> from sympy import Sum
    >>> from symnn.language import Equation, index, tensor
    >>> i, j = index("i", 2), index("j", 2); x, A, f = tensor("x", 2), tensor("A", (2, 2)), tensor("f")
    >>> H = hessian(Program([Equation(f, Sum(x[i] * A[i, j] * x[j], i, j))]), "f", "x")
    >>> print(H["x", "x"])
    H[i, j] = A[i, j] + A[j, i]
    >>> H.compile()(A=[[1, 2], [3, 4]])["x", "x"].tolist()
    [[2.0, 5.0], [5.0, 8.0]]
    """
    return Gradient(_hessian(program, of, wrt), with_value=False, known=program.inputs)
