"""Attention, and what the bias of the keys does: nothing. Its gradient is zero, by the sum of the softmax.

    S = Q Kᵀ/√d,   P = softmax(S),   O = P V,   ∂C/∂b_K = K̄ᵀ 1 = 0

Source: Vaswani et al., Attention is all you need (2017).
"""

import symnn
from symnn.networks import Attention


def main() -> None:
    n, d = symnn.sizes("n d")
    layer = Attention((n, d), keys=d, use_bias=True)
    program = symnn.Program(layer.equations(symnn.tensor("X", (n, d), "input")[0, 0].base))
    print(symnn.gradient(program, of="O"))


if __name__ == "__main__":
    main()
