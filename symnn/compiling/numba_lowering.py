"""From a program in index notation to statements of which each is one nest of loops.

    z[n, j] = Σₖ W[j, k] x[n, k] + b[j]      becomes      z[n, j] = b[j]
                                                          z[n, j] += W[j, k] x[n, k]     for all k

A statement sets, adds to, or enlarges one entry by a scalar formula in which no sum is left. Sums inside
formulas get names; what a function makes of the same argument twice is computed once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sympy import Add, Expr, Idx, Integer, KroneckerDelta, Mul, S, Sum, exp, log
from sympy.core.basic import Basic

from symnn.compiling.numba_functions import NO_CODE, written
from symnn.compiling.numba_shared import Parts, with_shared_parts
from symnn.compiling.numba_statements import ENLARGE, SET, SUM, Statement, is_bracket
from symnn.compiling.scatter import always
from symnn.errors import CompileError
from symnn.language import (
    Cholesky,
    Determinant,
    Entry,
    Equation,
    Inverse,
    LogDeterminant,
    LogSumExp,
    MatrixOperation,
    Maximum,
    Program,
    Tensor,
    Within,
    body_and_bound,
    examples,
    free_indices,
    has_binder,
    index_bounds,
    is_binder,
    rebuild,
    refresh,
    size_of,
    substitute,
    sum_over,
)

_MATRICES = (Inverse, Determinant, LogDeterminant, Cholesky)


def lowered(program: Program, taken: Iterable[str] = ()) -> list[Statement]:
    """Return the statements of a program, in an order in which they can be carried out.

    Args:
        program: the equations.
        taken: names that no tensor of the code may have, beside those of the program.

    Raises:
        CompileError: for what there is no code for.
    """
    lowering = _Lowering(program, set(taken))
    for equation in program:
        lowering.equation(equation)
    return with_shared_parts(lowering.statements, lowering.fresh)


@dataclass(frozen=True)
class _Softmax:
    """L = log Σ exp(body): exp(body − L) is exponential/total."""

    logarithm: Entry
    body: Expr
    exponential: Entry
    total: Entry


class _Lowering:
    def __init__(self, program: Program, taken: set[str]) -> None:
        self.program, self.taken = program, taken
        self.statements: list[Statement] = []
        self.parts = Parts()
        self.softmaxes: dict[str, _Softmax] = {}
        self.source: Equation = program.equations[0]

    def fresh(self, wanted: str) -> str:
        """Return a new name for a tensor of the code alone: what ends in a digit is counted on."""
        name = self.program.fresh_name(wanted, self.taken)
        if wanted == "t":
            name = next(n for k in range(1, 10**6) if (n := self.program.fresh_name(f"t{k}")) not in self.taken)
        self.taken.add(name)
        return name

    def equation(self, equation: Equation) -> None:
        self.source = equation
        right = written(refresh(equation.right), equation)
        self._define(equation.left, right)

    def _add(
        self, left: Entry, operation: str, right: Expr, more: Sequence[Idx] = (), bound: Sequence[Idx] = ()
    ) -> None:
        """Add a statement; `more` are brackets that say where it holds."""
        indices = [*(i for i in left.indices if isinstance(i, Idx)), *bound]
        self.statements.append(Statement(left, operation, right, tuple(indices), tuple(more), self.source))

    def _define(self, left: Entry, right: Expr) -> None:
        if isinstance(right, MatrixOperation):
            self._matrix(left, right)
        elif isinstance(right, LogSumExp):
            self._log_sum_exp(left, right)
        elif isinstance(right, Maximum):
            self._maximum(left, right)
        else:
            terms = [(term, _plain_sum(term)) for term in Add.make_args(right)]
            own = left.indices[0] if _by_example(left) else None
            direct = [s for _, s in terms if s is not None and self._is_direct(s, own, len(terms))]
            rest = Add(*(term for term, s in terms if s is None or s not in direct))
            self._add(left, SET, self._named(rest, left))
            for each in direct:
                self._accumulate(left, each)

    def _is_direct(self, term: Sum, own: Idx | None, terms: int) -> bool:
        """Whether a sum is added up where the result is: one over the examples stands alone, or has a name."""
        over_examples = any(size_of(i) == examples for i in body_and_bound(term)[1])
        return not over_examples or (own is None and terms == 1) or (own is not None and own in free_indices(term))

    def _named(self, part: Basic, left: Entry | None = None) -> Expr:
        """Return an expression with every sum and reduction in it named."""
        if isinstance(part, exp) and (quotient := self._softmax_of(part.args[0])) is not None:
            return quotient
        if is_binder(part):
            return self._name(part, left)
        if isinstance(part, Entry | Idx | Tensor) or not part.args:
            return part
        if not has_binder(part) and not part.has(exp):
            return part
        return rebuild(part, [self._named(arg, left) for arg in part.args])

    def _name(self, part: Expr, left: Entry | None) -> Entry:
        free = _ordered(part, left)
        known = self.parts.find(part)
        if known is not None:
            return known
        over_examples = any(size_of(i) == examples for i in body_and_bound(part)[1])
        name = self.fresh(
            f"{self.source.tensor.name}_sum"
            if over_examples and not free_indices(part) - set(self.source.indices)
            else "t"
        )
        entry = Tensor(name, tuple(size_of(i) for i in free), "value")[tuple(free)]
        self.parts.learn(part, entry)
        self._define(entry, part)
        return entry

    def _entry_of(self, body: Expr, free: Sequence[Idx], bound: Sequence[Idx]) -> Entry:
        """Return an entry that equals an expression, which is a new one unless the expression is one."""
        body = self._named(body)
        if isinstance(body, Entry):
            return body
        if (known := self.parts.find(body)) is not None:
            return known
        axes = (*free, *bound)
        entry = Tensor(self.fresh("t"), tuple(size_of(i) for i in axes), "value")[axes]
        self.parts.learn(body, entry)
        self._add(entry, SET, body)
        return entry

    def _matrix(self, left: Entry, right: MatrixOperation) -> None:
        if not isinstance(right, _MATRICES):
            raise CompileError(f"{self.source}: {NO_CODE.format(type(right).__name__)}")
        lead = [i for i in left.indices if i in free_indices(right)]
        axes = (*lead, *right.bound)
        matrix = self._named(right.body)
        if not (isinstance(matrix, Entry) and matrix.indices == axes):
            entry = Tensor(self.fresh("t"), tuple(size_of(i) for i in axes), "value")[axes]
            self._add(entry, SET, matrix)
            matrix = entry
        statement = Statement(left, type(right).__name__, matrix, tuple(lead), (), self.source)
        self.statements.append(statement)

    def _log_sum_exp(self, left: Entry, right: LogSumExp) -> None:
        free, bound = left.indices, right.bound
        body = self._entry_of(right.body, free, bound)
        largest, total = (Tensor(self.fresh("t"), left.base.shape, "value")[free] for _ in range(2))
        self._add(largest, SET, S.NegativeInfinity)
        self._add(largest, ENLARGE, body, bound=bound)
        axes = (*free, *bound)
        power = Tensor(self.fresh("t"), tuple(size_of(i) for i in axes), "value")[axes]
        self._add(power, SET, exp(body - largest))
        self._add(total, SET, Integer(0))
        self._add(total, SUM, power, bound=bound)
        self._add(left, SET, largest + log(total))
        self.softmaxes[left.base.name] = _Softmax(left, body, power, total)

    def _softmax_of(self, argument: Expr) -> Expr | None:
        """Return E/Σ E for the argument body − L, where L is the logarithm of a sum Σ exp(body)."""
        for term in Add.make_args(argument):
            if not (isinstance(-term, Entry) and (-term).base.name in self.softmaxes):
                continue
            known = self.softmaxes[(-term).base.name]
            body = self._named(argument - term)
            body = self.parts.find(body) or body
            if isinstance(body, Entry) and body.base == known.body.base:
                put = dict(zip(known.body.indices, body.indices, strict=True))
                if all(isinstance(i, Idx) for i in put) and substitute(known.logarithm, put) == -term:
                    return substitute(known.exponential, put) / substitute(known.total, put)
        return None

    def _maximum(self, left: Entry, right: Maximum) -> None:
        self._add(left, SET, S.NegativeInfinity)
        self._add(left, ENLARGE, self._named(right.body), bound=right.bound)

    def _accumulate(self, left: Entry, part: Sum) -> None:
        body, over = body_and_bound(part)
        terms = Add.make_args(body)
        if len(terms) > 1 and any(is_bracket(f) for term in terms for f in Mul.make_args(term)):
            for term in terms:
                self._accumulate(left, sum_over(term, over))
            return
        factors = [f for f in Mul.make_args(body) if not always(f)]
        left, factors, bound = _without_deltas(left, factors, list(over))
        factors, bound = self._in_pairs(factors, bound)
        brackets = [f for f in factors if is_bracket(f)]
        free = {i for i in left.indices if isinstance(i, Idx)}
        unused = [i for i in bound if not any(i in free_indices(f) for f in factors)]
        counts = [size_of(i) for i in unused if i not in free_indices(left)]
        right = self._named(Mul(*counts, *(f for f in factors if f not in brackets)))
        bound = [i for i in bound if i not in unused or i in free_indices(left)]
        self._add(left, SUM, right, tuple(brackets), [i for i in bound if i not in free])

    def _in_pairs(self, factors: list[Expr], bound: list[Idx]) -> tuple[list[Expr], list[Idx]]:
        """Return a sum with sums over fewer indices named: Σⱼₖ A[i, j] B[j, k] v[k] is Σⱼ A[i, j] t[j]."""
        while len(factors) > 2:
            everything = frozenset().union(*map(free_indices, factors))
            inner = [i for i in bound if size_of(i) != examples]
            costs = {i: frozenset().union(*(free_indices(f) for f in factors if i in free_indices(f))) for i in inner}
            narrow = [i for i in inner if costs[i] < everything]
            if not narrow:
                break
            chosen = min(narrow, key=lambda i: len(costs[i]))
            inside = [f for f in factors if chosen in free_indices(f)]
            if len(inside) == 1 and is_bracket(inside[0]):
                break
            rest = [f for f in factors if f not in inside]
            factors = [*rest, self._name(sum_over(Mul(*inside), [chosen]), None)]
            bound = [i for i in bound if i != chosen]
        return factors, bound


def _by_example(left: Entry) -> bool:
    return bool(left.indices) and left.base.shape[0] == examples


def _plain_sum(term: Expr) -> Sum | None:
    """Return the sum that a term is, with its sign inside."""
    if isinstance(term, Sum):
        return term
    sign, rest = term.as_coeff_Mul()
    if sign == -1 and isinstance(rest, Sum):
        body, bound = body_and_bound(rest)
        return sum_over(-body, bound)
    return None


def _ordered(part: Expr, left: Entry | None) -> list[Idx]:
    """Return the free indices of a part: the examples first, then as they stand on the left, then by name."""
    first = list(left.indices) if left is not None else []
    order = {i: place for place, i in enumerate(first)}
    return sorted(
        free_indices(part), key=lambda i: (size_of(i) != examples, order.get(i, len(order)), i.name, str(i.label))
    )


def _without_deltas(left: Entry, factors: list[Expr], bound: list[Idx]) -> tuple[Entry, list[Expr], list[Idx]]:
    """Return a sum without deltas: Σₖ δ(k, e) f[k] is f[e], and what goes to T[k] where k = e goes to T[e]."""
    for delta in [f for f in factors if isinstance(f, KroneckerDelta)]:
        for target, place in (delta.args[:2], delta.args[1::-1]):
            if not isinstance(target, Idx) or target in free_indices(place):
                continue
            if target not in bound and target not in left.indices:
                continue
            put = {target: place}
            factors = [_expanded(substitute(f, put)) for f in factors if f is not delta]
            if not _is_inside(place, size_of(target)):
                factors.append(Within(place, size_of(target)))
            factors = [f for f in factors if not always(f)]
            if target in bound:
                bound = [i for i in bound if i != target]
            else:
                left = left.base[tuple(substitute(i, put) for i in left.indices)]
            return _without_deltas(left, factors, bound)
    return left, factors, bound


def _is_inside(place: Expr, size: Expr) -> bool:
    if isinstance(place, Entry):  # a lookup: what it finds is checked where it is read
        return True
    low, high = index_bounds(place)
    return bool(low.is_nonnegative and (size - 1 - high).is_nonnegative)


def _expanded(factor: Expr) -> Expr:
    return factor.func(factor.args[0].expand(), *factor.args[1:]) if isinstance(factor, Within) else factor
