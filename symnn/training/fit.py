"""What training returns: the parameters, how the cost went, and predictions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from symnn.errors import InputError
from symnn.training.certificate import Certificate, certified
from symnn.training.curvature import Curvature
from symnn.training.diagnosis import Finding, Subject, diagnosed, hint
from symnn.training.evaluating import as_inputs, beside_of, check_rows, evaluate, outputs_of
from symnn.training.examples import Examples, encoded
from symnn.training.shapes import input_shape
from symnn.training.targets import Targets

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Fit:
    """A trained network.

    Attributes:
        network: what was trained.
        parameters: the parameters, by name.
        targets: what the outputs stand for.
        cost: the training cost at these parameters.
        history: a dictionary an epoch: epoch, cost, accuracy, validation_cost, validation_accuracy
            (None where there is no such thing).
        epochs: how many epochs were completed, in the restart that was chosen.
        seconds: how long all of it took.
        stopped: why training ended before its time, or None.
        seed: the seed of the restart that was chosen.
        learning_rate: the step size η.
        restarts: a dictionary a start: seed, epoch (the last that was good), cost, accuracy, validation_cost,
            validation_accuracy, stopped.
        optimizer: what took the steps, such as "SGD"; "" where that is not known.
        backend: what they were compiled for, such as numpy; "" likewise.
        examples: what was learned from, or None where that is not at hand, as of a saved model.
        validation: what was watched, or None.
    """

    network: Any
    parameters: dict[str, Array] = field(repr=False)
    targets: Targets
    cost: float
    history: list[dict[str, Any]] = field(repr=False)
    epochs: int = 0
    seconds: float = 0.0
    stopped: str | None = None
    seed: int = 0
    learning_rate: float = 0.0
    restarts: list[dict[str, Any]] = field(default_factory=list, repr=False)
    optimizer: str = ""
    backend: str = ""
    examples: Examples | None = field(default=None, repr=False)
    validation: Examples | None = field(default=None, repr=False)

    @property
    def diverged(self) -> bool:
        """Whether it ended because a cost or a parameter was not finite."""
        return self.stopped is not None and not self.stopped.startswith("interrupted")

    def predict(self, X: Any) -> Array:
        """Return the label of each example, or its values where the network learned values."""
        return self.targets.decode(self.outputs(X))

    def predict_probability(self, X: Any) -> Array:
        """Return a probability for each class, (examples, classes).

        Raises:
            InputError: where the network learned values, or its outputs are no probabilities.
        """
        return self.targets.probability(self.outputs(X))

    def accuracy(self, X: Any, Y: Any) -> float:
        """Return the share of examples that are given their right class.

        Raises:
            InputError: where the network learned values.
        """
        encoded = self.targets.encode(Y)
        found = self.targets.accuracy(self.outputs(X), check_rows(encoded, X))
        if found is None:
            raise InputError("no accuracy: the network was trained on values, not on classes")
        return found

    def cost_of(self, X: Any, Y: Any, example_weights: Any = None, mask: Any = None) -> float:
        """Return the cost on other examples; unless said otherwise, each of them counts once, and all its targets."""
        X = as_inputs(X, input_shape(self.network))
        Y = check_rows(self.targets.encode(Y), X)
        beside = beside_of(self.network, Y, example_weights, mask)
        return evaluate(self.network, self.parameters, X, Y, beside)[1]

    def certify(self, X: Any = None, Y: Any = None, example_weights: Any = None, mask: Any = None) -> Certificate:
        """Return what the gradient and the Hessian of the training cost say of these parameters: see `Certificate`.

        Args:
            X, Y, example_weights, mask: as in `train`; by default what was learned from.

        Raises:
            InputError: where there are no examples.
            CalculusError, CompileError: for a network that has no second derivatives, or no code for them.
        """
        part = self._given(X, Y, example_weights, mask)
        rate = self.learning_rate if math.isfinite(self.learning_rate) else 0.0
        return certified(Curvature(self.network, self.parameters, part), rate)

    def diagnose(
        self, X: Any = None, Y: Any = None, *, validation: Sequence[Any] | None = None, brief: bool = False
    ) -> list[Finding]:
        """Return what is wrong with this training, the most important first; nothing where it went well.

        Args:
            X, Y: as in `train`; by default what was learned from.
            validation: inputs and targets that were not learned from; by default what was watched. Overfitting is
                seen on them.
            brief: whether what takes a Hessian is left out.

        Raises:
            InputError: where there are no examples.
        """
        return diagnosed(self._subject(self._given(X, Y), validation, brief))

    def hint(self) -> Finding | None:
        """Return the most important finding of a training that clearly went wrong, without looking at its Hessian."""
        return hint(self._subject(self._given(None, None), None, True))

    def _subject(self, part: Examples, validation: Sequence[Any] | None, brief: bool) -> Subject:
        others = None if self.validation is None else self.validation.ready(self.network, "float64")
        others = others if validation is None else self._given(*validation)
        return Subject(
            self.network, self.parameters, self.targets, part, others, self.history, self.learning_rate,
            self.optimizer, self.stopped, self.seed, brief,
        )  # fmt: skip

    def _given(self, X: Any, Y: Any, example_weights: Any = None, mask: Any = None) -> Examples:
        """Return examples as the network sees them in float64: those that are given, or those of the training."""
        if (X is None) != (Y is None):
            raise InputError("X and Y belong together: give both, or neither for the examples of the training")
        if X is not None:
            program = self.network.gradient().batched
            part = encoded(self.network, program, self.targets, X, Y, example_weights, mask).counting("float64")
        elif self.examples is None:
            raise InputError("this fit does not hold the examples that it learned from: give X and Y")
        else:
            part = self.examples
        return part.ready(self.network, "float64")

    def outputs(self, X: Any) -> Array:
        """Return the network's outputs, (examples, outputs)."""
        return outputs_of(self.network, self.parameters, as_inputs(X, input_shape(self.network)))
