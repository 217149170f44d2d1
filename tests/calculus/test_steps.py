"""The steps of a derivation: the rules, their order, and that they are what the sweep did."""

from __future__ import annotations

import numpy as np
import pytest
from sympy import Sum

import symnn
from symnn.calculus import Derivation, differentiate
from symnn.calculus.steps import BRIEF, FULL, USUAL, Stage, at_detail, stages_of
from symnn.errors import CalculusError
from symnn.language import Equation, Program, fresh_index_over, index, plain, substitute, tensor
from symnn.proof import evaluate
from tests.layers import LayerNorm


def _stages(net: symnn.Network, name: str) -> dict[str, Stage]:
    return {stage.tensor.name: stage for stage in stages_of(net.gradient().derivation, name)}


def _rules(stage: Stage) -> list[str]:
    return [inference.rule for inference in stage.inferences]


def test_the_weights_of_a_layer_from_the_chain_rule_to_the_contraction() -> None:
    stages = _stages(symnn.mlp("2-3-1"), "W1")
    assert list(stages) == ["a2", "z2", "a1", "z1", "W1"]
    assert _rules(stages["W1"]) == [
        "chain rule", "definition of δ", "substitution", "sum rule", "constant factor rule", "Kronecker delta",
        "contraction of deltas",
    ]  # fmt: skip
    assert [plain(inference.right) for inference in stages["W1"].inferences][-1] == "delta1[j]*x[k]"


def test_delta_is_named_after_the_elementwise_rule() -> None:
    assert _rules(_stages(symnn.mlp("2-3-1"), "W1")["z1"]) == [
        "chain rule", "substitution", "elementwise rule", "Kronecker delta", "contraction of deltas", "substitution",
        "definition of δ",
    ]  # fmt: skip


def test_softmax_and_cross_entropy_use_the_declared_fact() -> None:
    net = symnn.mlp("4-3-2", activation=["relu", "softmax"], cost="cross_entropy")
    stages = _stages(net, "b2")
    assert "declared fact" in _rules(stages["L2"])
    assert "rule of log-sum-exp" in _rules(stages["z2"])
    assert plain(stages["z2"].equation.right) == "a2[j] - y[j]"


def test_several_uses_are_several_chains_that_are_added() -> None:
    net = symnn.Network([symnn.Dense(4, 3), LayerNorm(3), symnn.Dense(3, 1)])
    stage = _stages(net, "W1")["c2"]
    begins = [inference for inference in stage.inferences if inference.left is not None]
    assert len(begins) == 3
    assert begins[-1].rule == "adding up"
    assert begins[-1].left == stage.left


def test_a_derived_fact_is_named_as_one() -> None:
    net = symnn.Network([symnn.Dense(4, 3), LayerNorm(3), symnn.Dense(3, 1)])
    rules = {rule for stage in _stages(net, "W1").values() for rule in _rules(stage)}
    assert "derived fact" in rules
    assert "declared fact" not in rules


@pytest.mark.parametrize("name", ["W1", "b1", "W2", "b2"])
def test_the_last_line_is_the_equation_of_the_gradient(name: str) -> None:
    derivation = symnn.mlp("3-2-2", activation="tanh").gradient().derivation
    (stage,) = [stage for stage in stages_of(derivation, name) if stage.wanted]
    assert _values(derivation, stage.inferences[-1].right, stage) == pytest.approx(
        _values(derivation, derivation.program[derivation.gradients[name]].left, stage), rel=1e-12
    )


def _values(derivation: Derivation, right: object, stage: Stage) -> np.ndarray:
    """The values of a right side at random numbers, by the interpreter."""
    generator = np.random.default_rng(0)
    program = derivation.program
    given = {name: generator.normal(size=tuple(map(int, t.shape))) for name, t in program.inputs.items()}
    indices = stage.equation.indices
    if getattr(right, "indices", None):
        right = right.base[indices]
    shape = [i.upper + 1 for i in indices]
    own = [fresh_index_over(size, "i") for size in shape]
    made = Equation(tensor("checked", shape)[tuple(own)], substitute(right, dict(zip(indices, own, strict=True))))
    return evaluate(program.extended([made]), given)["checked"].ravel()


def test_fewer_lines_name_the_rules_of_those_left_out() -> None:
    stage = _stages(symnn.mlp("2-3-1"), "W1")["W1"]
    brief, usual, full = (at_detail(stage, detail) for detail in (BRIEF, USUAL, FULL))
    assert len(brief.inferences) < len(usual.inferences) < len(full.inferences) == len(stage.inferences)
    assert brief.inferences[-1].rule.split(", ") == _rules(stage)[1:]
    assert brief.inferences[-1].right == stage.inferences[-1].right


def test_only_what_the_gradient_needs_is_derived() -> None:
    assert list(_stages(symnn.mlp("2-3-1"), "W2")) == ["a2", "z2", "W2"]


def test_each_stage_is_told_once_for_several_gradients() -> None:
    names = [stage.tensor.name for stage in stages_of(symnn.mlp("2-3-1").gradient().derivation)]
    assert sorted(names) == sorted(set(names))


def test_a_name_that_was_not_differentiated_by_is_refused() -> None:
    with pytest.raises(CalculusError, match="no derivative with respect to 'W3'"):
        stages_of(symnn.mlp("2-3-1").gradient().derivation, "W3")


def test_a_derivation_without_a_trace_is_refused() -> None:
    i = index("i", 2)
    w, C = tensor("w", 2, role="parameter"), tensor("C")
    derivation = differentiate(Program([Equation(C, Sum(w[i] ** 2, i))]))
    bare = Derivation(derivation.program, "C", ("w",), derivation.gradients, derivation.backward)
    with pytest.raises(CalculusError, match="nothing was recorded"):
        stages_of(bare)
