"""Networks: layers, activations and costs build equations, and nothing else."""

from symnn.networks.activations import NAMES, Activation, activation
from symnn.networks.attention import Attention, MultiHeadAttention
from symnn.networks.blocks import FeedForward, Residual, TransformerBlock
from symnn.networks.catalogue import parse_program
from symnn.networks.convolution import Convolution1d, Convolution2d
from symnn.networks.costs import NAMED_COSTS, Cost, cost
from symnn.networks.dropout import Dropout
from symnn.networks.embedding import Embedding
from symnn.networks.general import GeneralNetwork, general_network
from symnn.networks.layers import METHODS, ORIENTATIONS, Dense, Layer
from symnn.networks.network import Network, mlp
from symnn.networks.normalization import BatchNorm, LayerNorm, RMSNorm
from symnn.networks.pooling import AveragePooling1d, AveragePooling2d, MaxPooling1d, MaxPooling2d
from symnn.networks.program_network import ProgramNetwork
from symnn.networks.recurrent import Cell, GRUCell, LSTMCell, RecurrentCell
from symnn.networks.unrolling import Unrolled, unroll

__all__ = [
    "METHODS",
    "NAMED_COSTS",
    "NAMES",
    "ORIENTATIONS",
    "Activation",
    "Attention",
    "AveragePooling1d",
    "AveragePooling2d",
    "BatchNorm",
    "Cell",
    "Convolution1d",
    "Convolution2d",
    "Cost",
    "Dense",
    "Dropout",
    "Embedding",
    "FeedForward",
    "GRUCell",
    "GeneralNetwork",
    "LSTMCell",
    "Layer",
    "LayerNorm",
    "MaxPooling1d",
    "MaxPooling2d",
    "MultiHeadAttention",
    "Network",
    "ProgramNetwork",
    "RMSNorm",
    "RecurrentCell",
    "Residual",
    "TransformerBlock",
    "Unrolled",
    "activation",
    "cost",
    "general_network",
    "mlp",
    "parse_program",
    "unroll",
]
