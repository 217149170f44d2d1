"""The printer of JAX code: NumPy's operations by their names in jax.numpy, called `jnp`.

A function of sizes alone is NumPy's own: sizes are Python's numbers when JAX traces the code.
"""

# ruff: noqa: N802 - SymPy finds printing methods by class names

from __future__ import annotations

import re
from typing import Any

from symnn.compiling.jax_helpers import JAX_HELPERS
from symnn.compiling.printing import ArrayPrinter
from symnn.errors import CompileError

_NUMPY = re.compile(r"\bnp\.")


class JaxPrinter(ArrayPrinter):
    """Prints lowered expressions as JAX code."""

    def doprint(self, expr: Any, assign_to: Any = None) -> str:
        return _NUMPY.sub("jnp.", str(super().doprint(expr, assign_to)))

    def _helper(self, name: str) -> str:
        if name not in JAX_HELPERS:
            raise CompileError(f"JAX code for '{name.strip('_')}' is not known")
        return super()._helper(name)

    def _print(self, expr: Any, **kwargs: Any) -> str:
        code = super()._print(expr, **kwargs)
        return _NUMPY.sub("numpy.", code) if code.endswith(".item()") else code

    def _print_Whole(self, expr: Any) -> str:
        return f"{self._atom(expr.args[0])}.astype(int)"

    def _print_Contiguous(self, expr: Any) -> str:
        return self._print(expr.args[0])  # JAX lays its arrays out itself

    def _print_Copy(self, expr: Any) -> str:
        return self._print(expr.args[0])  # what comes out of a compiled function is its own

    def _print_ReduceSum(self, expr: Any) -> str:
        return f"jnp.sum({self._print(expr.args[0])}, axis={self._axes(expr.args[1])})"

    def _print_TapSum(self, expr: Any) -> str:
        return self._print_ReduceSum(expr)

    def _print_TapMax(self, expr: Any) -> str:
        return self._print_ReduceMax(expr)

    def _print_Gaussian(self, expr: Any) -> str:
        return f"jnp.exp(-0.5*{self._atom(expr.args[0])}**2)"

    def _print_NormalDistribution(self, expr: Any) -> str:
        return f"0.5*jax.scipy.special.erfc(-0.7071067811865476*{self._inner(expr.args[0])})"

    def _print_erf(self, expr: Any) -> str:
        return f"jax.scipy.special.erf({self._print(expr.args[0])})"
