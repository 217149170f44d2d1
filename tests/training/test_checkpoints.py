"""A training that was interrupted and goes on comes to the same bits as one that never was."""

import hashlib
import json
import signal
import zipfile
from pathlib import Path

import numpy as np
import pytest

from symnn.errors import DataError, InputError, OutputError
from symnn.networks import mlp
from symnn.training import SGD, moons, plan, running, train
from symnn.training import starts as rules
from symnn.training.checkpoints import Checkpoints
from symnn.training.optimizers import LBFGS, Adam, Momentum

DATA = moons(50)
NET = mlp("2-4-1")
VALIDATION = DATA.X[40:], DATA.y[40:]
EPOCHS, BATCH_SIZE = 4, 7
STEPS = EPOCHS * 6


@pytest.fixture(autouse=True, scope="module")
def compiled_once():
    """Take the code of a step that was compiled before: the same training is run again and again."""
    made, compile_step = {}, plan.compile_step

    def known_step(net, optimizer, dtype, backend, known=None):
        key = id(net), type(optimizer), repr(optimizer), dtype
        if key not in made:
            made[key] = net, compile_step(net, optimizer, dtype, backend, known)
        return made[key][1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan, "compile_step", known_step)
        yield


def trained(optimizer=None, restarts=1, **more):
    settings = {"epochs": EPOCHS, "batch_size": BATCH_SIZE, "seed": 2, "restarts": restarts, **more}
    return train(NET, DATA.X[:40], DATA.y[:40], optimizer, validation=VALIDATION, **settings)


def pressed_after(patch, steps, seed=0):
    """Press Ctrl-C after so many steps, which are taken a few at a time."""
    random, left = np.random.default_rng(seed), [steps]
    advance = running.Training.advance

    def pressing(training, most):
        taken = advance(training, min(int(random.integers(1, 5)), left[0]))
        left[0] -= taken
        if left[0] <= 0:
            signal.raise_signal(signal.SIGINT)
            left[0] = 1
        return taken

    patch.setattr(running.Training, "advance", pressing)


def hashed(fit):
    digest = hashlib.sha256(repr((fit.history, fit.restarts, fit.seed, fit.cost, fit.stopped, fit.epochs)).encode())
    for name, value in fit.parameters.items():
        digest.update(name.encode() + value.tobytes())
    return digest.hexdigest()


def hashed_file(path):
    """Return a hash of all that a checkpoint holds but the time."""
    with zipfile.ZipFile(path) as archive:
        described = json.loads(archive.read("checkpoint.json"))
        described["state"].pop("seconds")
        arrays = [(name, archive.read(name)) for name in sorted(archive.namelist()) if name.endswith(".npy")]
    return hashlib.sha256(repr((json.dumps(described), arrays)).encode()).hexdigest()


@pytest.mark.parametrize(
    ("optimizer", "restarts", "times"),
    [(SGD(2.0), 1, 20), (Adam(0.05), 1, 10), (Momentum(0.5), 3, 10)],
    ids=["SGD", "Adam", "Momentum, three starts together"],
)
def test_interrupted_anywhere_it_comes_to_the_same_bits(monkeypatch, tmp_path, optimizer, restarts, times):
    whole = trained(optimizer, restarts)
    random = np.random.default_rng(restarts)
    for step in random.choice(np.arange(1, STEPS), times, replace=False).tolist():
        path = tmp_path / f"{step}.npz"
        with monkeypatch.context() as patch:
            pressed_after(patch, step, seed=step)
            stopped = trained(optimizer, restarts, checkpoint=path)
        assert stopped.stopped == f"interrupted at epoch {step // 6 + 1} of {EPOCHS}"
        assert hashed(trained(optimizer, restarts, resume=path)) == hashed(whole)


@pytest.mark.parametrize("optimizer", [Momentum(0.5), Adam("0.05/(1+t/10)")], ids=lambda one: type(one).__name__)
def test_the_state_of_the_optimizer_the_generator_and_the_order_are_the_same_too(monkeypatch, tmp_path, optimizer):
    def stopped_at(step, path, **more):
        with monkeypatch.context() as patch:
            pressed_after(patch, step)
            trained(optimizer, 2, checkpoint=path, **more)
        return path

    once, again = tmp_path / "once.npz", tmp_path / "again.npz"
    stopped_at(16, once)
    stopped_at(5, again)
    assert hashed_file(again) != hashed_file(once)
    for more in (4, 6, 1):
        stopped_at(more, again, resume=again)
    assert hashed_file(again) == hashed_file(once)
    names = np.load(once).files
    assert {"carried/W1", "good/W1", "order", "history"} <= set(names)
    assert len([name for name in names if name.startswith("carried/")]) > len(NET.parameters)


def test_one_start_after_the_other_with_the_best_so_far(monkeypatch, tmp_path):
    monkeypatch.setattr(rules, "_MOST_WORK", 0)
    whole = trained(restarts=3)
    for step in (3, STEPS, STEPS + 1, 2 * STEPS + 17):
        with monkeypatch.context() as patch:
            pressed_after(patch, step)
            trained(restarts=3, checkpoint=tmp_path / "run.npz")
        assert hashed(trained(restarts=3, resume=tmp_path / "run.npz")) == hashed(whole)


def test_starts_that_have_diverged_stay_ended(monkeypatch, tmp_path):
    random = np.random.default_rng(5)
    X = random.normal(size=(30, 2)) * 2.2
    net, how = mlp("2-3-1", "identity"), {"epochs": 12, "batch_size": 7, "restarts": 12, "seed": 3}

    def run(**more):
        return train(net, X, X[:, :1] * 0.3, SGD(0.2), **how, **more)

    whole = run()
    assert 0 < sum(one["stopped"] is not None for one in whole.restarts) < 12
    for step in (7, 23, 41, 55):
        with monkeypatch.context() as patch:
            pressed_after(patch, step)
            run(checkpoint=tmp_path / "run.npz")
        assert hashed(run(resume=tmp_path / "run.npz")) == hashed(whole)


def test_checkpoints_are_written_as_it_goes_on_and_the_last_says_what_it_came_to(tmp_path, monkeypatch):
    path, written = tmp_path / "run.npz", []
    write = Checkpoints.write

    def noting(self, training):
        write(self, training)
        written.append(training.descent and (training.descent.epoch, training.descent.position))

    monkeypatch.setattr(Checkpoints, "write", noting)
    whole = trained(checkpoint=path, every="5 steps")
    assert written == [(1, 35), (2, 28), (3, 21), (4, 14), None]
    assert hashed(trained(resume=path)) == hashed(whole)
    assert list(tmp_path.iterdir()) == [path]


def test_a_disk_that_is_full_does_not_end_the_training(tmp_path, monkeypatch):
    def full(*_):
        raise OutputError("cannot write 'run.npz': no space left on device")

    monkeypatch.setattr("symnn.training.archives.write_atomically", full)
    with pytest.warns(RuntimeWarning, match=r"no checkpoint was written: cannot write 'run.npz': no space left"):
        fit = trained(checkpoint=tmp_path / "run.npz")
    assert fit.epochs == EPOCHS


@pytest.fixture
def checkpoint(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        pressed_after(patch, 8)
        trained(restarts=2, checkpoint=tmp_path / "run.npz")
    return tmp_path / "run.npz"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"epochs": 5}, "epochs was 4, and is 5"),
        ({"batch_size": 8, "seed": 3}, "batch size was 7, and is 8; seed was 2, and is 3"),
        ({"restarts": 3}, "restarts was 2, and is 3"),
        ({"dtype": "float32"}, "dtype was float64, and is float32"),
        ({"optimizer": SGD(0.5)}, r"optimizer was SGD\(learning_rate=3.0\), and is SGD\(learning_rate=0.5\)"),
        ({"net": mlp("2-5-1")}, "network was 2-4-1 · .*, and is 2-5-1 · "),
        ({"X": DATA.X[:40] * 2}, "the data was different$"),
        ({"X": DATA.X[:39], "Y": DATA.y[:39]}, r"the data was different \(40 examples, now 39\)"),
        ({"Y": 1 - DATA.y[:40]}, "the data was different"),
        ({"validation": None}, "there was validation data, and there is none now"),
        ({"validation": (DATA.X[41:], DATA.y[41:])}, r"the validation data was different \(10 examples, now 9\)"),
    ],
)
def test_another_network_other_settings_or_other_data_are_refused(checkpoint, changed, message):
    given = {"net": NET, "X": DATA.X[:40], "Y": DATA.y[:40], "validation": VALIDATION}
    given |= {"epochs": EPOCHS, "batch_size": BATCH_SIZE, "seed": 2, "restarts": 2}
    with pytest.raises(InputError, match="cannot go on from '.*run.npz': " + message):
        train(**{**given, **changed}, resume=checkpoint)


class Unsaid(SGD):
    """Half the learning rate that it is said to have."""

    def update(self, parameters, gradients, program):
        return SGD(self.learning_rate / 2).update(parameters, gradients, program)

    def __repr__(self):
        return repr(SGD(self.learning_rate))


def test_equations_that_words_cannot_tell_apart_are_told_apart_by_their_costs(tmp_path):
    trained(SGD(2.0), checkpoint=tmp_path / "run.npz")
    with pytest.raises(InputError, match="what the network or the optimizer computes was different"):
        trained(Unsaid(2.0), resume=tmp_path / "run.npz")


def rewritten(path, change=None, **members):
    """Write a checkpoint anew, with another description or other members."""
    with zipfile.ZipFile(path) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    if change is not None:
        described = json.loads(held["checkpoint.json"])
        change(described)
        held["checkpoint.json"] = json.dumps(described).encode()
    for name, content in members.items():
        held[name] = content
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in held.items():
            if content is not None:
                archive.writestr(name, content)


def state_with(**changed):
    def change(described):
        target = described["state"]["descent"]
        target.update(changed)

    return change


def npy(array, tmp=Path):
    import io

    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("change", "members", "message"),
    [
        (lambda d: d.update(format="symnn model 1"), {}, "broken or from another version"),
        (state_with(epoch=99), {}, "the checkpoint is broken: its place in the training is none"),
        (state_with(position=-1), {}, "its place in the training is none"),
        (state_with(starts=[[0, 77]]), {}, "its starts are none of this training"),
        (state_with(starts=[[0, 2], [0, 2]]), {}, "its starts are none of this training"),
        (state_with(random=[{"bit_generator": "MT19937"}] * 2), {}, "the checkpoint is broken"),
        (lambda d: d["state"].pop("waiting"), {}, "the checkpoint is broken: 'waiting'"),
        (lambda d: d["state"].update(ended=[1]), {}, "its summary is none"),
        (lambda d: d.update({"made by": 3}), {}, "the checkpoint is broken"),
        (None, {"order.npy": None}, "the checkpoint is broken: it has no array order"),
        (None, {"order.npy": npy(np.zeros((2, 40), np.int64))}, "its order of the examples is none"),
        (None, {"order.npy": npy(np.zeros((2, 40)))}, "order is no array of shape"),
        (None, {"good/W1.npy": npy(np.zeros((2, 4, 3)))}, r"good/W1 is no array of shape \(2, 4, 2\) and type float64"),
        (None, {"good/W1.npy": npy(np.array([[print] * 8], object))}, "good/W1 is no array|cannot be loaded"),
        (None, {"good/W1.npy": b"0" * 10_000}, "good/W1 is no array"),
        (None, {"checkpoint.json": None}, "run.npz: not a checkpoint"),
        (None, {"checkpoint.json": b"[1"}, "the checkpoint is broken"),
    ],
)
def test_a_broken_or_hostile_file_is_refused_in_one_line(checkpoint, change, members, message):
    rewritten(checkpoint, change, **members)
    with pytest.raises(DataError, match=message) as refused:
        trained(restarts=2, resume=checkpoint)
    assert "\n" not in str(refused.value)


def test_files_that_are_no_checkpoints(tmp_path):
    (tmp_path / "text.npz").write_text("no archive")
    with pytest.raises(DataError, match=r"text.npz: not a checkpoint \(accepted: what symnn train"):
        trained(resume=tmp_path / "text.npz")
    with pytest.raises(DataError, match=r"cannot read '.*none.npz': no such file"):
        trained(resume=tmp_path / "none.npz")
    np.savez(tmp_path / "data.npz", X=DATA.X)
    with pytest.raises(DataError, match=r"data.npz: not a checkpoint"):
        trained(resume=tmp_path / "data.npz")


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"checkpoint": "run.txt"}, InputError, r"cannot write a checkpoint as 'run.txt' \(accepted: a name that"),
        ({"checkpoint": "/none/run.npz"}, OutputError, "there is no folder '/none'"),
        ({"checkpoint": "run.npz", "every": 0}, InputError, r"bad time between checkpoints 0 \(accepted: seconds"),
        ({"checkpoint": "run.npz", "every": "3 weeks"}, InputError, "bad time between checkpoints '3 weeks'"),
        ({"checkpoint": "run.npz", "every": "0 steps"}, InputError, "bad time between checkpoints"),
    ],
)
def test_bad_settings_of_checkpoints(settings, error, message):
    with pytest.raises(error, match=message):
        trained(**settings)


def test_a_start_of_l_bfgs_begins_anew_and_the_others_are_kept(monkeypatch, tmp_path):
    pytest.importorskip("scipy")
    whole = trained(LBFGS(), restarts=3, epochs=10)
    pressed = iter([False] * 14 + [True] * 99)
    advance = running.Training.advance

    def pressing(training, most):
        if next(pressed):
            signal.raise_signal(signal.SIGINT)
        return advance(training, most)

    with monkeypatch.context() as patch:
        patch.setattr(running.Training, "advance", pressing)
        stopped = trained(LBFGS(), restarts=3, epochs=10, checkpoint=tmp_path / "run.npz")
    assert "interrupted" in stopped.stopped
    assert hashed(trained(LBFGS(), restarts=3, epochs=10, resume=tmp_path / "run.npz")) == hashed(whole)
