"""Real functions of one real variable, and brackets.

A named function knows its definition and its derivative; the derivative is itself a named function,
written f′. Undefined functions have no definition: they print and differentiate, and are not compiled.
"""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar

from sympy import (
    Dummy,
    Expr,
    FiniteSet,
    Function,
    Integer,
    Rational,
    Symbol,  # noqa: F401 - in doctests
    count_ops,
    erf,
    exp,
    factor,
    log,
    pi,
    sqrt,
)
from sympy import tanh as sympy_tanh
from sympy.core.function import ArgumentIndexError

from symnn.language.names import check_name

_ONE = FiniteSet(1)


class Step(Function):
    """The Iverson bracket [u > 0]: 1 where u is positive, else 0. Its derivative is taken as 0."""

    is_real = True

    @classmethod
    def eval(cls, u: Expr) -> Expr | None:
        return Integer(int(bool(u > 0))) if u.is_number else None

    def fdiff(self, argindex: int = 1) -> Expr:
        return Integer(0)


class Within(Function):
    """The Iverson bracket [0 ≤ e < size] of an index expression e: where an affine index stays in its axis."""

    is_real = True
    is_integer = True

    def fdiff(self, argindex: int = 1) -> Expr:
        return Integer(0)

    def _eval_power(self, exponent: Expr) -> Expr | None:
        return self if exponent.is_positive else None


class Elementwise(Function):
    """A named real function f of one variable; `order` counts the primes of f′, f″, …"""

    is_real = True
    is_commutative = True
    nargs = 1
    order: ClassVar[int] = 0
    root: ClassVar[Any]
    """The function without primes."""
    subgradient: ClassVar[str] = ""
    """What is said wherever the derivative is used at a point where there is none."""
    has_named_derivative: ClassVar[bool] = True
    """Whether the derivative is written f′; if not, as what it equals."""

    def __new__(cls, *args: Any, **options: Any) -> Any:
        if len(args) != 1 or options or not isinstance(args[0], Expr) or args[0].is_number:
            return super().__new__(cls, *args, **options)
        # As SymPy does it, but for the set of the one number of arguments, which takes it longer than all else.
        made = Expr.__new__(cls, *args)
        made.nargs = _ONE
        return made

    def fdiff(self, argindex: int = 1) -> Expr:
        if argindex != 1:
            raise ArgumentIndexError(self, argindex)
        variable = self.args[0]
        slope = None if self.order or self.has_named_derivative else self.first_derivative(variable)
        return prime(type(self))(variable) if slope is None else slope

    @classmethod
    def definition(cls, t: Expr) -> Expr | None:
        """Return f(t) in elementary functions, or None where f is undefined."""
        return None

    @classmethod
    def first_derivative(cls, t: Expr) -> Expr | None:
        """Return f′(t), in terms of f where a textbook would."""
        return None


def formula(function: type[Elementwise], t: Expr) -> Expr | None:
    """Return what a named function equals: its definition, or its derivative as a textbook writes it.

    >>> formula(prime(sigmoid), Symbol("t"))
    (1 - sigmoid(t))*sigmoid(t)
    """
    if function.order == 0:
        return function.definition(t)
    root, variable = function.root, Dummy("t", real=True)
    if function.order == 1:
        return root.first_derivative(t)
    lower = formula(prime(root, function.order - 1), variable)
    if lower is None:
        return None
    primes = [f for f in lower.diff(variable).atoms(Elementwise) if f.order]
    slope = lower.diff(variable).xreplace({f: formula(type(f), f.args[0]) for f in primes})
    return min((slope, factor(slope)), key=count_ops).xreplace({variable: t})


def prime(function: type[Elementwise], times: int = 1) -> type[Elementwise]:
    """Return the derivative f′ (or f″, …) of a named function, as a named function.

    >>> prime(sigmoid)(Symbol("t"))
    sigmoid_prime(t)
    """
    primed: Any = function
    for _ in range(times):
        primed = _primed(primed)
    return primed


@cache
def _primed(function: Any) -> type[Elementwise]:
    """Return the one class of f′: two classes of one name would be two different functions."""
    root, order = function.root, function.order + 1
    name = f"{root.__name__}_{'prime' if order == 1 else f'prime{order}'}"
    members = {"order": order, "root": root, "__module__": __name__, "subgradient": root.subgradient}
    return type(name, (Elementwise,), members)


def undefined_function(name: str) -> type[Elementwise]:
    """Return an undefined function of one variable: it differentiates and prints, and is not compiled.

    >>> f = undefined_function("f"); f(Symbol("t")).diff(Symbol("t"))
    f_prime(t)
    """
    return _undefined(check_name(name))


@cache
def _undefined(name: str) -> type[Elementwise]:
    made: Any = type(name, (Elementwise,), {"__module__": __name__, "undefined": True})
    made.root = made
    return made


class sigmoid(Elementwise):  # noqa: N801 - functions are named as they are printed
    """σ(t) = 1/(1 + e⁻ᵗ)"""

    @classmethod
    def definition(cls, t: Expr) -> Expr:
        return 1 / (1 + exp(-t))

    @classmethod
    def first_derivative(cls, t: Expr) -> Expr:
        return sigmoid(t) * (1 - sigmoid(t))


class tanh(Elementwise):  # noqa: N801
    """tanh t = (eᵗ − e⁻ᵗ)/(eᵗ + e⁻ᵗ)"""

    @classmethod
    def definition(cls, t: Expr) -> Expr:
        return sympy_tanh(t)

    @classmethod
    def first_derivative(cls, t: Expr) -> Expr:
        return 1 - tanh(t) ** 2


class relu(Elementwise):  # noqa: N801
    """relu(t) = max(0, t), written t [t > 0]"""

    subgradient = "relu′(0) = 0"

    @classmethod
    def definition(cls, t: Expr) -> Expr:
        return t * Step(t)

    @classmethod
    def first_derivative(cls, t: Expr) -> Expr:
        return Step(t)


class leaky_relu(Elementwise):  # noqa: N801
    """leaky_relu(t) = t for t > 0, else t/100"""

    subgradient = "leaky_relu′(0) = 0.01"
    slope = Rational(1, 100)

    @classmethod
    def definition(cls, t: Expr) -> Expr:
        return t * cls.first_derivative(t)

    @classmethod
    def first_derivative(cls, t: Expr) -> Expr:
        return cls.slope + (1 - cls.slope) * Step(t)


class elu(Elementwise):  # noqa: N801
    """elu(t) = t for t > 0, else eᵗ − 1"""

    @classmethod
    def definition(cls, t: Expr) -> Expr:
        return t * Step(t) + (exp(t * Step(-t)) - 1) * Step(-t)

    @classmethod
    def first_derivative(cls, t: Expr) -> Expr:
        return Step(t) + (1 - Step(t)) * (elu(t) + 1)


class softplus(Elementwise):  # noqa: N801
    """softplus(t) = log(1 + eᵗ)"""

    @classmethod
    def definition(cls, t: Expr) -> Expr:
        return log(1 + exp(t))

    @classmethod
    def first_derivative(cls, t: Expr) -> Expr:
        return sigmoid(t)


class gelu(Elementwise):  # noqa: N801
    """gelu(t) = t Φ(t), with Φ the standard normal distribution (Hendrycks and Gimpel, 2016)"""

    @classmethod
    def definition(cls, t: Expr) -> Expr:
        return t * (1 + erf(t / sqrt(2))) / 2

    @classmethod
    def first_derivative(cls, t: Expr) -> Expr:
        return (1 + erf(t / sqrt(2))) / 2 + t * exp(-(t**2) / 2) / sqrt(2 * pi)


class swish(Elementwise):  # noqa: N801
    """swish(t) = t σ(t) (Ramachandran, Zoph and Le, 2017)"""

    @classmethod
    def definition(cls, t: Expr) -> Expr:
        return t * sigmoid(t)

    @classmethod
    def first_derivative(cls, t: Expr) -> Expr:
        return sigmoid(t) + swish(t) * (1 - sigmoid(t))


class log_sigmoid(Elementwise):  # noqa: N801
    """log σ(t), written so: its derivative is 1 − σ(t)"""

    has_named_derivative = False

    @classmethod
    def definition(cls, t: Expr) -> Expr:
        return log(sigmoid(t))

    @classmethod
    def first_derivative(cls, t: Expr) -> Expr:
        return 1 - sigmoid(t)


class expm1(Elementwise):  # noqa: N801
    """expm1(t) = eᵗ − 1, with all digits where t is small"""

    has_named_derivative = False

    @classmethod
    def definition(cls, t: Expr) -> Expr:
        return exp(t) - 1

    @classmethod
    def first_derivative(cls, t: Expr) -> Expr:
        return exp(t)


class log1p(Elementwise):  # noqa: N801
    """log1p(t) = log(1 + t), with all digits where t is small"""

    has_named_derivative = False

    @classmethod
    def definition(cls, t: Expr) -> Expr:
        return log(1 + t)

    @classmethod
    def first_derivative(cls, t: Expr) -> Expr:
        return 1 / (1 + t)


NAMED: dict[str, type[Elementwise]] = {
    f.__name__: f for f in (sigmoid, tanh, relu, leaky_relu, elu, softplus, gelu, swish, log_sigmoid)
}
"""The functions of one variable that are activations, by name."""
PRECISE: dict[str, type[Elementwise]] = {f.__name__: f for f in (expm1, log1p)}
"""Others, that a formula is better written with."""
for _function in (*NAMED.values(), *PRECISE.values()):
    _function.root = _function
