"""README says what is true: its Python runs, its picture is what the command prints, its commands are there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from symnn.cli import main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
PICTURE = Path(__file__).parent / "expected" / "derive-2-3-1.svg"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def test_the_python_of_the_guide_runs_and_prints_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("sklearn", reason="scikit-learn is not installed: no digits")
    namespace: dict[str, object] = {}
    for block in blocks("python"):
        exec(compile(block, "README.md", "exec"), namespace)
    printed = capsys.readouterr().out
    for expected in blocks("text"):
        assert expected in printed


def picture(text: str) -> str:
    """Return text as an SVG picture: one line of monospaced type for each line."""
    lines = text.rstrip("\n").split("\n")
    width, height = 30 + 8.45 * max(len(line) for line in lines), 28 + 22 * len(lines)
    escaped = [line.replace("&", "&amp;").replace("<", "&lt;") for line in lines]
    rows = [
        f'<text x="18" y="{30 + 22 * n}"{_style(n, line)} xml:space="preserve">{line}</text>'
        for n, line in enumerate(escaped)
    ]
    size = f'width="{width:.0f}" height="{height}" viewBox="0 0 {width:.0f} {height}"'
    font = "font-family=\"'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"14\""
    body = "\n".join(rows)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>\n<rect width="100%" height="100%" rx="8" fill="#fbfaf7"'
        f' stroke="#d8d4c8"/>\n<g {font} fill="#1f2933">\n{body}\n</g>\n</svg>\n'
    )


def _style(number: int, line: str) -> str:
    if number == 0:
        return ' font-weight="bold"'
    return "" if line.startswith("  ") else ' fill="#8a5a1f"'


def shown() -> str:
    """What `symnn derive 2-3-1` prints, with its long last lines folded."""
    text = CliRunner().invoke(main, ["derive", "2-3-1"]).output
    return text.replace(", δ⁽ˡ⁾", ",\n      δ⁽ˡ⁾").replace("variable: ", "variable:\n      ")


def test_the_picture_is_what_the_command_prints() -> None:
    assert PICTURE.read_text() == picture(shown()), "regenerate it: python tests/test_readme.py"


@pytest.mark.parametrize("line", [line for block in blocks("sh") for line in block.splitlines() if line.strip()])
def test_every_command_of_the_guide_is_accepted(line: str) -> None:
    words = shlex.split(line, comments=True)
    assert words[0] == "symnn"
    command = main.commands[words[1]]
    command.make_context(words[1], words[2:])


@pytest.mark.parametrize("text", blocks("equations"))
def test_every_file_of_the_guide_is_derived(text: str, tmp_path: Path) -> None:
    file = tmp_path / "equations.txt"
    file.write_text(text)
    result = CliRunner().invoke(main, ["derive", str(file)])
    assert result.exit_code == 0, result.stderr
    assert "Backward" in result.output


def test_the_steps_of_the_guide_are_those_that_are_printed():
    printed = CliRunner().invoke(main, ["steps", "2-3-1", "--wrt", "W1"]).output.splitlines()
    (block,) = blocks("steps")
    assert [line for line in block.splitlines() if line.strip() != "…" and line not in printed] == []


def test_the_verdict_of_the_guide_is_the_one_that_is_printed():
    (block,) = blocks("check")
    assert block in CliRunner().invoke(main, ["check", "2-3-1", "--wrt", "W1", "x * delta1'"]).output


def test_the_notation_of_the_guide_is_one(tmp_path):
    (block,) = blocks("toml")
    path = tmp_path / "course.toml"
    path.write_text(block)
    result = CliRunner().invoke(main, ["derive", "2-3-1", "--notation", str(path)])
    assert result.exit_code == 0, result.output
    assert "ŷ" in result.output


if __name__ == "__main__":
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(picture(shown()))
