"""Diagnosis: what is wrong with a training, each thing in one sentence with a remedy, causes before what follows."""

from __future__ import annotations

from symnn.training.diagnosis.course import (
    collapsed_predictions,
    learning_rate_too_large,
    learning_rate_too_small,
    overfitting,
    penalty_too_strong,
    plateau,
)
from symnn.training.diagnosis.layers import dead_units, saturated_units, uneven_gradients, unscaled_inputs
from symnn.training.diagnosis.subject import Finding, Subject

__all__ = ["NAMES", "Finding", "Subject", "diagnosed", "hint"]

NAMES = (
    "unscaled inputs",
    "penalty too strong",
    "learning rate too large",
    "learning rate too small",
    "dead units",
    "saturated units",
    "vanishing gradient",
    "exploding gradient",
    "plateau",
    "collapsed predictions",
    "overfitting",
)
"""What is found, in the order in which it is told: causes first, as raw inputs that saturate units."""

_CHECKS = (
    unscaled_inputs,
    penalty_too_strong,
    learning_rate_too_large,
    learning_rate_too_small,
    dead_units,
    saturated_units,
    uneven_gradients,
    plateau,
    collapsed_predictions,
    overfitting,
)


def diagnosed(subject: Subject) -> list[Finding]:
    """Return what is wrong with a training, the most important first; nothing where it went well."""
    return [finding for check in _CHECKS if (finding := check(subject)) is not None]


def hint(subject: Subject) -> Finding | None:
    """Return the most important finding of a training that clearly went wrong: it stopped, or hardly learned."""
    return next(iter(diagnosed(subject)), None) if subject.stopped is not None or subject.little_learned else None
