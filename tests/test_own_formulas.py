"""Formulas of a researcher's own: read against a derivation by hand, and run against torch in float64."""

from __future__ import annotations

import numpy as np
import pytest
from sympy import Sum, exp, sin

import symnn
from symnn import Equation, LogSumExp, Program, examples, index, tensor
from symnn.networks import Attention

torch = pytest.importorskip("torch")

TOLERANCE = 1e-10


def close(found, expected):
    expected = expected.detach().numpy() if isinstance(expected, torch.Tensor) else expected
    np.testing.assert_allclose(found, expected, rtol=TOLERANCE, atol=TOLERANCE)


def leaf(array):
    return torch.tensor(array, dtype=torch.float64, requires_grad=True)


def positive_definite(rng, n):
    A = rng.normal(size=(n, n))
    return A @ A.T + n * np.eye(n)


def test_mahalanobis_cost():
    # d(rᵀ M r) = 2 rᵀ M dr for a symmetric M, with r = W x − y
    g = symnn.diff("(W*x - y)'*M*(W*x - y)", wrt=["W", "x"], symmetric="M")
    assert "∂f/∂W   = 2M (W x − y) xᵀ" in g.text()
    assert "∂f/∂x   = 2Wᵀ M (W x − y)" in g.text()
    rng = np.random.default_rng(0)
    arrays = {"W": rng.normal(size=(3, 4)), "x": rng.normal(size=4), "y": rng.normal(size=3)}
    arrays["M"] = positive_definite(rng, 3)
    value, slopes = g.compile()(**arrays)
    W, x, y, M = (leaf(arrays[name]) for name in "WxyM")
    cost = (W @ x - y) @ M @ (W @ x - y)
    cost.backward()
    close(value, cost)
    close(slopes["W"], W.grad)
    close(slopes["x"], x.grad)


def test_gaussian_log_likelihood_by_mean_and_covariance():
    # ℓ = −½ (log det S + rᵀ S⁻¹ r): ∂ℓ/∂m = S⁻¹ r, ∂ℓ/∂S = ½ (S⁻¹ r rᵀ S⁻¹ − S⁻¹)
    text = "-1/2*(log(det(S)) + (x-m)'*inv(S)*(x-m) + n*log(2*pi))"
    g = symnn.diff(text, wrt=["m", "S"], shapes={"S": ("n", "n"), "x": "n", "m": "n"}, symmetric="S")
    assert "∂f/∂m   = S⁻¹ (x − m)" in g.text()
    assert "∂f/∂S   = ½ (S⁻¹ (x − m) (x − m)ᵀ S⁻¹ − S⁻¹)" in g.text()
    rng = np.random.default_rng(1)
    arrays = {"x": rng.normal(size=4), "m": rng.normal(size=4), "S": positive_definite(rng, 4)}
    value, slopes = g.compile()(**arrays)
    x, m, S = (leaf(arrays[name]) for name in "xmS")
    likelihood = torch.distributions.MultivariateNormal(m, S, validate_args=False).log_prob(x)
    likelihood.backward()
    close(value, likelihood)
    close(slopes["m"], m.grad)
    close(slopes["S"], (S.grad + S.grad.T) / 2)


def test_masked_attention():
    program = Program(Attention((5, 4), keys=3, values=2, causal=True).equations(tensor("h", (5, 4), role="input")))
    output = program.equations[-1].tensor
    g = symnn.gradient(program, of=output.name, upstream="G")
    # V̄ = Pᵀ G, P̄ = G Vᵀ, S̄ = P ⊙ (P̄ − (P̄ ⊙ P) 1 1ᵀ), Q̄ = S̄ K/√3, and W's by the rows of h
    for line in ("P̄         = Ō Vᵀ", "V̄         = Pᵀ Ō", "Q̄         = (1/√3) S̄ K", "∂C/∂W_V   = hᵀ V̄"):
        assert line in g.text()
    rng = np.random.default_rng(2)
    arrays = {n: rng.normal(size=[int(s) for s in t.shape]) for n, t in g.program.inputs.items()}
    _, slopes = g.compile()(**arrays)
    leaves = {name: leaf(array) for name, array in arrays.items()}
    projected = [leaves["h"] @ leaves[name] for name in ("W_Q", "W_K", "W_V")]
    out = torch.nn.functional.scaled_dot_product_attention(*projected, is_causal=True)
    out.backward(torch.tensor(arrays["G"]))
    for name, slope in slopes.items():
        close(slope, leaves[name].grad)


def test_tied_autoencoder():
    layers = [symnn.Dense(6, 3, "tanh"), symnn.Dense(3, 6, "identity", weights="W1", transpose=True)]
    net = symnn.Network(layers, cost="quadratic")
    # both uses of W add up: ∂C/∂W = δ₁ xᵀ + a₁ δ₂ᵀ
    assert "a⁽¹⁾ (δ⁽²⁾)ᵀ + δ⁽¹⁾ xᵀ" in net.gradient(wrt=["W1"]).text()
    rng = np.random.default_rng(3)
    P = net.initial_parameters(seed=3)
    X = rng.normal(size=(7, 6))
    value, slopes = net.gradient().compile()(P, X, X)
    leaves = {name: leaf(array) for name, array in P.items()}
    x = torch.tensor(X)
    out = torch.tanh(x @ leaves["W1"].T + leaves["b1"]) @ leaves["W1"] + leaves["b2"]
    cost = ((out - x) ** 2).sum(1).mean() / 2
    cost.backward()
    close(value, cost)
    for name, slope in slopes.items():
        close(slope, leaves[name].grad)


def test_cost_with_the_second_derivative_of_a_network():
    # u″(x) = Σⱼ W2ⱼ W1ⱼ² tanh″(W1ⱼ x + b1ⱼ); the cost (u″ + sin x)² wants u″ = −sin x
    net = symnn.mlp("1-8-1", activation=["tanh", "identity"], cost=None)
    x = net.program.find("x")
    program = net.program.with_derivative(of=net.output, wrt="x", order=2, name="u_xx")
    u_xx, C, k = program.find("u_xx"), tensor("C"), index("k", 1)
    program = program.extended([Equation(C, (u_xx[()] + Sum(sin(x[k]), k)) ** 2)])
    # by hand: ∂u″/∂W2ⱼ = W1ⱼ² tanh″(zⱼ), so ∂C/∂W2ⱼ = 2 (u″ + sin x) W1ⱼ² tanh″(zⱼ)
    rng = np.random.default_rng(4)
    P = {name: rng.normal(size=shape) for name, shape in net.parameters.items()}
    X = rng.normal(size=(9, 1))
    f = symnn.gradient(program).compile(batch=True)
    value, slopes = f(P, X)
    leaves = {name: leaf(array) for name, array in P.items()}
    points = leaf(X)
    u = (torch.tanh(points @ leaves["W1"].T + leaves["b1"]) @ leaves["W2"].T + leaves["b2"]).sum()
    (first,) = torch.autograd.grad(u, points, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), points, create_graph=True)
    cost = ((second + torch.sin(points)) ** 2).mean()
    cost.backward()
    close(value, cost)
    for name, slope in slopes.items():
        expected = leaves[name].grad
        close(slope, np.zeros(slope.shape) if expected is None else expected)
    a = np.tanh(X @ P["W1"].T + P["b1"])
    bend = P["W1"].T ** 2 * (-2 * a * (1 - a**2))
    residual = bend @ P["W2"].T + np.sin(X)
    close(slopes["W2"], (2 * residual * bend).mean(axis=0, keepdims=True))


def contrastive():
    """InfoNCE over a batch (van den Oord, Li and Vinyals, 2018): each example's pair against all others."""
    d, m = 4, examples
    n, q, k = index("n", m), index("q", m), index("k", d)
    a, b = tensor("a", (m, d), role="parameter"), tensor("b", (m, d), role="parameter")
    S, L, C = tensor("S", (m, m)), tensor("L", m), tensor("C")
    return Program(
        [
            Equation(S[n, q], Sum(a[n, k] * b[q, k], k)),
            Equation(L[n], LogSumExp(S[n, q], q)),
            Equation(C, Sum(L[n] - S[n, n], n) / m),
        ]
    )


def test_contrastive_cost_over_the_example_axis():
    g = symnn.gradient(contrastive())
    # ∂C/∂S = (softmax(S) − I)/m, row by row; ∂C/∂a = ∂C/∂S b and ∂C/∂b = (∂C/∂S)ᵀ a
    for line in ("S̄       = (exp(S − L 1ᵀ) − I)/m", "∂C/∂A   = S̄ B", "∂C/∂B   = S̄ᵀ A"):
        assert line in g.text()
    rng = np.random.default_rng(5)
    arrays = {name: rng.normal(size=(6, 4)) for name in "ab"}
    value, slopes = g.compile()(**arrays)
    a, b = (leaf(arrays[name]) for name in "ab")
    cost = torch.nn.functional.cross_entropy(a @ b.T, torch.arange(6))
    cost.backward()
    close(value, cost)
    close(slopes["a"], a.grad)
    close(slopes["b"], b.grad)


def test_hessian_of_a_quadratic_form_does_not_need_the_point():
    h = symnn.diff("x'*A*x", wrt="x", kind="hessian")
    assert "∂²f/∂x∂xᵀ   = A + Aᵀ" in h.text()
    f = h.compile()
    assert f.compiled.arguments == ("A",)
    assert f(A=[[1, 2], [3, 4]])["x", "x"].tolist() == [[2, 5], [5, 8]]


def test_hessian_of_log_sum_exp_computes_softmax_once():
    h = symnn.diff("logsumexp(x)", kind="hessian")
    assert "∂f/∂x       = softmax(x)" in h.text()
    assert "∂²f/∂x∂xᵀ   = diag(∂f/∂x) − (∂f/∂x) (∂f/∂x)ᵀ" in h.text()
    f = h.compile()
    assert f.source.count("np.exp(") == 1, f.source
    x = np.array([0.3, -1.0, 2.0])
    s = np.exp(x) / np.exp(x).sum()
    close(f(x=x)["x", "x"], np.diag(s) - np.outer(s, s))


def test_gradient_by_the_bias_of_keys_is_exactly_zero():
    n, d = symnn.sizes("n d")
    i, j, e, k = index("i", n), index("j", n), index("e", d), index("k", d)
    Q, V = tensor("Q", (n, d), role="input"), tensor("V", (n, d), role="input")
    U, b = tensor("U", (n, d), role="input"), tensor("b", d, role="parameter")
    K, S, L = tensor("K", (n, d)), tensor("S", (n, n)), tensor("L", n)
    P, O = tensor("P", (n, n)), tensor("O", (n, d))  # noqa: E741
    program = Program(
        [
            Equation(K[j, e], U[j, e] + b[e]),
            Equation(S[i, j], Sum(Q[i, e] * K[j, e], e)),
            Equation(L[i], LogSumExp(S[i, j], j)),
            Equation(P[i, j], exp(S[i, j] - L[i])),
            Equation(O[i, k], Sum(P[i, j] * V[j, k], j)),
        ]
    )
    assert symnn.gradient(program, of="O")["b"].right == 0
