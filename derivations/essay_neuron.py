"""The essay's neuron: three inputs, three weights, a bias, and the sigmoid.

    z = w₁x₁ + w₂x₂ + w₃x₃ + b,   a = σ(z)
"""

import numpy as np

import symnn


def main() -> None:
    neuron = symnn.mlp("3-1", activation="sigmoid", cost=None)
    weights = {"W1": [[2, 0.2, 1]], "b1": [1]}
    inputs = np.array([0.5, 0.9, 0.1])
    values = neuron.evaluate(weights, inputs)
    print(neuron.gradient().text(view="scalar"))
    print(f"z = {values['z1'][0]:.2f}, a = {values['a1'][0]:.2f}")


if __name__ == "__main__":
    main()
