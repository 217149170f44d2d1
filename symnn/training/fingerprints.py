"""By what a training was made: its network, its settings and its data, so that another one is told from it.

Words differ where words can say it. What they cannot say, as in equations of one's own, is seen in the first two costs.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnn.training.examples import Examples
from symnn.training.plan import Plan

Array = NDArray[Any]

_ADDRESS = re.compile(r" at 0x[0-9a-f]+")
_TOLERANCE = {"float64": 1e-6, "float32": 1e-2}
"""How far the first costs may be from each other: another machine rounds otherwise."""


_COSTS, _DATA = "first costs", ("data", "validation data")
_SEEN = ("parameters", *_DATA, _COSTS)


def fingerprint(plan: Plan) -> dict[str, Any]:
    """Return by what a training is made; JSON-able."""
    optimizers = [_ADDRESS.sub("", repr(optimizer)) for optimizer in plan.optimizers]
    return {
        "network": plan.net.title,
        "parameters": {name: list(shape) for name, shape in plan.net.parameters.items()},
        "optimizer": optimizers[0] if len(optimizers) == 1 else optimizers,
        **{name.replace("_", " "): value for name, value in asdict(plan.settings).items()},
        "classes": "none" if plan.targets.classes is None else ", ".join(map(str, plan.targets.classes)),
        "data": _of_examples(plan.training),
        "validation data": None if plan.validation is None else _of_examples(plan.validation),
        _COSTS: _first_costs(plan),
    }


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return in what two fingerprints differ, in words.

    >>> differences({"epochs": 30, "seed": 0}, {"epochs": 60, "seed": 0})
    ['epochs was 30, and is 60']
    """
    changed = [name for name in now if before.get(name) != now[name]]
    found = [f"{name} was {before.get(name)}, and is {now[name]}" for name in changed if name not in _SEEN]
    if not found and "parameters" in changed:
        found.append("the parameters had other shapes")
    if not found:
        found = [_of_data(name, before.get(name), now[name]) for name in changed if name in _DATA]
    if not (found or _are_near(before.get(_COSTS), now.get(_COSTS), _TOLERANCE[now.get("dtype", "float64")])):
        found.append("what the network or the optimizer computes was different")
    return found


def _of_data(name: str, before: Any, now: Any) -> str:
    if before is None or now is None:
        was, is_now = "no " if before is None else "", "none" if now is None else "some"
        return f"there was {was}{name}, and there is {is_now} now"
    counts = before["examples"], now["examples"]
    return f"the {name} was different" + ("" if counts[0] == counts[1] else " ({} examples, now {})".format(*counts))


def _of_examples(part: Examples) -> dict[str, Any]:
    digest = hashlib.sha256()
    for array in (part.X, part.Y, *part.beside.values()):
        digest.update(repr((array.shape, array.dtype.str)).encode())
        digest.update(np.ascontiguousarray(array).data)
    return {"examples": len(part), "sha256": digest.hexdigest()}


def _first_costs(plan: Plan) -> list[list[float]]:
    """Return the costs before the first and before the second step of the first group, on one batch."""
    starts = plan.groups[0]
    first = [plan.first(start) for start in starts]
    steps = plan.begin(starts, {name: np.stack([one[name] for one in first]) for name in first[0]})
    size = min(plan.settings.batch_size, len(plan.training))
    order = np.tile(np.arange(size), (len(starts), 1))
    with np.errstate(all="ignore"):
        return [steps.take(order, size).astype(float).tolist() for _ in range(2)]


def _are_near(one: Any, other: Any, tolerance: float) -> bool:
    if one is None and other is None:
        return True
    try:
        ones, others = np.asarray(one, float), np.asarray(other, float)
    except (TypeError, ValueError):
        return False
    return ones.shape == others.shape and bool(np.allclose(ones, others, rtol=tolerance, atol=0, equal_nan=True))
