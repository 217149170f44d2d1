"""Training: optimizers as programs, the loop, data, and saved models."""

from symnn.training.certificate import Certificate
from symnn.training.data import BUILT_IN, Data, Split, load_data, moons, split
from symnn.training.diagnosis import Finding
from symnn.training.files import check_writable, write_atomically
from symnn.training.fit import Fit
from symnn.training.flat import Flat, flat
from symnn.training.loop import train
from symnn.training.models import Model, load_model, save_model
from symnn.training.optimizers import (
    LBFGS,
    OPTIMIZERS,
    SGD,
    Adam,
    AdamW,
    Momentum,
    Nesterov,
    Optimizer,
    RMSProp,
    Schedule,
    Update,
    UpdateRule,
    default_learning_rate,
    learning_rate_for,
    optimizer_named,
    schedules,
)
from symnn.training.plan import DTYPES
from symnn.training.rates import RateComparison, compare_rates
from symnn.training.scaling import SCALES, Scaling
from symnn.training.targets import Targets, targets_of

__all__ = [
    "BUILT_IN",
    "DTYPES",
    "LBFGS",
    "OPTIMIZERS",
    "SCALES",
    "SGD",
    "Adam",
    "AdamW",
    "Certificate",
    "Data",
    "Finding",
    "Fit",
    "Flat",
    "Model",
    "Momentum",
    "Nesterov",
    "Optimizer",
    "RMSProp",
    "RateComparison",
    "Scaling",
    "Schedule",
    "Split",
    "Targets",
    "Update",
    "UpdateRule",
    "check_writable",
    "compare_rates",
    "default_learning_rate",
    "flat",
    "learning_rate_for",
    "load_data",
    "load_model",
    "moons",
    "optimizer_named",
    "save_model",
    "schedules",
    "split",
    "targets_of",
    "train",
    "write_atomically",
]
