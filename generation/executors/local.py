"""The local executor: a pool of killable worker processes, one a core."""

import asyncio
import gc
import os
import resource
import signal
from collections.abc import AsyncIterator, Iterable, Iterator
from itertools import islice
from multiprocessing import forkserver, get_context
from types import TracebackType

from pebble import ProcessPool

from generation.derive import Strategy, derive
from generation.pipeline import RARE_COLLECTIONS
from schemas.derivation import Derivation
from schemas.problem import Problem

CHUNK = 96
"""Problems that travel to a worker at a time."""
CHUNKS_AHEAD = 4
"""Chunks a worker that are under way at a time."""
CHUNK_LIMIT_S = 60.0
"""Seconds that a chunk may take; every part of deriving is bounded, so this is the last resort."""
PROBLEM_LIMIT_S = 10.0
"""Seconds that a single problem may take once its chunk has failed."""
MEMORY_LIMIT = 2 << 30
"""Bytes of memory that a worker may take."""


class LocalExecutor:
    """Derives problems in worker processes; use it as an async context manager.

    A chunk whose worker dies, or takes too long, is derived again one problem at a time, so that only the problem at
    fault is lost: it comes back as an undecided derivation with the reason.
    """

    def __init__(self, strategy: Strategy, workers: int | None = None) -> None:
        self._strategy = strategy
        self._workers = workers or os.cpu_count() or 1
        self._pool: ProcessPool | None = None
        self._context = get_context("forkserver")
        self._context.set_forkserver_preload([__name__])
        # Where a run is stopped at once, Python's own process that clears up after it would warn, behind the last line.
        os.environ.setdefault("PYTHONWARNINGS", "ignore:resource_tracker:UserWarning")
        # The server that workers are forked from imports what they need while its caller goes on.
        forkserver.ensure_running()

    async def __aenter__(self) -> "LocalExecutor":
        self._pool = ProcessPool(self._workers, initializer=_prepare, context=self._context)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._pool is not None
        if kind is None:
            self._pool.close()
        else:
            self._pool.stop()
        await asyncio.to_thread(self._pool.join)

    async def derive(self, problems: Iterable[Problem]) -> AsyncIterator[Derivation]:
        """One derivation for each problem, in the order in which they are finished."""
        chunks = _chunks(problems)
        flying: set[asyncio.Task[list[Derivation]]] = set()
        try:
            while True:
                # A few chunks a worker keep it busy while results are read, without reading far ahead.
                for chunk in islice(chunks, CHUNKS_AHEAD * self._workers - len(flying)):
                    flying.add(asyncio.create_task(self._derive_chunk(chunk)))
                if not flying:
                    return
                finished, flying = await asyncio.wait(flying, return_when=asyncio.FIRST_COMPLETED)
                for task in finished:
                    for derivation in task.result():
                        yield derivation
        finally:
            for task in flying:
                task.cancel()

    async def _derive_chunk(self, chunk: list[Problem]) -> list[Derivation]:
        try:
            return await self._submit(chunk, CHUNK_LIMIT_S)
        except Exception:
            return [await self._derive_one(problem) for problem in chunk]

    async def _derive_one(self, problem: Problem) -> Derivation:
        try:
            return (await self._submit([problem], PROBLEM_LIMIT_S))[0]
        except TimeoutError:
            return _undecided(problem, self._strategy, f"took more than {PROBLEM_LIMIT_S:g} s")
        except Exception as error:
            return _undecided(problem, self._strategy, f"could not be derived: {type(error).__name__}: {error}"[:300])

    async def _submit(self, chunk: list[Problem], limit: float) -> list[Derivation]:
        assert self._pool is not None
        # Text is what travels: pydantic writes and reads it faster than pickle does its objects.
        rows = [problem.model_dump_json() for problem in chunk]
        future = self._pool.schedule(_derive_rows, (rows, self._strategy), timeout=limit)
        return [Derivation.model_validate_json(row) for row in await asyncio.wrap_future(future)]


def _prepare() -> None:
    """Readies a worker: deaf to Ctrl-C, its memory bounded, its garbage collected more rarely."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the run to answer: it lets what is in flight finish
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    gc.freeze()
    gc.set_threshold(*RARE_COLLECTIONS)


def _derive_rows(rows: list[str], strategy: Strategy) -> list[bytes]:
    return [derive(Problem.model_validate_json(row), strategy).model_dump_json().encode() for row in rows]


def _chunks(problems: Iterable[Problem]) -> Iterator[list[Problem]]:
    source = iter(problems)
    while chunk := list(islice(source, CHUNK)):
        yield chunk


def _undecided(problem: Problem, strategy: Strategy, reason: str) -> Derivation:
    """What is kept of a problem that could not be derived: no candidates, and why."""
    return Derivation(
        problem_id=problem.id,
        kind=strategy.formula,
        conditions=(),
        formula=None,
        outcome="undecided",
        reason=reason,
        candidates=(),
    )
