"""Layers as a user would write them: nothing in symnn knows of any of them."""

from __future__ import annotations

from typing import Any

from sympy import Rational, Sum, exp, sqrt

from symnn import Equation, Layer, LogSumExp, examples, index, tensor
from symnn.language import NAMED, Tensor, Within

SMALL = Rational(1, 10**5)
relu = NAMED["relu"]


class LayerNorm(Layer):
    """Layer normalisation (Ba, Kiros and Hinton, 2016): o = γ ⊙ (x − μ)/s + β, over the entries of one example."""

    def __init__(self, size: Any) -> None:
        self.inputs = self.outputs = size

    def equations(self, inputs: Tensor) -> list[Equation]:
        d, x = self.inputs, inputs
        i, k = index("i", d), index("k", d)
        gamma, beta = tensor("gamma", d, role="parameter"), tensor("beta", d, role="parameter")
        mu, v, s, c, o = tensor("mu"), tensor("v"), tensor("s"), tensor("c", d), tensor("o", d)
        return [
            Equation(mu, Sum(x[k], k) / d),
            Equation(c[i], x[i] - mu),
            Equation(v, Sum(c[k] ** 2, k) / d),
            Equation(s, sqrt(v + SMALL)),
            Equation(o[i], gamma[i] * c[i] / s + beta[i]),
        ]


class Attention(Layer):
    """A head of scaled dot-product attention (Vaswani et al., 2017): O = softmax(Q Kᵀ/√dₖ) V, row by row."""

    def __init__(self, length: Any, width: Any, keys: Any, values: Any) -> None:
        self.inputs, self.outputs = (length, width), (length, values)
        self.keys = keys

    def equations(self, inputs: Tensor) -> list[Equation]:
        (n, d), v, keys, x = self.inputs, self.outputs[1], self.keys, inputs
        i, j, k = index("i", n), index("j", n), index("k", d)
        e, f = index("e", keys), index("f", v)
        W_Q, W_K = tensor("W_Q", (d, keys), role="parameter"), tensor("W_K", (d, keys), role="parameter")
        W_V = tensor("W_V", (d, v), role="parameter")
        Q, K, V = tensor("Q", (n, keys)), tensor("K", (n, keys)), tensor("V", (n, v))
        S, L, P, O = tensor("S", (n, n)), tensor("L", n), tensor("P", (n, n)), tensor("O", (n, v))  # noqa: E741
        return [
            Equation(Q[i, e], Sum(x[i, k] * W_Q[k, e], k)),
            Equation(K[j, e], Sum(x[j, k] * W_K[k, e], k)),
            Equation(V[j, f], Sum(x[j, k] * W_V[k, f], k)),
            Equation(S[i, j], Sum(Q[i, e] * K[j, e], e) / sqrt(keys)),
            Equation(L[i], LogSumExp(S[i, j], j)),
            Equation(P[i, j], exp(S[i, j] - L[i])),
            Equation(O[i, f], Sum(P[i, j] * V[j, f], j)),
        ]


class Convolution(Layer):
    """One-dimensional convolution with channels: y[o, i] = Σ w[o, c, p] x[c, i + p] + b[o]."""

    def __init__(self, channels: Any, length: Any, filters: Any, width: Any) -> None:
        self.inputs, self.width = (channels, length), width
        self.outputs = (filters, length - width + 1)

    def equations(self, inputs: Tensor) -> list[Equation]:
        (channels, _), (filters, length), x = self.inputs, self.outputs, inputs
        i, o, c, p = index("i", length), index("o", filters), index("c", channels), index("p", self.width)
        w, b = tensor("w", (filters, channels, self.width), role="parameter"), tensor("b", filters, role="parameter")
        y = tensor("y", self.outputs)
        return [Equation(y[o, i], Sum(w[o, c, p] * x[c, i + p], c, p) + b[o])]


class StridedConvolution(Layer):
    """Every second place of a convolution of width 3: y[o, i] = Σ w[o, c, p] x[c, 2i + p], of 2n + 1 places n."""

    def __init__(self, channels: Any, half: Any, filters: Any) -> None:
        self.inputs, self.outputs = (channels, 2 * half + 1), (filters, half)

    def equations(self, inputs: Tensor) -> list[Equation]:
        (channels, _), (filters, half), x = self.inputs, self.outputs, inputs
        i, o, c, p = index("i", half), index("o", filters), index("c", channels), index("p", 3)
        w, y = tensor("w", (filters, channels, 3), role="parameter"), tensor("y", self.outputs)
        return [Equation(y[o, i], Sum(w[o, c, p] * x[c, 2 * i + p], c, p))]


class PaddedConvolution(Layer):
    """A convolution of width 3 with zeros around, as long as its input: a bracket says where x ends."""

    def __init__(self, channels: Any, length: Any, filters: Any) -> None:
        self.inputs, self.outputs = (channels, length), (filters, length)

    def equations(self, inputs: Tensor) -> list[Equation]:
        (channels, length), (filters, _), x = self.inputs, self.outputs, inputs
        i, o, c, p = index("i", length), index("o", filters), index("c", channels), index("p", 3)
        w, y = tensor("w", (filters, channels, 3), role="parameter"), tensor("y", self.outputs)
        return [Equation(y[o, i], Sum(w[o, c, p] * x[c, i + p - 1] * Within(i + p - 1, length), c, p))]


class BatchNorm(Layer):
    """Batch normalisation (Ioffe and Szegedy, 2015): each entry is centred and scaled over the examples."""

    batched = True

    def __init__(self, size: Any) -> None:
        self.inputs = self.outputs = size

    def equations(self, inputs: Tensor) -> list[Equation]:
        d, m, x = self.inputs, examples, inputs
        n, q, i = index("n", m), index("q", m), index("i", d)
        gamma, beta = tensor("gamma", d, role="parameter"), tensor("beta", d, role="parameter")
        mu, v, c, o = tensor("mu", d), tensor("v", d), tensor("c", (m, d)), tensor("o", (m, d))
        return [
            Equation(mu[i], Sum(x[q, i], q) / m),
            Equation(c[n, i], x[n, i] - mu[i]),
            Equation(v[i], Sum(c[q, i] ** 2, q) / m),
            Equation(o[n, i], gamma[i] * c[n, i] / sqrt(v[i] + SMALL) + beta[i]),
        ]


class Residual(Layer):
    """A residual block (He, Zhang, Ren and Sun, 2015): o = x + U relu(W x + b)."""

    def __init__(self, size: Any, hidden: Any) -> None:
        self.inputs = self.outputs = size
        self.hidden = hidden

    def equations(self, inputs: Tensor) -> list[Equation]:
        d, h, x = self.inputs, self.hidden, inputs
        i, k, j = index("i", d), index("k", d), index("j", h)
        W, U = tensor("W", (h, d), role="parameter"), tensor("U", (d, h), role="parameter")
        b, z, r, o = tensor("b", h, role="parameter"), tensor("z", h), tensor("r", h), tensor("o", d)
        return [
            Equation(z[j], Sum(W[j, k] * x[k], k) + b[j]),
            Equation(r[j], relu(z[j])),
            Equation(o[i], x[i] + Sum(U[i, j] * r[j], j)),
        ]


class Spread(Layer):
    """From a vector to a matrix: h[i, e] = Σ W[i, e, k] x[k]."""

    def __init__(self, size: Any, rows: Any, columns: Any) -> None:
        self.inputs, self.outputs = size, (rows, columns)

    def equations(self, inputs: Tensor) -> list[Equation]:
        i, e, k = index("i", self.outputs[0]), index("e", self.outputs[1]), index("k", self.inputs)
        W = tensor("W", (*self.outputs, self.inputs), role="parameter")
        return [Equation(tensor("h", self.outputs)[i, e], Sum(W[i, e, k] * inputs[k], k))]


class RowMeans(Layer):
    """From a matrix to a vector: h[i] = the mean of row i."""

    def __init__(self, rows: Any, columns: Any) -> None:
        self.inputs, self.outputs = (rows, columns), rows

    def equations(self, inputs: Tensor) -> list[Equation]:
        i, e = index("i", self.inputs[0]), index("e", self.inputs[1])
        return [Equation(tensor("h", self.outputs)[i], Sum(inputs[i, e], e) / self.inputs[1])]
