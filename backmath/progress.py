"""The progress of long work: a bar on stderr where that is a terminal, and silence otherwise."""

import sys
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from backmath.terminal import MARKS

Tallies = Callable[[], Mapping[Any, int]]
"""The counts by outcome at this moment, by the name of the outcome."""


class Bar:
    """A progress bar with rate, time left and counts by outcome.

    `stopping` tells when the work is asked to stop, `aside` what else is worth a look: its cost, its newest figures.
    """

    def __init__(
        self,
        doing: str,
        total: int | None,
        tallies: Tallies,
        stopping: Callable[[], bool],
        aside: Callable[[], str] = str,
    ) -> None:
        self._doing = doing
        self._stopping = stopping
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            _Rate(),
            TimeRemainingColumn(compact=True),
            _Tallies(tallies),
            _Aside(aside),
            console=Console(file=sys.stderr, markup=False),
            expand=True,
            transient=True,
            disable=not sys.stderr.isatty(),
        )
        self._task = self._progress.add_task(doing, total=total)
        self.done = 0

    def advance(self, count: int = 1) -> None:
        """Tell that so many more are done."""
        self.done += count
        doing = "Finishing" if self._stopping() else self._doing
        self._progress.update(self._task, advance=count, description=doing)

    def reach(self, done: int, total: int) -> None:
        """Tell that so many of so many are done."""
        self._progress.update(self._task, total=total)
        self.advance(done - self.done)

    def __enter__(self) -> "Bar":
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        if not task.speed:
            return Text()
        slow = task.speed < 10
        return Text(f"{task.speed * 60:,.0f}/min" if slow else f"{task.speed:,.0f}/s", style="dim")


class _Aside(ProgressColumn):
    def __init__(self, aside: Callable[[], str]) -> None:
        super().__init__()
        self._aside = aside

    def render(self, task: Task) -> Text:
        return Text(self._aside(), style="dim")


class _Tallies(ProgressColumn):
    def __init__(self, tallies: Tallies) -> None:
        super().__init__()
        self._tallies = tallies

    def render(self, task: Task) -> Text:
        text = Text(no_wrap=True)
        counts = self._tallies()
        for name, (mark, style) in MARKS.items():
            if counts.get(name):
                text.append(f"{mark} {counts[name]:,} ", style)
        return text
