"""One equation for each construct of the three views."""

from __future__ import annotations

from sympy import Abs, Integer, KroneckerDelta, Max, Piecewise, Rational, Sum, exp, log, sign, sqrt

from symnn.language import (
    NAMED,
    Equation,
    LogSumExp,
    Maximum,
    Step,
    Within,
    examples,
    index,
    prime,
    sizes,
    tensor,
    undefined_function,
)

n, d = sizes("n d")
i, j = index("i", n), index("j", n)
k, p = index("k", d), index("p", d)
m = index("n", examples)
u, v, y = tensor("u", n), tensor("v", n), tensor("y", n, role="target")
x = tensor("x", d, role="input")
A, B, W, M, S, V = (
    tensor("A", (n, d)), tensor("B", (n, d)), tensor("W", (n, d), role="parameter"), tensor("M", (d, d)),
    tensor("S", (n, n)), tensor("V", (d, n)),
)  # fmt: skip
b, delta = tensor("b", n, role="parameter"), tensor("delta", n, role="adjoint")
X, Z = tensor("x", (examples, d), role="input"), tensor("z", (examples, n))
t, s = tensor("t"), tensor("s")
T, G, H = tensor("r", n), tensor("G", (n, d)), tensor("H", (n, n))
lam = tensor("lam", (), role="hyperparameter")
epsilon = tensor("epsilon", (), role="hyperparameter")
f = undefined_function("f")
relu, tanh = NAMED["relu"], NAMED["tanh"]
conv = index("i", n - d + 1)

CASES = {
    "matrix times vector": (Equation(T[i], Sum(W[i, k] * x[k], k) + b[i]), "matrix"),
    "the same with indices": (Equation(T[i], Sum(W[i, k] * x[k], k) + b[i]), "index"),
    "outer product": (Equation(G[i, k], delta[i] * x[k]), "matrix"),
    "residual before the derivative": (Equation(T[i], prime(f)(v[i]) * (u[i] - y[i])), "matrix"),
    "residual with indices": (Equation(T[i], prime(f)(v[i]) * (u[i] - y[i])), "index"),
    "transpose and product": (Equation(T[i], Sum(V[k, i] * x[k], k) * prime(relu)(v[i])), "matrix"),
    "sum before the derivative": (Equation(T[i], Sum(V[k, i] * x[k], k) * prime(relu)(v[i])), "index"),
    "squared norm": (Equation(t, Sum((u[i] - y[i]) ** 2, i) / 2), "matrix"),
    "penalty": (Equation(t, lam * Sum(W[i, k] ** 2, i, k) / 2), "matrix"),
    "penalty with indices": (Equation(t, lam * Sum(W[i, k] ** 2, i, k) / 2), "index"),
    "scalar product": (Equation(t, Sum(u[i] * v[i], i)), "matrix"),
    "quadratic form": (Equation(t, Sum(x[k] * M[k, p] * x[p], k, p)), "matrix"),
    "trace": (Equation(t, Sum(S[i, i], i)), "matrix"),
    "trace of a product": (Equation(t, Sum(A[i, k] * B[i, k], i, k)), "matrix"),
    "row sums": (Equation(T[i], Sum(A[i, k], k)), "matrix"),
    "mean": (Equation(t, Sum(u[i], i) / n), "matrix"),
    "diagonal": (Equation(G[i, k], Sum(W[i, p] * x[p] * M[p, k], p)), "matrix"),
    "diagonal of a matrix": (Equation(T[i], S[i, i]), "matrix"),
    "delta": (Equation(H[i, j], KroneckerDelta(i, j) * u[i] - u[i] * u[j]), "matrix"),
    "delta with indices": (Equation(H[i, j], KroneckerDelta(i, j) * u[i] - u[j]), "index"),
    "ones made explicit": (Equation(Z[m, i], Sum(X[m, k] * W[i, k], k) + b[i]), "matrix"),
    "batch with indices": (Equation(Z[m, i], Sum(X[m, k] * W[i, k], k) + b[i]), "index"),
    "attention scores": (Equation(H[i, j], Sum(A[i, k] * B[j, k], k) / sqrt(d)), "matrix"),
    "quotient by a scalar": (Equation(T[i], u[i] / s), "matrix"),
    "quotient by a vector": (Equation(T[i], u[i] / sqrt(v[i] + epsilon)), "matrix"),
    "reciprocal": (Equation(T[i], 1 / v[i]), "matrix"),
    "reciprocal with indices": (Equation(T[i], 1 / (1 + v[i])), "index"),
    "square": (Equation(T[i], u[i] ** 2), "matrix"),
    "power": (Equation(T[i], (u[i] - v[i]) ** 3), "matrix"),
    "fractional power": (Equation(T[i], u[i] ** Rational(3, 2)), "index"),
    "numbers in a vector": (Equation(T[i], u[i] * (1 - u[i])), "matrix"),
    "shared factor": (Equation(T[i], u[i] * v[i] - u[i] * y[i]), "index"),
    "log-sum-exp": (Equation(T[i], LogSumExp(A[i, k], k)), "matrix"),
    "log-sum-exp with indices": (Equation(T[i], LogSumExp(A[i, k], k)), "index"),
    "maximum": (Equation(t, Maximum(u[i], i)), "matrix"),
    "maximum with indices": (Equation(t, Maximum(u[i], i)), "index"),
    "cross-entropy": (Equation(t, -Sum(y[i] * log(u[i]) + (1 - y[i]) * log(1 - u[i]), i)), "index"),
    "elementwise functions": (Equation(T[i], Abs(u[i]) + sign(v[i]) + exp(-u[i]) + tanh(v[i])), "matrix"),
    "undefined function": (Equation(T[i], f(u[i])), "matrix"),
    "convolution": (Equation(tensor("z", n - d + 1)[conv], Sum(x[k] * u[conv + k], k)), "matrix"),
    "bracket": (Equation(T[i], Sum(x[k] * u[i - k] * Within(i - k, n), k)), "index"),
    "piecewise": (Equation(T[i], Piecewise((u[i], u[i] > 0), (u[i] / 2, True))), "index"),
    "two-argument function": (Equation(T[i], Max(u[i], Integer(0))), "index"),
    "hinge": (Equation(t, Sum(Max(1 - y[i] * u[i], Integer(0)), i)), "matrix"),
    "hinge of a batch": (Equation(t, Sum(Max(1 - A[i, k] * B[i, k], Integer(0)), i, k) / n), "matrix"),
    "bracket from below": (Equation(T[i], u[i] * Step(-v[i])), "matrix"),
    "sum of absolute values": (Equation(t, Sum(Abs(u[i] - v[i]), i)), "matrix"),
    "penalty of absolute values": (Equation(t, lam * Sum(Abs(W[i, k]), i, k)), "matrix"),
    "sum of a transpose": (Equation(t, Sum(V[k, i] + Sum(M[k, p] * V[p, i], p), k, i)), "matrix"),
    "trace of transposes": (Equation(t, Sum(V[k, i] * M[p, k] * W[i, p], i, k, p)), "matrix"),
    "sum of a function": (Equation(t, -Sum(A[i, k] * log(B[i, k]), i, k) / n), "matrix"),
    "small number in a vector": (Equation(T[i], sqrt(v[i] + Rational(1, 10**5))), "matrix"),
    "small number": (Equation(t, sqrt(s + Rational(3, 10**5)) + Rational(1, 1000)), "index"),
    "decimals": (Equation(T[i], u[i] / 100 - v[i] * Rational(99, 100) + b[i] / 200), "matrix"),
    "decimal of a scalar": (Equation(T[i], lam * u[i] / 1000), "matrix"),
    "fractions that stay": (Equation(T[i], u[i] / 10 + v[i] / 784 + b[i] * Rational(3, 200)), "matrix"),
    "full matrix before a vector": (Equation(G[i, k], A[i, k] * (u[i] + B[i, k])), "matrix"),
    "transpose of a product of entries": (Equation(tensor("F", (d, n))[k, i], A[i, k] * tanh(B[i, k])), "matrix"),
    "momentum": (Equation(T[i], v[i] - lam * u[i]), "matrix"),
    "nested sums": (Equation(T[i], Sum(S[i, j] * Sum(A[j, k] * x[k], k), j)), "index"),
    "sums in scalars": (Equation(T[i], u[i] * Sum(u[j] * v[j], j) / s**2), "index"),
}  # fmt: skip
