"""What training reached: a minimum, a saddle, a plateau, or no stationary point, with the numbers that say so."""

from __future__ import annotations

import math
from dataclasses import dataclass

from symnn.training.curvature import Curvature, zero_within

STATIONARY = 1e-6
"""A point is stationary where ‖g‖/κ, the length of a step to where the slope ends, is so small beside ‖θ‖."""
NEAR = 1e-2
"""A minimum is named where the way to it, at most ‖g‖/λmin, is so short beside ‖θ‖."""
LEVEL = 1e-4
"""A plateau is where changing all parameters by as much as they are changes the cost by so little of it."""

VERDICTS = ("minimum", "flat minimum", "saddle", "plateau", "not stationary")


@dataclass(frozen=True)
class Certificate:
    """What the gradient and the Hessian of the training cost say of the parameters that training ended with.

    With g the gradient, λmin and λmax the ends of the Hessian's spectrum, κ = max(|λmin|, |λmax|), and
    ρ = max(1, ‖θ‖) the size of the parameters, the first of these that holds is the verdict:

        plateau         ‖g‖ ρ ≤ 1e-4 |C|  and  κ ρ² ≤ 1e-4 |C|      (or g = 0 and H = 0)
        not stationary  ‖g‖ > 1e-6 κ ρ,  or  λmin > 0 and ‖g‖/λmin > 1e-2 ρ
        minimum         λmin > tolerance
        saddle          λmin < −tolerance
        flat minimum    |λmin| ≤ tolerance: second order cannot tell more

    The tolerance is the larger of λmin's error and 1e-8 κ. None of this changes if the cost is multiplied by a number.

    Attributes:
        verdict: minimum, flat minimum, saddle, plateau or not stationary.
        margin: by what factor the number that decides is beyond its threshold, at least 1; of a flat minimum, which
            is a matter of numbers that are 0, by what factor ‖g‖ is below its own.
        cost: the training cost, penalties included.
        gradient_norm: ‖g‖.
        smallest, largest: the eigenvalues λmin and λmax.
        smallest_error, largest_error: bounds on the distance of these to an eigenvalue.
        whole: whether all eigenvalues were found; else Lanczos' method found the two, and there may be smaller
            (or larger) ones, though that is unlikely.
        flat: how many eigenvalues are 0 within the tolerance, where all were found.
        parameters: how many parameters there are.
        size: ρ.
        learning_rate: the step size η of the training, 0 where it is not known.
    """

    verdict: str
    margin: float
    cost: float
    gradient_norm: float
    smallest: float
    largest: float
    smallest_error: float
    largest_error: float
    whole: bool
    flat: int | None
    parameters: int
    size: float
    learning_rate: float = 0.0

    @property
    def largest_learning_rate(self) -> float:
        """2/λmax: with a larger step size plain gradient descent leaves this place; infinite without a λmax > 0."""
        return 2 / self.largest if self.largest > 0 else math.inf

    @property
    def decrease(self) -> float:
        """What a small step still gains: η‖g‖², with η no larger than 1/λmax."""
        rate = self.largest_learning_rate / 2
        if self.learning_rate > 0:
            rate = min(rate, self.learning_rate)
        return rate * self.gradient_norm**2 if math.isfinite(rate) else math.nan

    @property
    def distance(self) -> float:
        """‖g‖/λmin, which bounds the way to the minimum of the quadratic model; infinite where there is none."""
        return self.gradient_norm / self.smallest if self.smallest > self.smallest_error else math.inf

    def __str__(self) -> str:
        return f"{self._said()}."

    def _said(self) -> str:
        low = f"{self.smallest:.3g} ± {self.smallest_error:.1g}"
        found = "the smallest eigenvalue of the Hessian" if self.whole else "the smallest eigenvalue found"
        flat = "at least one flat direction" if self.flat is None else _directions(self.flat)
        slope = f"the gradient's norm is {self.gradient_norm:.2g}"
        if self.verdict == "minimum":
            return (
                f"A minimum: {slope} and {found} is positive, {low}, {_times(self.margin)} its tolerance; the lowest "
                f"point is at most {self.distance:.2g} away"
            )
        if self.verdict == "flat minimum":
            return f"A flat minimum to second order: {slope} and no eigenvalue is negative, with {flat}"
        if self.verdict == "saddle":
            return (
                f"A saddle: {slope}, but {found} is negative, {low}, {_times(self.margin)} its tolerance: the cost "
                "still falls in that direction, to both sides"
            )
        if self.verdict == "plateau":
            return (
                f"A plateau: {slope} and no eigenvalue is larger than {max(abs(self.smallest), abs(self.largest)):.2g} "
                "in size: the cost hardly changes in any direction, and gradient descent hardly moves"
            )
        if math.isnan(self.margin):
            return "Not stationary: the cost, its gradient or its Hessian is not finite here"
        gain = f"; a step would still lower the cost by about {self.decrease:.2g}" if self.decrease > 0 else ""
        return f"Not stationary: {slope}, which counts as 0 here below {self.gradient_norm / self.margin:.1g}{gain}"


def _times(factor: float) -> str:
    if not math.isfinite(factor):
        return "infinitely many times"
    return f"{factor:.1f} times" if factor < 100 else f"{factor:.0e} times".replace("e+0", "e").replace("e+", "e")


def _directions(count: int) -> str:
    return f"{count} flat direction" + ("s" if count != 1 else "")


def certified(curvature: Curvature, learning_rate: float = 0.0) -> Certificate:
    """Return the certificate of the parameters of a `Curvature`: see `Certificate` for the criteria.

    Args:
        learning_rate: the step size η of the training, where it is known.
    """
    found = curvature.extremes
    size = max(1.0, curvature.length)
    verdict, margin = _verdict(curvature, size)
    return Certificate(
        verdict, margin, curvature.cost, curvature.gradient_norm, found.smallest, found.largest, found.smallest_error,
        found.largest_error, found.whole, found.flat, curvature.size, size, learning_rate,
    )  # fmt: skip


def _verdict(curvature: Curvature, size: float) -> tuple[str, float]:
    found, norm, cost = curvature.extremes, curvature.gradient_norm, abs(curvature.cost)
    if not all(map(math.isfinite, (cost, norm, found.smallest, found.largest))):
        return "not stationary", math.nan
    bent = max(abs(found.smallest), abs(found.largest))
    change = max(norm * size, bent * size**2)
    if change <= LEVEL * cost:
        return "plateau", _ratio(LEVEL * cost, change)
    tolerance = float(zero_within(found.smallest_error, bent))
    if norm > STATIONARY * bent * size:
        return "not stationary", _ratio(norm, STATIONARY * bent * size)
    if found.smallest > tolerance and norm > NEAR * size * found.smallest:
        return "not stationary", _ratio(norm, NEAR * size * found.smallest)
    if abs(found.smallest) > tolerance:
        return ("minimum" if found.smallest > 0 else "saddle"), _ratio(abs(found.smallest), tolerance)
    return "flat minimum", _ratio(STATIONARY * bent * size, norm)


def _ratio(above: float, below: float) -> float:
    return above / below if below > 0 else math.inf
