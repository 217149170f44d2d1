"""symnn: neural networks as equations; the gradient is derived, printed, and run.

>>> import symnn
>>> print(symnn.mlp("2-3-1").gradient()["W2"])
dW2[j, k] = a1[k]*delta2[j]
"""

# First of all, for it says what Ctrl-C does during the imports that follow.
import symnn.starting  # noqa: F401 isort: split
from symnn.errors import SymnnError
from symnn.formulas import FormulaDerivative, diff
from symnn.gradients import Gradient, gradient, hessian, hessian_vector_product, jacobian
from symnn.language import (
    Equation,
    Fact,
    LogSumExp,
    Maximum,
    Program,
    examples,
    index,
    sizes,
    tensor,
)
from symnn.language import undefined_function as function
from symnn.networks import Dense, Layer, Network, mlp, parse_program, unroll
from symnn.teaching.checking import check
from symnn.teaching.documents import document
from symnn.training import (
    LBFGS,
    SGD,
    Adam,
    AdamW,
    Certificate,
    Finding,
    Fit,
    Momentum,
    Nesterov,
    RMSProp,
    UpdateRule,
    compare_rates,
    flat,
    load_data,
    load_model,
    save_model,
    schedules,
    train,
)
from symnn.writing import Notation

__all__ = [
    "LBFGS",
    "SGD",
    "Adam",
    "AdamW",
    "Certificate",
    "Dense",
    "Equation",
    "Fact",
    "Finding",
    "Fit",
    "FormulaDerivative",
    "Gradient",
    "Layer",
    "LogSumExp",
    "Maximum",
    "Momentum",
    "Nesterov",
    "Network",
    "Notation",
    "Program",
    "RMSProp",
    "SymnnError",
    "UpdateRule",
    "check",
    "compare_rates",
    "diff",
    "document",
    "examples",
    "flat",
    "function",
    "gradient",
    "hessian",
    "hessian_vector_product",
    "index",
    "jacobian",
    "load_data",
    "load_model",
    "mlp",
    "parse_program",
    "save_model",
    "schedules",
    "sizes",
    "tensor",
    "train",
    "unroll",
]
