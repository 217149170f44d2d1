"""MNIST's IDX files: a magic number, the size of each axis, then one byte a value.

Source: LeCun, Cortes, Burges, The MNIST database of handwritten digits, "File formats".
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from symnn.errors import DataError

_UNSIGNED_BYTES = 0x08
_LARGEST = 2**31
_NAMES = {
    ("training", "images"): ("train-images-idx3-ubyte", "train-images.idx3-ubyte"),
    ("training", "labels"): ("train-labels-idx1-ubyte", "train-labels.idx1-ubyte"),
    ("test", "images"): ("t10k-images-idx3-ubyte", "t10k-images.idx3-ubyte"),
    ("test", "labels"): ("t10k-labels-idx1-ubyte", "t10k-labels.idx1-ubyte"),
}


def read_folder(folder: Path, part: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the images, (examples, pixels), and the labels, (examples,), of MNIST's `training` or `test` part.

    Raises:
        DataError: for a missing or broken file, or another number of labels than of images.
    """
    images = read_idx(_find(folder, part, "images"), axes=3)
    labels = read_idx(_find(folder, part, "labels"), axes=1)
    if len(images) != len(labels):
        raise DataError(f"{folder.name}: the {part} part has {len(images)} images and {len(labels)} labels")
    if images.size == 0:
        raise DataError(f"{folder.name}: the {part} part is empty")
    return images.reshape(len(images), -1), labels


def read_idx(path: Path, axes: int) -> NDArray[Any]:
    """Read one IDX file of unsigned bytes, gzipped or not.

    Raises:
        DataError: for another format, another number of axes, or a file that is too short or too long.
    """
    try:
        with path.open("rb") as raw:
            zipped = raw.read(2) == b"\x1f\x8b"
        with gzip.open(path, "rb") if zipped else path.open("rb") as file:
            return _read(file, path.name, axes)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(f"{path.name}: cannot be read: {reason[:1].lower()}{reason[1:]}") from error


def _read(file: IO[bytes] | gzip.GzipFile, shown: str, axes: int) -> NDArray[Any]:
    head = file.read(4)
    if len(head) < 4 or head[:2] != b"\0\0":
        raise DataError(f"{shown}: not an IDX file (it should begin with 0x0000{_UNSIGNED_BYTES:02x}{axes:02x})")
    if head[2] != _UNSIGNED_BYTES:
        raise DataError(f"{shown}: IDX values of type 0x{head[2]:02x} (accepted: unsigned bytes, 0x08)")
    if head[3] != axes:
        raise DataError(f"{shown}: {head[3]} axes, and {axes} are wanted")
    sizes = file.read(4 * axes)
    if len(sizes) < 4 * axes:
        raise DataError(f"{shown}: the file ends within its header")
    shape = struct.unpack(f">{axes}I", sizes)
    count = math.prod(shape)
    if count > _LARGEST:
        raise DataError(f"{shown}: the header promises {count} bytes, more than can be read")
    values = file.read(count + 1)
    if len(values) != count:
        found = "more" if len(values) > count else str(len(values))
        raise DataError(f"{shown}: the header promises {count} bytes of values, the file has {found}")
    return np.frombuffer(values, dtype=np.uint8).reshape(shape)


def _find(folder: Path, part: str, content: str) -> Path:
    names = _NAMES[part, content]
    for name in names:
        for path in (folder / name, folder / f"{name}.gz"):
            if path.is_file():
                return path
    raise DataError(f"{str(folder)!r}: no file {names[0]} or {names[0]}.gz (a folder holds MNIST's four IDX files)")
