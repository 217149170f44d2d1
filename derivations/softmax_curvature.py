"""Why logistic regression has one valley: the Hessian of log-sum-exp is a covariance, diag(s) − s sᵀ.

    f = log Σ exp(x),   ∂f/∂x = s = softmax(x),   ∂²f/∂x∂xᵀ = diag(s) − s sᵀ

vᵀ (diag(s) − s sᵀ) v is the variance of v under s, so that it is never negative.
Source: Boyd and Vandenberghe, Convex Optimization (2004), section 3.1.5.
"""

import numpy as np

import symnn


def main() -> None:
    hessian = symnn.diff("logsumexp(x)", kind="hessian")
    print(hessian)
    H = hessian.compile()(x=np.array([0.3, -1.0, 2.0, 0.5]))["x", "x"]
    eigenvalues = ", ".join(f"{value + 0:.3f}" for value in np.linalg.eigvalsh(H))
    print(f"its eigenvalues at (0.3, −1, 2, 0.5): {eigenvalues}")


if __name__ == "__main__":
    main()
