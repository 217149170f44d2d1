"""A progress bar on standard error, on a terminal only."""

from __future__ import annotations

import sys
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn


class Bar:
    """Shows epochs and the cost as they go by; does nothing where nobody watches."""

    def __init__(self, total: int, shown: bool) -> None:
        self._progress: Progress | None = None
        if shown and sys.stderr is not None and sys.stderr.isatty():
            columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[state]}"))
            self._progress = Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True)
            self._task = self._progress.add_task("training", total=total, state="")

    def __enter__(self) -> Bar:
        if self._progress is not None:
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def at(self, completed: int, state: str) -> None:
        """Show how much is done, and how it stands."""
        if self._progress is not None:
            self._progress.update(self._task, completed=completed, state=state)
