"""`symnn train --checkpoint` and `--resume`: Ctrl-C at the real command, and going on as if it had never been."""

import json
import os
import signal
import subprocess
import sys
import time
import zipfile

import pytest
from click.testing import CliRunner

from symnn.cli import main
from symnn.training import load_model

TABLE = "width,height,kind\n" + "".join(
    f"{0.1 * n},{1 - 0.05 * n},{'large' if n > 9 else 'small'}\n" for n in range(20)
)


def symnn(*arguments, code=0):
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return result


def refused(*arguments, code=2):
    result = symnn(*arguments, code=code)
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    return result.stderr.removeprefix("symnn: error: ").rstrip("\n")


def found(result):
    return {name: value for name, value in json.loads(result.stdout).items() if name not in ("seconds", "model")}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "table.csv").write_text(TABLE)
    return tmp_path


@pytest.fixture
def checkpoint(folder):
    """A checkpoint of a training that is over: what it goes on to is what it came to."""
    symnn("train", "2-3-1", "--data", "table.csv", "--epochs", 6, "--checkpoint", "run.npz")
    return folder / "run.npz"


@pytest.mark.skipif(os.name == "nt", reason="signals are those of POSIX")
def test_ctrl_c_writes_a_checkpoint_and_resume_needs_nothing_else(folder):
    # Long enough to be interrupted, and ended by the test: in the end a few epochs are compared.
    command = ["train", "2-3-1", "--data", "table.csv", "--optimizer", "adam", "--seed", "4", "--restarts", "3"]
    started = [sys.executable, "-m", "symnn.cli", *command, "--epochs", "600", "--checkpoint", "run.npz"]
    with subprocess.Popen(
        [*started, "--every", "20 steps", "-o", "model.npz"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        while not (folder / "run.npz").exists() and running.poll() is None:
            time.sleep(0.01)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert running.returncode == 130, err
    assert "symnn: interrupted at epoch" in err
    assert err.splitlines()[-1] == "symnn: it goes on with: symnn train --resume run.npz"
    assert "Traceback" not in err
    assert "validation" in out
    (folder / "elsewhere").mkdir()
    os.chdir("elsewhere")
    resumed = symnn("train", "--resume", "../run.npz", "--json")
    os.chdir("..")
    assert json.loads(resumed.stdout)["model"] == str(folder / "model.npz")
    whole = symnn(*command, "--epochs", 600, "--json", "-o", "whole.npz")
    assert found(resumed) == found(whole)
    models = [load_model(folder / name) for name in ("model.npz", "whole.npz")]
    for name, value in models[0].parameters.items():
        assert value.tobytes() == models[1].parameters[name].tobytes()


def test_other_options_do_not_go_with_resume(checkpoint):
    assert refused("train", "--resume", checkpoint, "--epochs", 3) == (
        "--epochs does not go with --resume: the checkpoint says what the training is"
    )
    assert "an architecture does not go with --resume" in refused("train", "2-3-1", "--resume", checkpoint)
    assert "--every says how often" in refused("train", "2-3-1", "--data", "table.csv", "--every", 3)


def test_data_that_has_changed_is_refused(checkpoint, folder):
    (folder / "table.csv").write_text(TABLE.replace("0.", "0.1"))
    assert "the data was different; the validation data was different" in refused("train", "--resume", checkpoint)
    (folder / "table.csv").write_text(TABLE.replace("small", "tiny"))
    assert refused("train", "--resume", checkpoint).endswith("classes was large, small, and is large, tiny")
    (folder / "table.csv").unlink()
    assert "no data set or file" in refused("train", "--resume", checkpoint)


def test_nothing_that_is_read_is_overwritten(checkpoint, folder):
    assert "would overwrite" in refused("train", "--resume", checkpoint, "-o", "run.npz")
    line = refused("train", "2-3-1", "--data", "table.csv", "--checkpoint", "a.npz", "-o", "a.npz")
    assert line == "--checkpoint 'a.npz' would overwrite 'a.npz': give another name"
    line = refused("train", "2-3-1", "--data", "table.csv", "--checkpoint", "table.csv")
    assert line == "--checkpoint 'table.csv' would overwrite 'table.csv': give another name"
    (folder / "precious.npz").write_text("not a model")
    changed(checkpoint, output=str(folder / "precious.npz"))
    assert "is something else now: give -o FILE" in refused("train", "--resume", checkpoint)
    assert (folder / "precious.npz").read_text() == "not a model"


def changed(path, **information):
    with zipfile.ZipFile(path) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    described = json.loads(held["checkpoint.json"])
    described["information"].update(information)
    held["checkpoint.json"] = json.dumps(described).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in held.items():
            archive.writestr(name, content)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (None, "no command wrote this checkpoint"),
        (["--help", "--", "2-3-1"], "the checkpoint is broken: its command is none"),
        (["--resume=other.npz", "--", "2-3-1"], "its command is none"),
        (["--output=/etc/passwd", "--", "2-3-1"], "its command is none"),
        (["--epochs=many", "--", "2-3-1"], "the checkpoint is broken: Invalid value for '--epochs': 'many'"),
        (["--epochs=3"], "its command is none"),
        ([3], "its command is none"),
        (["--epochs=7", "--data=table.csv", "--", "2-3-1"], "epochs was 6, and is 7"),
    ],
)
def test_a_hostile_command_in_a_checkpoint_is_refused(checkpoint, arguments, message):
    changed(checkpoint, arguments=arguments)
    assert message in refused("train", "--resume", checkpoint)


def test_what_a_training_is_has_to_be_said(folder):
    assert "Missing argument 'ARCHITECTURE|FILE'" in refused("train", "--data", "table.csv")
    assert "Missing option '--data'" in refused("train", "2-3-1")
    assert "cannot read 'none.npz': no such file" in refused("train", "--resume", "none.npz")
