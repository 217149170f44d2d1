"""Archives: an `.npz` file of plain arrays and a text in JSON; nothing is pickled, nothing that is read is trusted."""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnn.errors import DataError
from symnn.training.files import write_atomically

Array = NDArray[Any]

_HEADER = 4096


def write_archive(path: str | Path, title: str, description: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    """Write a description, under its title, and arrays, under their names, to one file: whole or not at all.

    Raises:
        OutputError: where it cannot be written.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(title, json.dumps(description, ensure_ascii=False), zipfile.ZIP_DEFLATED)
        for name, value in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.asarray(value), allow_pickle=False)
    write_atomically(path, buffer.getvalue())


@dataclass(frozen=True, eq=False)
class Archive:
    """A file that is read: sizes are checked before anything is unpacked, for a small file can claim to hold terabytes.

    Attributes:
        archive: the file itself.
        what: what it should be, for errors: such as "the checkpoint".
    """

    archive: zipfile.ZipFile
    what: str

    def described(self, title: str, longest: int) -> dict[str, Any]:
        """Return the description under a title.

        Raises:
            DataError: where it cannot be read.
        """
        if self.archive.getinfo(title).file_size > longest:
            raise DataError(f"{self.what} is broken: its description is too long")
        described = json.loads(self.archive.read(title).decode())
        if not isinstance(described, dict):
            raise DataError(f"{self.what} is broken: its description is none")
        return described

    def holds(self, member: str) -> bool:
        """Whether there is something under a name."""
        return member in self.archive.namelist()

    def array(self, name: str, shape: tuple[int, ...], dtype: Any) -> Array:
        """Return an array, which has to be of this shape and type.

        Raises:
            DataError: where it is missing or another.
        """
        member, wanted = f"{name}.npy", np.dtype(dtype)
        if not self.holds(member):
            raise DataError(f"{self.what} is broken: it has no array {name}")
        array = None
        if self.archive.getinfo(member).file_size <= wanted.itemsize * math.prod(shape) + _HEADER:
            array = np.lib.format.read_array(io.BytesIO(self.archive.read(member)), allow_pickle=False)
        if array is None or array.shape != tuple(shape) or array.dtype != wanted:
            raise DataError(f"{self.what} is broken: {name} is no array of shape {tuple(shape)} and type {wanted}")
        return np.asarray(array)
