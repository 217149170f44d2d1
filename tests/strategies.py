"""Random programs, each with values of its inputs: the same seed gives the same case.

A case is grown operation by operation. Each operation defines one tensor from those that are there, and
takes new inputs (weights) as it needs them. Cases whose values are extreme, or so near to a kink of relu,
abs or max that a difference would step over it, are drawn again.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sympy
from sympy import Expr, Integer, Piecewise, Rational, Sum, Symbol

from symnn.language import NAMED, Equation, LogSumExp, Maximum, Program, index, sizes, tensor
from symnn.proof import evaluate

LARGEST_VALUE = 1e3
NEAREST_KINK = 1e-6


@dataclass
class Case:
    """A program that ends in the scalar C, and arrays for its inputs (and numbers for its size symbols)."""

    program: Program
    values: dict[str, Any]
    seed: int


def random_case(seed: int, depth: int | None = None) -> Case:
    """Return the case of a seed, of 1 to 6 operations before its cost."""
    for attempt in range(100):
        grower = _Grower(np.random.default_rng([seed, attempt]))
        operations = depth or int(grower.random.integers(1, 7))
        for _ in range(operations):
            grower.choose(_OPERATIONS)(grower)
        grower.cost()
        given = {symbol.name: value for symbol, value in grower.numbers.items()}
        case = Case(Program(grower.equations), {**given, **grower.values}, seed)
        if _is_well_conditioned(case, grower):
            return case
    raise AssertionError(f"no well-conditioned case for seed {seed}")


def _is_well_conditioned(case: Case, grower: _Grower) -> bool:
    found = {**case.values, **evaluate(case.program, case.values)}
    if not all(np.all(np.isfinite(array)) and np.max(np.abs(array)) < LARGEST_VALUE for array in found.values()):
        return False
    near_zero = (np.abs(found[name]) for name in grower.bent)
    if any(np.any((size > 0) & (size < NEAREST_KINK)) for size in near_zero):
        return False
    gaps = (np.diff(np.sort(np.ravel(found[name]))) for name in grower.compared)
    return not any(np.any((gap > 0) & (gap < NEAREST_KINK)) for gap in gaps)


@dataclass
class _Grower:
    random: np.random.Generator
    equations: list[Equation] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    pool: list[Any] = field(default_factory=list)
    """The tensors (entries of rank 0) that operations take from; the newest last."""
    inputs: list[Any] = field(default_factory=list)
    bent: set[str] = field(default_factory=set)
    """Names of tensors whose entries must not be near 0."""
    compared: set[str] = field(default_factory=set)
    """Names of tensors whose entries must not be near each other."""
    axes: list[Expr] = field(default_factory=list)
    numbers: dict[Symbol, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("n", "d", "h"):
            value = int(self.random.integers(1, 5))
            if self.random.random() < 0.5:
                symbol = sizes(name)
                self.numbers[symbol] = value
                self.axes.append(symbol)
            else:
                self.axes.append(Integer(value))
        self.pool.append(self.fresh("x", (self.axis(),)))
        if self.random.random() < 0.3:
            self.pool.append(self.fresh("X", (self.axis(), self.axis())))

    def choose(self, options: Any) -> Any:
        options = list(options)
        return options[int(self.random.integers(len(options)))]

    def often(self, probability: float = 0.5) -> bool:
        return bool(self.random.random() < probability)

    def axis(self) -> Expr:
        return self.choose(self.axes)

    def number(self, size: Expr) -> int:
        return int(size.xreplace(self.numbers))

    def fresh(self, stem: str, shape: tuple[Any, ...], scale: float = 0.7) -> Any:
        """Return a new input, or now and then one of the same shape that is there already."""
        known = [old for old in self.inputs if _shape(old) == tuple(shape)]
        if known and self.often(0.3):
            return self.choose(known)
        name = f"{stem}{len(self.inputs)}"
        made = tensor(name, shape, role="parameter")
        self.values[name] = self.random.normal(scale=scale, size=tuple(map(self.number, shape)))
        if not shape:
            self.values[name] = float(self.values[name])
        self.inputs.append(made)
        return made

    def define(self, free: tuple[Any, ...], right: Any) -> Any:
        """Add the equation u[free] = right."""
        made = tensor(f"u{len(self.equations)}", tuple(i.upper + 1 for i in free))
        self.equations.append(Equation(made[free] if free else made, right))
        self.pool.append(made)
        return made

    def letters(self, *axes: Expr) -> list[Any]:
        """Return distinct indices over the axes; the same letters come again in other equations."""
        names = self.random.permutation(list("ijklpq"))[: len(axes)]
        return [index(str(name), size) for name, size in zip(names, axes, strict=True)]

    def source(self, *ranks: int) -> Any:
        """Return a tensor of the pool, a late one more often; of one of these ranks, if any are given."""
        fitting = [t for t in self.pool if not ranks or len(_shape(t)) in ranks]
        if not fitting:
            made = self.fresh("A", tuple(self.axis() for _ in range(self.choose(ranks))))
            self.pool.append(made)
            return made
        return fitting[-1] if self.often(0.6) else self.choose(fitting)

    def at(self, taken: Any, indices: Any) -> Any:
        return taken[tuple(indices)] if _shape(taken) else taken

    def bend(self, *tensors: Any) -> None:
        self.bent.update(_name(t) for t in tensors)

    def cost(self) -> None:
        """C: a sum of some terms of the newest tensors."""
        terms = []
        for taken in self.pool[-int(self.random.integers(1, 4)) :]:
            bound = self.letters(*_shape(taken))
            entry = self.at(taken, bound)
            target = self.at(self.fresh("y", _shape(taken)), bound)
            body = self.choose(
                [(entry - target) ** 2 / 2, entry * target, entry**2, sympy.log(1 + (entry - target) ** 2), entry]
            )
            if bound and self.often(0.15):
                terms.append(LogSumExp(entry, *bound))
            else:
                terms.append(_sum(body, bound))
        cost = sum(terms[1:], terms[0])
        self.equations.append(Equation(tensor("C"), cost))


def _shape(taken: Any) -> tuple[Any, ...]:
    return tuple(getattr(taken, "shape", ())) if not hasattr(taken, "base") else ()


def _name(taken: Any) -> str:
    return str(taken.base.name if hasattr(taken, "base") else taken.name)


def _sum(body: Any, bound: Any) -> Any:
    return Sum(body, *bound) if bound else body


_CURVES: tuple[Callable[[Any], Any], ...] = (
    *NAMED.values(),
    sympy.sin,
    sympy.tanh,
    sympy.atan,
    sympy.erf,
    lambda t: sympy.exp(-(t**2)),
    lambda t: t**2,
    lambda t: t**3 / 3 - t,
    lambda t: sympy.sqrt(t**2 + 1),
    lambda t: sympy.log(1 + t**2),
    lambda t: 1 / (1 + t**2),
    lambda t: 1 / (2 + sympy.cos(t)),
    lambda t: NAMED["sigmoid"](t) * t + sympy.Rational(1, 3),
    lambda t: (1 + t**2) ** Rational(-3, 2),
    lambda t: NAMED["tanh"](NAMED["sigmoid"](t)) - NAMED["sigmoid"](t),
)
_BENT_CURVES: tuple[Callable[[Any], Any], ...] = (
    NAMED["relu"],
    NAMED["leaky_relu"],
    NAMED["elu"],
    sympy.Abs,
    lambda t: sympy.Max(t, 0),
    lambda t: sympy.Min(t, t**2 + t),
    lambda t: sympy.sign(t) * t**2,
    lambda t: Piecewise((t**2, t > 0), (sympy.sin(t), True)),
)


def _curve(grower: _Grower, taken: Any, entry: Any) -> Any:
    if grower.often(0.3):
        grower.bend(taken)
        return grower.choose(_BENT_CURVES)(entry)
    return grower.choose([f for f in _CURVES if f not in (NAMED["relu"], NAMED["leaky_relu"])])(entry)


def _elementwise(g: _Grower) -> None:
    taken = g.source()
    free = g.letters(*_shape(taken))
    entry = g.at(taken, free)
    made = _curve(g, taken, entry)
    g.define(tuple(free), made + Rational(1, 2) * entry if g.often(0.3) else made)


def _dense(g: _Grower) -> None:
    taken = g.source(1, 2)
    *rows, inner = _shape(taken)
    outer = g.axis()
    *free, j, k = g.letters(*rows, outer, inner)
    turned = g.often()
    weights = g.fresh("W", (inner, outer) if turned else (outer, inner))
    weight = weights[k, j] if turned else weights[j, k]
    made = Sum(weight * taken[(*free, k)], k)
    if g.often():
        made = made + g.fresh("b", (outer,))[j]
    g.define((*free, j), made)


def _inside(g: _Grower) -> None:
    """A sum inside a nonlinear function."""
    taken = g.source(1)
    (size,) = _shape(taken)
    i, k = g.letters(size, size)
    weights = g.fresh("W", (size, size))
    inner = g.choose([Sum(weights[i, k] * taken[k], k), Sum(weights[k, i] * taken[k] ** 2, k)])
    g.define((i,), g.choose([sympy.sin, sympy.atan, NAMED["sigmoid"], NAMED["softplus"]])(inner) * taken[i])


def _normalise(g: _Grower) -> None:
    taken = g.source(1, 2)
    *rows, size = _shape(taken)
    *free, i, k = g.letters(*rows, size, size)
    mean = Sum(taken[(*free, k)], k) / size
    g.define(
        (*free, i),
        g.choose(
            [
                (taken[(*free, i)] - mean) / sympy.sqrt(1 + Sum(taken[(*free, k)] ** 2, k)),
                taken[(*free, i)] / (1 + Sum(taken[(*free, k)] ** 2, k)),
                taken[(*free, i)] - mean,
            ]
        ),
    )


def _statistics(g: _Grower) -> None:
    """A mean and a spread as tensors of rank 0, and both used."""
    taken = g.source(1)
    (size,) = _shape(taken)
    (k,) = g.letters(size)
    mean = g.define((), Sum(taken[k], k) / size)
    spread = g.define((), Sum((taken[k] - mean) ** 2, k) / size)
    g.define((k,), (taken[k] - mean) / sympy.sqrt(spread + Rational(1, 10)))


def _products_of_sums(g: _Grower) -> None:
    taken = g.source(1)
    other = g.source(1)
    i, k = g.letters(*_shape(taken), *_shape(other))
    (j,) = g.letters(*_shape(taken))
    made = Sum(other[k], k) * Sum(other[k] ** 2, k) if g.often() else Sum(other[k] * Sum(taken[j] ** 2, j), k)
    g.define((i,), taken[i] + made / 4)


def _shadowed(g: _Grower) -> None:
    """The same index bound twice, one inside the other and side by side."""
    taken = g.source(1)
    (size,) = _shape(taken)
    i, k = g.letters(size, size)
    inner = Sum(taken[k] * taken[i], k)
    made = Sum(taken[k] * sympy.sin(Sum(taken[k] ** 2, k)), k) if g.often() else Sum(inner**2, i)
    g.define((), made / size)


def _outer(g: _Grower) -> None:
    taken, other = g.source(1), g.source(1)
    i, j = g.letters(*_shape(taken), *_shape(other))
    g.define((i, j), taken[i] * other[j])


def _trace(g: _Grower) -> None:
    taken = g.source(2)
    rows, columns = _shape(taken)
    (i,) = g.letters(rows)
    if rows != columns:
        j, k = g.letters(rows, rows)
        (inner,) = (index("r", columns),)
        taken = g.define((j, k), Sum(taken[j, inner] * taken[k, inner], inner))
    if g.often():
        g.define((), Sum(taken[i, i], i))
    else:
        g.define((i,), taken[i, i] * g.fresh("A", (rows, rows))[i, i] + sympy.sin(taken[i, i]))


def _transposed(g: _Grower) -> None:
    """A B + (A B)ᵀ-like uses of one matrix both ways."""
    taken = g.source(2)
    rows, columns = _shape(taken)
    i, j, k = g.letters(rows, rows, columns)
    weights = g.fresh("M", (columns, columns))
    q = index("q", columns) if k.name != "q" else index("t", columns)
    if len({x.name for x in (i, j, k, q)}) < 4:
        q = index("s", columns)
    g.define((i, j), Sum(taken[i, k] * Sum(weights[k, q] * taken[j, q], q), k))


def _convolution(g: _Grower) -> None:
    taken = g.source(1)
    (size,) = _shape(taken)
    width = int(g.random.integers(1, g.number(size) + 1))
    if g.often(0.5) and size.free_symbols:
        return _padded_input(g)
    i, p = g.letters(size - width + 1, Integer(width))
    kernel = g.fresh("w", (Integer(width),))
    position = i + p if g.often() else i + width - 1 - p
    g.define((i,), Sum(kernel[p] * taken[position], p))


def _padded_input(g: _Grower) -> None:
    """A convolution whose input is longer than its output, all sizes symbolic."""
    length, width = g.axis(), g.axis()
    i, p = g.letters(length, width)
    taken, kernel = g.fresh("s", (length + width - 1,)), g.fresh("w", (width,))
    g.define((i,), Sum(kernel[p] * NAMED["tanh"](taken[i + p]), p))


def _strided(g: _Grower) -> None:
    size = g.axis()
    (i,) = g.letters(size)
    taken = g.fresh("s", (2 * size,))
    made = taken[2 * i] * taken[2 * i + 1] if g.often() else taken[2 * i] ** 2 + taken[2 * size - 1 - 2 * i]
    g.define((i,), made)


def _flipped(g: _Grower) -> None:
    taken = g.source(1)
    (size,) = _shape(taken)
    (i,) = g.letters(size)
    g.define((i,), taken[size - 1 - i] * g.choose([Integer(1), taken[i], taken[0], sympy.cos(taken[size - 1])]))


def _constant_index(g: _Grower) -> None:
    taken = g.source(1, 2)
    *rows, _ = _shape(taken)
    free = g.letters(*rows)
    g.define(tuple(free), sympy.sin(taken[(*free, 0)]))


def _captured(g: _Grower) -> None:
    """exp(x[q + w]) / Σ_p exp(x[q + p]): an index that a careless substitution captures."""
    length, width = g.axis(), g.axis()
    q, p = g.letters(length, width)
    taken = g.fresh("s", (length + width - 1,))
    g.define((q,), sympy.exp(taken[q + width - 1]) / Sum(sympy.exp(taken[q + p]), p))


def _softmax(g: _Grower) -> None:
    taken = g.source(1, 2)
    *rows, size = _shape(taken)
    *free, i, k = g.letters(*rows, size, size)
    total = g.define(tuple(free), LogSumExp(taken[(*free, k)], k))
    g.define((*free, i), sympy.exp(taken[(*free, i)] - g.at(total, free)))


def _reductions(g: _Grower) -> None:
    taken = g.source(1, 2)
    *rows, size = _shape(taken)
    *free, k = g.letters(*rows, size)
    body = taken[(*free, k)]
    if g.often():
        g.compared.add(_name(taken))
        made = Maximum(body, k)
    else:
        made = LogSumExp(body * g.fresh("v", (size,))[k], k)
    g.define(tuple(free), 2 * made + 1 if g.often(0.3) else made)


def _rank_three(g: _Grower) -> None:
    taken, other = g.source(2), g.source(1)
    i, j, k = g.letters(*_shape(taken), *_shape(other))
    made = g.define((i, j, k), NAMED["tanh"](taken[i, j] * other[k]))
    core = g.fresh("T", (*_shape(taken), *_shape(other)))
    g.define((j,), Sum(made[i, j, k] * core[i, j, k], i, k))


def _bilinear(g: _Grower) -> None:
    taken, other = g.source(1), g.source(1)
    outer = g.axis()
    i, j, k = g.letters(outer, *_shape(taken), *_shape(other))
    core = g.fresh("T", (outer, *_shape(taken), *_shape(other)), scale=0.5)
    g.define((i,), Sum(core[i, j, k] * taken[j] * other[k], j, k))


def _residual(g: _Grower) -> None:
    taken = g.source(1, 2)
    free = g.letters(*_shape(taken))
    entry = taken[tuple(free)]
    made = _curve(g, taken, entry)
    g.define(tuple(free), entry + g.fresh("c", ()) * made)


def _scaled(g: _Grower) -> None:
    taken = g.source()
    free = g.letters(*_shape(taken))
    scale, shift = g.fresh("c", ()), g.source(0) if g.often(0.3) else g.fresh("c", ())
    g.define(tuple(free), scale * g.at(taken, free) + shift**2)


def _gram(g: _Grower) -> None:
    taken = g.source(2)
    rows, columns = _shape(taken)
    i, j, k = g.letters(rows, rows, columns)
    g.define((i, j), Sum(taken[i, k] * taken[j, k], k) / math.prod([g.number(columns)]))


_OPERATIONS = (
    _elementwise, _elementwise, _dense, _dense, _inside, _normalise, _statistics, _products_of_sums, _shadowed,
    _outer, _trace, _transposed, _convolution, _padded_input, _strided, _flipped, _constant_index, _captured,
    _softmax, _reductions, _rank_three, _bilinear, _residual, _scaled, _gram,
)  # fmt: skip
