"""The formulas of one nest of loops as lines of code: each part stands in the outermost loop that has its indices."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from sympy import Add, Expr, Idx, KroneckerDelta, Max, Min, Mul, Piecewise, Pow, S, Symbol
from sympy.core.basic import Basic
from sympy.core.relational import Relational
from sympy.logic.boolalg import And, BooleanFalse, BooleanTrue, Not, Or

from symnn.compiling.nodes import Chain
from symnn.compiling.numba_functions import FUNCTIONS, NO_CODE, TEMPLATES
from symnn.compiling.numba_statements import is_bracket
from symnn.compiling.numba_text import ADD, ATOM, MUL, Code, affine, is_constant, is_name, joined
from symnn.errors import CompileError
from symnn.language import Entry, Tensor, Within, entries, free_indices, index_bounds


class Formulas:
    """The lines that compute the formulas of a nest of loops.

    Args:
        loops: the index of each loop, outermost first; and how indices and tensors are called.
        place: returns the code of an entry, from its tensor and the code of its indices.
        dtype: float64 or float32.
    """

    def __init__(
        self,
        loops: Sequence[Idx],
        names: dict[Idx, str],
        place: Callable[[Tensor, Sequence[str]], str],
        dtype: str,
        fresh: Callable[[str], str],
        repeated: Counter[Basic],
    ) -> None:
        self.loops, self.names, self.place, self.dtype, self.fresh = list(loops), names, place, dtype, fresh
        self.repeated = repeated
        self.lines: list[list[str]] = [[] for _ in range(len(self.loops) + 1)]
        self.known: dict[Basic, Code] = {}
        self.places: dict[Basic, Code] = {}
        self.true: list[Expr] = []
        """The brackets that hold wherever the code stands."""

    def number(self, value: float) -> str:
        text = repr(float(value)) if math.isfinite(value) else f"np.{value}".replace("np.-", "-np.")
        return text if self.dtype == "float64" else f"float32({text})"

    def depth_of(self, part: Basic) -> int:
        return max((self.loops.index(i) + 1 for i in free_indices(part) if i in self.loops), default=0)

    def code(self, part: Any, guarded: bool = False, whole: bool = False) -> Code:
        """Return the code of a formula; parts of outer loops are computed there.

        Args:
            part: the formula.
            guarded: whether it may only be computed where a condition holds.
            whole: whether it gets a name anyway.
        """
        if part in self.known:
            return self.known[part]
        made = self._made(part, guarded)
        if not guarded and not whole and self.repeated[part] > 1 and not is_name(made.text):
            made = self.named(made, part)
            self.known[part] = made
        return made

    def named(self, code: Code, part: Basic | None = None) -> Code:
        """Return a name for a piece of code, which is computed in the loop where it belongs."""
        if is_name(code.text):
            return code
        name = self.fresh(self.wish(part))
        self.lines[code.depth].append(f"{name} = {code.text}")
        return Code(name, ATOM, code.depth)

    def wish(self, part: Basic | None) -> str:
        """Return the name that a value would best have: W_j_k for W[j, k]."""
        if not isinstance(part, Entry):
            return "s"
        own = [place for place in part.indices if not isinstance(place, Idx) or place in self.loops]
        shown = [re.sub(r"\W", "", affine(place, self.names)) for place in own if not isinstance(place, Entry)]
        return "_".join([part.base.name, *(s for s in shown if s)])

    def outer(self, code: Code, depth: int, part: Basic | None = None) -> Code:
        """Return the code as it is used in a loop: what belongs further out is computed there."""
        return self.named(code, part) if code.depth < depth and not is_constant(code.text) else code

    def _made(self, part: Any, guarded: bool) -> Code:
        if isinstance(part, Entry):
            return self._entry(part, guarded)
        if isinstance(part, Expr) and part.is_number:
            return Code(self.number(_value(part)), ATOM if _value(part) >= 0 or self.dtype != "float64" else ADD)
        if isinstance(part, Idx | Symbol):
            shown = self.names.get(part, str(part))
            return Code(shown if self.dtype == "float64" else f"float32({shown})", ATOM, self.depth_of(part))
        for kind, method in _METHODS:
            if isinstance(part, kind):
                return method(self, part, guarded)
        if type(part) in FUNCTIONS:
            inner = self.code(part.args[0], guarded)
            return Code(f"{FUNCTIONS[type(part)]}({inner.text})", ATOM, inner.depth)
        raise CompileError(NO_CODE.format(type(part).__name__))

    def index(self, part: Expr) -> Code:
        """Return the code of an index: a whole number."""
        if isinstance(part, Entry):
            if part not in self.places:
                found = self.code(part)
                name = self.fresh(f"at_{self.wish(part)}")
                self.lines[found.depth].append(f"{name} = int({found.text})")
                self.places[part] = Code(name, ATOM, found.depth)
            return self.places[part]
        return Code(
            affine(part, self.names), ATOM if isinstance(part, Idx) or part.is_Integer else ADD, self.depth_of(part)
        )

    def _entry(self, part: Entry, guarded: bool) -> Code:
        places = [self.index_in(place, size) for place, size in zip(part.indices, part.base.shape, strict=True)]
        depth = max((p.depth for p in places), default=0)
        made = Code(self.place(part.base, [p.text for p in places]), ATOM, depth)
        if guarded or depth == len(self.loops):
            return made
        made = self.named(made, part)
        self.known[part] = made
        return made

    def index_in(self, place: Expr, size: Expr) -> Code:
        """Return the code of an index that stays on its axis: what a bracket makes 0 is read at the border."""
        code = self.index(place)
        if isinstance(place, Idx):
            return code
        if isinstance(place, Entry):
            limit = affine(size, self.names)
            line = f"if not 0 <= {code.text} < {limit}: raise IndexError('{place.base.name} is no place on its axis')"
            if line not in self.lines[code.depth]:
                self.lines[code.depth].append(line)
            return code
        low, high = index_bounds(place)
        if (low.is_nonnegative and (size - 1 - high).is_nonnegative) or Within(place, size) in self.true:
            return code
        return Code(f"min(max({code.text}, 0), {affine(size - 1, self.names)})", ATOM, code.depth)

    def _add(self, part: Any, guarded: bool) -> Code:
        terms = sorted((self._signed(t, guarded) for t in part.args), key=lambda t: (t[1].depth, t[0]))
        depth = max(code.depth for _, code in terms)
        groups: list[tuple[str, Code]] = []
        for at in sorted({code.depth for _, code in terms}):
            here = [(s, c) for s, c in terms if c.depth == at]
            if guarded or at == depth or len(here) == 1:
                groups += here
            else:
                groups.append(("+", self.named(joined(here))))
        if not guarded:
            groups = [(s, self.outer(c, depth)) for s, c in groups]
        return joined(sorted(groups, key=lambda g: g[0] != "+"))

    def _signed(self, term: Any, guarded: bool) -> tuple[str, Code]:
        coefficient = term.as_coeff_Mul()[0]
        if coefficient.is_negative and not term.is_number:
            return "-", self.code(-term, guarded)
        return "+", self.code(term, guarded)

    def _mul(self, part: Any, guarded: bool) -> Code:
        gates = [f for f in part.args if is_bracket(f)]
        if gates:
            return self._gated(part, gates)
        if part.as_coeff_Mul()[0].is_negative:
            inner = self.code(-part, guarded)
            return Code(f"-{inner.inside(MUL)}", ADD, inner.depth)
        above, below = list[Any](), list[Any]()
        for factor in part.args:
            (below if isinstance(factor, Pow) and factor.exp.is_negative and factor.exp.is_number else above).append(
                factor
            )
        upper = [self.code(f, guarded) for f in above]
        depth = max((c.depth for c in upper), default=0)
        sizes = [f for f in below if depth and not entries(f) and not free_indices(f)]  # quotients take long
        upper += [self.code(f, guarded) for f in sizes]
        lower = [self.code(1 / f, guarded) for f in below if f not in sizes]
        depth = max(c.depth for c in (*upper, *lower))
        product = self._product(upper, depth, guarded) if upper else Code(self.number(1.0))
        for code in lower if guarded else [self.outer(c, depth) for c in lower]:
            product = Code(f"{product.inside(MUL)}/{code.inside(ATOM)}", MUL, depth)
        return product

    def _product(self, factors: list[Code], depth: int, guarded: bool) -> Code:
        """Return a product, that of the factors of outer loops computed there."""
        factors = sorted(factors, key=lambda c: c.depth)
        made: Code | None = None
        for code in factors:
            if made is None:
                made = code
                continue
            if not guarded and made.depth < code.depth:
                made = self.outer(made, depth)
            made = Code(
                f"{made.inside(MUL)}*{code.inside(ATOM if '/' in code.text else MUL)}", MUL, max(made.depth, code.depth)
            )
        assert made is not None
        return made if guarded or made.depth == depth else self.outer(made, depth)

    def _gated(self, part: Any, gates: list[Any]) -> Code:
        rest = Mul(*(f for f in part.args if f not in gates))
        conditions = [self.condition(gate) for gate in gates]
        self.true += gates
        inner = self.code(rest, True)
        del self.true[-len(gates) :]
        depth = max(inner.depth, *(self.depth_of(g) for g in gates))
        return Code(f"({inner.text} if {' and '.join(conditions)} else {self.number(0.0)})", ATOM, depth)

    def _bracket(self, part: Any, guarded: bool) -> Code:
        return Code(
            f"({self.number(1.0)} if {self.condition(part)} else {self.number(0.0)})", ATOM, self.depth_of(part)
        )

    def condition(self, part: Any) -> str:
        """Return the code of a truth value: a bracket, or a relation."""
        if isinstance(part, Within):
            return f"0 <= {self.index(part.args[0]).text} < {affine(part.args[1], self.names)}"
        if isinstance(part, KroneckerDelta):
            return f"{self.index(part.args[0]).inside(ADD)} == {self.index(part.args[1]).inside(ADD)}"
        if isinstance(part, Relational):
            return f"{self.code(part.lhs, True).inside(ADD)} {part.rel_op} {self.code(part.rhs, True).inside(ADD)}"
        if isinstance(part, BooleanTrue | BooleanFalse):
            return str(bool(part))
        if isinstance(part, Not):
            return f"not ({self.condition(part.args[0])})"
        if isinstance(part, And | Or):
            word = " and " if isinstance(part, And) else " or "
            return "(" + word.join(self.condition(arg) for arg in part.args) + ")"
        raise CompileError(NO_CODE.format(type(part).__name__))

    def _piecewise(self, part: Any, guarded: bool) -> Code:
        text = self.number(float("nan"))
        for value, truth in reversed(part.args):
            shown = self.code(value, True).inside(ADD)
            text = shown if truth == S.true else f"{shown} if {self.condition(truth)} else {text}"
        return Code(f"({text})", ATOM, self.depth_of(part))

    def _pow(self, part: Any, guarded: bool) -> Code:
        base, power = part.base, part.exp
        if power.is_negative and power.is_number:
            inner = self.code(base**-power, guarded)
            return Code(f"{self.number(1.0)}/{inner.inside(ATOM)}", MUL, inner.depth)
        if power == S.Half:
            inner = self.code(base, guarded)
            return Code(f"math.sqrt({inner.text})", ATOM, inner.depth)
        code = self.code(base, guarded)
        if power.is_Integer and power <= 4:
            code = self.simple(code, base, guarded)
            return Code("*".join([code.inside(ATOM)] * int(power)), MUL, code.depth)
        if power.is_Rational and power.q == 2 and power < 4:
            code = self.simple(code, base, guarded)
            return Code(
                "*".join([code.inside(ATOM)] * int(power - S.Half) + [f"math.sqrt({code.text})"]), MUL, code.depth
            )
        exponent = self.code(power, guarded)
        depth = max(code.depth, exponent.depth)
        return Code(f"math.pow({code.text}, {exponent.text})", ATOM, depth)

    def simple(self, code: Code, part: Basic, guarded: bool) -> Code:
        """Return code that may be written more than once: a name, unless it may not be computed before."""
        return code if guarded or is_constant(code.text) else self.named(code, part)

    def _fold(self, part: Any, guarded: bool) -> Code:
        """Return the largest (or smallest) of some: the first that is nan comes through."""
        less = "<" if isinstance(part, Min) else ">"
        args = sorted(part.args, key=lambda arg: not arg.is_number)
        first_is_number = args[0].is_number
        made, *others = (self.code(arg, guarded) for arg in args)
        for other in others:
            made, other = self.simple(made, part, guarded), self.simple(other, part, guarded)
            one, two = made.inside(ATOM), other.inside(ATOM)
            test = f"{one} {less} {two}" if first_is_number else f"{one} {less} {two} or {one} != {one}"
            made = Code(f"({one} if {test} else {two})", ATOM, max(made.depth, other.depth))
            first_is_number = False
        return made


def _chain(formulas: Formulas, part: Any, guarded: bool) -> Code:
    codes = [formulas.code(arg, guarded) for arg in part.args]
    depth = max(c.depth for c in codes)
    first, *others = codes
    return Code("*".join([first.inside(MUL), *(c.inside(ATOM) for c in others)]), MUL, depth)


_METHODS: tuple[tuple[Any, Callable[[Formulas, Any, bool], Code]], ...] = (
    (Add, Formulas._add),
    (Mul, Formulas._mul),
    (Pow, Formulas._pow),
    (Within | KroneckerDelta, Formulas._bracket),
    (Piecewise, Formulas._piecewise),
    (Max | Min, Formulas._fold),
    (Chain, _chain),
    *TEMPLATES,
)


def _value(part: Any) -> float:
    return float(part) if part.is_Rational or part.is_infinite else float(part.evalf(20))
