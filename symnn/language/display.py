"""How a notebook shows equations: `symnn.writing` knows, and is told here, because it stands above this folder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_writers: dict[str, Callable[[Any], str]] = {}


def show_with(format: str, writer: Callable[[Any], str]) -> None:
    """Let a writer show equations and programs in a format: text or latex."""
    _writers[format] = writer


class Shown:
    """What a notebook shows as typeset equations."""

    def _repr_latex_(self) -> str | None:
        writer = _writers.get("latex")
        return None if writer is None else writer(self)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        plain = {"text/plain": _writers["text"](self) if "text" in _writers else str(self)}
        latex = self._repr_latex_()
        return plain if latex is None else {**plain, "text/latex": latex}
