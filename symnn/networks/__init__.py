"""Networks: layers, activations and costs build equations, and nothing else."""

from symnn.networks.activations import NAMES, Activation, activation
from symnn.networks.costs import NAMED_COSTS, Cost, cost
from symnn.networks.general import GeneralNetwork, general_network
from symnn.networks.layers import METHODS, ORIENTATIONS, Dense, Layer
from symnn.networks.network import Network, mlp

__all__ = [
    "METHODS",
    "NAMED_COSTS",
    "NAMES",
    "ORIENTATIONS",
    "Activation",
    "Cost",
    "Dense",
    "GeneralNetwork",
    "Layer",
    "Network",
    "activation",
    "cost",
    "general_network",
    "mlp",
]
