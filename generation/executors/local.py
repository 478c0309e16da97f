"""The local executor: traces derived in a pool of killable worker processes, one a core."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from itertools import islice
from types import TracebackType

from generation.derive import derive, underived
from generation.executors.pool import CHUNK, Lost, Work, WorkerPool
from schemas.derivation import Derivation
from schemas.formula import FormulaKind
from schemas.problem import Problem

CHUNKS_AHEAD = 4
"""Chunks a worker that are under way at a time."""


def derive_row(row: str) -> str:
    """A Problem as JSON to its Derivation as JSON."""
    return derive(Problem.model_validate_json(row)).model_dump_json()


class LocalExecutor:
    """Derives problems by their traces in worker processes; use it as an async context manager.

    A problem at fault for the death of its worker, or for taking too long, comes back as an undecided derivation with
    the reason.
    """

    work: Work = staticmethod(derive_row)

    def __init__(self, workers: int | None = None) -> None:
        self._pool = WorkerPool(__name__, workers)

    async def __aenter__(self) -> "LocalExecutor":
        await self._pool.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pool.__aexit__(kind, error, trace)

    async def derive(self, problems: Iterable[Problem]) -> AsyncIterator[Derivation]:
        """One derivation for each problem, in the order in which they are finished."""
        chunks = _chunks(problems)
        flying: set[asyncio.Task[list[Derivation]]] = set()
        try:
            while True:
                # A few chunks a worker keep it busy while results are read, without reading far ahead.
                for chunk in islice(chunks, CHUNKS_AHEAD * self._pool.workers - len(flying)):
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
        rows = [row_of(problem) for problem in chunk]
        found = iter(await self._pool.run(self.work, [row for row in rows if isinstance(row, str)]))
        return [
            derivation_of(problem, row if isinstance(row, Lost) else next(found), "trace")
            for problem, row in zip(chunk, rows, strict=True)
        ]


def row_of(problem: Problem) -> str | Lost:
    """The problem as JSON; half of a surrogate pair has none."""
    try:
        return problem.model_dump_json()
    except ValueError as error:
        return Lost(f"could not be derived: {error}"[:300])


def derivation_of(problem: Problem, row: str | Lost, kind: FormulaKind) -> Derivation:
    """What a worker gave for the problem."""
    return underived(problem, kind, row.reason) if isinstance(row, Lost) else Derivation.model_validate_json(row)


def _chunks(problems: Iterable[Problem]) -> Iterator[list[Problem]]:
    source = iter(problems)
    while chunk := list(islice(source, CHUNK)):
        yield chunk
