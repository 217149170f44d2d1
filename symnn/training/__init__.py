"""Training: optimizers as programs, the loop, data, and saved models."""

from symnn.training.data import BUILT_IN, Data, Split, load_data, moons, split
from symnn.training.files import check_writable, write_atomically
from symnn.training.fit import Fit
from symnn.training.loop import train
from symnn.training.models import Model, load_model, save_model
from symnn.training.optimizers import SGD, Optimizer, Update, default_learning_rate, learning_rate_for
from symnn.training.plan import DTYPES
from symnn.training.scaling import SCALES, Scaling
from symnn.training.targets import Targets, targets_of

__all__ = [
    "BUILT_IN",
    "DTYPES",
    "SCALES",
    "SGD",
    "Data",
    "Fit",
    "Model",
    "Optimizer",
    "Scaling",
    "Split",
    "Targets",
    "Update",
    "check_writable",
    "default_learning_rate",
    "learning_rate_for",
    "load_data",
    "load_model",
    "moons",
    "save_model",
    "split",
    "targets_of",
    "train",
    "write_atomically",
]
