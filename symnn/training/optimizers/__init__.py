"""Optimizers: how a step changes the parameters, written as equations like everything else."""

from symnn.training.optimizers.adaptive import Adam, AdamW, RMSProp
from symnn.training.optimizers.defaults import default_learning_rate, learning_rate_for
from symnn.training.optimizers.descent import SGD, Momentum, Nesterov
from symnn.training.optimizers.lbfgs import LBFGS
from symnn.training.optimizers.naming import OPTIMIZERS, described, first_rate, optimizer_named, optimizer_of
from symnn.training.optimizers.own import UpdateRule
from symnn.training.optimizers.schedules import KINDS, Schedule, scheduled
from symnn.training.optimizers.update import Optimizer, Update, check_learning_rate

__all__ = [
    "KINDS",
    "LBFGS",
    "OPTIMIZERS",
    "SGD",
    "Adam",
    "AdamW",
    "Momentum",
    "Nesterov",
    "Optimizer",
    "RMSProp",
    "Schedule",
    "Update",
    "UpdateRule",
    "check_learning_rate",
    "default_learning_rate",
    "described",
    "first_rate",
    "learning_rate_for",
    "optimizer_named",
    "optimizer_of",
    "scheduled",
]
