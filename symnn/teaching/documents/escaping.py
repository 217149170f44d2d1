r"""Text from outside in a document: file names, formulas, notes. All of it is printed, none of it is obeyed.

    50% \input{x} #1 ^^41          →          50\% \textbackslash{}input\{x\} \#1 \textasciicircum{}...
"""

from __future__ import annotations

import unicodedata

from symnn.writing.characters import escape_latex

_ACCENTS = {
    "\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0304": "=", "\u0306": "u ", "\u0307": ".",
    "\u0308": '"', "\u030a": "r ", "\u030b": "H ", "\u030c": "v ", "\u0327": "c ", "\u0328": "k ",
}  # fmt: skip
_SIGNS = {
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': "''", "'": "'", "`": "`",
    "–": "--", "—": "---", "‘": "`", "’": "'", "“": "``", "”": "''", "ß": r"\ss{}", "æ": r"\ae{}", "Æ": r"\AE{}",
    "ø": r"\o{}", "Ø": r"\O{}", "ł": r"\l{}", "Ł": r"\L{}", "œ": r"\oe{}", "Œ": r"\OE{}", "ı": r"\i{}",
    "⊙": r"$\odot$", "∘": r"$\circ$", "√": r"$\surd$", "Σ": r"$\Sigma$", "½": r"$\frac12$", "¼": r"$\frac14$",
    "≠": r"$\ne$", "≈": r"$\approx$", "→": r"$\to$", "←": r"$\leftarrow$", "‖": r"$\|$", "⊤": r"$\top$",
    "∇": r"$\nabla$", "±": r"$\pm$", "∈": r"$\in$", "✓": r"$\checkmark$", "∎": r"$\blacksquare$", "\u00a0": "~",
}  # fmt: skip
_LONGEST = 300


def escaped(text: str) -> str:
    r"""Return a text as LaTeX that prints it, in ASCII; what pdflatex has no sign for is named by its code point.

    >>> escaped("50% of é")
    "50\\% of \\'{e}"
    >>> escaped("中")
    '[U+4E2D]'
    """
    shown = " ".join(text.split())
    return words(shown if len(shown) <= _LONGEST else shown[: _LONGEST - 3] + "...")


def words(text: str) -> str:
    """Return a text of any length as LaTeX that prints it, spaces at its ends too."""
    return "".join(map(_letter, _runs(unicodedata.normalize("NFC", text))))


def code(text: str) -> str:
    r"""Return a text as LaTeX that prints it in typewriter letters, which may end a line after any sign.

    >>> code("x'*A")
    '\\texttt{x\\textquotesingle{}*\\allowbreak{}A}'
    """
    shown = " ".join(text.split())
    return rf"\texttt{{{_typed(shown if len(shown) <= _LONGEST else shown[: _LONGEST - 3] + '...')}}}"


def code_line(text: str) -> str:
    r"""Return a line of a program as LaTeX that prints it in typewriter letters, with all its spaces.

    >>> code_line('  f("x")  # why')
    '\\texttt{~~f(\\allowbreak{}\\char34{}x\\char34{})\\allowbreak{}~~\\#~why}'
    """
    return rf"\texttt{{{_typed(text).replace(' ', '~')}}}"


def _typed(text: str) -> str:
    written = ""
    for letter in unicodedata.normalize("NFC", text):
        written += {"'": r"\textquotesingle{}", '"': r"\char34{}", "-": "-{}"}.get(letter) or _letter(letter)
        written += r"\allowbreak{}" if letter in "+*/(),=._" else ""
    return written


def _runs(text: str) -> list[str]:
    """Return a text in letters, with raised and lowered ones that follow each other together."""
    runs: list[str] = []
    for letter in text:
        if runs and _is_mark(letter) and _is_mark(runs[-1][0]):
            runs[-1] += letter
        else:
            runs.append(letter)
    return runs


def _is_mark(letter: str) -> bool:
    return ord(letter) > 127 and escape_latex(letter).startswith(("$^", "$_"))


def _letter(letter: str) -> str:
    if letter in _SIGNS:
        return _SIGNS[letter]
    written = escape_latex(letter)
    if written.isascii() and written.isprintable():
        return written
    parts = unicodedata.normalize("NFD", letter)
    if len(parts) == 2 and parts[0].isascii() and parts[0].isalpha() and parts[1] in _ACCENTS:
        return rf"\{_ACCENTS[parts[1]]}{{{parts[0]}}}"
    return "".join(f"[U+{ord(one):04X}]" for one in letter)
