"""What each construct of cases.py is written as, in text, ASCII and LaTeX."""

from __future__ import annotations

EXPECTED: dict[str, tuple[str, str, str]] = {
    "matrix times vector": (
        "r = W x + b",
        "r = W x + b",
        r"\bm{r} = \bm{W} \bm{x} + \bm{b}",
    ),
    "the same with indices": (
        "rᵢ = Σₖ wᵢₖ xₖ + bᵢ",
        "r[i] = sum_k W[i,k] x[k] + b[i]",
        r"r_{i} = \sum_{k} w_{ik} x_{k} + b_{i}",
    ),
    "outer product": (
        "G = δ xᵀ",
        "G = delta x'",
        r"\bm{G} = \bm{\delta} \bm{x}^{\mathsf{T}}",
    ),
    "residual before the derivative": (
        "r = (u − y) ⊙ f′(v)",
        "r = (u - y) .* f'(v)",
        r"\bm{r} = (\bm{u} - \bm{y}) \odot f'(\bm{v})",
    ),
    "residual with indices": (
        "rᵢ = (uᵢ − yᵢ) f′(vᵢ)",
        "r[i] = (u[i] - y[i]) f'(v[i])",
        "r_{i} = (u_{i} - y_{i}) f'(v_{i})",
    ),
    "transpose and product": (
        "r = Vᵀ x ⊙ relu′(v)",
        "r = V' x .* relu'(v)",
        r"\bm{r} = \bm{V}^{\mathsf{T}} \bm{x} \odot \operatorname{relu}'(\bm{v})",
    ),
    "sum before the derivative": (
        "rᵢ = (Σₖ Vₖᵢ xₖ) relu′(vᵢ)",
        "r[i] = (sum_k V[k,i] x[k]) relu'(v[i])",
        r"r_{i} = \left(\sum_{k} V_{ki} x_{k}\right) \operatorname{relu}'(v_{i})",
    ),
    "squared norm": (
        "t = ½ ‖u − y‖²",
        "t = 1/2 ||u - y||^2",
        r"t = \frac{1}{2} \lVert \bm{u} - \bm{y} \rVert^2",
    ),
    "penalty": (
        "t = (λ/2) ‖W‖²",
        "t = (lambda/2) ||W||^2",
        r"t = \frac{\lambda}{2} \lVert \bm{W} \rVert^2",
    ),
    "penalty with indices": (
        "t = (λ/2) Σᵢₖ wᵢₖ²",
        "t = (lambda/2) sum_{i,k} W[i,k]^2",
        r"t = \frac{\lambda}{2} \sum_{i,k} w_{ik}^{2}",
    ),
    "scalar product": (
        "t = uᵀ v",
        "t = u' v",
        r"t = \bm{u}^{\mathsf{T}} \bm{v}",
    ),
    "quadratic form": (
        "t = xᵀ M x",
        "t = x' M x",
        r"t = \bm{x}^{\mathsf{T}} \bm{M} \bm{x}",
    ),
    "trace": (
        "t = tr(S)",
        "t = tr(S)",
        r"t = \operatorname{tr}(\bm{S})",
    ),
    "trace of a product": (
        "t = tr(Aᵀ B)",
        "t = tr(A' B)",
        r"t = \operatorname{tr}(\bm{A}^{\mathsf{T}} \bm{B})",
    ),
    "row sums": (
        "r = A 1",
        "r = A 1",
        r"\bm{r} = \bm{A} \bm{1}",
    ),
    "mean": (
        "t = (1/n) 1ᵀ u",
        "t = (1/n) 1' u",
        r"t = \frac{1}{n} \bm{1}^{\mathsf{T}} \bm{u}",
    ),
    "diagonal": (
        "G = W diag(x) M",
        "G = W diag(x) M",
        r"\bm{G} = \bm{W} \operatorname{diag}(\bm{x}) \bm{M}",
    ),
    "diagonal of a matrix": (
        "r = diagonal(S)",
        "r = diagonal(S)",
        r"\bm{r} = \operatorname{diagonal}(\bm{S})",
    ),
    "delta": (
        "H = diag(u) − u uᵀ",
        "H = diag(u) - u u'",
        r"\bm{H} = \operatorname{diag}(\bm{u}) - \bm{u} \bm{u}^{\mathsf{T}}",
    ),
    "delta with indices": (
        "hᵢⱼ = uᵢ [i = j] − uⱼ",
        "H[i,j] = u[i] [i = j] - u[j]",
        r"h_{ij} = u_{i} \, [i = j] - u_{j}",
    ),
    "ones made explicit": (
        "Z = X Wᵀ + 1 bᵀ",
        "Z = X W' + 1 b'",
        r"\bm{Z} = \bm{X} \bm{W}^{\mathsf{T}} + \bm{1} \bm{b}^{\mathsf{T}}",
    ),
    "batch with indices": (
        "zₙᵢ = Σₖ xₙₖ wᵢₖ + bᵢ",
        "z[n,i] = sum_k x[n,k] W[i,k] + b[i]",
        r"z_{ni} = \sum_{k} x_{nk} w_{ik} + b_{i}",
    ),
    "attention scores": (
        "H = (1/√d) A Bᵀ",
        "H = 1/sqrt(d) A B'",
        r"\bm{H} = \frac{1}{\sqrt{d}} \bm{A} \bm{B}^{\mathsf{T}}",
    ),
    "quotient by a scalar": (
        "r = u/s",
        "r = u/s",
        r"\bm{r} = \frac{\bm{u}}{s}",
    ),
    "quotient by a vector": (
        "r = u ⊘ √(v + ε 1)",
        "r = u ./ sqrt(v + epsilon 1)",
        r"\bm{r} = \bm{u} \oslash \sqrt{\bm{v} + \varepsilon \bm{1}}",
    ),
    "reciprocal": (
        "r = 1 ⊘ v",
        "r = 1 ./ v",
        r"\bm{r} = \bm{1} \oslash \bm{v}",
    ),
    "reciprocal with indices": (
        "rᵢ = 1/(1 + vᵢ)",
        "r[i] = 1/(1 + v[i])",
        r"r_{i} = \frac{1}{1 + v_{i}}",
    ),
    "square": (
        "r = u ⊙ u",
        "r = u .* u",
        r"\bm{r} = \bm{u} \odot \bm{u}",
    ),
    "power": (
        "r = (u − v)∘³",
        "r = (u - v).^3",
        r"\bm{r} = (\bm{u} - \bm{v})^{\circ 3}",
    ),
    "fractional power": (
        "rᵢ = uᵢ^(3/2)",
        "r[i] = u[i]^(3/2)",
        r"r_{i} = u_{i}^{\frac{3}{2}}",
    ),
    "numbers in a vector": (
        "r = u ⊙ (1 − u)",
        "r = u .* (1 - u)",
        r"\bm{r} = \bm{u} \odot (\bm{1} - \bm{u})",
    ),
    "shared factor": (
        "rᵢ = (vᵢ − yᵢ) uᵢ",
        "r[i] = (v[i] - y[i]) u[i]",
        "r_{i} = (v_{i} - y_{i}) u_{i}",
    ),
    "log-sum-exp": (
        "r = logsumexp(A)",
        "r = logsumexp(A)",
        r"\bm{r} = \operatorname{logsumexp}(\bm{A})",
    ),
    "log-sum-exp with indices": (
        "rᵢ = log Σₖ exp(aᵢₖ)",
        "r[i] = log sum_k exp(A[i,k])",
        r"r_{i} = \log \sum_{k} \exp(a_{ik})",
    ),
    "maximum": (
        "t = max(u)",
        "t = max(u)",
        r"t = \max(\bm{u})",
    ),
    "maximum with indices": (
        "t = maxᵢ uᵢ",
        "t = max_i u[i]",
        r"t = \max_{i} u_{i}",
    ),
    "cross-entropy": (
        "t = −Σᵢ (yᵢ log uᵢ + (1 − yᵢ) log(1 − uᵢ))",
        "t = -sum_i (y[i] log u[i] + (1 - y[i]) log(1 - u[i]))",
        r"t = -\sum_{i} (y_{i} \log u_{i} + (1 - y_{i}) \log(1 - u_{i}))",
    ),
    "elementwise functions": (
        "r = |u| + sign(v) + tanh(v) + exp(−u)",
        "r = |u| + sign(v) + tanh(v) + exp(-u)",
        r"\bm{r} = \lvert \bm{u} \rvert + \operatorname{sign}(\bm{v}) + \tanh(\bm{v}) + \exp(-\bm{u})",
    ),
    "undefined function": (
        "r = f(u)",
        "r = f(u)",
        r"\bm{r} = f(\bm{u})",
    ),
    "convolution": (
        "zᵢ = Σₖ xₖ uᵢ₊ₖ   (index form: no matrix form)",
        "z[i] = sum_k x[k] u[i+k]   (index form: no matrix form)",
        r"z_{i} = \sum_{k} x_{k} u_{i+k} \quad \text{(index form: no matrix form)}",
    ),
    "bracket": (
        "rᵢ = Σₖ xₖ uᵢ₋ₖ [k ≤ i]",
        "r[i] = sum_k x[k] u[i-k] [k <= i]",
        r"r_{i} = \sum_{k} x_{k} u_{i-k} \, [k \le i]",
    ),
    "piecewise": (
        "rᵢ = (uᵢ if uᵢ > 0, else ½ uᵢ)",
        "r[i] = (u[i] if u[i] > 0, else 1/2 u[i])",
        r"r_{i} = \begin{cases} u_{i} & \text{if } u_{i} > 0 \\ \frac{1}{2} u_{i} & \text{otherwise} \end{cases}",
    ),
    "two-argument function": (
        "rᵢ = max(0, uᵢ)",
        "r[i] = max(0, u[i])",
        r"r_{i} = \max(0, u_{i})",
    ),
    "hinge": (
        "t = 1ᵀ max(0, 1 − y ⊙ u)",
        "t = 1' max(0, 1 - y .* u)",
        r"t = \bm{1}^{\mathsf{T}} \max(\bm{0}, \bm{1} - \bm{y} \odot \bm{u})",
    ),
    "hinge of a batch": (
        "t = (1/n) 1ᵀ max(0, 1 1ᵀ − A ⊙ B) 1",
        "t = (1/n) 1' max(0, 1 1' - A .* B) 1",
        r"t = \frac{1}{n} \bm{1}^{\mathsf{T}} \max(\bm{0}, \bm{1} \bm{1}^{\mathsf{T}} - \bm{A} \odot \bm{B}) \bm{1}",
    ),
    "bracket from below": (
        "r = u ⊙ [v < 0]",
        "r = u .* [v < 0]",
        r"\bm{r} = \bm{u} \odot [\bm{v} < 0]",
    ),
    "sum of absolute values": (
        "t = ‖u − v‖₁",
        "t = ||u - v||_1",
        r"t = \lVert \bm{u} - \bm{v} \rVert_1",
    ),
    "penalty of absolute values": (
        "t = λ ‖W‖₁",
        "t = lambda ||W||_1",
        r"t = \lambda \lVert \bm{W} \rVert_1",
    ),
    "sum of a transpose": (
        "t = 1ᵀ (V + M V) 1",
        "t = 1' (V + M V) 1",
        r"t = \bm{1}^{\mathsf{T}} (\bm{V} + \bm{M} \bm{V}) \bm{1}",
    ),
    "trace of transposes": (
        "t = tr(V W M)",
        "t = tr(V W M)",
        r"t = \operatorname{tr}(\bm{V} \bm{W} \bm{M})",
    ),
    "sum of a function": (
        "t = −(1/n) 1ᵀ (A ⊙ log B) 1",
        "t = -(1/n) 1' (A .* log B) 1",
        r"t = -\frac{1}{n} \bm{1}^{\mathsf{T}} (\bm{A} \odot \log \bm{B}) \bm{1}",
    ),
    "small number in a vector": (
        "r = √(v + 10⁻⁵ 1)",
        "r = sqrt(v + 1e-5 1)",
        r"\bm{r} = \sqrt{\bm{v} + 10^{-5} \bm{1}}",
    ),
    "small number": (
        "t = √(s + 3·10⁻⁵) + 0.001",
        "t = sqrt(s + 3e-5) + 0.001",
        r"t = \sqrt{s + 3 \cdot 10^{-5}} + 0.001",
    ),
    "decimals": (
        "r = 0.01 u + 0.005 b − 0.99 v",
        "r = 0.01 u + 0.005 b - 0.99 v",
        r"\bm{r} = 0.01 \bm{u} + 0.005 \bm{b} - 0.99 \bm{v}",
    ),
    "decimal of a scalar": (
        "r = 0.001 λ u",
        "r = 0.001 lambda u",
        r"\bm{r} = 0.001 \lambda \bm{u}",
    ),
    "fractions that stay": (
        "r = (1/10) u + (1/784) v + (3/200) b",
        "r = (1/10) u + (1/784) v + (3/200) b",
        r"\bm{r} = \frac{1}{10} \bm{u} + \frac{1}{784} \bm{v} + \frac{3}{200} \bm{b}",
    ),
    "full matrix before a vector": (
        "G = A ⊙ (B + u 1ᵀ)",
        "G = A .* (B + u 1')",
        r"\bm{G} = \bm{A} \odot (\bm{B} + \bm{u} \bm{1}^{\mathsf{T}})",
    ),
    "transpose of a product of entries": (
        "F = (A ⊙ tanh(B))ᵀ",
        "F = (A .* tanh(B))'",
        r"\bm{F} = (\bm{A} \odot \tanh(\bm{B}))^{\mathsf{T}}",
    ),
    "momentum": (
        "r = v − λ u",
        "r = v - lambda u",
        r"\bm{r} = \bm{v} - \lambda \bm{u}",
    ),
    "nested sums": (
        "rᵢ = Σⱼ sᵢⱼ Σₖ aⱼₖ xₖ",
        "r[i] = sum_j S[i,j] sum_k A[j,k] x[k]",
        r"r_{i} = \sum_{j} s_{ij} \sum_{k} a_{jk} x_{k}",
    ),
    "sums in scalars": (
        "rᵢ = (uᵢ Σⱼ uⱼ vⱼ) / s²",
        "r[i] = (u[i] sum_j u[j] v[j]) / s^2",
        r"r_{i} = \frac{u_{i} \sum_{j} u_{j} v_{j}}{s^{2}}",
    ),
}
