"""The page: a derivation to be walked through in a browser, in one file."""

from symnn.teaching.page.page import page

__all__ = ["page"]
