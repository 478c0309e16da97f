"""A run derives what is not done yet, hands each derivation to the sink once, and stops in good order."""

import asyncio
import gc
from collections.abc import AsyncIterator, Iterable, Sequence

import pytest

from generation import pipeline
from generation.derive import derive
from generation.executors.local import LocalExecutor
from schemas.derivation import Derivation
from schemas.problem import Problem
from tests.generation.made import copies, sample


class InProcess:
    """Derives one problem after the other, here."""

    async def derive(self, problems: Iterable[Problem]) -> AsyncIterator[Derivation]:
        for of in problems:
            await asyncio.sleep(0)
            yield derive(of)


class Kept:
    """A sink that keeps what it is given, and notes whether two writes ever overlap."""

    def __init__(self, fail_at: int | None = None) -> None:
        self.batches: list[list[str]] = []
        self.calls = 0
        self.overlap = False
        self._writing = False
        self._fail_at = fail_at

    @property
    def ids(self) -> list[str]:
        return [each for batch in self.batches for each in batch]

    async def write(self, derivations: Sequence[Derivation]) -> None:
        self.overlap |= self._writing
        self._writing = True
        await asyncio.sleep(0.002)
        self._writing = False
        self.calls += 1
        if self.calls == self._fail_at:
            raise OSError("disk full")
        self.batches.append([each.problem_id for each in derivations])


class Run:
    """One run and what came of it."""

    def __init__(self, sink: Kept | None = None, stop_after: int | None = None) -> None:
        self.sink = sink or Kept()
        self.told: list[str] = []
        self.begun: list[str] = []
        self._stop_after = stop_after

    def go(
        self, problems: Sequence[Problem], done: Iterable[str] = (), executor: pipeline.Executor | None = None
    ) -> None:
        asyncio.run(self._go(problems, set(done), executor or InProcess()))

    async def _go(self, problems: Sequence[Problem], done: set[str], executor: pipeline.Executor) -> None:
        stop = asyncio.Event()

        def progress(derivation: Derivation) -> None:
            self.told.append(derivation.problem_id)
            if len(self.told) == self._stop_after:
                stop.set()

        await pipeline.run(problems, done=done, executor=executor, sink=self.sink, progress=progress, stop=stop)


IDS = [of.id for of in sample()]


@pytest.fixture
def write_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "WRITE_EVERY_S", 0.0)


@pytest.mark.usefixtures("write_often")
class TestManyWrites:
    def test_the_sink_gets_every_derivation_once_and_never_two_writes_at_a_time(self) -> None:
        run = Run()
        run.go(sample())
        assert run.sink.ids == run.told == IDS
        assert len(run.sink.batches) > 1
        assert not run.sink.overlap
        assert all(run.sink.batches)

    def test_what_is_done_is_left_out(self) -> None:
        run = Run()
        run.go(sample(), done=IDS[::2])
        assert run.sink.ids == IDS[1::2]

    def test_a_stop_begins_no_further_problem_and_keeps_what_was_done(self) -> None:
        run = Run(stop_after=7)
        run.go(sample())
        assert run.sink.ids == run.told == IDS[:7]

    def test_a_run_goes_on_where_the_last_one_stopped(self) -> None:
        first = Run(stop_after=30)
        first.go(sample())
        second = Run()
        second.go(sample(), done=first.sink.ids)
        assert [*first.sink.ids, *second.sink.ids] == IDS

    @pytest.mark.parametrize("fail_at", [1, 3])
    def test_a_sink_that_raises_stops_the_run_with_that_error(self, fail_at: int) -> None:
        run = Run(Kept(fail_at))
        with pytest.raises(OSError, match="disk full"):
            run.go(sample())
        assert len(run.told) < len(IDS)
        assert run.sink.ids == IDS[: len(run.sink.ids)]
        assert run.sink.calls == fail_at


def test_a_short_run_is_written_at_its_end() -> None:
    run = Run()
    run.go(sample()[:5])
    assert run.sink.batches == [IDS[:5]]


def test_a_sink_that_raises_at_the_end_is_heard() -> None:
    with pytest.raises(OSError, match="disk full"):
        Run(Kept(fail_at=1)).go(sample()[:5])


def test_nothing_to_do_writes_nothing() -> None:
    run = Run()
    run.go(sample(), done=IDS)
    assert run.sink.batches == []


def test_an_executor_that_raises_loses_nothing_that_was_derived() -> None:
    class Breaking(InProcess):
        async def derive(self, problems: Iterable[Problem]) -> AsyncIterator[Derivation]:
            async for derivation in super().derive(problems):
                yield derivation
                if derivation.problem_id == IDS[3]:
                    raise RuntimeError("the pool is gone")

    run = Run()
    with pytest.raises(RuntimeError, match="the pool is gone"):
        run.go(sample(), executor=Breaking())
    assert run.sink.ids == IDS[:4]


@pytest.mark.parametrize("fail_at", [None, 1])
def test_the_garbage_collector_is_left_as_it_was(fail_at: int | None) -> None:
    before = (701, 11, 11)
    gc.set_threshold(*before)
    run = Run(Kept(fail_at))
    if fail_at:
        with pytest.raises(OSError, match="disk full"):
            run.go(sample()[:5])
    else:
        run.go(sample()[:5])
    assert gc.get_threshold() == before


def test_a_stop_lets_the_workers_finish_what_is_in_flight() -> None:
    problems = copies(40)
    handed: list[str] = []

    def source() -> Iterable[Problem]:
        for of in problems:
            handed.append(of.id)
            yield of

    run = Run(stop_after=1)

    async def go() -> None:
        async with LocalExecutor(2) as executor:
            await run._go(source(), set(), executor)  # type: ignore[arg-type]

    asyncio.run(go())
    assert sorted(run.sink.ids) == sorted(run.told)
    assert len(set(run.told)) == len(run.told) < len(problems)
    # The one that was taken from the source when the stop was seen is not begun.
    assert set(run.told) in (set(handed), set(handed[:-1]))
