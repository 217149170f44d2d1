"""How wide a line is for how large a weight: width = least + (most − least) |w| / max |w|."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from symnn.teaching.pictures.parts import Parts

_CROWDED = 24


@dataclass(frozen=True)
class Widths:
    """The widths of lines in pixels, from the least weight to the largest, and the largest bias."""

    least: float
    most: float
    largest: float
    largest_bias: float
    plain: float

    @classmethod
    def of(cls, parts: Parts) -> Widths:
        """Return the widths that suit a diagram: thin ones where there are many lines."""
        fans = Counter(edge.target.layer for edge in parts.edges)
        crowded = max(fans.values(), default=0) > _CROWDED
        biases = [abs(node.bias) for node in parts.nodes if node.bias is not None]
        least, most = (0.4, 3.6) if crowded else (0.9, 6.0)
        return cls(least, most, parts.strongest, max(biases, default=0.0), 0.8 if crowded else 1.3)

    def __call__(self, weight: float | None) -> float:
        """Return the width of a weight's line."""
        if weight is None:
            return self.plain
        return round(self.least + (self.most - self.least) * _share(weight, self.largest), 3)

    def rim(self, bias: float | None) -> float:
        """Return the width of the rim that shows a bias."""
        return round(1.0 + 3.5 * _share(bias or 0.0, self.largest_bias), 3)


def sign_of(value: float | None, otherwise: str = "ink") -> str:
    """Return the role of the colour that a number's sign has."""
    if value is None or value == 0:
        return otherwise
    return "positive" if value > 0 else "negative"


def _share(value: float, largest: float) -> float:
    return abs(value) / largest if largest else 0.0
