"""Programs as functions: of NumPy, and of other backends."""

from symnn.compiling.compiled import Compiled, compile_program

__all__ = ["Compiled", "compile_program"]
