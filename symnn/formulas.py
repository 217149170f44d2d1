"""A formula of one's own, differentiated: text in, equations and NumPy out.

    symnn.diff("x'*A*x", wrt="x")        f = xᵀ A x,   ∂f/∂x = (A + Aᵀ) x
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sympy.core.basic import Basic

from symnn.calculus import Derivation, differentiate
from symnn.calculus import hessian as _hessian
from symnn.calculus import jacobian as _jacobian
from symnn.errors import CalculusError, InputError, ShapeError, suggest
from symnn.gradients import Gradient
from symnn.language import Adjoint, Equation, Formula, Tensor, fresh_index_over, from_sympy_matrix, parse_formula
from symnn.language.names import check_name
from symnn.language.vocabulary import spelled
from symnn.steps import Steps
from symnn.writing import write_formula

NOT_FOR_BATCHES = "a formula is not for a batch: write its sum over the examples"
KINDS = ("gradient", "jacobian", "hessian")


@dataclass(frozen=True, repr=False)
class FormulaDerivative(Gradient):
    """The derivative of a formula: a `Gradient` that is shown in closed form.

    >>> print(diff("x'*A*x", wrt="x"))
    x'*A*x
    Value
      f = xᵀ A x
    Gradient
      ∂f/∂x   = (A + Aᵀ) x
    shapes inferred: x n, A n×n
    """

    formula: Any = None
    kind: str = "gradient"
    notes: tuple[str, ...] = field(default=())

    def write(self, format: str = "text", view: str = "matrix", batch: bool = False, working: bool = False) -> str:
        """Return the derivative in a format: text, ascii, markdown or latex.

        Args:
            format: text, ascii, markdown or latex.
            view: matrix (closed form), index or scalar (every equation).
            batch: not for formulas.
            working: whether every equation on the way is shown instead of the closed form.
        """
        if batch:
            raise InputError(NOT_FOR_BATCHES)
        return write_formula(
            self.derivation,
            heading=self.kind.capitalize(),
            view=view,
            format=format,
            title=self.title,
            notation=self.notation,
            notes=self.notes,
            working=working,
            order=tuple(self.formula.variables),
        )

    def steps(self, *wrt: str, detail: int = 2, proof: bool | None = None, batch: bool = False) -> Steps:
        """Return how the derivative is found, step by step, to its closed form; a formula is not for a batch."""
        if batch:
            raise InputError(NOT_FOR_BATCHES)
        return replace(super().steps(*wrt, detail=detail, proof=proof), closed=True, notes=self.notes)

    def _repr_latex_(self) -> str:
        return self.latex()

    def __repr__(self) -> str:
        return f"<{self.kind.capitalize()} of {self.title}>"


def diff(
    formula: str | Basic,
    wrt: str | Iterable[str] | None = None,
    shapes: Mapping[str, Any] | None = None,
    symmetric: Iterable[str] = (),
    kind: str | None = None,
    upstream: str | None = None,
) -> FormulaDerivative:
    """Return the derivative of a formula in the grammar of matrixcalculus.org.

    Args:
        formula: such as ``"log(det(S)) + (x-m)'*inv(S)*(x-m)"``, or a SymPy matrix expression.
        wrt: a name or several; by default every variable.
        shapes: for each name, () for a scalar, a size for a column, a pair of sizes for a matrix; a size
            is a number or a word. What is not given is inferred, and the answer says so.
        symmetric: the names of symmetric matrices. The gradient by a symmetric S is the symmetric G
            with df = tr(G dS).
        kind: gradient, jacobian or hessian; by default the gradient of a scalar, else the Jacobian.
        upstream: a name for the upstream adjoint of a formula that is no scalar: the result is then its
            gradient, the sum of upstream · ∂f.

    Raises:
        ParseError, ShapeError: for what is no such formula, or whose shapes cannot agree.
        CalculusError: where there is no derivative.

    Source of the grammar: Laue, Mitterreiter and Giesen, Computing higher order derivatives of matrix and
        tensor expressions, NeurIPS 2018.

    >>> f = diff("log(det(S)) + (x-m)'*inv(S)*(x-m)", wrt="S", shapes={"S": ("n", "n"), "x": "n", "m": "n"})
    >>> print(f.text().splitlines()[4])
      ∂f/∂S   = S⁻ᵀ − S⁻ᵀ (x − m) (x − m)ᵀ S⁻ᵀ
    """
    if isinstance(symmetric, str):
        symmetric = [symmetric]
    if isinstance(formula, str):
        if isinstance(shapes, Mapping):
            shapes = {spelled(str(name)): shape for name, shape in shapes.items()}
        read = parse_formula(formula, shapes, tuple(spelled(str(name)) for name in symmetric))
        written = " ".join(formula.split())
    else:
        read = from_sympy_matrix(formula, symmetric=tuple(symmetric))
        written = str(formula)
    names = _wanted(read, wrt)
    chosen = _kind(read, kind, upstream, written)
    derivation = _derive(read, names, chosen, upstream)
    return FormulaDerivative(
        derivation,
        title=written,
        with_value=chosen == "gradient",
        known=read.variables,
        formula=read,
        kind=chosen,
        notes=(*_given(read, shapes), *read.notes, *_conventions(read, names, chosen)),
    )


def _wanted(formula: Formula, wrt: str | Iterable[str] | None) -> tuple[str, ...]:
    given = tuple(formula.variables) if wrt is None else (wrt,) if isinstance(wrt, str) else tuple(wrt)
    names = tuple(spelled(str(name)) for name in given)
    for name in names:
        if name not in formula.variables:
            raise InputError(f"the formula has no variable '{name}'{suggest(str(name), formula.variables)}")
    if not names and wrt is not None:
        raise InputError(f"wrt names nothing to differentiate by (accepted: {', '.join(formula.variables)})")
    if not names:
        raise InputError("the formula has no variables to differentiate by")
    return names


def _kind(formula: Formula, kind: str | None, upstream: str | None, written: str) -> str:
    scalar = not formula.program.find(formula.name).rank
    shown = written if len(written) <= 60 else f"{written[:57]}..."
    if upstream is not None:
        check_name(upstream)
    if upstream is not None and kind not in (None, "gradient"):
        raise InputError(f"an upstream adjoint is for a gradient, and a {kind} has none")
    if kind is None:
        return "gradient" if scalar or upstream is not None else "jacobian"
    if kind not in KINDS:
        raise InputError(f"unknown kind of derivative {kind!r}{suggest(str(kind), KINDS)}")
    if not scalar and (kind == "hessian" or (kind == "gradient" and upstream is None)):
        shape = "×".join(map(str, formula.program.find(formula.name).shape))
        hint = "its Jacobian" if kind == "hessian" else "its Jacobian, or give an upstream adjoint"
        raise ShapeError(f"'{shown}' has shape {shape}, and only a scalar has a {kind}: ask for {hint}")
    return kind


def _derive(formula: Formula, names: tuple[str, ...], kind: str, upstream: str | None) -> Derivation:
    program, of = formula.program, formula.name
    if upstream is not None and upstream in program.tensors:
        raise InputError(f"'{upstream}' is a name in the formula: give the upstream adjoint another")
    present = tuple(name for name in names if name in program.tensors)
    if kind == "hessian" and present != names:
        cancelled = next(name for name in names if name not in present)
        raise CalculusError(f"'{cancelled}' cancels: the formula does not depend on it, and the derivative is zero")
    if kind == "hessian":
        return _hessian(program, of, names)
    if not present:
        found = Derivation(program, of, (), {}, ())
    elif kind == "jacobian":
        found = _jacobian(program, of, present, may_be_zero=True)
    else:
        found = differentiate(program, of, present, upstream, may_be_zero=True)
    return _with_zeros(found, [formula.variables[name] for name in names if name not in present], kind, formula)


def _with_zeros(found: Derivation, cancelled: Sequence[Tensor], kind: str, formula: Formula) -> Derivation:
    """Return the derivation with the derivatives by what cancels in the formula: they are zero."""
    program, gradients = found.program, dict(found.gradients)
    before = formula.program.find(formula.name).shape if kind == "jacobian" else ()
    for tensor in cancelled:
        made = Tensor(program.fresh_name(f"d{tensor.name}"), (*before, *tensor.shape), "adjoint")
        axes = tuple(fresh_index_over(size, "ijklpq"[n % 6]) for n, size in enumerate(made.shape))
        zero = Equation(made[axes], 0)
        program = program.extended([zero], {made.name: Adjoint(found.of, tensor.name)})
        gradients[tensor.name] = made.name
    ordered = {name: gradients[name] for name in formula.variables if name in gradients}
    backward = (*found.backward, *(ordered[tensor.name] for tensor in cancelled))
    return replace(found, program=program, wrt=tuple(ordered), gradients=ordered, backward=backward)


def _given(formula: Formula, shapes: Mapping[str, Any] | None) -> list[str]:
    """What is said of the shapes that were given; of inferred ones the formula says it itself."""
    known = [formula.variables[name] for name in shapes or {} if name in formula.variables]
    said = [f"{tensor.name} {'×'.join(map(str, tensor.shape)) or 'scalar'}" for tensor in known]
    return [f"shapes given: {', '.join(said)}"] if said else []


def _conventions(formula: Formula, names: tuple[str, ...], kind: str) -> list[str]:
    """What is said of symmetric variables, and of the layout of Jacobians."""
    of = formula.name
    symmetric = [name for name in names if formula.variables[name].is_symmetric]
    if kind == "gradient":
        said = [f"{name} is symmetric: the gradient G is symmetric, with d{of} = tr(G d{name})" for name in symmetric]
    else:
        said = [f"{name} is symmetric: derivatives by it are symmetric in its two axes" for name in symmetric]
    shape = [str(size) for size in (formula.rows, formula.columns) if size != 1]
    if formula.program.find(of).rank > len(shape):
        said.append(f"{of} has an axis for each part that vec or kron stacks: {' × '.join(shape)} when they are joined")
    return said
