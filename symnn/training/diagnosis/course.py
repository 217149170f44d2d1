"""What is wrong with the course of a training: its step size, where it got stuck, what it predicts, overfitting."""

from __future__ import annotations

import math

import numpy as np

from symnn.training.diagnosis.layers import dead_units, saturated_units
from symnn.training.diagnosis.subject import Finding, Subject, length_of_weights, percent

_SHRUNK, _RISEN = 0.25, 1.5
_FAR_BELOW, _GAINS = 20, 0.95
_NO_WORSE, _LEVEL = 1.25, 2.0
_NEARLY_ALL, _MISSED, _FEWEST = 0.95, 0.8, 5
_WORSE, _LEARNED = 1.2, 0.9
_MATTERS, _MATTERS_UNSEEN = 0.02, 0.1


def penalty_too_strong(subject: Subject) -> Finding | None:
    """Return a finding where little was learned, and a penalty drew the weights to below a quarter of their length."""
    given = {name: getattr(subject.net, name, 0) for name in ("l1", "l2")}
    strengths = {name: float(value) for name, value in given.items() if isinstance(value, int | float) and value > 0}
    if not strengths or not subject.little_learned or subject.first_parameters is None:
        return None
    before, after = length_of_weights(subject.first_parameters), length_of_weights(subject.parameters)
    if not after < _SHRUNK * before:
        return None
    said = " and ".join(f"{name} {value:g}" for name, value in strengths.items())
    less = " and ".join(f"{name} {value / 10:g}" for name, value in strengths.items())
    return Finding(
        "penalty too strong",
        f"with {said} the weights shrank from a length of {before:.3g} to {after:.2g}, and little was learned",
        f"take a weaker penalty, such as {less}",
        {**strengths, "length_before": before, "length": after},
    )


def learning_rate_too_large(subject: Subject) -> Finding | None:
    """Return a finding where the numbers were not finite, the cost rose, or η > 2/λmax and little was learned.

    With η > 2/λmax a step of plain gradient descent overshoots by more than it was off, in the direction of the largest
    eigenvalue λmax of the Hessian. It is looked at where training began and where it ended, and has to be beyond it
    twice over: the Hessian changes, and small batches have other ones.
    """
    rate, numbers = subject.learning_rate, {"learning_rate": subject.learning_rate}
    said = f"the learning rate is {rate:g}" if rate > 0 else "the learning rate is not known"
    costs = [entry["cost"] for entry in subject.history if entry["cost"] is not None]
    limit = _limit(subject) if subject.little_learned else None
    if limit is not None:
        numbers["limit"] = limit
    if subject.stopped is not None and "were not finite" in subject.stopped:
        why = "the cost or the parameters were not finite"
    elif limit is not None and subject.optimizer in ("SGD", "") and rate > 2 * limit:
        why = f"steps beyond 2/λmax = {limit:.2g}, with λmax the Hessian's largest eigenvalue, overshoot"
    elif subject.little_learned and len(costs) > 1 and costs[-1] > _RISEN * min(costs):
        why = f"the cost rose from {min(costs):.3g} to {costs[-1]:.3g}"
        numbers |= {"lowest_cost": min(costs), "cost": costs[-1]}
    else:
        return None
    return Finding("learning rate too large", f"{said}, and {why}", _lower(rate, limit), numbers)


def learning_rate_too_small(subject: Subject) -> Finding | None:
    """Return a finding where little was learned, η is below 1/20 of 2/λmax, and a step of 1/λmax would gain 5 %.

    Units that are off or far out make λmax small, and are another matter.
    """
    rate, limit = subject.learning_rate, _limit(subject) if subject.little_learned else None
    if subject.optimizer not in ("SGD", "") or limit is None or not 0 < rate < limit / _FAR_BELOW:
        return None
    cost, moved = subject.cost, subject.moved(limit / 2)
    if not moved < _GAINS * cost or dead_units(subject) is not None or saturated_units(subject) is not None:
        return None
    return Finding(
        "learning rate too small",
        f"the learning rate is {rate:g}, far below 2/λmax = {limit:.2g}: one step with {limit / 2:.2g} on all examples "
        f"lowers the cost from {cost:.3g} to {moved:.3g}",
        f"take a learning rate of about {limit / 2:.1g}, or train longer",
        {"learning_rate": rate, "limit": limit, "cost": cost, "cost_after_a_step": moved},
    )


def _lower(rate: float, limit: float | None) -> str:
    if limit is not None and limit < rate:
        return f"take a smaller learning rate, below {limit:.2g}"
    return "take a smaller learning rate" + (f", such as {rate / 10:.2g}" if rate > 0 else "")


def _limit(subject: Subject) -> float | None:
    """Return 2/λmax, the lower of what it was when training began and of what it is."""
    ends = [found.largest for found in (subject.first_extremes, subject.extremes) if found is not None]
    largest = max(ends, default=0.0)
    return 2 / largest if largest > 0 else None


def plateau(subject: Subject) -> Finding | None:
    """Return a finding where the cost is about that of constant outputs, 98 to 125 % of it, and the slope is small.

    Then a move by 1 % of the size of all parameters changes the cost by 2 % at most. Small batches throw the last
    bias to and fro, so that the slope is never quite 0.
    """
    reference, norm = subject.constant_cost, subject.curvature.gradient_norm
    if reference is None or not subject.no_better or subject.cost > _NO_WORSE * reference or subject.slope > _LEVEL:
        return None
    best = "the shares of the classes" if subject.targets.classes is not None else "the mean"
    return Finding(
        "plateau",
        f"the cost is {subject.cost:.4g}, no better than {reference:.4g} for always predicting {best}, and the "
        f"gradient's norm is only {norm:.2g}",
        "start anew with another seed or larger weights, use fewer layers, relu or tanh, Adam, or train longer",
        {"cost": subject.cost, "constant_cost": reference, "gradient_norm": norm},
    )


def collapsed_predictions(subject: Subject) -> Finding | None:
    """Return a finding where 95 % of the predictions or more are one class, and 80 % of those of all other examples."""
    classes = subject.targets.classes
    if classes is None:
        return None
    examples = len(subject.training)
    found = subject.targets.chosen(subject.outputs)
    wanted = subject.targets.chosen(subject.training.Y.reshape(examples, -1))
    most = int(np.argmax(np.bincount(found, minlength=len(classes))))
    share, own = float(np.mean(found == most)), float(np.mean(wanted == most))
    others = found[wanted != most]
    if share < _NEARLY_ALL or len(others) < _FEWEST or np.mean(others == most) < _MISSED:
        return None
    return Finding(
        "collapsed predictions",
        f"{percent(share)} of the examples are predicted as {classes[most]!r}, which {percent(own)} of them are",
        "train longer, weigh rare classes more (example_weights), and check the labels",
        {"class": classes[most], "predicted": share, "share": own},
    )


def overfitting(subject: Subject) -> Finding | None:
    """Return a finding where the validation cost rose while the training cost fell; of an unknown course, is far above.

    The rise counts from 20 % on, where the training cost fell by 10 %, and the rise is more than chance: two standard
    errors of the validation cost, and 2 % of the cost of constant outputs (10 %, where its examples are not at hand). A
    validation cost of three times the training cost counts where there is no history of it.
    """
    history = [e for e in subject.history if e.get("validation_cost") is not None and e["cost"] is not None]
    remedy = "stop there, add a penalty (l2), use fewer units, or learn from more examples"
    if history:
        best = min(history, key=lambda entry: float(entry["validation_cost"]))
        low, high = best["validation_cost"], history[-1]["validation_cost"]
        before, after = best["cost"], history[-1]["cost"]
        if high < _WORSE * low or high - low < _chance(subject) or after > _LEARNED * before:
            return None
        return Finding(
            "overfitting",
            f"since epoch {best['epoch']} the validation cost rose from {low:.3g} to {high:.3g}, while the training "
            f"cost fell from {before:.3g} to {after:.3g}",
            remedy,
            {"epoch": best["epoch"], "lowest_validation_cost": low, "validation_cost": high, "cost": after},
        )
    watched = subject.validation_cost
    if watched is None or not math.isfinite(watched) or watched < 3 * subject.cost + _chance(subject):
        return None
    return Finding(
        "overfitting",
        f"the validation cost is {watched:.3g}, the training cost {subject.cost:.3g}",
        remedy.replace("stop there", "stop earlier"),
        {"validation_cost": watched, "cost": subject.cost},
    )


def _chance(subject: Subject) -> float:
    """Return what a difference of validation costs has to be more than, to tell anything."""
    error, reference = subject.validation_error, subject.constant_cost or 0.0
    return _MATTERS_UNSEEN * reference if error is None else max(2 * error, _MATTERS * reference)
