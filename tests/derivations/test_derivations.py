"""Every script of derivations/ runs alone, prints its mathematics and writes its pictures."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent.parent / "derivations"
SAID = Path(__file__).parent / "said"
SCRIPTS = sorted(FOLDER.glob("*.py"))
CHAPTERS = [script for script in SCRIPTS if script.name[0].isdigit()]


def _run(script: Path, *arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", str(script), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=180, check=False, cwd=cwd)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_derivation_runs_and_prints(script: Path, tmp_path: Path) -> None:
    done = _run(script, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for line in (SAID / f"{script.stem}.txt").read_text("utf-8").splitlines():
        assert line in done.stdout
    if script in CHAPTERS:
        written = re.findall(r"^wrote (.+\.svg)$", done.stdout, re.MULTILINE)
        assert written
        assert all((tmp_path / name).read_text("utf-8").rstrip().endswith("</svg>") for name in written)


def test_a_chapter_is_used_wrongly(tmp_path: Path) -> None:
    assert _run(CHAPTERS[0], "--help", cwd=tmp_path).returncode == 2
    (tmp_path / "pictures").write_text("in the way")
    done = _run(CHAPTERS[0], cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
