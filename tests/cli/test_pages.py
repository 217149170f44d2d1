"""`-o FILE.html`: a page, from the command line."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

import symnn
from symnn.cli import main
from symnn.networks import mlp
from symnn.teaching.page import page


def test_derive_writes_a_page(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    done = CliRunner().invoke(main, ["derive", "2-3-1", "--wrt", "b2", "-o", str(path)])
    assert (done.exit_code, done.output) == (0, "")
    network = mlp("2-3-1")
    assert path.read_text("utf-8") == page(network.gradient(wrt=["b2"]), network=network)


def test_diff_prints_a_page() -> None:
    done = CliRunner().invoke(main, ["diff", "x'*A*x", "--wrt", "x", "--format", "html"])
    assert done.exit_code == 0
    assert done.output.rstrip("\n") == page(symnn.diff("x'*A*x", wrt="x")).rstrip("\n")


def test_a_file_with_hostile_words(tmp_path: Path) -> None:
    path = tmp_path / "a<script>b.txt"
    path.write_text("input x: 2\nparameter W: 2 x 2\nC = x'*W*x\n", encoding="utf-8")
    done = CliRunner().invoke(main, ["derive", str(path), "--format", "html"])
    assert done.exit_code == 0
    assert "<h1>a&lt;script&gt;b.txt</h1>" in done.output
    assert done.output.count("<script>") == 1


def test_what_has_no_page() -> None:
    done = CliRunner().invoke(main, ["derive", "n0-...-nL", "--format", "html"])
    assert done.exit_code == 2
    assert done.stderr == (
        "symnn: error: there is no page on 'n0-...-nL': give a number of layers, such as n0-n1-n2\n"
    )
    done = CliRunner().invoke(main, ["derive", "2-3-1", "-o", "page.htm"])
    assert done.exit_code == 2
    assert "unknown ending '.htm'" in done.stderr
    assert "did you mean '.html'" in done.stderr or ".html" in done.stderr
