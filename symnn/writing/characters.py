"""Characters: Greek letters, superscripts and subscripts of Unicode, and how LaTeX and ASCII write them."""

from __future__ import annotations

import re
import unicodedata

GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ", "eta": "η",
    "theta": "θ", "iota": "ι", "kappa": "κ", "lambda": "λ", "lamda": "λ", "lam": "λ", "mu": "μ", "nu": "ν",
    "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "upsilon": "υ", "phi": "φ", "chi": "χ",
    "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π",
    "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}  # fmt: skip
"""Names of Greek letters, and the letters."""

_GREEK_NAMES = {letter: name for name, letter in GREEK.items() if name not in ("lam", "lamda")}
_LATEX_GREEK = {"ε": r"\varepsilon", "φ": r"\varphi"}

_SUPERSCRIPTS = dict(
    zip(
        "0123456789+-−=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWβγδφχ",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵝᵞᵟᵠᵡ",
        strict=True,
    )
)
_SUBSCRIPTS = dict(
    zip("0123456789+-−=(),aehijklmnoprstuvxβγρφχ", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎‚ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ", strict=True)
)
_RAISED = {mark: letter for letter, mark in _SUPERSCRIPTS.items() if letter != "−"}
_LOWERED = {mark: letter for letter, mark in _SUBSCRIPTS.items() if letter != "−"}

_MARKS = re.escape("".join([*_RAISED, *_LOWERED]))

ACCENTS = {"bar": "\u0304", "hat": "\u0302", "tilde": "\u0303", "dot": "\u0307"}
"""Accents over a letter, and the combining characters that make them."""


def superscript(text: str) -> str | None:
    """Return the text in superscript characters, or None if Unicode lacks one.

    >>> superscript("(l+1)")
    '⁽ˡ⁺¹⁾'
    """
    raised = [_SUPERSCRIPTS.get(letter) for letter in text]
    return None if None in raised else "".join(letter or "" for letter in raised)


def subscript(text: str) -> str | None:
    """Return the text in subscript characters, or None if Unicode lacks one.

    >>> subscript("j,k"), subscript("Q")
    ('ⱼ‚ₖ', None)
    """
    lowered = [_SUBSCRIPTS.get(letter) for letter in text]
    return None if None in lowered else "".join(letter or "" for letter in lowered)


def plain_marks(text: str) -> str:
    """Return the text with raised and lowered characters as ``^…`` and ``_…``.

    >>> plain_marks("W⁽ˡ⁾"), plain_marks("∇ₐC")
    ('W^(l)', '∇_a C')
    """
    written, before = "", ""
    for letter in text:
        kind = "^" if letter in _RAISED else "_" if letter in _LOWERED else ""
        written += kind if kind != before else ""
        written += " " if before == "_" and not kind and letter.isalpha() else ""
        written += _RAISED.get(letter) or _LOWERED.get(letter) or letter
        before = kind
    return written


def width(text: str) -> int:
    """Return how many columns a text takes: accents take none."""
    return sum(not unicodedata.combining(letter) for letter in text)


def ascii_letters(text: str) -> str:
    """Return a text with Greek letters spelled out, and what ASCII lacks left out.

    >>> ascii_letters("δx")
    'deltax'
    """
    spelled = "".join(_GREEK_NAMES.get(letter, {"∇": "grad", "∂": "d"}.get(letter, letter)) for letter in text)
    return unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode()


def ascii_text(text: str) -> str:
    """Return a text, a title for one, in ASCII."""
    for mark, plain in (("·", ","), ("−", "-"), ("′", "'"), ("×", "x"), ("ᵀ", "'"), ("≤", "<="), ("≥", ">=")):
        text = text.replace(" · ", ", ").replace(mark, plain)
    return "".join(ascii_letters(letter) if ord(letter) > 127 else letter for letter in text)


def latex_letters(text: str) -> str:
    """Return a name as LaTeX writes it in mathematics: Greek letters by command, words upright."""
    if len(text) == 1:
        return _latex_letter(text)
    if all(letter in _GREEK_NAMES or letter == "∇" for letter in text):
        return "".join(map(_latex_letter, text))
    if text.isdigit():
        return text
    return rf"\mathrm{{{''.join(escape_latex(letter) for letter in text)}}}"


def escape_latex(text: str) -> str:
    """Return a text that LaTeX prints as it stands."""
    special = {
        "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
        "∂": r"$\partial$", "·": r"$\cdot$", "−": "$-$", "′": "$'$", "∞": r"$\infty$", "×": r"$\times$",
        "≤": r"$\le$", "≥": r"$\ge$", "…": r"\dots{}",
    }  # fmt: skip
    written, runs = "", re.findall(f"[{_MARKS}]+|.", text, re.DOTALL)
    for letter in runs:
        if letter[0] in _RAISED or letter[0] in _LOWERED:
            sign = "^" if letter[0] in _RAISED else "_"
            written += f"${sign}{{{''.join(_RAISED.get(c) or _LOWERED[c] for c in letter)}}}$"
        elif letter in _GREEK_NAMES:
            written += f"${_latex_letter(letter)}$"
        elif letter in special:
            written += special[letter]
        elif letter in "&%$#_{}":
            written += "\\" + letter
        else:
            written += letter
    return re.sub(r"(?<!\\)\$\$", "", written)


def _latex_letter(letter: str) -> str:
    if letter == "∇":
        return r"\nabla"
    if letter in _LATEX_GREEK:
        return _LATEX_GREEK[letter]
    return "\\" + _GREEK_NAMES[letter] if letter in _GREEK_NAMES else letter
