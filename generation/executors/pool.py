"""A pool of killable worker processes: rows of text in, rows of text out, and a reason for each that is lost."""

import asyncio
import gc
import os
import pkgutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType

from generation.pipeline import RARE_COLLECTIONS
from generation.worker import Returned, Stopped, Worker

CHUNK = 96
"""Rows that travel to a worker at a time."""
CHUNK_LIMIT_S = 60.0
"""Seconds that a chunk may take; every part of the work is bounded, so this is the last resort."""
ROW_LIMIT_S = 10.0
"""Seconds that a single row may take once its chunk has failed."""
GATHER_S = 0.005
"""Seconds that a row handed in alone waits for others to travel with it."""

Work = Callable[[str], str]
"""What a worker does with one row: a function of a module, since its name is what travels."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A row that could not be worked on, and why."""

    reason: str


class WorkerPool:
    """Works on rows in processes of their own; use it as an async context manager.

    A chunk whose worker dies, or takes too long, is worked on again one row at a time, so that only the row at fault is
    lost. Text is what travels: pydantic writes and reads it faster than pickle does its objects.
    """

    def __init__(self, preload: str, workers: int | None = None) -> None:
        """`preload` names the module that workers need, with all that it imports."""
        self.workers = workers or os.cpu_count() or 1
        self._workers = tuple(Worker((preload,)) for _ in range(self.workers))
        self._idle = list(self._workers)
        self._threads = ThreadPoolExecutor(self.workers)
        self._waiting: dict[Work, list[tuple[str, asyncio.Future[str | Lost]]]] = {}
        self._flying: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "WorkerPool":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._flying:
            task.cancel()
        if kind is not None:
            for worker in self._workers:
                worker.kill()
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=kind is not None)
        for worker in self._workers:
            worker.close()

    async def one(self, work: Work, row: str) -> str | Lost:
        """Work on one row; rows that are handed in at about the same time travel together."""
        loop = asyncio.get_running_loop()
        result: asyncio.Future[str | Lost] = loop.create_future()
        waiting = self._waiting.setdefault(work, [])
        waiting.append((row, result))
        if len(waiting) == CHUNK:
            self._send(work)
        elif len(waiting) == 1:
            loop.call_later(GATHER_S, self._send, work)
        return await result

    def _send(self, work: Work) -> None:
        if together := self._waiting.pop(work, []):
            task = asyncio.create_task(self._answer(work, together))
            self._flying.add(task)
            task.add_done_callback(self._flying.discard)

    async def _answer(self, work: Work, together: list[tuple[str, "asyncio.Future[str | Lost]"]]) -> None:
        try:
            results = await self.run(work, [row for row, _ in together])
        except BaseException as error:
            for _, result in together:
                if not result.done():
                    result.set_exception(error) if isinstance(error, Exception) else result.cancel()
            raise
        for (_, result), found in zip(together, results, strict=True):
            if not result.done():
                result.set_result(found)

    async def run(self, work: Work, rows: Sequence[str]) -> list[str | Lost]:
        """Work on a chunk of rows; the results stand in the order of the rows."""
        found = await self._submit(work, rows, CHUNK_LIMIT_S)
        return list(found.value) if isinstance(found, Returned) else [await self._alone(work, row) for row in rows]

    async def _alone(self, work: Work, row: str) -> str | Lost:
        found = await self._submit(work, [row], ROW_LIMIT_S)
        if isinstance(found, Returned):
            result: str = found.value[0]
            return result
        if found.cause == "timeout":
            return Lost(f"took more than {ROW_LIMIT_S:g} s")
        return Lost(f"could not be derived: {found.reason}"[:300])

    async def _submit(self, work: Work, rows: Sequence[str], limit: float) -> Returned | Stopped:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._ask, work, list(rows), limit)

    def _ask(self, work: Work, rows: list[str], limit: float) -> Returned | Stopped:
        worker = self._idle.pop()  # there are as many as threads
        try:
            return worker.run(_WORK_ON, f"{work.__module__}:{work.__qualname__}", rows, seconds=limit)
        finally:
            self._idle.append(worker)


_WORK_ON = f"{__name__}:work_on"


def work_on(work: str, rows: list[str]) -> list[str]:
    """In a worker: what the function of that name makes of each row."""
    gc.set_threshold(*RARE_COLLECTIONS)
    function = pkgutil.resolve_name(work)
    return [function(row) for row in rows]
