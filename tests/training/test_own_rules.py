"""Update equations of one's own: what is read, what is carried, what is refused; and how all optimizers are written."""

from __future__ import annotations

import numpy as np
import pytest
from sympy import Symbol, symbols

from symnn import Equation, Program, UpdateRule, mlp, schedules, train
from symnn.errors import InputError, ParseError
from symnn.language import Tensor
from symnn.training import SGD, Adam, AdamW, Momentum, Nesterov, RMSProp
from symnn.training.optimizers import OPTIMIZERS, optimizer_named, optimizer_of
from symnn.training.optimizers.rules import parse_rule
from symnn.training.step import compile_step


def update_of(rule, shape=(2, 3)):
    W, dW = Tensor("W", shape, "parameter"), Tensor("dW", shape, "adjoint")
    return rule.update({"W": W}, {"W": dW}, Program([]))


def test_what_is_read_before_it_is_assigned_is_carried():
    rule = parse_rule("v = mu*v - eta*g; w = v/2; theta = theta + w", ["mu", "eta"])
    assert rule.state == ("v",)
    assert set(rule.given) == {"mu", "eta"}
    assert {"v", "w", "theta"} <= rule.by_entry


def test_what_depends_on_no_entry_is_one_number_for_all_parameters():
    update = update_of(UpdateRule("p = 0.9*p; theta = theta - p*g", start={"p": 1}))
    assert {name: tensor.rank for name, tensor in update.state.items()} == {"p": 0}
    assert update.start == {"p": 1.0}
    assert update.renewed == {"W": "W_new", "p": "p_new"}
    assert [str(equation) for equation in update.equations] == [
        "p_new = 9*p/10",
        "W_new[j, k] = W[j, k] - dW[j, k]*p_new",
    ]


def test_a_value_from_the_step_before_may_be_used():
    # θ moves by the velocity before, and by the new one only in the next step.
    update = update_of(UpdateRule("theta = theta + v; v = -eta*g", eta=0.5), ())
    assert [str(equation) for equation in update.equations] == ["W_new = W + v_W", "v_W_new = -dW*eta"]
    assert update.renewed == {"W": "W_new", "v_W": "v_W_new"}


def test_a_name_may_be_assigned_more_than_once():
    update = update_of(UpdateRule("theta = theta - 0.1*g; theta = theta*0.5"), ())
    assert str(update.equations[-1]) == "W_new = W/2 - dW/20"


def test_the_step_is_counted_where_something_depends_on_it():
    update = update_of(UpdateRule("theta = theta - g/t"), ())
    assert [str(equation) for equation in update.equations] == ["t_new = t + 1", "c1 = 1/t_new", "W_new = W - c1*dW"]
    assert update_of(SGD(0.1)).state == {}


def test_adam_computes_its_numbers_once_and_divides_no_array_by_them():
    update = update_of(Adam())
    assert [str(equation) for equation in update.equations] == [
        "t_new = t + 1",
        "c1 = 1/(1 - beta2**t_new)",
        "c2 = eta/(1 - beta1**t_new)",
        "m_W_new[j, k] = (1 - beta1)*dW[j, k] + beta1*m_W[j, k]",
        "v_W_new[j, k] = (1 - beta2)*dW[j, k]**2 + beta2*v_W[j, k]",
        "W_new[j, k] = W[j, k] - c2*m_W_new[j, k]/(sqrt(c1*v_W_new[j, k]) + epsilon)",
    ]


def test_names_are_fresh_in_the_program():
    t = Tensor("t", (), "input")
    theta, g = Tensor("eta", (), "parameter"), Tensor("deta", (), "adjoint")
    program = Program([Equation(Tensor("C", ())[()], t[()] * theta[()])])
    update = Adam().update({"eta": theta}, {"eta": g}, program)
    assert "t_2" in update.state
    assert update.settings["eta_2"] == 0.001


def test_greek_letters_arrows_comments_and_powers_are_read():
    rule = parse_rule("v ← β₂*v + (1 - β₂)*g^2   # the mean square\nθ ← θ - η*g/(sqrt(v) + 1e-8)", ["beta2", "eta"])
    assert rule == parse_rule("v = beta2*v + (1-beta2)*g**2; theta = theta - eta*g/(sqrt(v) + 1e-8)", ["beta2", "eta"])


def test_a_rule_in_sympy_is_the_rule_in_text():
    v, g, theta, eta = symbols("v g theta eta")
    pairs = [(v, v / 2 - eta * g), (theta, theta + v)]
    text = "v = v/2 - eta*g; theta = theta + v"
    assert UpdateRule(pairs, eta=0.1).rule == UpdateRule(dict(pairs), eta=0.1).rule == UpdateRule(text, eta=0.1).rule


def test_each_hyperparameter_may_have_a_schedule_of_its_own():
    rule = UpdateRule(
        "v = mu*v - eta*g; theta = theta + v", mu="1 - 1/(t+1)", eta=schedules.step_decay(0.5, factor=0.5, steps=2)
    )
    assert rule.text() == (
        "  μₜ = 1 − 1/(1 + t)\n"
        "  ηₜ = η γ^⌊(t − 1)/T⌋\n"
        "  v  ← μₜ v − ηₜ g\n"
        "  θ  ← θ + v\n"
        "where g = ∂C/∂θ, t = 1, 2, …, η = 0.5, T = 2, γ = 0.5\n"
        "before the first step v = 0\n"
    )


def test_two_schedules_keep_their_own_numbers():
    rule = UpdateRule(
        "theta = theta - a*g - b*theta", a=schedules.cosine(0.5, steps=10), b=schedules.inverse(0.1, steps=3)
    )
    net = mlp("2-1")
    step = compile_step(net, rule)
    initial = net.initial_parameters(seed=0)
    X, Y = np.array([[0.5, -1.0]]), np.array([[1.0]])
    carried = step.start(initial, "float64")
    for t in range(1, 5):
        before = {name: carried[name] for name in initial}
        g = net.gradient().compile()(before, X, Y)[1]
        _, carried = step(carried, X, Y)
        a, b = 0.5 * (1 + np.cos(np.pi * (t - 1) / 10)) / 2, 0.1 / (1 + (t - 1) / 3)
        for name in initial:
            np.testing.assert_allclose(carried[name], before[name] - a * g[name] - b * before[name], rtol=1e-13)


REFUSED = [
    ("", {}, ParseError, r"cannot read the update rule: there is no assignment in it, such as theta = theta - eta\*g"),
    ("theta - g", {}, ParseError, r"cannot read 'theta - g': an assignment is needed, such as theta = theta - eta\*g"),
    ("v = g", {}, InputError, r"the update rule never assigns theta, the parameter: such as theta = theta - eta\*g"),
    ("g = 2*g; theta = theta - g", {}, InputError, "an update rule cannot assign 'g': it is the gradient"),
    ("t = t + 1; theta = theta - g", {}, InputError, "an update rule cannot assign 't': it is the number of the step"),
    ("theta = theta - et*g", {"eta": 1}, ParseError, "'theta = theta - et[*]g': 'et' has no value .did you mean 'eta'"),
    ("theta = theta - k*g", {}, ParseError, "'k' has no value: give it one, as in k=0.1, or assign it"),
    ("theta = theta - g", {"eta": 1}, InputError, "the update rule does not use 'eta'"),
    ("v = g; theta = theta - v", {"v": 1}, InputError, "'v' is assigned by the rule: what it begins with"),
    ("theta = theta - g", {"start": {"v": 1}}, InputError, "the update rule carries no 'v' into a step"),
    ("theta = theta - eta*g", {"eta": "fast"}, InputError, "bad value of eta 'fast'"),
    ("theta = theta - eta*g", {"eta": None}, InputError, "bad value of eta None: it is a finite number"),
    ("theta = theta - foo(g)", {}, ParseError, "unknown function 'foo'"),
    ("theta = __import__('os')", {}, ParseError, "'os' has no value"),
    ("theta = g.real", {}, ParseError, "'real' has no value|is not accepted"),
    (3, {}, InputError, "bad update rule 3: it is text such as 'theta = theta - eta.g', or pairs of SymPy"),
    ([("v", 3)], {}, InputError, r"bad assignment \('v', 3\): it is a pair such as"),
    ([(Symbol("theta"), Symbol("x y"))], {}, InputError, "bad name 'x y'"),
]


@pytest.mark.parametrize(("equations", "given", "kind", "message"), REFUSED, ids=lambda one: "")
def test_what_is_no_rule_is_refused(equations, given, kind, message):
    with pytest.raises(kind, match=message):
        UpdateRule(equations, **given)


HYPERPARAMETERS = [
    (lambda: Momentum(0.1, momentum=1), "bad momentum 1: it is a number from 0 to below 1"),
    (lambda: Nesterov(0.1, momentum=-0.1), "bad momentum -0.1: it is a number from 0 to below 1"),
    (lambda: RMSProp(0.1, decay="a"), "bad decay 'a': it is a number from 0 to below 1"),
    (lambda: Adam(0.1, beta1=1.0), "bad beta1 1.0: it is a number from 0 to below 1"),
    (lambda: Adam(0.1, beta2=float("nan")), "bad beta2 nan: it is a number from 0 to below 1"),
    (lambda: Adam(0.1, epsilon=0), "bad epsilon 0: it is a positive, finite number"),
    (lambda: AdamW(0.1, weight_decay=-1), "bad weight decay -1: it is a finite number, 0 or more"),
    (lambda: Adam(0), "bad learning rate 0: it is a positive, finite number"),
]


@pytest.mark.parametrize(("make", "message"), HYPERPARAMETERS, ids=lambda one: "")
def test_hyperparameters_are_checked(make, message):
    with pytest.raises(InputError) as error:
        make()
    assert str(error.value) == message


WRITTEN = {
    "sgd": (SGD(0.5), ["θ ← θ − η g"], r"\theta &\leftarrow \theta - \eta g"),
    "momentum": (Momentum(0.5), ["v ← μ v − η g", "θ ← θ + v"], r"v &\leftarrow \mu v - \eta g \\"),
    "nesterov": (Nesterov(0.5), ["v ← μ v − η g", "θ ← θ + μ v − η g"], r"\theta &\leftarrow \theta + \mu v - \eta g"),
    "rmsprop": (
        RMSProp(0.5),
        ["v ← ρ v + (1 − ρ) g²", "θ ← θ − η g / (√v + ε)"],
        r"v &\leftarrow \rho v + (1 - \rho) g^{2} \\",
    ),
    "adam": (
        Adam(0.5),
        [
            "m ← β₁ m + (1 − β₁) g", "v ← β₂ v + (1 − β₂) g²", "m̂ = m/(1 − β₁ᵗ)", "v̂ = v/(1 − β₂ᵗ)",
            "θ ← θ − η m̂ / (√v̂ + ε)",
        ],
        r"\theta &\leftarrow \theta - \frac{\eta \hat{m}}{\sqrt{\hat{v}} + \varepsilon}",
    ),
    "adamw": (
        AdamW(0.5),
        [
            "m ← β₁ m + (1 − β₁) g", "v ← β₂ v + (1 − β₂) g²", "m̂ = m/(1 − β₁ᵗ)", "v̂ = v/(1 − β₂ᵗ)",
            "θ ← (1 − η λ) θ − η m̂ / (√v̂ + ε)",
        ],
        r"\theta &\leftarrow (1 - \eta \lambda) \theta - \frac{\eta \hat{m}}{\sqrt{\hat{v}} + \varepsilon}",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRITTEN)
def test_the_equations_are_written_as_in_the_papers(name):
    optimizer, lines, latex = WRITTEN[name]
    assert [line.strip() for line in optimizer.text().splitlines() if line.startswith("  ")] == lines
    assert latex in optimizer.latex()


def test_the_whole_of_rmsprop_in_latex_and_ascii():
    assert RMSProp(0.001).latex() == r"""\begin{align*}
  v &\leftarrow \rho v + (1 - \rho) g^{2} \\
  \theta &\leftarrow \theta - \frac{\eta g}{\sqrt{v} + \varepsilon}
\end{align*}

\noindent where $g = \partial C/\partial \theta$, $\rho = 0.9$, $\eta = 0.001$, $\varepsilon = 10^{-8}$; before the first step $v = 0$.
"""  # noqa: E501
    assert RMSProp(0.001).text(ascii=True) == (
        "  v     <- rho v + (1 - rho) g^2\n"
        "  theta <- theta - eta g / (sqrt(v) + epsilon)\n"
        "where g = dC/dtheta, rho = 0.9, eta = 0.001, epsilon = 1e-8\n"
        "before the first step v = 0\n"
    )


def test_optimizers_by_name():
    net = mlp("2-3-1")
    for name in OPTIMIZERS:
        assert type(optimizer_named(name, net)).__name__.lower() == name
    with pytest.raises(InputError, match=r"unknown optimizer 'adma' \(did you mean 'adam'\?\)"):
        train(net, [[0, 1]], [1], "adma")
    with pytest.raises(InputError, match=r"bad optimizer 3 \(accepted: such as symnn.SGD\(learning_rate=0.1\), or 'a"):
        optimizer_of(3, net)
    with pytest.raises(InputError, match="bad optimizer <class"):
        optimizer_of(Adam, net)


def test_many_starts_together_are_those_of_each_alone():
    net = mlp("2-3-1")
    random = np.random.default_rng(0)
    X, y = random.standard_normal((20, 2)), random.integers(0, 2, 20)
    rule = UpdateRule("p = 0.9*p; theta = theta - (p + 1/t)*g", start={"p": 1})
    for optimizer in (Adam(0.01), Nesterov(schedules.cosine(0.5, steps=20)), rule):
        together = train(net, X, y, optimizer, epochs=3, restarts=3)
        for one in together.restarts:
            alone = train(net, X, y, optimizer, epochs=3, seed=one["seed"])
            assert alone.cost == pytest.approx(one["cost"], rel=1e-12)
