"""Attention: each row of a sequence takes from all rows, by how well its query fits their keys.

    P = softmax(Q Kᵀ/√d_k + M),   O = P V

The causal mask M is 0 where a row may look and −∞ where it may not, M[i, j] = log [j ≤ i], so that
exp M is the bracket itself and every row of P is exactly the softmax over the places that it sees.
"""

from __future__ import annotations

from typing import Any

from sympy import Expr, Idx, Sum, exp, log, sqrt

from symnn.errors import InputError
from symnn.language import Equation, LogSumExp, Tensor, Within, index
from symnn.language.tensors import check_size
from symnn.networks.initial import DrawnLayer


class Attention(DrawnLayer):
    """One head of scaled dot-product attention: P = softmax(Q Kᵀ/√d_k), O = P V, with Q = x W_Q, K = x W_K, V = x W_V.

    Args:
        inputs: (T, d), a row for each of T places.
        keys: d_k, the columns of Q and K.
        values: d_v, the columns of V and of the output; by default d_k.
        causal: whether a row sees only itself and the rows before it: S = Q Kᵀ/√d_k + M, M[i, j] = log [j ≤ i].
        use_bias: whether Q, K and V have biases: Q = x W_Q + 1 b_Qᵀ.

    W_Q and W_K are (d, d_k), W_V is (d, d_v), all normal with the variance of Glorot and Bengio (2010);
    biases start at 0. The output is (T, d_v).

    Source: Vaswani and others, Attention is all you need (2017), equation 1.

    >>> from symnn.language import Program, tensor
    >>> print(Program(Attention((4, 8), keys=3).equations(tensor("x", (4, 8)))[3:]))
    S[i, j] = sqrt(3)*Sum(K[j, e]*Q[i, e], e)/3
    L[i] = LogSumExp(S[i, j], j)
    P[i, j] = exp(-L[i] + S[i, j])
    O[i, f] = Sum(P[i, j]*V[j, f], j)

    Raises:
        InputError: for an input that has not two axes.
    """

    def __init__(
        self, inputs: Any, keys: Any, values: Any = None, causal: bool = False, use_bias: bool = False
    ) -> None:
        self.inputs = sequence_shape(type(self).__name__, inputs)
        self.keys, self.values = check_size(keys), check_size(keys if values is None else values)
        self.outputs = (self.inputs[0], self.values)
        self.causal, self.use_bias = causal, use_bias

    def equations(self, inputs: Tensor) -> list[Equation]:
        """Return Q, K, V, S, P (with its logarithm of a sum, L) and O."""
        T = inputs.shape[0]
        i, j = index("i", T), index("j", T)
        e, f = index("e", self.keys), index("f", self.values)
        Q, K, V = Tensor("Q", (T, self.keys)), Tensor("K", (T, self.keys)), Tensor("V", (T, self.values))
        P, O = Tensor("P", (T, T)), Tensor("O", (T, self.values))  # noqa: E741 - the textbook's letter
        score = Sum(Q[i, e] * K[j, e], e) / sqrt(self.keys)
        return [
            *(self._projection(inputs, *row) for row in ((Q, i, e), (K, j, e), (V, j, f))),
            *masked_softmax(score, P, (i, j), self.causal),
            Equation(O[i, f], Sum(P[i, j] * V[j, f], j)),
        ]

    def _projection(self, inputs: Tensor, made: Tensor, row: Idx, column: Idx) -> Equation:
        """Q = x W_Q, or Q = x W_Q + 1 b_Qᵀ."""
        d, size = inputs.shape[-1], made.shape[-1]
        k = index("k", d)
        W, b = Tensor(f"W_{made.name}", (d, size), "parameter"), Tensor(f"b_{made.name}", (size,), "parameter")
        bias = b[column] if self.use_bias else 0
        return Equation(made[row, column], Sum(inputs[row, k] * W[k, column], k) + bias)


class MultiHeadAttention(DrawnLayer):
    """Several heads of attention side by side: O = Σ_h A_h W_O,h + b_O, with A_h = softmax(Q_h K_hᵀ/√d_k) V_h.

    Args:
        inputs: (T, d), a row for each of T places.
        heads: how many heads h there are.
        keys: d_k, the columns of each head; by default d/heads.
        causal: whether a row sees only itself and the rows before it: S = Q Kᵀ/√d_k + M, M[i, j] = log [j ≤ i].
        use_bias: whether Q, K, V and O have biases.

    A head is an index: W_Q, W_K and W_V are (heads, d, d_k), W_O is (heads, d_k, d), so that the heads need
    not be laid side by side and taken apart again: Σ_{h,e} A[h, i, e] W_O[h, e, k] is Concat(A₁, …) W_O.
    Weights start normal, with the variance of Glorot and Bengio (2010), biases at 0. The output is (T, d).

    Source: Vaswani and others, Attention is all you need (2017), section 3.2.2.

    >>> from symnn.language import Program, tensor
    >>> layer = MultiHeadAttention((4, 8), heads=2, causal=True, use_bias=False)
    >>> print(Program(layer.equations(tensor("x", (4, 8)))))
    Q[h, i, e] = Sum(W_Q[h, k, e]*x[i, k], k)
    K[h, j, e] = Sum(W_K[h, k, e]*x[j, k], k)
    V[h, j, e] = Sum(W_V[h, k, e]*x[j, k], k)
    M[i, j] = log(Within(i - j, 4))
    S[h, i, j] = Sum(K[h, j, e]*Q[h, i, e], e)/2 + M[i, j]
    L[h, i] = LogSumExp(S[h, i, j], j)
    P[h, i, j] = exp(-L[h, i] + S[h, i, j])
    A[h, i, e] = Sum(P[h, i, j]*V[h, j, e], j)
    O[i, k] = Sum(A[h, i, e]*W_O[h, e, k], h, e)

    Raises:
        InputError: for an input that has not two axes, or a width that the heads do not divide.
    """

    def __init__(self, inputs: Any, heads: Any, keys: Any = None, causal: bool = False, use_bias: bool = True) -> None:
        self.inputs = self.outputs = sequence_shape(type(self).__name__, inputs)
        self.heads, width = check_size(heads), self.inputs[1]
        if keys is None and not (width / self.heads).is_integer:
            raise InputError(f"MultiHeadAttention: {self.heads} heads do not divide a width of {width}: give keys")
        self.keys = check_size(width / self.heads if keys is None else keys)
        self.causal, self.use_bias = causal, use_bias

    def equations(self, inputs: Tensor) -> list[Equation]:
        """Return Q, K, V, S, P (with its logarithm of a sum, L), A and O."""
        T, d = inputs.shape
        h, i, j = index("h", self.heads), index("i", T), index("j", T)
        e, k = index("e", self.keys), index("k", d)
        Q, K, V, A = (Tensor(name, (self.heads, T, self.keys)) for name in "QKVA")
        P, O = Tensor("P", (self.heads, T, T)), Tensor("O", (T, d))  # noqa: E741 - the textbook's letter
        W_O, b_O = Tensor("W_O", (self.heads, self.keys, d), "parameter"), Tensor("b_O", (d,), "parameter")
        score = Sum(Q[h, i, e] * K[h, j, e], e) / sqrt(self.keys)
        return [
            *(self._projection(inputs, *row) for row in ((Q, h, i, e), (K, h, j, e), (V, h, j, e))),
            *masked_softmax(score, P, (h, i, j), self.causal),
            Equation(A[h, i, e], Sum(P[h, i, j] * V[h, j, e], j)),
            Equation(O[i, k], Sum(A[h, i, e] * W_O[h, e, k], h, e) + (b_O[k] if self.use_bias else 0)),
        ]

    def _projection(self, inputs: Tensor, made: Tensor, head: Idx, row: Idx, column: Idx) -> Equation:
        """Q_h = x W_Q,h, or Q_h = x W_Q,h + 1 b_Q,hᵀ."""
        heads, _, size = made.shape
        d = inputs.shape[-1]
        k = index("k", d)
        W = Tensor(f"W_{made.name}", (heads, d, size), "parameter")
        b = Tensor(f"b_{made.name}", (heads, size), "parameter")
        bias = b[head, column] if self.use_bias else 0
        return Equation(made[head, row, column], Sum(inputs[row, k] * W[head, k, column], k) + bias)

    def fans(self, name: str, shape: tuple[int, ...]) -> tuple[int, int]:
        """Return the width and heads × keys, or the other way for W_O: the matrices of all heads are one."""
        heads, rows, columns = shape
        return (heads * rows, columns) if name == "W_O" else (rows, heads * columns)

    def is_weight(self, name: str, shape: tuple[int, ...]) -> bool:
        """Whether a parameter is a weight: biases of heads have two axes."""
        return name.startswith("W")


def masked_softmax(score: Expr, P: Tensor, indices: tuple[Idx, ...], causal: bool) -> list[Equation]:
    """Return the equations of P = softmax(score + M) along the last index, with the mask M if it is causal."""
    S, L = Tensor("S", P.shape), Tensor("L", P.shape[:-1])
    *_, i, j = indices
    mask: list[Equation] = []
    if causal:
        M = Tensor("M", P.shape[-2:])
        # exp of the logarithm of a bracket is the bracket: 0 where j is after i, exactly.
        mask.append(Equation(M[i, j], log(Within(i - j, P.shape[-1]))))
        score = score + M[i, j]
    largest = L[indices[:-1]]
    return [
        *mask,
        Equation(S[indices], score),
        Equation(largest, LogSumExp(S[indices], j)),
        Equation(P[indices], exp(S[indices] - largest)),
    ]


def sequence_shape(layer: str, inputs: Any) -> tuple[Expr, Expr]:
    """Return the shape of a sequence.

    Raises:
        InputError: for an input that has not two axes.
    """
    if not isinstance(inputs, tuple | list) or len(inputs) != 2:
        raise InputError(f"{layer}: inputs={inputs!r}: the shape of a sequence is needed, (T, d)")
    T, d = (check_size(size) for size in inputs)
    return T, d
