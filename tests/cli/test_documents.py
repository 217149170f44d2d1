"""`--style` and `-o FILE.pdf` of derive and diff: what is written, and what is refused."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from symnn.cli import main

needs_tex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed: no PDF is made")
FILE = "input x: 3\ntarget y\nparameter w: 3\nz = w'*x\nC = (z - y)^2/2\n"


def _run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def test_without_a_style_latex_is_a_fragment(tmp_path: Path) -> None:
    path = tmp_path / "a.tex"
    assert _run("derive", "2-3-1", "-o", str(path)) == (0, "")
    assert path.read_text().startswith(r"\noindent\textbf{2-3-1")


STYLES = [("article", "{article}"), ("slides", "{beamer}"), ("summary", "{article}")]


@pytest.mark.parametrize(("style", "begin"), STYLES)
def test_with_a_style_it_is_a_document(style: str, begin: str, tmp_path: Path) -> None:
    path = tmp_path / "a.tex"
    assert _run("derive", "2-3-1", "--style", style, "-o", str(path))[0] == 0
    text = path.read_text()
    assert begin in text.splitlines()[0]
    assert text.endswith("\\end{document}\n")
    assert "sigmoid" in text


@needs_tex
@pytest.mark.parametrize("arguments", [("derive", "1-1"), ("diff", "x'*A*x"), ("derive", "1-1", "--style", "summary")])
def test_a_pdf(arguments: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    assert _run(*arguments, "-o", str(path))[0] == 0
    assert path.read_bytes().startswith(b"%PDF-")
    assert os.listdir(tmp_path) == ["a.pdf"]


@needs_tex
def test_a_file_with_a_hostile_name(tmp_path: Path) -> None:
    path = tmp_path / r"50%_\input{x}#$^^41&.txt"
    path.write_text(FILE)
    assert _run("derive", str(path), "-o", str(tmp_path / "a.pdf"))[0] == 0


def test_a_chosen_view_and_gradient(tmp_path: Path) -> None:
    path = tmp_path / "a.tex"
    assert _run("derive", "2-3-1", "--style", "article", "--view", "index", "--wrt", "b2", "-o", str(path))[0] == 0
    text = path.read_text()
    assert "Entry by entry" in text
    assert "In matrices" not in text
    assert r"\subsection{$\partial C / \partial \bm{b}^{(2)}$}" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--style", "article"), "--style article: a document is written with -o FILE.tex or -o FILE.pdf"),
        (("--style", "slides", "-o", "a.md"), "--style slides: a document is written with -o FILE.tex or -o FILE.pdf"),
        (("--style", "slides", "-o", "a.tex", "--json"), "--style slides and --json exclude each other"),
        (("--style", "slides", "-o", "a.tex", "--ascii"), "--style slides and --ascii exclude each other"),
        (("-o", "a.pdf", "--format", "markdown"), "-o a.pdf and --format markdown exclude each other"),
        (("--style", "poster", "-o", "a.tex"), "'poster' is not one of"),
    ],
)
def test_what_is_refused(arguments: tuple[str, ...], message: str) -> None:
    for subject in (("derive", "2-3-1"), ("diff", "x'*A*x")):
        code, output = _run(*subject, *arguments)
        assert code == 2
        assert message in output


def test_no_pdflatex_and_no_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    code, output = _run("derive", "2-3-1", "--style", "article", "-o", str(tmp_path / "none" / "a.tex"))
    assert code == 1
    assert "there is no folder" in output
    monkeypatch.setenv("PATH", "")
    code, output = _run("derive", "2-3-1", "-o", str(tmp_path / "a.pdf"))
    assert code == 1
    assert output.startswith("symnn: error: pdflatex was not found")
    assert output.count("\n") == 1
    assert os.listdir(tmp_path) == []
