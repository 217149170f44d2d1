"""Ctrl-C while something runs that must not be left half done: it is noted, and looked at between two steps."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any


class Interruption:
    """Notes that Ctrl-C was pressed; a second time does what Ctrl-C did before.

    It does so in the main thread, which alone gets signals, and leaves Ctrl-C alone where the process ignores it.
    """

    def __init__(self) -> None:
        self.asked = False
        self._before: Any = None

    def __enter__(self) -> Interruption:
        if threading.current_thread() is threading.main_thread() and callable(signal.getsignal(signal.SIGINT)):
            self._before = signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            self._before(number, frame)
        self.asked = True


class Pace:
    """How many steps to take before looking up again: about a tenth of a second, whatever a step takes."""

    def __init__(self) -> None:
        self.steps = 64

    def took(self, steps: int, seconds: float) -> None:
        """Learn from some steps; fewer than were asked for say little."""
        if steps >= self.steps and seconds < 0.05:
            self.steps *= 2
        elif seconds > 0.2 and self.steps > 1:
            self.steps //= 2
