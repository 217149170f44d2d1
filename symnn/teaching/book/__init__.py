"""A book that is computed: what its chapters show is derived, and checked, as they are written."""

from symnn.teaching.book.chapter import Chapter
from symnn.teaching.book.maths import Maths, maths, number
from symnn.teaching.book.script import run

__all__ = ["Chapter", "Maths", "maths", "number", "run"]
