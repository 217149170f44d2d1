"""Audits: every layer, cost and activation is right; a wrong rule is caught, at its line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sympy import Add, Expr, exp, log

import symnn
from symnn import networks
from symnn.calculus import Derivation, chain_rule, differentiate, primitives
from symnn.cli.options import default_activations
from symnn.language import NAMED, Equation, LogSumExp, Program, Step, Tensor, lookups
from symnn.networks import NAMED_COSTS, unroll
from symnn.networks.activations import NAMES
from symnn.proof import Audit, audit, auditing
from tests import layers as own
from tests.strategies import random_case

LAYERS: dict[str, symnn.Layer] = {
    "Attention": networks.Attention((2, 3), keys=2),
    "Attention, causal": networks.Attention((3, 2), keys=2, causal=True),
    "AveragePooling1d": networks.AveragePooling1d((2, 4), 2),
    "AveragePooling2d": networks.AveragePooling2d((1, 4, 4), 2),
    "BatchNorm": networks.BatchNorm(2),
    "Convolution1d": networks.Convolution1d((2, 5), filters=2, width=3),
    "Convolution2d": networks.Convolution2d((1, 4, 4), filters=2, width=(2, 2)),
    "Dense": networks.Dense(3, 2, "tanh"),
    "Dropout": networks.Dropout(3, 0.5),
    "Embedding": networks.Embedding(5, 3, 2),
    "FeedForward": networks.FeedForward(3, 4),
    "GRUCell": unroll(networks.GRUCell(2, 2), steps=2),
    "LSTMCell": unroll(networks.LSTMCell(2, 2), steps=2),
    "LayerNorm": networks.LayerNorm(3),
    "MaxPooling1d": networks.MaxPooling1d((2, 4), 2),
    "MaxPooling2d": networks.MaxPooling2d((1, 4, 4), 2),
    "MultiHeadAttention": networks.MultiHeadAttention((2, 4), heads=2, causal=True),
    "RMSNorm": networks.RMSNorm(3),
    "RecurrentCell": unroll(networks.RecurrentCell(2, 2), steps=2),
    "Residual": networks.Residual(networks.Dense(3, 3, "relu")),
    "TransformerBlock": networks.TransformerBlock((2, 2), heads=1),
    "own LayerNorm": own.LayerNorm(symnn.sizes("d")),
    "own Attention": own.Attention(*symnn.sizes("n d k v")),
    "own Convolution": own.Convolution(2, 5, 2, 3),
    "own StridedConvolution": own.StridedConvolution(*symnn.sizes("c n f")),
    "own PaddedConvolution": own.PaddedConvolution(*symnn.sizes("c n f")),
    "own BatchNorm": own.BatchNorm(2),
    "own Residual": own.Residual(3, 2),
    "own Spread": own.Spread(2, 3, 2),
    "own RowMeans": own.RowMeans(3, 2),
}


def derivation_of(layer: symnn.Layer) -> Derivation:
    """Return the gradient of a layer's output, for an upstream adjoint, by everything that is differentiable."""
    shape = layer.inputs if isinstance(layer.inputs, tuple | list) else (layer.inputs,)
    batch = (symnn.examples,) if getattr(layer, "batched", False) else ()
    program = Program(layer.equations(Tensor("x", (*batch, *shape), "input")))
    whole = {tensor.name for equation in program for tensor in lookups(equation.right)}
    wrt = [name for name in program.inputs if name not in whole]
    return symnn.gradient(program, of=program.equations[-1].tensor.name, wrt=wrt).derivation


def not_exact(found: Audit) -> list[str]:
    """The lines that are not exact, matrix forms too."""
    return [str(line) for line in found.lines if line.verdict.kind != "exact"]


def test_every_layer_has_a_case() -> None:
    kinds = {type(layer).__name__ for layer in LAYERS.values()} | {name.split(",")[0] for name in LAYERS}
    public = {name for name in networks.__all__ if isinstance(getattr(networks, name), type)}
    layers = {name for name in public if issubclass(getattr(networks, name), symnn.Layer)}
    assert layers - {"Cell", "Layer", "Unrolled"} <= kinds


@pytest.mark.parametrize("name", LAYERS)
def test_every_equation_and_every_step_of_a_layer_is_exact(name: str) -> None:
    found = audit(derivation_of(LAYERS[name]))
    assert found.of_kind("equation")
    assert found.of_kind("step")
    assert not_exact(found) == []
    assert found.is_right


@pytest.mark.parametrize("name", [*NAMES, "f"])
def test_every_activation_is_exact(name: str) -> None:
    assert not_exact(symnn.mlp("2-3-2", activation=name).gradient().audit()) == []


@pytest.mark.parametrize("name", [*NAMED_COSTS, "C"])
def test_every_cost_is_exact(name: str) -> None:
    penalties = {} if name == "C" else {"l1": 0.25, "l2": 0.5}
    net = symnn.mlp("2-3-2", activation=default_activations(name, 2), cost=name, **penalties)
    assert not_exact(net.gradient().audit()) == []


@pytest.mark.parametrize("seed", range(12))
def test_derivatives_of_random_programs_are_exact(seed: int) -> None:
    """Operations one after the other, sums in sums, kinks, maxima: see `tests.strategies`."""
    found = audit(differentiate(random_case(seed).program, "C"))
    assert found.of_kind("equation")
    assert not_exact(found) == []


SHAPES = {"S": ("n", "n"), "x": "n", "m": "n"}
FORMULAS: list[tuple[str, dict[str, Any]]] = [
    ("x'*A*x", {}),
    ("log(det(S)) + (x-m)'*inv(S)*(x-m)", {"shapes": SHAPES}),
    ("log(det(S)) + (x-m)'*inv(S)*(x-m)", {"shapes": SHAPES, "symmetric": ["S"]}),
    ("sum(log(exp(A*x)+vector(1)))", {}),
    ("tr(inv(X))", {"shapes": {"X": ("n", "n")}}),
    ("norm2(x)", {}),
    ("a^b", {"shapes": {"a": (), "b": ()}}),
    ("tr(A*X*B)", {}),
]


@pytest.mark.parametrize("kind", ["gradient", "hessian"])
@pytest.mark.parametrize(("formula", "options"), FORMULAS)
def test_derivatives_of_formulas_are_exact(formula: str, options: dict[str, Any], kind: str) -> None:
    found = symnn.diff(formula, kind=kind, **options).audit()
    assert not_exact(found) == []
    assert found.code is not None
    assert found.code < 1e-12


@pytest.mark.parametrize("formula", ["A*x", "x.^3", "exp(x)./y", "kron(A,B)", "sigmoid(A*x)"])
def test_jacobians_are_exact(formula: str) -> None:
    assert not_exact(symnn.diff(formula).audit()) == []


def test_the_audit_of_a_network_in_one_line() -> None:
    found = symnn.mlp("2-3-1").gradient().audit()
    assert str(found).startswith(
        "6 equations: 6 exact; 12 matrix forms: 12 exact; 52 steps: 52 exact; "
        "6 equations for a batch: 6 exact; compiled code within "
    )
    assert found.code is not None
    assert found.code < 1e-14


def test_a_large_network_is_sampled() -> None:
    found = symnn.mlp("784-30-10").gradient().audit(steps=False)
    assert not_exact(found) == []


def test_an_undefined_cost_has_no_code_to_check() -> None:
    found = symnn.mlp("2-2", cost="C").gradient().audit()
    assert found.code is None
    assert "compiled" not in found.summary


# Planted errors.


def first_wrong(found: Audit) -> dict[str, str]:
    """For each kind of line, the name of the first that is wrong."""
    first: dict[str, str] = {}
    for line in found.wrong:
        first.setdefault(line.kind, line.name)
    return first


def patched_derivative(monkeypatch: pytest.MonkeyPatch, name: str, derivative: Callable[[Expr], Expr]) -> None:
    monkeypatch.setattr(NAMED[name], "first_derivative", staticmethod(derivative))


def test_a_wrong_derivative_of_sigmoid_is_caught_where_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    sigmoid = NAMED["sigmoid"]
    patched_derivative(monkeypatch, "sigmoid", lambda t: -sigmoid(t) * (1 - sigmoid(t)))
    found = audit(symnn.mlp("2-3-1").gradient().derivation)
    assert [line.name for line in found.wrong if line.kind == "equation"] == ["∂C/∂z2", "∂C/∂z1"]
    assert first_wrong(found)["step"] == "∂C/∂z2, line 3: elementwise rule"
    assert "against" in str(found.wrong[0])


def test_a_wrong_derivative_of_relu_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    patched_derivative(monkeypatch, "relu", lambda t: Step(t) + Step(-t) / 100)
    found = audit(symnn.mlp("2-3-1", activation=["relu", "sigmoid"]).gradient().derivation)
    assert [line.name for line in found.wrong if line.kind == "equation"] == ["∂C/∂z1"]
    assert first_wrong(found)["step"] == "∂C/∂z1, line 3: elementwise rule"


@pytest.mark.parametrize(
    "rule",
    [
        lambda value, body, bound: exp(value - body),
        lambda value, body, bound: exp(body),
        lambda value, body, bound: exp(2 * (body - value)),
    ],
)
def test_a_wrong_rule_of_log_sum_exp_is_caught(monkeypatch: pytest.MonkeyPatch, rule: Any) -> None:
    monkeypatch.setitem(primitives._RULES, LogSumExp, rule)
    program = Program(networks.Attention((2, 3), keys=2).equations(Tensor("x", (2, 3), "input")))
    found = audit(symnn.gradient(program, of="O").derivation)
    assert first_wrong(found)["equation"] == "∂O/∂S"
    assert "∂O/∂L" not in {line.name for line in found.wrong}
    assert first_wrong(found)["step"].startswith("∂O/∂S, line ")
    assert first_wrong(found)["step"].endswith("rule of log-sum-exp")


def test_a_contraction_with_exchanged_indices_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right_one = chain_rule.contract

    def exchanged(product: Expr, bound: Any, pairs: list[tuple[Any, Any]]) -> Expr:
        if len(pairs) == 2:
            (one, first), (other, second) = pairs
            pairs = [(one, second), (other, first)]
        return right_one(product, bound, pairs)

    monkeypatch.setattr(chain_rule, "contract", exchanged)
    found = audit(symnn.mlp("2-2").gradient().derivation)
    assert [line.name for line in found.wrong] == ["∂C/∂W1", "∂C/∂W1, line 7: contraction of deltas"]


def without_a_term(derivation: Derivation, name: str) -> Derivation:
    """Return a derivation in which an equation lacks the first term of its sum."""
    changed = [
        Equation(e.left, Add(*Add.make_args(e.right)[1:])) if e.tensor.name == name else e for e in derivation.program
    ]
    program = derivation.program
    return replace(derivation, program=Program(changed, program.facts, program.layered, program.adjoints))


def test_a_term_that_was_dropped_is_caught() -> None:
    layer = unroll(networks.RecurrentCell(2, 3), steps=3)
    program = Program(layer.equations(Tensor("x", (3, 2), "input")))
    derivation = symnn.gradient(program, of=program.equations[-1].tensor.name).derivation
    found = audit(without_a_term(derivation, "dU"))
    assert [line.name for line in found.wrong if line.kind == "equation"] == ["∂h_3/∂U"]
    steps = [line.name for line in found.wrong if line.kind == "step"]
    assert len(steps) == 1
    assert steps[0].startswith("∂h_3/∂U, line ")


def test_a_factor_that_was_dropped_from_a_batch_is_caught() -> None:
    derivation = symnn.mlp("2-3-1").gradient().batch_derivation
    program = derivation.program
    changed = [Equation(e.left, symnn.examples * e.right) if e.tensor.name == "dW1" else e for e in program]
    wrong = replace(derivation, program=Program(changed, program.facts, program.layered, program.adjoints))
    assert [line.name for line in audit(wrong, each_example=True).wrong if line.kind == "equation"] == ["∂C/∂W1"]
    assert audit(derivation, each_example=True).is_right


def test_a_matrix_form_of_another_equation_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    # What is printed is checked too: here every form is that of an equation with another sign.
    right_one = auditing.matrix_equation
    monkeypatch.setattr(auditing, "matrix_equation", lambda e: right_one(Equation(e.left, -e.right)))
    found = audit(symnn.mlp("2-2").gradient().derivation)
    assert {line.kind for line in found.wrong} == {"matrix form"}
    assert len(found.wrong) == 3


def test_code_that_computes_something_else_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(symnn.gradients.Gradient.compile.__globals__, "compile_program", wrong_compiler)
    found = symnn.mlp("2-2").gradient().audit()
    assert [line.name for line in found.wrong] == ["compiled code, dW1"]
    assert found.code == pytest.approx(1e-6)
    assert "relative error 1e-06 (at most 1e-10 is right)" in str(found)


def wrong_compiler(program: Program, outputs: Any, dtype: str, **options: Any) -> Any:
    changed = [
        Equation(e.left, e.right * (1 + log(exp(1)) / 10**6)) if e.tensor.name == "dW1" else e for e in program
    ]
    return symnn.compiling.compile_program(Program(changed, program.facts), outputs, dtype, **options)


def test_lines_after_a_wrong_one_are_judged_by_themselves() -> None:
    derivation = symnn.mlp("2-3-1").gradient().derivation
    program = derivation.program
    changed = [Equation(e.left, 3 * e.right) if e.tensor.name == "delta2" else e for e in program]
    wrong = replace(derivation, program=Program(changed, program.facts, program.layered, program.adjoints))
    found = audit(wrong)
    assert [line.name for line in found.wrong if line.kind == "equation"] == ["∂C/∂z2"]


def test_the_same_seed_gives_the_same_audit() -> None:
    derivation = symnn.mlp("2-2", activation="f").gradient().derivation
    assert audit(derivation, seed=3).lines == audit(derivation, seed=3).lines

