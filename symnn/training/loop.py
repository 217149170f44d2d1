"""The training loop: minibatches in a seeded order, a history, and a graceful end.

The step is one compiled program, θ ← θ − η ∂C/∂θ its last equations; `symnn.training.descent` takes it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from symnn.training.checkpoints import Checkpoints, resumed
from symnn.training.fit import Fit
from symnn.training.optimizers import Optimizer
from symnn.training.plan import Settings, planned
from symnn.training.running import Training


def train(
    net: Any,
    X: Any,
    Y: Any,
    optimizer: Optimizer | str | None = None,
    epochs: int = 30,
    *,
    batch_size: int = 10,
    seed: int = 0,
    restarts: int = 1,
    validation: tuple[Any, ...] | None = None,
    example_weights: Any = None,
    mask: Any = None,
    dtype: str = "float64",
    backend: str = "numpy",
    progress: bool = False,
    classes: tuple[Any, ...] | None = None,
    checkpoint: str | Path | Checkpoints | None = None,
    every: float | str = 60.0,
    resume: str | Path | None = None,
) -> Fit:
    """Train a network by minibatch gradient descent.

    Training that meets a cost or a parameter that is not finite, or Ctrl-C, ends early: the last good
    parameters are kept, and `stopped` says why. Equal seeds give equal results.

    Args:
        net: a network with a cost.
        X: the inputs, (examples, inputs).
        Y: labels, (examples,), or columns, (examples, outputs).
        optimizer: such as `Adam(learning_rate=0.01)`, or a name such as "adam", for the default learning rate of
            the cost and the activations; `SGD` unless given.
        epochs: how often each example is seen.
        batch_size: the examples of one step.
        seed: of the initial parameters and of the order of the examples.
        restarts: how many seeds to try; the best by validation cost (training cost without one) is kept.
        validation: inputs and targets that are watched and not learned from; after them, where the network
            takes these, weights of the examples (or None), and a mask.
        example_weights: how much each example counts, for a network that was made with example_weights=True.
            Each batch's cost is Σₙ sₙ Cₙ / Σₙ sₙ; examples of weight 0 are left out.
        mask: how much each target counts, of the shape of Y's columns, for a network made with masked=True;
            a target that does not count may be nan.
        dtype: float64 or float32.
        backend: what takes the steps: numpy, numba, jax or torch, each with the same answers to rounding; or auto,
            the one that is likely to be the fastest for this network and so many steps (`Fit.backend` says which).
        progress: whether to show a bar on standard error, if that is a terminal.
        classes: the labels in the order of the columns, where Y may lack some of them.
        checkpoint: a file, which ends in `.npz`, for all that the training is: written as it goes on, at Ctrl-C,
            and at the end.
        every: how often: so many seconds, or steps, as in "500 steps".
        resume: a checkpoint to go on from, with the same arguments as before; it comes to the same bits as if it had
            never been interrupted. Unless another file is given, it is written on.

    Returns:
        A `Fit`.

    Raises:
        DataError, ShapeError: for data that cannot be learned from, with the place.
        InputError: for settings that make no sense, and for a checkpoint that another training made.
    """
    fits = trained(
        net, X, Y, [optimizer], progress, epochs=epochs, batch_size=batch_size, seed=seed, restarts=restarts,
        validation=validation, example_weights=example_weights, mask=mask, dtype=dtype, backend=backend,
        classes=classes, checkpoint=checkpoint, every=every, resume=resume,
    )  # fmt: skip
    return fits[0]


def trained(
    net: Any, X: Any, Y: Any, optimizers: Sequence[Optimizer | str | None], progress: bool = False, **how: Any
) -> list[Fit]:
    """Return what each of some optimizers came to, from the same starts; the other arguments are those of `train`."""
    training, keeper = begun(net, X, Y, optimizers, **how)
    training.run(progress, keeper)
    return training.fits()


def begun(
    net: Any,
    X: Any,
    Y: Any,
    optimizers: Sequence[Optimizer | str | None],
    epochs: int = 30,
    *,
    batch_size: int = 10,
    seed: int = 0,
    restarts: int = 1,
    validation: tuple[Any, ...] | None = None,
    example_weights: Any = None,
    mask: Any = None,
    dtype: str = "float64",
    backend: str = "numpy",
    classes: tuple[Any, ...] | None = None,
    checkpoint: str | Path | Checkpoints | None = None,
    every: float | str = 60.0,
    resume: str | Path | None = None,
) -> tuple[Training, Checkpoints | None]:
    """Return a training of some optimizers that has not begun, or goes on, and what writes its checkpoints."""
    began = time.perf_counter()
    settings = Settings(epochs, batch_size, seed, restarts, dtype, backend)
    plan = planned(net, X, Y, optimizers, settings, validation, example_weights, mask, classes)
    kept = resume if checkpoint is None else checkpoint
    keeper = kept if kept is None or isinstance(kept, Checkpoints) else Checkpoints(kept, every)
    training = Training.begun(plan) if resume is None else resumed(resume, plan)
    training.seconds += time.perf_counter() - began
    return training, keeper
