"""`symnn derive --optimizer`: the equations of a step below the derivation."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from symnn.cli import main


def derived(*arguments: str) -> str:
    result = CliRunner().invoke(main, ["derive", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_the_update_stands_below_the_gradient() -> None:
    alone, shown = derived("2-3-1"), derived("2-3-1", "--optimizer", "momentum")
    assert shown == (
        f"{alone}Update of each entry θ of a parameter\n"
        "  v ← μ v − η g\n"
        "  θ ← θ + v\n"
        "where g = ∂C/∂θ, μ = 0.9, η = 0.15\n"
        "before the first step v = 0\n"
    )


def test_the_update_in_latex_and_ascii() -> None:
    assert derived("2-3-1", "--optimizer", "sgd", "--format", "latex").endswith(
        r"""
\noindent\textit{Update of each entry $\theta$ of a parameter}
\begin{align*}
  \theta &\leftarrow \theta - \eta g
\end{align*}

\noindent where $g = \partial C/\partial \theta$, $\eta = 3$.
"""
    )
    assert "\n  theta <- theta - eta g\n" in derived("n0-n1-n2", "--optimizer", "sgd", "--ascii")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["2-3-1", "--json"], "--optimizer is shown in text, ascii and latex, without --style and --json"),
        (["2-3-1", "--format", "html"], "--optimizer is shown in text, ascii and latex, without --style and --json"),
        (["n0-...-nL"], "--optimizer is for an architecture with a number of layers, such as 2-3-1"),
    ],
)
def test_where_there_is_no_place_for_it_it_is_refused(arguments: list[str], message: str) -> None:
    result = CliRunner().invoke(main, ["derive", *arguments, "--optimizer", "adam"])
    assert result.exit_code == 2
    assert result.stderr == f"symnn: error: {message}\n"
