"""The batch pipeline: problems in, derivations out, a sink told of each batch, and what is done already skipped."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Callable, Container, Iterable, Sequence
from typing import Protocol

from schemas.derivation import Derivation
from schemas.problem import Problem

WRITE_EVERY_S = 4.0
"""Seconds between writes: at most this much work is lost to a kill, and the store is free in between."""
LAST_WRITES_EVERY_S = 1.0
"""The same once the last problems are in flight."""
RARE_COLLECTIONS = (250_000, 20, 20)
"""Thresholds of the garbage collector while a run goes on.

A batch is half a million small objects without cycles; looking through them again and again costs five times what
reading them does.
"""


class Sink(Protocol):
    """Where finished derivations go, such as a store."""

    async def write(self, derivations: Sequence[Derivation]) -> None:
        """Keep all of them, or raise and keep none."""


class Executor(Protocol):
    """Where problems are derived, such as a pool of processes."""

    def derive(self, problems: Iterable[Problem]) -> AsyncIterator[Derivation]:
        """One derivation for each problem, in the order in which they are finished; it never raises for a problem."""


async def run(
    problems: Iterable[Problem],
    *,
    done: Container[str],
    executor: Executor,
    sink: Sink,
    progress: Callable[[Derivation], None],
    stop: asyncio.Event,
) -> None:
    """Derive every problem whose id is not in `done`; the sink gets the derivations a few seconds' worth at a time.

    `progress` is told of each derivation as it is finished. After `stop` is set no further problem is begun; what is
    in flight is finished and written. One write goes on beside the work, never two.
    """
    all_begun = False

    def wanted() -> Iterable[Problem]:
        nonlocal all_begun
        for problem in problems:
            if stop.is_set():
                break
            if problem.id not in done:
                yield problem
        all_begun = True

    thresholds = gc.get_threshold()
    gc.set_threshold(*RARE_COLLECTIONS)
    waiting: list[Derivation] = []
    writing: asyncio.Task[None] | None = None
    written_at = time.monotonic()
    try:
        async for derivation in executor.derive(wanted()):
            waiting.append(derivation)
            progress(derivation)
            # While the last problems are in flight, what waits is written beside them, not alone when they are done.
            if time.monotonic() - written_at >= (LAST_WRITES_EVERY_S if all_begun else WRITE_EVERY_S):
                if writing is not None:
                    await writing
                writing, waiting = asyncio.create_task(sink.write(waiting)), []
                written_at = time.monotonic()
    finally:
        try:
            if writing is not None:
                await writing
            if waiting:
                await sink.write(waiting)
        finally:
            gc.set_threshold(*thresholds)
