"""Every script of derivations/ runs alone, and prints its mathematics."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "derivations"
SAID = {
    "essay_neuron": ["z = 2.28, a = 0.91", "∂C/∂w⁽¹⁾₁₁   = δ⁽¹⁾₁ x₁"],
    "backpropagation": [
        "δ⁽ᴸ⁾       = ∇ₐC ⊙ f′(z⁽ᴸ⁾)",
        "δ⁽ˡ⁾       = (W⁽ˡ⁺¹⁾)ᵀ δ⁽ˡ⁺¹⁾ ⊙ f′(z⁽ˡ⁾)",
        "∂C/∂b⁽ˡ⁾   = δ⁽ˡ⁾",
        "∂C/∂W⁽ˡ⁾   = δ⁽ˡ⁾ (a⁽ˡ⁻¹⁾)ᵀ",
    ],
    "attention": ["∂C/∂b_K   = 0", "P̄         = Ō Vᵀ", "using Σⱼ k̄ⱼₑ = 0"],
    "gaussian_likelihood": [
        "∂f/∂m   = S⁻¹ (x − m)",
        "∂f/∂S   = ½ (S⁻¹ (x − m) (x − m)ᵀ S⁻¹ − S⁻¹)",
        "the largest slope is",
    ],
    "softmax_curvature": ["∂f/∂x       = softmax(x)", "∂²f/∂x∂xᵀ   = diag(∂f/∂x) − (∂f/∂x) (∂f/∂x)ᵀ"],
    "transpose": [
        "The sum runs over k, which stands first in w⁽²⁾ₖⱼ",
        "∂C/∂W⁽¹⁾ = δ⁽¹⁾ xᵀ",
        "6 equations: 6 exact",
    ],
    "cost_and_activation": ["δ⁽¹⁾       = (a⁽¹⁾ − y) ⊙ σ′(z⁽¹⁾)", "δ⁽¹⁾       = a⁽¹⁾ − y", "using Σⱼ yⱼ = 1"],
}


@pytest.mark.parametrize("script", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_a_derivation_runs_and_prints(script: Path) -> None:
    command = [sys.executable, "-W", "error", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    for line in SAID[script.stem]:
        assert line in done.stdout
