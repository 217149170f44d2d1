"""Where the transpose comes from: the gradient of a layer, step by step, each line checked.

    ∂C/∂aⱼ = Σₖ wₖⱼ δₖ      the sum runs over the first index of w, so that ∂C/∂a = Wᵀ δ
"""

import symnn


def main() -> None:
    gradient = symnn.mlp("2-3-1").gradient()
    print(gradient.steps("W1"))
    print(gradient.audit())


if __name__ == "__main__":
    main()
