"""Why costs and activations go together: the sigmoid's slope cancels against the cross-entropy's.

    quadratic:             δ = (a − y) ⊙ σ′(z), small wherever σ is flat
    binary cross-entropy:  δ = a − y
    softmax and cross-entropy, using Σ y = 1:  δ = a − y
"""

import symnn

PAIRS = (("sigmoid", "quadratic"), ("sigmoid", "binary_cross_entropy"), ("softmax", "cross_entropy"))


def main() -> None:
    for activation, cost in PAIRS:
        print(symnn.mlp("n0-n1", activation=activation, cost=cost).gradient())


if __name__ == "__main__":
    main()
