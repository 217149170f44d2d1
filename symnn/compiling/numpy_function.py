"""A lowered program as a NumPy function."""

from __future__ import annotations

import numpy as np

from symnn.compiling.generated import generated, source_of
from symnn.compiling.helpers import HELPERS
from symnn.compiling.lowered import Code, Lowered
from symnn.compiling.memory import keep_freed_memory
from symnn.compiling.printing import ArrayPrinter


def numpy_function(lowered: Lowered) -> Code:
    """Return the function with NumPy's operations.

    Raises:
        CompileError: for a function without NumPy code.
    """
    keep_freed_memory()
    printer = ArrayPrinter(lowered.dtype)
    made = generated(lowered, printer, {"np": np}, HELPERS, "NumPy")
    helpers = tuple(sorted(printer.helpers))
    return Code(made, lambda: source_of(made, lowered, "import numpy as np", HELPERS, helpers), helpers)
