"""A pool of killable worker processes: rows of text in, rows of text out, and a reason for each that is lost."""

import asyncio
import os
import signal
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import forkserver, get_context, resource_tracker
from types import TracebackType

from generation.executors.worker import Work, Worker, WorkerError

CHUNK = 96
"""Rows that travel to a worker at a time."""
CHUNK_LIMIT_S = 60.0
"""Seconds that a chunk may take; every part of the work is bounded, so this is the last resort."""
ROW_LIMIT_S = 10.0
"""Seconds that a single row may take once its chunk has failed."""
GATHER_S = 0.005
"""Seconds that a row handed in alone waits for others to travel with it."""


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
        self._threads = ThreadPoolExecutor(self.workers)
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()
        self._stopped = False
        self._waiting: dict[Work, list[tuple[str, asyncio.Future[str | Lost]]]] = {}
        self._flying: set[asyncio.Task[None]] = set()
        self._context = get_context("forkserver")
        self._context.set_forkserver_preload([preload])
        # Where a run is stopped at once, Python's own process that clears up after it would warn, behind the last line.
        os.environ.setdefault("PYTHONWARNINGS", "ignore:resource_tracker:UserWarning")
        # The server that workers are forked from imports what they need while its caller goes on. Ctrl-C reaches it
        # too, and would end it with a traceback before it gets to turn deaf itself.
        resource_tracker.ensure_running()  # where it has to start it, it lets SIGINT through again
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            forkserver.ensure_running()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    async def __aenter__(self) -> "WorkerPool":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._flying:
            task.cancel()
        if kind is not None:
            self._stopped = True
            for worker in tuple(self._busy):
                worker.kill()
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=self._stopped)
        for worker in self._idle:
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
        try:
            return list(await self._submit(work, rows, CHUNK_LIMIT_S))
        except Exception:
            return [await self._alone(work, row) for row in rows]

    async def _alone(self, work: Work, row: str) -> str | Lost:
        try:
            return (await self._submit(work, [row], ROW_LIMIT_S))[0]
        except TimeoutError:
            return Lost(f"took more than {ROW_LIMIT_S:g} s")
        except Exception as error:
            return Lost(f"could not be derived: {type(error).__name__}: {error}"[:300])

    async def _submit(self, work: Work, rows: Sequence[str], limit: float) -> list[str]:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._ask, work, list(rows), limit)

    def _ask(self, work: Work, rows: list[str], limit: float) -> list[str]:
        worker = self._idle.pop() if self._idle else Worker(self._context)
        self._busy.add(worker)
        try:
            if self._stopped:  # looked at only now that it can be killed: no call outlasts the pool
                raise WorkerError("its pool has ended")
            results = worker.ask(work, rows, limit)
        except BaseException:
            worker.kill()
            worker.close()
            raise
        else:
            self._idle.append(worker)
            return results
        finally:
            self._busy.discard(worker)
