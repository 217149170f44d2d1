"""Programs as NumPy functions."""

from symnn.compiling.compiled import Compiled, compile_program

__all__ = ["Compiled", "compile_program"]
