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
