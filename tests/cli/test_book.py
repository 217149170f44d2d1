"""`symnn book`: bound as PDF, LaTeX, HTML and text; bad input is one line."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from symnn.cli import main
from symnn.teaching.book.binding import book_pdf, bound, chapter_files, chapter_of

MOST_OVERFULL = 5.0
PAGES = range(25, 61)


def run(*arguments: object):
    return CliRunner().invoke(main, ["book", *map(str, arguments)])


def test_one_chapter_in_every_format(tmp_path: Path) -> None:
    for ending in ("txt", "tex", "html"):
        done = run("--chapter", 1, "-o", tmp_path / f"book.{ending}")
        assert done.exit_code == 0, done.output
        assert f"wrote {tmp_path / f'book.{ending}'}" in done.output
    assert "= 2.28" in (tmp_path / "book.txt").read_text("utf-8")
    pictures = re.findall(r"\\includegraphics\{(.*?)\}", (tmp_path / "book.tex").read_text("utf-8"))
    assert pictures
    assert all((tmp_path / f"{name}.pdf").read_bytes().startswith(b"%PDF") for name in pictures)


def test_json_says_what_was_made(tmp_path: Path) -> None:
    done = run("--chapter", 1, "--json", "-o", tmp_path / "book.txt")
    said = json.loads(done.stdout)
    assert said["chapters"] == ["The neuron"]
    assert said["exercises"] == 3
    assert said["checks"] >= 4


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "the booklet is a file: give -o book.pdf"),
        (["-o", "book.docx"], "the booklet is .pdf, .tex, .html, .txt"),
        (["-o", "nowhere/book.txt"], "there is no folder 'nowhere'"),
        (["--chapter", "10", "-o", "book.txt"], "there is no chapter 10 (accepted: 1, "),
        (["--chapter", "one", "-o", "book.txt"], "'one'"),
        (["nothing.py", "-o", "book.txt"], "there is no file 'nothing.py'"),
    ],
)
def test_bad_usage_is_one_line(arguments: list[str], said: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(*arguments)
    assert done.exit_code in (1, 2)
    assert said in done.output
    assert len(done.output.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not shutil.which("pdflatex") or not shutil.which("pdfinfo"), reason="needs pdflatex and poppler")
def test_the_booklet_is_set_without_overfull_lines(tmp_path: Path) -> None:
    chapters = [chapter_of(path) for path in chapter_files()]
    assert len(chapters) == 9
    assert all(len(chapter.exercises) == 3 and len(chapter.checked) >= 4 for chapter in chapters)
    made = book_pdf(bound(chapters))
    wide = [float(points) for points in re.findall(r"Overfull \\hbox \((.*?)pt too wide\)", made.log)]
    assert all(points <= MOST_OVERFULL for points in wide), wide
    (tmp_path / "book.pdf").write_bytes(made.pdf)
    told = subprocess.run(["pdfinfo", tmp_path / "book.pdf"], capture_output=True, text=True, check=True).stdout
    assert int(re.search(r"Pages:\s+(\d+)", told)[1]) in PAGES


OWN = """
from symnn.teaching.book import Chapter, run

def chapter():
    c = Chapter("Mine")
    {line}
    return c
"""


def own(folder: Path, line: str) -> Path:
    path = folder / "mine.py"
    path.write_text(OWN.format(line=line))
    return path


def test_a_chapter_of_ones_own_is_bound_under_its_own_title(tmp_path: Path) -> None:
    path = own(tmp_path, "c.chain('tanh(t) < 1')")
    done = run(path, "--title", "My book", "-o", tmp_path / "book.html")
    assert done.exit_code == 0, done.output
    said = (tmp_path / "book.html").read_text("utf-8")
    assert "<h1>My book</h1>" in said
    assert "essay" not in said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("c.say('{v}')", "mine.py, line 6: no value is given for {v}"),
        ("c.say('$lg(t)$')", "mine.py, line 6: unknown function 'lg'"),
        ("c.chain('t^2 < t')", "mine.py, line 6: this does not hold: t^2 < t: at t = "),
        ("c.chain('log(t) ≤ t - 1')", "others by ranges={name: (low, high)}"),
        ("c.chain('t < 9', ranges={'s': (0, 1)})", "a range is given for 's', which is not in the chain"),
        ("c.chain('softplus(t)')", "nothing to check in 'softplus(t)'"),
        ("c.check('It is 3.', 'no')", "is to be True or False, it is a str"),
        ("c.table(['a', 'b'], [['1']])", "row 1 of a table has 1 cells, its head has 2"),
        ("c.picture('p', 3, 'A picture.')", "a int is no picture"),
        ("c = 3", "chapter() returned a int, and not a Chapter"),
        ("c.hello()", "AttributeError: 'Chapter' object has no attribute 'hello'"),
        ("(", "SyntaxError"),
    ],
)
def test_a_slip_of_an_author_is_one_line_that_says_where(line: str, said: str, tmp_path: Path) -> None:
    done = run(own(tmp_path, line), "-o", tmp_path / "book.txt")
    assert done.exit_code in (1, 2)
    assert said in done.output
    assert len(done.output.strip().splitlines()) == 1
    assert not (tmp_path / "book.txt").exists()
