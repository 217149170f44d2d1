"""Dropout: some entries are left out while training, so that none can rely on any other."""

from __future__ import annotations

from typing import Any

from sympy import Rational

from symnn.errors import InputError
from symnn.language import Equation, Tensor, index
from symnn.networks.layers import Layer


class Dropout(Layer):
    """Entries left out at random: h = r ⊙ x/(1 − p), with a mask r of zeros and ones.

    The mask is given with the data, an input like x and of its shape: rᵢ is 0 with probability p. Dividing
    by 1 − p keeps the mean, so that nothing changes when the network is used (r = 1 − p then gives h = x).

    Args:
        inputs: a size or a shape.
        probability: p, from 0 to less than 1.

    Source: Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, Dropout (2014), sections 4 and 10.

    >>> from symnn.language import tensor
    >>> print(Dropout(4, probability=0.2).equations(tensor("x", 4))[0])
    h[i] = 5*r[i]*x[i]/4

    Raises:
        InputError: for a probability that is none, or 1.
    """

    def __init__(self, inputs: Any, probability: Any = 0.5) -> None:
        self.inputs = self.outputs = inputs
        try:
            self.probability = Rational(str(probability))
        except (TypeError, ValueError):
            self.probability = Rational(-1)
        if not 0 <= self.probability < 1:
            raise InputError(f"Dropout: probability={probability!r}: a number from 0 to less than 1 is needed")

    def equations(self, inputs: Tensor) -> list[Equation]:
        """Return h = r ⊙ x/(1 − p)."""
        i = tuple(index(name, size) for name, size in zip("ijpq", inputs.shape, strict=False))
        r, h = Tensor("r", inputs.shape, "input"), Tensor("h", inputs.shape)
        return [Equation(h[i], r[i] * inputs[i] / (1 - self.probability))]
