"""Second order by the same rule twice: the Hessian-vector product is the gradient of a directional derivative.

H v = ∂s/∂θ,   s = Σ ∂C/∂θ · v
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sympy import Add

from symnn.calculus.canonical import tidy_sum
from symnn.calculus.derivation import Derivation
from symnn.calculus.sweep import differentiate
from symnn.language import Equation, Program, Tensor, entries, fresh_index_over


def hessian_vector_product(
    program: Program,
    of: str = "C",
    wrt: Iterable[str] | None = None,
    direction: Mapping[str, str] | None = None,
) -> Derivation:
    """Return H v, the Hessian of a scalar times a direction, one tensor for each in `wrt`.

    Args:
        program: the equations of the scalar.
        of: the scalar.
        wrt: with respect to what; by default every parameter.
        direction: a name for the direction's part for each of them; by default `v` before its name.
            Each has the shape of what it is a direction of, and is an input of the result.

    Source: Pearlmutter, Fast exact multiplication by the Hessian, Neural Computation 6 (1994).

    >>> from sympy import Sum
    >>> from symnn.language import index, tensor
    >>> i = index("i", 3); w, C = tensor("w", 3, role="parameter"), tensor("C")
    >>> product = hessian_vector_product(Program([Equation(C, Sum(w[i] ** 3, i))]))
    >>> print(product.program[product.gradients["w"]])
    dw_2[i] = 6*vw[i]*w[i]
    """
    first = differentiate(program, of, wrt)
    terms = []
    for name, gradient in first.gradients.items():
        tensor = first.program.find(gradient)
        called = (direction or {}).get(name) or first.program.fresh_name(f"v{name}")
        axes = tuple(fresh_index_over(size, "ijklpq"[n % 6]) for n, size in enumerate(tensor.shape))
        terms.append(tidy_sum(tensor[axes] * tensor.like(called, role="hyperparameter")[axes], axes))
    taken = {entry.base.name for term in terms for entry in entries(term)}
    slope = Tensor(first.program.fresh_name("s", taken), (), "value")[()]
    return differentiate(
        first.program.extended([Equation(slope, Add(*terms))]), slope.base.name, first.wrt, may_be_zero=True
    )
