"""The most likely Gaussian: where the gradient of the log-likelihood by mean and covariance is zero.

    ∂ℓ/∂m = S⁻¹ (x − m),   ∂ℓ/∂S = ½ (S⁻¹ (x − m)(x − m)ᵀ S⁻¹ − S⁻¹)

Averaged over the examples both vanish where m is their mean and S is their covariance.
Source: Petersen and Pedersen, The Matrix Cookbook (2012), equations 394 and 396.
"""

import numpy as np

import symnn

LIKELIHOOD = "-1/2*(logdet(S) + (x - m)'*inv(S)*(x - m) + n*log(2*pi))"
SHAPES = {"S": ("n", "n"), "x": "n", "m": "n"}


def main() -> None:
    likelihood = symnn.diff(LIKELIHOOD, wrt=["m", "S"], shapes=SHAPES, symmetric="S")
    print(likelihood)
    X = np.random.default_rng(0).normal(size=(100, 3)) @ np.array([[2, 0, 0], [1, 1, 0], [0, 1, 3]])
    mean, covariance = X.mean(axis=0), np.cov(X.T, bias=True)
    f = likelihood.compile()
    slopes = [f(x=x, m=mean, S=covariance)[1] for x in X]
    largest = max(np.abs(np.mean([slope[name] for slope in slopes], axis=0)).max() for name in ("m", "S"))
    print(f"at the mean and the covariance of 100 examples, the largest slope is {largest:.1e}")


if __name__ == "__main__":
    main()
