"""`symnn worksheet`: a sheet, a key beside it, and one clear line for what is not served."""

from __future__ import annotations

import json
import shutil

import pytest
from click.testing import CliRunner

from symnn.cli import main


def run(*arguments):
    return CliRunner().invoke(main, ["worksheet", *map(str, arguments)])


def said(*arguments):
    """Return what is said of bad usage."""
    result = run(*arguments)
    assert result.exit_code == 2
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1
    return lines[0]


def test_the_sheet_is_printed_without_its_key():
    result = run("2-2-1", "--kind", "mistake", "--questions", 1, "--seed", 7)
    assert result.exit_code == 0
    assert result.output.startswith("Backpropagation: a worksheet\nnetwork 2-2-1, seed 7\n\nName: ____")
    assert "The wrong line is ______" in result.output
    assert "The slip:" not in result.output


def test_the_key_is_printed_when_asked_for():
    sheet = run("2-2-1", "--seed", 7).output
    both = run("2-2-1", "--seed", 7, "--key").output
    assert both.startswith(sheet)
    assert "key to the worksheet" in both
    assert "The slip:" in both


@pytest.mark.parametrize("ending", ["txt", "md", "tex"])
def test_files(tmp_path, ending):
    path = tmp_path / f"sheet.{ending}"
    assert run("2-2-1", "-o", path).exit_code == 0
    assert sorted(file.name for file in tmp_path.iterdir()) == [f"sheet-key.{ending}", f"sheet.{ending}"]
    assert "The slip:" not in path.read_text()
    assert "The slip:" in (tmp_path / f"sheet-key.{ending}").read_text()


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed: no PDF is made")
def test_pdf(tmp_path):
    assert run("2-2-1", "--questions", 2, "-o", tmp_path / "sheet.pdf").exit_code == 0
    assert all((tmp_path / name).read_bytes().startswith(b"%PDF") for name in ("sheet.pdf", "sheet-key.pdf"))


def test_json():
    found = json.loads(run("2-2-1", "--kind", "update", "--questions", 2, "--json").output)
    assert [question["kind"] for question in found["questions"]] == ["update", "update"]
    assert all(question["answers"] for question in found["questions"])
    assert found["sheet"] != found["key"]


def test_ascii():
    assert run("2-2-2", "--ascii", "--key", "--cost", "cross_entropy").output.isascii()


def test_notation(tmp_path):
    (tmp_path / "course.toml").write_text('cost = "L"\n')
    assert "∂L/∂z" in run("2-2-1", "--notation", tmp_path / "course.toml").output


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["784-30-10"], "784-30-10 has 23,860 parameters: a worksheet is for at most 30, such as 2-2-1"),
        (["n0-n1-n2"], "a worksheet needs sizes that are numbers, such as 2-2-1, and not 'n0-n1-n2'"),
        (["net.txt"], "a worksheet is for an architecture, such as 2-2-1, and not for 'net.txt'"),
        (["2-2-1", "--questions", 0], "0 questions: a worksheet has 1 to 30"),
        (["2-2-1", "--questions", 99], "99 questions: a worksheet has 1 to 30"),
        (["2-2-1", "--kind", "forwrd"], "unknown kind 'forwrd' (did you mean 'forward'?)"),
        (["2-2-1", "--kind", ","], "no kind of question was given (accepted: forward, shapes, delta, update, mistake)"),
        (["2-2-1", "--activation", "f"], "a worksheet has numbers in it, and 'f' is an undefined function"),
        (["2-2-1", "--cost", "cross_entropy"], "softmax of a layer of one unit is always 1: give it more units"),
        (["2-2-1", "-o", "x.doc"], "-o 'x.doc': unknown ending '.doc' (accepted: .txt, .md, .tex, .pdf)"),
        (["2-2-1", "-o", "x.md", "--json"], "-o x.md and --json exclude each other"),
        (["2-2-1", "-o", "x.md", "--ascii"], "-o x.md and --ascii exclude each other"),
    ],
)
def test_bad_usage(arguments, expected):
    assert said(*arguments) == f"symnn: error: {expected}"


def test_nothing_is_written_where_the_key_cannot_be(tmp_path):
    (tmp_path / "sheet-key.md").mkdir()
    assert run("2-2-1", "-o", tmp_path / "sheet.md").exit_code != 0
    assert [file.name for file in tmp_path.iterdir()] == ["sheet-key.md"]


def test_both_files_are_named(tmp_path):
    path = tmp_path / "s2.txt"
    assert run("2-2-1", "-o", path).output == f"wrote {path} and {tmp_path / 's2-key.txt'}\n"


def test_a_key_overwrites_only_beside_its_sheet(tmp_path):
    path, key = tmp_path / "s2.txt", tmp_path / "s2-key.txt"
    key.write_text("mine")
    assert "the key would overwrite" in said("2-2-1", "-o", path)
    assert key.read_text() == "mine"
    assert not path.exists()
    path.write_text("an earlier sheet")
    assert run("2-2-1", "-o", path).exit_code == 0
    assert "The slip:" in key.read_text()
