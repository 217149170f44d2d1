"""The benchmarks run, and what they compare computes the same; no time is looked at."""

from __future__ import annotations

import gzip
import importlib.util
import json
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

FOLDER = Path(__file__).parent / "benchmarks"


def output(script: str, *arguments: str) -> str:
    """Run a script as its user does; a contender that computes something else ends it."""
    command = [sys.executable, str(FOLDER / script), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


NUMPY = ("plain", "in place", "unrolled")


def compared(*arguments: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(output("compare.py", *arguments, "--seconds", "0", "--json"))["rows"]
    return rows


def test_every_contender_gives_the_same_parameters() -> None:
    rows = compared("--only", "2-2-1")
    assert [row["steps"] > 1 for row in rows] == [False, True]
    for row in rows:
        assert {("numpy", name) for name in (*NUMPY, "floor")} <= {(r["of"], r["to"]) for r in row["ratios"]}
        assert all(ratio["low"] <= ratio["value"] <= ratio["high"] for ratio in row["ratios"])


@pytest.mark.parametrize(
    ("setting", "optimizer", "package"), [("softmax", "adam", "torch eager"), ("softmax", "sgd", "sklearn")]
)
def test_another_cost_and_optimizer_too(setting: str, optimizer: str, package: str) -> None:
    names = [*NUMPY, *([package] if importlib.util.find_spec(package.split(maxsplit=1)[0]) else [])]
    chosen = [part for name in names for part in ("--with", name)]
    for row in compared("--only", "2-8-8-1", "--setting", setting, "--optimizer", optimizer, *chosen):
        assert {ratio["to"] for ratio in row["ratios"]} == set(names)


def test_the_table_names_each_contender_and_each_goal() -> None:
    shown = output("compare.py", "--only", "2-2-1", "--seconds", "0", "--with", "plain").splitlines()
    assert "one core · sigmoid, sigmoid, quadratic · sgd" in shown[0]
    assert shown[1].split()[:4] == ["µs", "a", "step", "a"]
    for name in ("numpy", "plain", "NumPy/by hand"):
        assert name in shown[1]
    assert [line.split()[:4] for line in shown[2:4]] == [
        ["2-2-1,", "4,", "float64", "step"],
        ["2-2-1,", "4,", "float64", "epoch"],
    ]


def test_an_unknown_network_is_one_line() -> None:
    command = [sys.executable, str(FOLDER / "compare.py"), "--only", "3-3"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("no network 3-3 here (there are 2-2-1, 2-8-8-1, ")
    assert "Traceback" not in done.stderr


def test_hessians_agree() -> None:
    shown = output("hessian.py", "--seconds", "0", "--largest", "10", "--network", "2-2-1")
    assert "xᵀAx, n = 10" in shown
    assert "2-2-1, 32 examples: 9 × 9" in shown


def test_depth_and_width_are_measured() -> None:
    shown = output("depth.py", "--deepest", "30", "--widest", "10")
    assert "exponent" in shown
    assert "2-8-8-1, 32, float64" in shown


def test_a_whole_run_on_idx_files(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    for part, count in (("train", 40), ("t10k", 20)):
        labels = random.integers(10, size=count)
        images = random.integers(256, size=(count, 28, 28))
        _write(tmp_path / f"{part}-images-idx3-ubyte.gz", images)
        _write(tmp_path / f"{part}-labels-idx1-ubyte.gz", labels)
    arguments = ["--data", str(tmp_path), "--epochs", "1", "--seeds", "2", "--backend", "numpy", "--json"]
    found = json.loads(output("fashion.py", *arguments))["contenders"]
    assert {"symnn, numpy", "NumPy by hand"} <= found.keys()
    assert all(len(values["seconds"]) == len(values["accuracy"]) == 2 for values in found.values())


def _write(path: Path, values: Any) -> None:
    head = struct.pack(f">HBB{values.ndim}I", 0, 8, values.ndim, *values.shape)
    path.write_bytes(gzip.compress(head + values.astype(np.uint8).tobytes()))


def test_the_exponent_of_a_power_law(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    from measuring import exponent, interval

    assert exponent([1, 10, 100], [3, 30, 300]) == pytest.approx(1.0)
    assert exponent([2, 4, 8], [5, 20, 80]) == pytest.approx(2.0)
    low, high = interval(np.arange(101))
    assert low < 50 < high
    assert high - low < 60


def test_another_gradient_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    from by_hand import Plain
    from problems import DifferentError, Problem, check_equal

    class Wrong(Plain):
        def update(self, slopes: list[Any]) -> None:
            super().update([1.001 * slope for slope in slopes])

    problem = Problem("2-3-1", 5, "float64")
    with pytest.raises(DifferentError, match="2-3-1, 5, float64: Wrong is"):
        check_equal(problem, Wrong(problem), Plain(problem))
