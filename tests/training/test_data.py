"""Data sets: what is read, how it is split, and what is refused in one line that names the place."""

import builtins
import gzip
import struct

import numpy as np
import pytest

from symnn.errors import DataError, InputError
from symnn.training import load_data, moons, split
from symnn.training.idx import read_idx


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def idx(array):
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


@pytest.fixture
def mnist(tmp_path):
    random = np.random.default_rng(0)
    for part, count in (("train", 40), ("t10k", 10)):
        images = random.integers(0, 256, (count, 3, 2))
        write(tmp_path / f"{part}-images-idx3-ubyte", idx(images))
        write(tmp_path / f"{part}-labels-idx1-ubyte.gz", gzip.compress(idx(np.arange(count) % 2)))
    return tmp_path


@pytest.mark.parametrize(
    ("name", "shape", "classes", "kind"),
    [
        ("digits", (1797, 64), 10, "image"),
        ("iris", (150, 4), 3, "table"),
        ("breast_cancer", (569, 30), 2, "table"),
        ("moons", (500, 2), 2, "table"),
        ("xor", (4, 2), 2, "table"),
    ],
)
def test_built_in_data(name, shape, classes, kind):
    if name in ("digits", "iris", "breast_cancer"):
        pytest.importorskip("sklearn")
    data = load_data(name)
    assert (data.X.shape, len(data.classes), data.kind) == (shape, classes, kind)
    assert set(np.unique(data.y).tolist()) == set(data.classes)


def test_without_scikit_learn_the_error_names_the_install_command(monkeypatch):
    real = builtins.__import__

    def refuse(name, *rest, **more):
        if name.startswith("sklearn"):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(DataError, match=r"'digits' comes with scikit-learn: pip install symnn\[learn\]"):
        load_data("digits")


def test_moons_are_reproducible():
    assert np.array_equal(moons(seed=3).X, moons(seed=3).X)
    assert not np.array_equal(moons(seed=3).X, moons(seed=4).X)


def test_a_split_is_60_20_20_of_every_class_disjoint_and_seeded():
    data = moons(500)
    parts = split(data, seed=1)
    assert [len(part) for part in (parts.training, parts.validation, parts.test)] == [300, 100, 100]
    assert parts.training.y.mean() == parts.test.y.mean() == 0.5
    rows = np.concatenate([parts.training.X, parts.validation.X, parts.test.X])
    assert len(np.unique(rows, axis=0)) == 500
    assert np.array_equal(split(data, seed=1).test.X, parts.test.X)
    assert not np.array_equal(split(data, seed=2).test.X, parts.test.X)


def test_xor_is_used_whole():
    parts = split(load_data("xor"))
    assert parts.training is parts.validation is parts.test


def test_too_few_examples_to_split(tmp_path):
    data = load_data(write(tmp_path / "d.csv", "a,y\n1,0.5\n2,0.25\n"))
    with pytest.raises(DataError, match=r"d.csv: 2 examples are too few to split"):
        split(data)


def test_a_table_with_text_classes(tmp_path):
    data = load_data(write(tmp_path / "d.csv", "\ufeffa;b;kind\n1;2.5;yes\n-3e1;4;no\n5;6;yes\n7;8; no \n"))
    assert data.X.tolist() == [[1, 2.5], [-30, 4], [5, 6], [7, 8]]
    assert data.y.tolist() == ["yes", "no", "yes", "no"]
    assert (data.classes, data.features, data.target) == (("no", "yes"), ("a", "b"), "kind")


def test_the_target_may_be_any_column(tmp_path):
    path = write(tmp_path / "d.csv", 'a,"b, c"\n1,2.5\n0,4\n1,6\n0,8\n')
    assert load_data(path, target="a").classes == (0, 1)
    assert load_data(path, target="a").features == ("b, c",)
    assert load_data(path).classes is None
    assert "target 'a' is 2 classes" in str(load_data(path, target="a"))
    assert "target 'b, c' is a value" in str(load_data(path))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "d.csv: the file is empty"),
        ("a,b\n", "d.csv: a header and no rows"),
        ("a,a\n1,2\n", "d.csv: two columns are called 'a'"),
        ("a,\n1,2\n", "d.csv: column 2 has no name in the header"),
        ("1,2\n3,4\n", "the first line holds numbers"),
        ("a,b\n1,2\n3\n", r"d.csv, row 2 \(line 3\): 1 values, the header names 2"),
        ("a,b\n1,2\nx,3\n", r"d.csv, row 2 \(line 3\), column 'a': 'x' is not a number"),
        ("a,b\n1_000,2\n1,3\n", r"row 1 \(line 2\), column 'a': '1_000' is not a number"),
        ("a,b\n1,2\n,3\n", r"row 2 \(line 3\), column 'a': the value is missing"),
        ("a,b\n1,2\nNaN,3\n", r"row 2 \(line 3\), column 'a': the value is missing"),
        ("a,b\n1,2\ninf,3\n", r"row 2 \(line 3\), column 'a': 'inf' is not finite"),
        ("a,b\n1,x\n2,\n", r"row 2 \(line 3\), column 'b': the value is missing"),
        ("a,b\n1,x\n2,x\n", "the target is x in every row: one class only"),
        ("a,b\n1,7\n2,7\n", "the target is 7.0 in every row: one class only"),
        ("a,b\n1,x\n2,y\n3,z\n", "the target has 3 different texts in 3 rows"),
        ("a\n1\n2\n", "there is no column beside the target 'a'"),
        (b"a,b\n1,\xff\n", r"not a text file in UTF-8 \(byte 7\)"),
    ],
)
def test_bad_tables_are_refused(tmp_path, content, message):
    with pytest.raises(DataError, match=message):
        load_data(write(tmp_path / "d.csv", content))


def test_text_that_would_run_is_only_text(tmp_path):
    path = write(tmp_path / "d.csv", "__import__('os'),y\nexit(),1\n2,2\n")
    with pytest.raises(DataError, match=r"column \"__import__\('os'\)\": 'exit\(\)' is not a number"):
        load_data(path)


def test_what_is_not_there_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"no data set or file 'digit' \(did you mean 'digits'\?\)"):
        load_data("digit")
    with pytest.raises(DataError, match=r"no data set or file '.*none.csv'$"):
        load_data(tmp_path / "none.csv")
    with pytest.raises(DataError, match="no file train-images-idx3-ubyte"):
        load_data(tmp_path)
    with pytest.raises(DataError, match=r"no column 'speces' \(did you mean 'species'\?\)"):
        load_data(write(tmp_path / "d.csv", "a,species\n1,2\n"), target="speces")
    with pytest.raises(InputError, match="'xor' has its own target"):
        load_data("xor", target="y")


def test_npz(tmp_path):
    np.savez(tmp_path / "d.npz", X=np.ones((6, 2, 2)), y=np.array(list("aabbcc")))
    data = load_data(tmp_path / "d.npz")
    assert (data.X.shape, data.classes, data.kind) == ((6, 4), ("a", "b", "c"), "image")


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"y": np.arange(4)}, r"no array X \(it has: y\)"),
        ({"X": np.eye(4)}, "no array y"),
        ({"X": np.eye(4), "y": np.arange(3)}, r"y has shape \(3,\) and type int64, X has 4 examples"),
        ({"X": np.full((4, 2), np.nan), "y": np.arange(4)}, "X is not finite in row 1, column 1"),
        ({"X": np.arange(4), "y": np.arange(4)}, r"X has shape \(4,\)"),
        ({"X": np.array([[None]]), "y": np.arange(1)}, "holds Python objects"),
        ({"X": np.eye(4), "y": np.ones(4)}, "one class only"),
    ],
)
def test_bad_npz_is_refused(tmp_path, arrays, message):
    np.savez(tmp_path / "d.npz", **arrays)
    with pytest.raises(DataError, match=message):
        load_data(tmp_path / "d.npz")


def test_a_broken_npz_is_refused(tmp_path):
    for content in (b"", b"nonsense", b"PK\x03\x04broken"):
        with pytest.raises(DataError, match=r"d.npz: not a readable .npz file"):
            load_data(write(tmp_path / "d.npz", content))
    np.save(tmp_path / "single.npy", np.eye(2))
    (tmp_path / "single.npy").rename(tmp_path / "single.npz")
    with pytest.raises(DataError, match=r"single.npz: not a readable .npz file"):
        load_data(tmp_path / "single.npz")


def test_an_encrypted_npz_is_refused(tmp_path):
    np.savez(tmp_path / "d.npz", X=np.eye(4), y=np.arange(4))
    content = bytearray((tmp_path / "d.npz").read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1  # the flag that says "encrypted"
    with pytest.raises(DataError, match=r"d.npz: not a readable .npz file"):
        load_data(write(tmp_path / "d.npz", bytes(content)))


def test_a_folder_of_idx_files_keeps_its_test_part(mnist):
    data = load_data(mnist)
    parts = split(data)
    assert (data.X.shape, data.classes, data.kind) == ((40, 6), (0, 1), "image")
    assert [len(part) for part in (parts.training, parts.validation, parts.test)] == [30, 10, 10]
    assert parts.test.X.shape == (10, 6)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not an IDX file"),
        (b"\x89PNG....", "not an IDX file"),
        (b"\0\0\x0d\x03", "IDX values of type 0x0d"),
        (b"\0\0\x08\x01\0\0\0\x01a", "1 axes, and 3 are wanted"),
        (b"\0\0\x08\x03\0\0", "ends within its header"),
        (b"\0\0\x08\x03\0\0\0\x01\0\0\0\x02\0\0\0\x02abc", "promises 4 bytes of values, the file has 3"),
        (b"\0\0\x08\x03\0\0\0\x01\0\0\0\x01\0\0\0\x01abc", "promises 1 bytes of values, the file has more"),
        (b"\0\0\x08\x03" + b"\xff" * 12, "more than can be read"),
        (gzip.compress(idx(np.arange(999).reshape(9, 37, 3)))[:-40], "cannot be read"),
    ],
)
def test_broken_idx_files_are_refused(tmp_path, content, message):
    with pytest.raises(DataError, match=message):
        read_idx(write(tmp_path / "file", content), axes=3)


def test_labels_without_their_images_are_refused(mnist):
    write(mnist / "train-labels-idx1-ubyte", idx(np.arange(3)))
    with pytest.raises(DataError, match="the training part has 40 images and 3 labels"):
        load_data(mnist)


def test_examples_of_some_classes_alone():
    digits = load_data("digits")
    pair = digits.of_classes(8, 1)
    assert pair.classes == (8, 1)
    assert np.array_equal(pair.X, digits.X[(digits.y == 1) | (digits.y == 8)])
    assert set(split(pair).test.y.tolist()) == {1, 8}
    with pytest.raises(InputError, match=r"digits has no class 10 \(accepted: 0, 1, 2, 3, 4, 5, …\)"):
        digits.of_classes(1, 10)
    with pytest.raises(InputError, match="moons has no class 'a'"):
        moons(10).of_classes("a")
