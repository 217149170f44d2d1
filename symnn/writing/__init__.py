"""Programs in writing: notation, Unicode text, ASCII, Markdown, LaTeX, MathML."""

from symnn.writing.conventions import notation_statement
from symnn.writing.display import notebook_latex
from symnn.writing.formula import write_formula
from symnn.writing.general import parts_page
from symnn.writing.notation import Mark, Notation
from symnn.writing.notation_file import read_notation
from symnn.writing.sections import VIEWS
from symnn.writing.write import FORMATS, write, write_equation, write_program

__all__ = [
    "FORMATS",
    "VIEWS",
    "Mark",
    "Notation",
    "notation_statement",
    "notebook_latex",
    "parts_page",
    "read_notation",
    "write",
    "write_equation",
    "write_formula",
    "write_program",
]
