"""A whole training run on 60,000 images: symnn beside NumPy written by hand and PyTorch.

    python tests/benchmarks/fashion.py

784-30-10, sigmoid, quadratic cost, batches of 10, η = 3, 30 epochs: the settings of Nielsen, Neural Networks and Deep
Learning, chapter 1, on Fashion-MNIST, which Debian has (`apt-get install dataset-fashion-mnist`). Each contender
trains from three seeds, from which its first parameters (of one distribution) and the order of its examples follow.
Seconds are of the processor (one core), for training alone: without reading the files, with what symnn derives and
compiles. The accuracy is that on the 10,000 test images.

Source: Xiao, Rasul and Vollgraf, Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms,
2017.
"""

from __future__ import annotations

import pinned  # isort: skip - before everything else

import argparse
import datetime
import importlib.util
import itertools
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from by_hand import sigmoid
from peers import backends

import symnn
from symnn.training.idx import read_folder

FOLDER = Path("/usr/share/datasets/fashion-mnist")
ARCHITECTURE, RATE, BATCH = (784, 30, 10), 3.0, 10


@dataclass(frozen=True)
class Images:
    """Images scaled to 0..1, and labels as one column a class."""

    X: Any
    Y: Any
    test_images: Any
    test_labels: Any


def read(folder: Path, dtype: str, limit: int | None) -> Images:
    images, labels = (array[:limit] for array in read_folder(folder, "training"))
    test, test_labels = read_folder(folder, "test")
    unit = np.asarray(255, dtype)
    return Images(images / unit, np.eye(10, dtype=dtype)[labels], test / unit, test_labels)


def first(seed: int, dtype: str) -> list[Any]:
    """Return W1, b1, W2, b2, drawn as `symnn.train` draws them."""
    drawn = symnn.mlp(list(ARCHITECTURE)).initial_parameters(seed=seed)
    return [array.astype(dtype) for array in drawn.values()]


def by_symnn(backend: str) -> Callable[[Images, list[Any], int, int], list[Any]]:
    def train(images: Images, parameters: list[Any], seed: int, epochs: int) -> list[Any]:
        del parameters  # it draws its own from the seed
        fit = symnn.train(
            symnn.mlp(list(ARCHITECTURE)),
            images.X,
            images.Y,
            symnn.SGD(RATE),
            epochs,
            batch_size=BATCH,
            seed=seed,
            backend=backend,
            dtype=str(images.X.dtype),
        )
        return list(fit.parameters.values())

    return train


def by_hand(images: Images, parameters: list[Any], seed: int, epochs: int) -> list[Any]:
    """Nielsen's program with the examples of a batch as the rows of a matrix."""
    W1, b1, W2, b2 = parameters
    random, eta = np.random.default_rng(seed), np.asarray(RATE / BATCH, W1.dtype)
    for _ in range(epochs):
        order = random.permutation(len(images.X))
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            x, y = images.X[rows], images.Y[rows]
            a1 = sigmoid(x @ W1.T + b1)
            a2 = sigmoid(a1 @ W2.T + b2)
            delta2 = (a2 - y) * a2 * (1 - a2)
            delta1 = (delta2 @ W2) * a1 * (1 - a1)
            W2 = W2 - eta * (delta2.T @ a1)
            b2 = b2 - eta * delta2.sum(axis=0)
            W1 = W1 - eta * (delta1.T @ x)
            b1 = b1 - eta * delta1.sum(axis=0)
    return [W1, b1, W2, b2]


def by_torch(images: Images, parameters: list[Any], seed: int, epochs: int) -> list[Any]:
    import torch

    torch.set_num_threads(1)
    layers = [torch.nn.Linear(*pair) for pair in itertools.pairwise(ARCHITECTURE)]
    model = torch.nn.Sequential(layers[0], torch.nn.Sigmoid(), layers[1], torch.nn.Sigmoid())
    model = model.to(getattr(torch, str(images.X.dtype)))
    with torch.no_grad():
        for p, value in zip(model.parameters(), parameters, strict=True):
            p.copy_(torch.tensor(value))
    optimizer = torch.optim.SGD(model.parameters(), RATE)
    X, Y, random = torch.from_numpy(images.X), torch.from_numpy(images.Y), torch.Generator().manual_seed(seed)
    for _ in range(epochs):
        for rows in torch.randperm(len(X), generator=random).split(BATCH):
            optimizer.zero_grad()
            cost = ((model(X[rows]) - Y[rows]) ** 2).sum() / (2 * len(rows))
            cost.backward()
            optimizer.step()
    return [p.detach().numpy() for p in model.parameters()]


def accuracy(images: Images, parameters: list[Any]) -> float:
    W1, b1, W2, b2 = parameters
    a = sigmoid(sigmoid(images.test_images @ W1.T + b1) @ W2.T + b2)
    return float((a.argmax(axis=1) == images.test_labels).mean())


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=FOLDER, help=f"the folder of IDX files (default {FOLDER})")
    parser.add_argument("--dtype", choices=("float32", "float64"), default="float32")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--limit", type=int, help="only so many training images")
    parser.add_argument("--backend", action="append", help="a backend of symnn's; may be repeated (default all)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args(arguments)
    images = read(given.data, given.dtype, given.limit)
    contenders = {f"symnn, {name}": by_symnn(name) for name in given.backend or backends()} | {"NumPy by hand": by_hand}
    if importlib.util.find_spec("torch"):
        contenders["torch"] = by_torch
    found: dict[str, dict[str, list[float]]] = {name: {"seconds": [], "accuracy": []} for name in contenders}
    for seed in range(given.seeds):
        for name, train in contenders.items():
            print(f"seed {seed}, {name} ...", file=sys.stderr, flush=True)
            parameters = first(seed, given.dtype)
            start = time.process_time()
            trained = train(images, parameters, seed, given.epochs)
            found[name]["seconds"].append(time.process_time() - start)
            found[name]["accuracy"].append(accuracy(images, trained))
    if given.json:
        print(json.dumps({"date": str(datetime.date.today()), "machine": pinned.machine(), "contenders": found}))
        return
    print(f"{datetime.date.today()} · {pinned.machine()} · one core · {len(images.X)} images, {given.epochs} epochs")
    print(f"784-30-10, sigmoid, quadratic, batch {BATCH}, η = {RATE:g}, {given.dtype}, {given.seeds} seeds")
    print(f"{'':20}{'seconds':>9}   test accuracy by seed")
    for name, values in found.items():
        shown = "  ".join(f"{100 * value:.2f} %" for value in values["accuracy"])
        print(f"{name:20}{statistics.median(values['seconds']):9.1f}   {shown}")


if __name__ == "__main__":
    main()
