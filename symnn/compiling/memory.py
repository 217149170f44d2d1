"""Memory that is freed stays with the process, so that large temporaries need no fresh pages at every call."""

from __future__ import annotations

from functools import cache

import numpy as np

_KEPT = 2**25 - 2**16


@cache
def keep_freed_memory() -> None:
    """Free one large array: from then on glibc keeps what is freed, up to twice its size, for the next array.

    Until it has seen a large array come and go, glibc gives every freed array of more than 128 kB back to
    the system, which clears each page anew when it is used again: several times the cost of the work in it.
    Elsewhere this does nothing.

    Source: the manual page mallopt(3), on the dynamic threshold M_MMAP_THRESHOLD.
    """
    np.empty(_KEPT, np.uint8)
